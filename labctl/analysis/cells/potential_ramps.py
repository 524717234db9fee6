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
Flags = NDArray[np.bool_]

NEAR_END = 0.25
"""Of the span: a vertex lies that near to one of its ends."""
LAG = 3
"""Rows over which a local slope is taken, at least …"""
LOCAL = 100
"""… or this many parts of a branch."""
FLATTER = 0.3
"""Of the steepest slopes: what is flatter is a hold."""
ONE_SLOPE = 0.25
"""Relative difference up to which two slopes are one; noise is in them."""
STRAIGHT = 0.01
"""Of a branch's span by which its rows may lie off the line."""
LEAST = 0.003
"""V that they may in any case."""
MOST_OF = 0.5
"""Of a branch's span that its ramp passes."""
GLITCH = 2
"""Rows off the line that do not end it."""
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
    span = float(np.ptp(voltage))
    if len(time) < FEWEST or span < SHORTEST:
        return None
    straight = _of_one_slope(time, voltage)
    if straight.sum() < FEWEST - 2 or not np.ptp(time[straight]) > 0:
        return None
    t0 = time[0]
    slope, start = np.polyfit(time[straight] - t0, voltage[straight], 1)
    off = np.abs(start + slope * (time - t0) - voltage)
    near = off <= max(STRAIGHT * span, LEAST)
    first, last = _longest(near)
    first = 0 if first <= ROUNDED else first
    last = len(near) if len(near) - last <= ROUNDED else last
    passed = abs(float(voltage[last - 1] - voltage[first])) if last > first else 0.0
    is_one = last - first >= FEWEST and passed >= MOST_OF * span
    return (first, last) if is_one else None


def _of_one_slope(time: Floats, voltage: Floats) -> Flags:
    """Return the rows about which the voltage changes as it mostly does, (n,)."""
    lag = max(LAG, len(time) // LOCAL)
    passed = time[lag:] - time[:-lag]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(passed > 0, (voltage[lag:] - voltage[:-lag]) / passed, 0.0)
    size = np.abs(slope)
    steep = size > FLATTER * float(np.quantile(size, 0.9))
    out = np.zeros(len(time), dtype=bool)
    if not steep.any():
        return out
    usual = float(np.median(slope[steep]))
    like = np.abs(slope - usual) <= ONE_SLOPE * abs(usual)
    out[lag // 2 : lag // 2 + len(like)] = like
    return out


def _longest(near: Flags) -> tuple[int, int]:
    """Return the longest run of rows on the line, over glitches of a row or two."""
    on = np.flatnonzero(near)
    if not len(on):
        return 0, 0
    begins = np.flatnonzero(np.diff(on, prepend=-2 * GLITCH - 2) > GLITCH + 1)
    ends = np.append(begins[1:], len(on)) - 1
    best = int(np.argmax(on[ends] - on[begins]))
    return int(on[begins[best]]), int(on[ends[best]]) + 1
