"""Curves that run back and forth (charge, field, voltage), thinned once a cycle.

pyqtgraph's own thinning makes loops vanish, because it takes the abscissa to be
ascending. Here each finished cycle is thinned along its length to `POINTS`, once; the
cycle that still grows is thinned again with every refresh.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.data import Array
from labctl.thinning.curves import breaks, in_pixels, thin

POINTS = 400
MOST_CYCLES = 40
"""More are shown as first, last and evenly spaced ones between."""


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """One half cycle or cycle."""

    number: int
    x: Array
    y: Array


def thinned(x: Array, y: Array, most: int = POINTS) -> tuple[Array, Array]:
    """Return the points to draw, at most about ``most``; extremes and gaps stay."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    rows = thin(in_pixels(x), in_pixels(y), most)
    gaps = np.flatnonzero(breaks(x, y, rows)[1:]) + 1
    return np.insert(x[rows], gaps, np.nan), np.insert(y[rows], gaps, np.nan)


def split(numbers: Array, x: Array, y: Array) -> list[Loop]:
    """Cut columns at every change of their number; NaN pairs are dropped."""
    numbers = np.asarray(numbers)
    x, y = np.asarray(x, float), np.asarray(y, float)
    if not numbers.size:
        return []
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    loops = []
    for part_x, part_y, part_n in zip(
        np.split(x, cuts), np.split(y, cuts), np.split(numbers, cuts), strict=True
    ):
        there = np.isfinite(part_x) & np.isfinite(part_y)
        if there.sum() > 1:
            loops.append(Loop(int(part_n[0]), part_x[there], part_y[there]))
    return loops


def chosen(cycles: Sequence[int], most: int = MOST_CYCLES) -> list[int]:
    """Return which cycles are drawn: all, or first, last and some between."""
    if len(cycles) <= most:
        return list(cycles)
    picked = np.unique(np.linspace(0, len(cycles) - 1, most).round().astype(int))
    return [cycles[k] for k in picked]


class LoopBook:
    """Remembers thinned cycles, so that only the growing one costs anything."""

    def __init__(self) -> None:
        self._done: dict[int, list[Loop]] = {}

    def put(self, cycle: int, loops: Sequence[Loop]) -> None:
        """Keep a cycle's thinned loops; it replaces what was known of it."""
        self._done[cycle] = [Loop(one.number, *thinned(one.x, one.y)) for one in loops]

    def missing(self, cycles: Sequence[int], growing: int | None) -> list[int]:
        """Return the cycles to fetch: unknown ones and the one that grows."""
        return [c for c in cycles if c not in self._done or c == growing]

    def loops(self, cycles: Sequence[int]) -> list[tuple[int, Loop]]:
        """Return (cycle, loop) of the known ones, in order."""
        return [(c, loop) for c in cycles for loop in self._done.get(c, ())]

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
