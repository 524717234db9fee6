"""Fits a circuit to a spectrum: values, uncertainties, and how good the fit is.

Parameters are searched as logarithms (all are positive and spread over decades), the
exponents of constant phase elements within 0.5–1. Residuals are weighted with 1/|Z|
on both parts (modulus weighting). Thousands of guesses are drawn (`starts`), dozens are
descended from (`descent`), in rounds, until a whole round finds nothing better.
Intervals are those of the profile (`profile`), widened by what neighbouring residuals
have in common: a circuit that misses the spectrum leaves waves and not noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.spectra.descent import Minima, descend
from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.fitted_circuit import CircuitFit, penalty
from labctl.analysis.spectra.impedance import (
    Circuit,
    InSeries,
    Parallel,
    Part,
    shape_of,
)
from labctl.analysis.spectra.profile import Profile, profile
from labctl.analysis.spectra.relaxation_times import peak_times
from labctl.analysis.spectra.starts import guesses
from labctl.analysis.uncertainty import Measured, estimated
from labctl.verdicts.spectra import DETERMINED, UNIQUE, WITHIN_RANGE

STARTS = 24
"""Descents in one round."""
DRAWS = 64
"""Guesses a parameter in one round, of which the best `STARTS` are descended from."""
MOST_ROUNDS = 6
QUIET = 2
"""Rounds in a row without a better minimum that end the search; one is enough where
`SURE` descents came to it, or where a start was given that ended there."""
SURE = 6
NEARLY_ALL = 10
"""Of the `PROMISING`: where as many came to one minimum, the first round is enough."""
NEARLY = 1e-6
"""Relative decrease of the cost in a step below which a descent has all but arrived;
the best goes on to the end."""
MOST_BETTER = 3
"""Better minima that profiles may meet before the best is taken as it is."""
LOOK = 12
"""Steps after which only the most promising descents go on."""
PROMISING = 12
LONG = 40
"""Steps of those: the best have arrived by then …"""
MOST_STEPS = 120
"""… and the very best goes on."""
EXPONENTS = (0.5, 1.0)
DECADES = 12.0
"""How far a parameter may move from its scale in the spectrum, either way."""
VAGUE = 0.5
"""Relative uncertainty above which a parameter is called undetermined."""
CORRELATED = 0.98
EDGE = 1e-3
"""A logarithm this near its bound has run into it."""
RIVAL = 2.5
"""Times the rise of an interval's end (Δχ² = 10) within which another minimum is not
ruled out: its odds are e^-5 and not 5 %, for nobody knows which of the two it is."""
COMPARABLE = 10.0
"""Times the least cost up to which a point is ever compared with the best."""
SAME = 1e-3
"""Two descents agree when their χ² differ by less than this (relative)."""
NOTHING = 1e-20
_NO_DIGITS = str.maketrans("", "", "0123456789")
PRIOR = DECADES * math.log(10) / math.sqrt(12)
"""Standard deviation of a logarithm of which nothing is known but its bounds."""


def fit_circuit(
    circuit: Circuit,
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    start: Mapping[str, float] | None = None,
    starts: int = STARTS,
    weighting: bool = True,
    seed: int = 0,
) -> CircuitFit:
    """Fit ``circuit`` to a spectrum (Hz; Ω, Im < 0 for a capacitance; shape (n,)).

    Parameters
    ----------
    circuit, frequency, impedance
        See above; the order of the points does not matter.
    start
        A start by parameter name, tried besides the drawn ones.
    starts
        How many descents a round has; 0 with ``start`` descends from that one only.
    weighting
        True: rows over |Z|; False: all rows alike.
    seed
        Of the drawn starts; every seed should find the same minimum.

    Raises
    ------
    ValueError
        Fewer data than parameters, or a frequency or impedance that is not usable.
    """
    given = None
    if start is not None:
        given = np.log([[start[name] for name in circuit.names]])
    return search_circuit(
        circuit,
        frequency,
        impedance,
        given=given,
        starts=starts,
        weighting=weighting,
        seed=seed,
    ).report()


def search_circuit(
    circuit: Circuit,
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    given: Floats | None = None,
    starts: int = STARTS,
    weighting: bool = True,
    seed: int = 0,
) -> "Search":
    """Find the minima of a fit and ask not yet how far each parameter is known.

    ``given``: logarithms of starts, shape (k, p), tried besides the drawn ones; all
    else as for `fit_circuit`.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    count = len(circuit.names)
    if len(f) != len(z) or 2 * len(f) <= count + 1:
        raise ValueError(
            f"circuit {circuit}: {count} parameters cannot be fitted to "
            f"{len(z)} impedances at {len(f)} frequencies"
        )
    if not (np.isfinite(z).all() and (np.abs(z) > 0).all() and (f > 0).all()):
        raise ValueError("spectrum: frequencies and |Z| must be finite and above 0")
    order = np.argsort(f, kind="stable")
    problem = _Problem(circuit, f[order], z[order], weighting)
    found = problem.solve(given, starts, seed)
    return Search(circuit, problem, found, np.argsort(order))


