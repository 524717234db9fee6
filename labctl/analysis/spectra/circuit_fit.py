"""Fits a circuit to a spectrum: values, uncertainties, and how good the fit is.

Parameters are searched as logarithms (all are positive and spread over decades), the
exponents of constant phase elements within 0.5–1. Residuals are weighted with 1/|Z|
on both parts (modulus weighting). The search is `circuit_search`.
Intervals are those of the profile (`profile`), widened by what neighbouring residuals
have in common: a circuit that misses the spectrum leaves waves and not noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.spectra.circuit_search import (
    AGREEING,
    DECADES,
    NOTHING,
    SAME,
    STARTS,
    Problem,
)
from labctl.analysis.spectra.descent import Minima
from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.fitted_circuit import CircuitFit, penalty
from labctl.analysis.spectra.impedance import Circuit
from labctl.analysis.spectra.profile import Profile, profile
from labctl.analysis.spectra.shapes import Shapes
from labctl.analysis.student import student_quantile
from labctl.analysis.uncertainty import Measured, estimated
from labctl.verdicts.spectra import DETERMINED, UNIQUE, WITHIN_RANGE

MOST_BETTER = 3
"""Better minima that profiles may meet before the best is taken as it is."""
VAGUE = 0.5
"""Relative uncertainty above which a parameter is called undetermined."""
CORRELATED = 0.98
EDGE = 1e-3
"""A logarithm this near its bound has run into it."""
RIVAL = 2.5
"""Times the rise of an interval's end (Δχ² = 10) within which another minimum is not
ruled out: its odds are e^-5 and not 5 %, for nobody knows which of the two it is."""
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
    thorough: bool = True,
    sure: int = AGREEING,
    shapes: Shapes | None = None,
    seed: int = 0,
) -> "Search":
    """Find the minima of a fit and ask not yet how far each parameter is known.

    ``given``: logarithms of starts, shape (k, p), tried besides the drawn ones;
    ``sure``: rounds (and what was given) that must agree on the best minimum;
    ``thorough``: False where those were found by such a search in a spectrum like this;
    ``shapes``: what parts may look like in this spectrum, which
    several circuits have in common. All else as for `fit_circuit`.
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
    problem = _Reported(circuit, f[order], z[order], weighting)
    found = problem.solve(
        given, starts, seed, thorough=thorough, sure=sure, shapes=shapes
    )
    return Search(circuit, problem, found, np.argsort(order))


@dataclass(frozen=True, slots=True)
class Search:
    """The minima of one circuit at one spectrum."""

    circuit: Circuit
    _problem: "_Reported"
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


class _Reported(Problem):
    """The same, with what is known of each parameter."""

    def report(
        self, found: Minima, order: NDArray[np.intp], again: int = MOST_BETTER
    ) -> CircuitFit:
        """Return the fit at the best minimum, or at a better one its profile meets."""
        logs, cost = found.points[0], float(found.costs[0])
        rows, jacobians = self.rows(logs[None])
        left, jacobian = rows[0], jacobians[0].T
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
            if self.refine(ends.better[None], trail) < cost:
                first = self.in_order(trail[-1].points[:1])
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
        freedom = 2 * len(self.f) - len(self.low)
        wide = (1 + waves) / (1 - waves)
        quantile = student_quantile(max(freedom / wide, 1.0), 0.97725)
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
        both = (inverse * np.repeat(self.weight, 2)).view(np.complex128)
        return np.asarray(both.conj() * self.z)

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


def _waviness(left: Floats) -> float:
    """Return how alike neighbouring residuals are, 0–0.95; see `Problem.rows`."""
    total = float(left @ left)
    alike = float(left[2:] @ left[:-2])  # the same part at the next frequency
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
