"""Searches the minima of a circuit at a spectrum, in rounds of many descents.

Thousands of guesses are drawn (`starts`), dozens are descended from (`descent`), until
a whole round finds nothing better.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from labctl.analysis.spectra.descent import Minima, descend
from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.impedance import (
    Circuit,
    InSeries,
    Parallel,
    Part,
    shape_of,
)
from labctl.analysis.spectra.relaxation_times import peak_times
from labctl.analysis.spectra.starts import guesses

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
COMPARABLE = 10.0
"""Times the least cost up to which a point is ever compared with the best."""
SAME = 1e-3
"""Two descents agree when their χ² differ by less than this (relative)."""
NOTHING = 1e-20
_NO_DIGITS = str.maketrans("", "", "0123456789")


class Problem:
    """One circuit, one spectrum: residuals, bounds, search."""

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
        weighted = np.stack(slopes, axis=2) * self.weight[:, None]
        steep = np.empty((len(logs), 2 * n, len(slopes)))
        steep[:, :n], steep[:, n:] = weighted.real, weighted.imag
        return np.concatenate((left.real, left.imag), axis=1), steep

    def solve(
        self,
        given: Floats | None,
        starts: int,
        seed: int,
        *,
        exchange: bool,
        peaks: Sequence[float] | None = None,
    ) -> Minima:
        """Return what descents ended at and came by, the best first.

        ``peaks``: see `starting_times`; None: they are looked for.
        """
        trail: list[Minima] = []
        least, quiet = math.inf, 0
        if given is not None:
            least = self.refine(given, trail)
        if peaks is None:
            peaks = starting_times(self.f, self.z) if starts else ()
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
            cost = self.refine(drawn.logs, trail)
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
        if starts and exchange:
            best = min(trail, key=lambda found: found.costs.min())
            self._exchange(best.points[best.costs.argmin()], trail)
        costs = np.concatenate([found.costs for found in trail])
        points = np.vstack([found.points for found in trail])
        order = np.argsort(costs, kind="stable")
        rests = np.concatenate([found.rests for found in trail])
        points, costs, rests = points[order], costs[order], rests[order]
        near = costs <= COMPARABLE * costs[0] + NOTHING
        points[near] = self.in_order(points[near])
        return Minima(points, costs, rests)

    def refine(self, starts: Floats, trail: list[Minima]) -> float:
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
            self.refine(still.points, trail)

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

    def in_order(self, logs: Floats) -> Floats:
        """Return the same circuits with arcs of one shape sorted, fastest first.

        ``logs`` has shape (k, p).
        """
        tree = self.circuit.tree
        if not isinstance(tree, InSeries):
            return logs
        alike: dict[str, list[tuple[Part, int]]] = {}
        at = 0
        for part in tree.parts:
            if isinstance(part, Parallel):
                alike.setdefault(shape_of(part), []).append((part, at))
            at += part.count
        out = logs.copy()
        for members in alike.values():
            if len(members) < 2:  # noqa: PLR2004
                continue
            count = members[0][0].count
            own = np.stack([logs[:, at : at + count] for _, at in members], axis=1)
            tops = [
                part.at(self.omega, np.exp(own[:, n].T)[:, :, None]).imag.argmin(axis=1)
                for n, (part, _) in enumerate(members)
            ]
            order = np.argsort(-np.stack(tops, axis=1), axis=1, kind="stable")
            own = np.take_along_axis(own, order[:, :, None], axis=1)
            for n, (_, at) in enumerate(members):
                out[:, at : at + count] = own[:, n]
        return out


def starting_times(frequency: Floats, impedance: Complexes) -> tuple[float, ...]:
    """Return time constants in s that arcs of the spectrum may have; empty: unknown.

    They are the spectrum's, whatever the circuit.
    """
    order = np.argsort(frequency, kind="stable")
    try:
        return peak_times(frequency[order], impedance[order])
    except (RuntimeError, ValueError, np.linalg.LinAlgError):
        return ()  # the even draws do without


def _kinds(part: Part) -> list[str]:
    return [name.translate(_NO_DIGITS) for name, _ in part.parameters]
