"""Searches the minima of a circuit at a spectrum, in rounds of many descents.

In a round guesses are drawn, each with the best places for its parts (`starts`); two
dozen are descended from at the same time (`descent`), and then from where a part of the
best minima is somewhere else. Rounds are independent: two of them must agree.
"""

import math
from itertools import combinations

import numpy as np

from labctl.analysis.spectra.descent import HOPELESS, Minima, descend
from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.impedance import (
    Circuit,
    InSeries,
    Parallel,
    Part,
    shape_of,
)
from labctl.analysis.spectra.shapes import Shapes
from labctl.analysis.spectra.starts import elsewhere, guesses

STARTS = 24
"""Descents in one round."""
MOST_ROUNDS = 6
FEW = 8
"""Descents beside those from a neighbour's minima."""
AGREEING = 3
"""Rounds that must come to the best minimum independently: of 280 blind fits two
stop short of it where two are enough, and one where it is three."""
NEARLY = 3e-5
"""Relative decrease of the cost in a step below which a descent has all but arrived;
the best goes on to the end."""
LOOK = 10
"""Steps after which only the most promising descents go on."""
PROMISING = 12
LONG = 30
"""Steps of those: the best have arrived by then …"""
MOST_STEPS = 120
"""… and the very best goes on."""
LEADING = 3
"""Minima of a round whose parts are tried at other places …"""
DISTANCE = 0.3
"""… that differ by as much in the logarithm of a parameter …"""
WITHIN = 2.0
"""… and cost at most as many times the least."""
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
        self._weights = np.repeat(self.weight, 2)
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
        """Return residuals, (k, 2n), and slopes, (k, p, 2n).

        Real and imaginary parts take turns: complex numbers as they lie in memory.
        """
        k, p = logs.shape
        slopes = np.empty((k, p, len(self.z)), dtype=np.complex128)
        z = self.circuit.tree.steep(self.omega, np.exp(logs.T)[:, :, None], slopes)
        left = (z - self.z) * self.weight
        steep = slopes.view(np.float64)
        steep *= self._weights
        return left.view(np.float64), steep

    def solve(
        self,
        given: Floats | None,
        starts: int,
        seed: int,
        *,
        thorough: bool,
        sure: int = AGREEING,
        shapes: Shapes | None = None,
    ) -> Minima:
        """Return what descents ended at and came by, the best first.

        ``thorough``: round by round until ``sure`` of them agree; else `FEW` descents
        beside those that were given. ``shapes``: of this spectrum and weight; None:
        they are drawn.
        """
        trail: list[Minima] = []
        if starts:
            shapes = shapes or Shapes(self.f, self.z, self.weight)
        if shapes and starts and not thorough:
            few = guesses(self.circuit, shapes, kept=FEW, seed=seed, count=2 * FEW).logs
            given = few if given is None else np.vstack((given, few))
        if given is not None:
            self.refine(given, trail)
        if shapes and starts and thorough:
            self._look(shapes, starts, seed, sure, trail)
            self._finish(trail)
            self._exchange(shapes, _best(trail), seed, sure, trail)
        self._finish(trail)
        points, costs, rests = _all(trail)
        order = np.argsort(costs, kind="stable")
        points, costs, rests = points[order], costs[order], rests[order]
        near = costs <= COMPARABLE * costs[0] + NOTHING
        points[near] = self.in_order(points[near])
        return Minima(points, costs, rests)

    def _look(
        self, shapes: Shapes, starts: int, seed: int, sure: int, trail: list[Minima]
    ) -> None:
        """Look for minima, round by round, until so many rounds agree on the best."""
        least = _least(trail)
        agreeing = int(math.isfinite(least))
        for number in range(MOST_ROUNDS):
            own = self._round(shapes, starts, seed * MOST_ROUNDS + number)
            trail += own
            cost = _least(own)
            if cost < least * (1 - SAME) - NOTHING:
                least, agreeing = cost, 1
            else:
                agreeing += cost <= least * (1 + SAME) + NOTHING
            if agreeing >= sure or least < NOTHING:
                break

    def _round(self, shapes: Shapes, starts: int, seed: int) -> list[Minima]:
        """Descend from guesses, then from other places of their best minima's parts."""
        own: list[Minima] = []
        drawn = guesses(self.circuit, shapes, kept=starts, seed=seed)
        self.refine(drawn.logs, own)
        self._wander(shapes, seed, own)
        return own

    def _wander(self, shapes: Shapes, seed: int, own: list[Minima]) -> None:
        """Descend from other places of the best minima's parts while that gains."""
        least = _least(own)
        while least > NOTHING:
            begin = np.vstack(
                [
                    elsewhere(self.circuit, shapes, one, seed)
                    for one in _all(own).apart(LEADING, DISTANCE, WITHIN)
                ]
            )
            if not len(begin):  # no arc that could be anywhere else
                break
            before = least
            least = min(least, self.refine(begin, own))
            if least > before * (1 - SAME):
                break

    def _finish(self, trail: list[Minima]) -> None:
        """Go on from the best to the end."""
        last = _best(trail)[None]
        trail.append(descend(self.rows, last, self.low, self.high, steps=MOST_STEPS))

    def refine(self, starts: Floats, trail: list[Minima]) -> float:
        """Descend a little from all, then to the end from the promising ones.

        ``trail`` gets where both ended; returned is the least Σ r².
        """
        first = descend(
            self.rows, starts, self.low, self.high, steps=LOOK, still=NEARLY
        )
        trail.append(first)
        hopeful = ~first.rests & (first.costs <= HOPELESS * _least(trail))
        on_the_way = np.flatnonzero(hopeful)
        if not len(on_the_way):
            return float(first.costs.min())
        order = np.argsort(first.costs[on_the_way], kind="stable")[:PROMISING]
        points = first.points[on_the_way[order]]
        trail.append(
            descend(self.rows, points, self.low, self.high, steps=LONG, still=NEARLY)
        )
        return min(float(first.costs.min()), float(trail[-1].costs.min()))

    def _exchange(
        self, shapes: Shapes, logs: Floats, seed: int, sure: int, trail: list[Minima]
    ) -> None:
        """Descend from where two arcs have changed places and their tails have not.

        Which of two arcs carries the tail is what spectra say last; both are tried,
        with the resistances held and then free, and where `AGREEING` rounds have to be
        ``sure`` with other places of their parts.
        """
        swapped = self._exchanged(logs)
        if len(swapped):
            ohms = np.array([s is ParameterScale.OHM for s in self.circuit.scales])
            held = np.broadcast_to(ohms, swapped.shape)
            still = descend(
                self.rows, swapped, self.low, self.high, held=held, steps=LOOK
            )
            own = [still._replace(rests=np.zeros_like(still.rests))]
            self.refine(still.points, own)
            if sure >= AGREEING:
                self._wander(shapes, seed, own)
            trail += own

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


def _least(trail: list[Minima]) -> float:
    return min((float(found.costs.min()) for found in trail), default=math.inf)


def _best(trail: list[Minima]) -> Floats:
    best = min(trail, key=lambda found: found.costs.min())
    return np.asarray(best.points[best.costs.argmin()])


def _all(trail: list[Minima]) -> Minima:
    points, costs, rests = zip(*trail, strict=True)
    return Minima(np.vstack(points), np.concatenate(costs), np.concatenate(rests))


def _kinds(part: Part) -> list[str]:
    return [name.translate(_NO_DIGITS) for name, _ in part.parameters]