@dataclass(frozen=True, slots=True)
class Search:
    """The minima of one circuit at one spectrum."""

    circuit: Circuit
    _problem: "_Problem"
    minima: Minima
    """The best first."""
    _order: NDArray[np.intp]

    @property
    def cost(self) -> float:
        """Half the least weighted sum of squares."""
        return 0.5 * float(self.minima.costs[0])

    @property
    def penalty(self) -> float:
        """What AICc takes for the number of parameters."""
        return penalty(len(self._problem.f), len(self.circuit.names))

    @property
    def waviness(self) -> float:
        """Correlation of neighbouring residuals, 0–1; 0: they are noise."""
        return _waviness(self._problem.rows(self.minima.points[:1])[0][0])

    @property
    def freedom(self) -> int:
        """Residuals less parameters."""
        return 2 * len(self._problem.f) - len(self.circuit.names)

    def report(self) -> CircuitFit:
        """Return the fit with what is known of each parameter."""
        return self._problem.report(self.minima, self._order)


class _Problem:
    """One circuit, one spectrum: residuals, bounds, search, report."""

    def __init__(
        self, circuit: Circuit, f: Floats, z: Complexes, weighting: bool
    ) -> None:
        self.circuit, self.f, self.z = circuit, f, z
        self.omega = 2 * np.pi * f
        scale = float(np.median(np.abs(z)))
        self.weight = 1 / np.abs(z) if weighting else np.full(len(f), 1 / scale)
        middle = 1 / math.sqrt(float(self.omega.min() * self.omega.max()))
        typical = {
            ParameterScale.OHM: scale,
            ParameterScale.FARAD: middle / scale,
            ParameterScale.HENRY: scale * middle,
            ParameterScale.ADMITTANCE: middle**0.8 / scale,
            ParameterScale.WARBURG: scale / math.sqrt(middle),
            ParameterScale.SECOND: middle,
        }
        reach = DECADES / 2 * math.log(10)
        self.low, self.high = np.array(
            [
                tuple(map(math.log, EXPONENTS))
                if s is ParameterScale.EXPONENT
                else (math.log(typical[s]) - reach, math.log(typical[s]) + reach)
                for s in circuit.scales
            ]
        ).T

    def rows(self, logs: Floats) -> tuple[Floats, Floats]:
        """Return residuals, real parts first, (k, 2n), and slopes (k, 2n, p)."""
        z, slopes = self.circuit.tree.steep(self.omega, np.exp(logs.T)[:, :, None])
        left = (z - self.z) * self.weight
        n = len(self.z)
        steep = np.empty((len(logs), 2 * n, len(slopes)))
        for k, slope in enumerate(slopes):
            weighted = slope * self.weight
            steep[:, :n, k], steep[:, n:, k] = weighted.real, weighted.imag
        return np.concatenate((left.real, left.imag), axis=1), steep

    def solve(self, given: Floats | None, starts: int, seed: int) -> Minima:
        """Return what descents ended at and came by, the best first."""
        trail: list[Minima] = []
        least, quiet = math.inf, 0
        if given is not None:
            least = self._refine(given, trail)
        peaks = self._peaks() if starts else ()
        for number in range(MOST_ROUNDS if starts else 0):
            drawn = guesses(
                self.circuit,
                self.omega,
                self.z,
                self.weight,
                count=DRAWS * len(self.circuit.names),
                kept=starts,
                peaks=peaks,
                seed=seed * MOST_ROUNDS + number,
            )
            cost = self._refine(drawn.logs, trail)
            quiet = 0 if cost < least * (1 - SAME) - NOTHING else quiet + 1
            least = min(least, cost)
            ended = np.concatenate([found.costs for found in trail[1::2]])
            agreeing = int((ended <= least * (1 + SAME) + NOTHING).sum())
            all_agree = not number and agreeing >= NEARLY_ALL
            seen = given is not None or agreeing >= SURE
            if quiet >= QUIET or (quiet and seen) or all_agree or least < NOTHING:
                break
        best = min(trail, key=lambda found: found.costs.min())
        last = best.points[best.costs.argmin()][None]
        trail.append(descend(self.rows, last, self.low, self.high, steps=MOST_STEPS))
        if starts:
            best = min(trail, key=lambda found: found.costs.min())
            self._exchange(best.points[best.costs.argmin()], trail)
        costs = np.concatenate([found.costs for found in trail])
        points = np.vstack([found.points for found in trail])
        order = np.argsort(costs, kind="stable")
        rests = np.concatenate([found.rests for found in trail])
        points, costs, rests = points[order], costs[order], rests[order]
        for k in np.flatnonzero(costs <= COMPARABLE * costs[0] + NOTHING):
            points[k] = self._in_order(points[k])
        return Minima(points, costs, rests)

    def _refine(self, starts: Floats, trail: list[Minima]) -> float:
        """Descend a little from all, then to the end from the promising ones.

        ``trail`` gets where both ended; returned is the least Σ r².
        """
        trail.append(descend(self.rows, starts, self.low, self.high, steps=LOOK))
        points = trail[-1].points[np.argsort(trail[-1].costs)[:PROMISING]]
        trail.append(
            descend(self.rows, points, self.low, self.high, steps=LONG, still=NEARLY)
        )
        return float(trail[-1].costs.min())

    def _exchange(self, logs: Floats, trail: list[Minima]) -> None:
        """Descend from where two arcs have changed places and their tails have not.

        Which of two arcs carries the tail is what spectra say last; both are tried,
        with the resistances held and then free.
        """
        swapped = self._exchanged(logs)
        if len(swapped):
            ohms = np.array([s is ParameterScale.OHM for s in self.circuit.scales])
            held = np.broadcast_to(ohms, swapped.shape)
            still = descend(
                self.rows, swapped, self.low, self.high, held=held, steps=LOOK
            )
            trail.append(still._replace(rests=np.zeros_like(still.rests)))
            self._refine(still.points, trail)

    def _peaks(self) -> tuple[float, ...]:
        try:
            return peak_times(self.f, self.z)
        except (RuntimeError, ValueError, np.linalg.LinAlgError):
            return ()  # the even draws do without

    def _exchanged(self, logs: Floats) -> Floats:
        """Return the points at which two arcs of different shape change places."""
        tree = self.circuit.tree
        parts = tree.parts if isinstance(tree, InSeries) else ()
        places, at = [], 0
        for part in parts:
            if isinstance(part, Parallel):
                places.append({kind: at + k for k, kind in enumerate(_kinds(part))})
            at += part.count
        out = []
        for one, other in combinations(places, 2):
            if one.keys() != other.keys():
                changed = logs.copy()
                for kind in one.keys() & other.keys():
                    a, b = one[kind], other[kind]
                    changed[[a, b]] = logs[[b, a]]
                out.append(changed)
        return np.array(out).reshape(-1, len(logs))

    def _in_order(self, logs: Floats) -> Floats:
        """Return the same circuit with arcs of one shape sorted, fastest first."""
        tree = self.circuit.tree
        if not isinstance(tree, InSeries):
            return logs
        alike: dict[str, list[tuple[int, int, int]]] = {}
        at = 0
        for part in tree.parts:
            if isinstance(part, Parallel):
                own = np.exp(logs[at : at + part.count])
                top = int(np.argmin(part.at(self.omega, own).imag))
                alike.setdefault(shape_of(part), []).append((-top, at, part.count))
            at += part.count
        out = logs.copy()
        for members in alike.values():
            for (_, to, count), (_, origin, _) in zip(
                members, sorted(members), strict=True
            ):
                out[to : to + count] = logs[origin : origin + count]
        return out

    def report(
        self, found: Minima, order: NDArray[np.intp], again: int = MOST_BETTER
    ) -> CircuitFit:
        """Return the fit at the best minimum, or at a better one its profile meets."""
        logs, cost = found.points[0], float(found.costs[0])
        rows, jacobians = self.rows(logs[None])
        left, jacobian = rows[0], jacobians[0]
        waves = _waviness(left)
        covariance = self._covariance(left, jacobian, waves)
        rise = self._rise(cost, waves)
        ends = profile(
            self.rows,
            logs,
            cost,
            covariance,
            self.low,
            self.high,
            rise=rise,
            stop=again > 0,
        )
        if ends.better is not None:
            trail: list[Minima] = []
            if self._refine(ends.better[None], trail) < cost:
                first = self._in_order(trail[-1].points[0])
                points = np.vstack((first, found.points))
                costs = np.concatenate((trail[-1].costs, found.costs))
                rests = np.concatenate((trail[-1].rests, found.rests))
                return self.report(Minima(points, costs, rests), order, again - 1)
            return self.report(found, order, 0)
        near = found.costs <= cost * (1 + SAME) + NOTHING
        rivals = found.rests & (found.costs <= cost + RIVAL * rise)
        others = found.points[rivals] - logs
        apart = ends.leave_out(others)
        within = found.points[found.costs <= cost + rise]
        ends = ends.reaching(within - logs)
        names = self.circuit.names
        predicted = self.circuit.tree.at(self.omega, np.exp(logs))
        off = np.abs(predicted - self.z) / np.abs(self.z)
        parameters = {
            name: self._parameter(
                k, name, float(logs[k]), ends, bool(apart[:, k].any())
            )
            for k, name in enumerate(names)
        }
        warnings = [m.reason for m in parameters.values() if m.reason]
        return CircuitFit(
            circuit=self.circuit,
            parameters=parameters,
            covariance=covariance,
            response=self._response(jacobian, left)[:, order],
            predicted=predicted[order],
            chi_squared=float((off**2).sum()),
            cost=0.5 * cost,
            residual=float(np.sqrt(np.mean(off**2))),
            waviness=waves,
            agreeing=int(near.sum()),
            within=np.vstack((logs, ends.seen, within)),
            rivals=others[apart.any(axis=1)] + logs,
            warnings=(*warnings, *_correlated(names, covariance)),
        )

    def _rise(self, cost: float, waves: float) -> float:
        """Return the rise of Σ r² that ends a 95.45 % interval."""
        from scipy import special  # noqa: PLC0415  (start-up time)

        freedom = 2 * len(self.f) - len(self.low)
        wide = (1 + waves) / (1 - waves)
        quantile = special.stdtrit(max(freedom / wide, 1.0), 0.97725)
        return float(cost * quantile**2 * wide / freedom)

    def _covariance(self, left: Floats, jacobian: Floats, waves: float) -> Floats:
        """Return the Gauss–Newton covariance; unseen directions keep their bounds."""
        n, p = jacobian.shape
        variance = float(left @ left) / (n - p) * (1 + waves) / (1 - waves)
        variance = max(variance, 1e-30)
        seen, turned = np.linalg.svd(jacobian, full_matrices=False)[1:]
        return np.asarray(
            (turned.T / (seen**2 / variance + 1 / PRIOR**2)) @ turned, dtype=np.float64
        )

    def _response(self, jacobian: Floats, left: Floats) -> Complexes:
        """Return ∂ ln p for a relative change ε of each Z: Re(response · ε)."""
        seen, turned = np.linalg.svd(jacobian, full_matrices=False)[1:]
        noise = max(float(left @ left) / max(len(left) - len(self.low), 1), 1e-30)
        inverse = (turned.T / (seen**2 + noise / PRIOR**2)) @ turned @ jacobian.T
        real, imaginary = np.split(inverse * np.tile(self.weight, 2), 2, axis=1)
        return np.asarray((real - 1j * imaginary) * self.z)

    def _parameter(
        self, k: int, name: str, log: float, ends: Profile, apart: bool
    ) -> Measured:
        value = math.exp(log)
        below, above = float(ends.below[k]), float(ends.above[k])
        half = max(math.expm1(above), -math.expm1(-below)) / 2
        if not math.isfinite(half):
            half = math.nan
        found = estimated(value, value * half, f"circuit fit of {name}")
        free = self.circuit.scales[k] is not ParameterScale.EXPONENT
        if min(log - self.low[k], self.high[k] - log) < EDGE:
            at_end = f"{name} ran to the end of its range"
            return found.suspect(*WITHIN_RANGE.met(not free, at_end))
        fixed = half <= VAGUE and math.isfinite(below)
        unique = not (apart and free)
        return found.suspect(
            *DETERMINED.met(fixed, f"{name} is not determined by this spectrum"),
            *UNIQUE.met(unique, f"{name} is different where the fit is as good"),
        )


def _kinds(part: Part) -> list[str]:
    return [name.translate(_NO_DIGITS) for name, _ in part.parameters]


def _waviness(left: Floats) -> float:
    """Return how alike neighbouring residuals are, 0–0.95; parts one after another."""
    real, imaginary = np.split(left, 2)
    total = float(left @ left)
    alike = float(real[1:] @ real[:-1] + imaginary[1:] @ imaginary[:-1])
    return min(max(alike / total, 0.0), 0.95) if total > 0 else 0.0


def _correlated(names: Sequence[str], covariance: Floats) -> list[str]:
    spread: Floats = np.sqrt(np.diag(covariance))
    out = []
    for a in range(len(names)):
        for b in range(a):
            scale = spread[a] * spread[b]
            if scale > 0 and abs(covariance[a, b]) > CORRELATED * scale:
                out.append(f"{names[b]} and {names[a]} are not told apart")
    return out
