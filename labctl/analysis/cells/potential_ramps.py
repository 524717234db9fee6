"""Where the rows of a voltage run along straight lines, up and down.

A voltammogram's voltage turns at its vertices and runs straight in time between them;
that of a constant current does not. Turns are looked for only between rows that come
near both ends of the span, so that noise makes none.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAR_END = 0.25
"""Of the span: a vertex lies that near to one of its ends."""
INSIDE = (0.05, 0.95)
"""Of a branch's span, over which its line is fitted: its ends may be held."""
STRAIGHT = 0.01
"""Of a branch's span by which its rows may lie off the line."""
LEAST = 0.003
"""V that they may in any case."""
MOSTLY = 0.98
"""Part of the rows that must lie on the line: some are glitches."""
ROUNDED = 2
"""Rows at a vertex that belong to the ramp though they lie off its line."""
FEWEST = 8
"""Rows of a ramp."""
SHORTEST = 0.02
"""V that a ramp passes."""


def find_ramps(time: Floats, voltage: Floats) -> Iterator[tuple[int, int]]:
    """Yield first row and row after the last of each ramp, in order."""
    if len(time) < FEWEST or not np.isfinite(voltage).all():
        return
    for a, b in itertools.pairwise(_turns(voltage)):
        found = _ramp(time[a:b], voltage[a:b])
        if found is not None:
            yield a + found[0], a + found[1]


def _turns(v: Floats) -> list[int]:
    """Return the first row of each branch, and the row after the last."""
    low, high = float(v.min()), float(v.max())
    reach = NEAR_END * (high - low)
    if high - low < SHORTEST:
        return [0, len(v)]
    side = np.where(v >= high - reach, 1, np.where(v <= low + reach, -1, 0))
    known = np.flatnonzero(side)
    parts = np.flatnonzero(np.diff(side[known], prepend=0))
    begins = [*known[parts].tolist(), len(v)]
    turns = []
    for begin, end in itertools.pairwise(begins):
        own = v[begin:end] * side[begin]
        top = np.flatnonzero(own >= own.max())
        # a vertex that is held: where it is left
        turns.append(begin + int(top[-1]))
    out = [0, *(t for t in turns if 0 < t < len(v) - 1), len(v)]
    return list(dict.fromkeys(out))


def _ramp(time: Floats, voltage: Floats) -> tuple[int, int] | None:
    """Return the rows of one branch that lie on its line; None: it has none."""
    low, high = float(voltage.min()), float(voltage.max())
    span = high - low
    if len(time) < FEWEST or span < SHORTEST:
        return None
    middle = (voltage >= low + INSIDE[0] * span) & (voltage <= low + INSIDE[1] * span)
    if middle.sum() < FEWEST - 2 or not np.ptp(time[middle]) > 0:
        return None
    t0 = time[0]
    slope, start = np.polyfit(time[middle] - t0, voltage[middle], 1)
    off = np.abs(start + slope * (time - t0) - voltage)
    near = off <= max(STRAIGHT * span, LEAST)
    if near[middle].mean() < MOSTLY:
        return None
    on = np.flatnonzero(near)
    first, last = int(on[0]), int(on[-1]) + 1
    first = 0 if first <= ROUNDED else first
    last = len(near) if len(near) - last <= ROUNDED else last
    return (first, last) if near[first:last].mean() >= MOSTLY else None
