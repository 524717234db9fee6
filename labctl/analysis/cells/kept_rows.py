"""What was kept in a range of rows: nothing, a current, a voltage, a slope of it.

No test looks at the first row of a range: it may hold a mean of this and of what was
before, or a reading of the very moment of switching.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.half_cycles import REST_FRACTION
from labctl.analysis.cells.potential_ramps import find_ramps
from labctl.analysis.cells.segment import Driving, Segment, SegmentKind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

JUMP = 0.05
"""Of the larger current: a smaller difference between two rows begins no segment."""
SUDDEN = 4.0
"""Times the usual difference about it that a jump is: where a hold decays, the
current falls from row to row."""
ABOUT = 4
"""Rows before and after a jump that say what is usual."""
FLAT = 0.02
"""Of its level within which a constant current stays."""
MOSTLY = 0.9
"""Part of the rows that must stay there."""
HELD = 0.005
"""V within which a hold stays."""
NOISE = 0.02
"""Of the largest current: what changes its sign within it every few rows is an
ammeter's noise about nothing …"""
TURNS = 6
"""… if it does so this often, one after the other …"""
ROWS_A_TURN = 3.0
"""… and this many rows keep one sign, on average; no step is as short."""
HOLE_ROWS = 20.0
"""Times the usual interval of its segment that a hole lasts."""


Piece = tuple[SegmentKind, int, int]
"""Kind, first row, row after the last."""


class KeptRows:
    """The columns, and what is asked of a range of their rows."""

    def __init__(
        self,
        time: Floats,
        voltage: Floats,
        current: Floats,
        driving: Ints,
        q: Floats | None,
    ) -> None:
        self.time, self.voltage, self.current = time, voltage, current
        self.driving, self.q = driving, q
        self.smooth = _without_noise(current, _middle_of_three(current))
        size = np.abs(self.smooth)
        largest = float(np.nanmax(size)) if np.isfinite(size).any() else 0.0
        self.rest_current = REST_FRACTION * largest

    def stretch(self, a: int, b: int) -> Iterator[Piece]:
        """Yield the pieces of a stretch within which the file says nothing."""
        match self.driving[a]:
            case Driving.REST:
                yield SegmentKind.REST, a, b
            case Driving.CURRENT:
                for begin, end in self._even(a, b):
                    yield self._constant(begin, end, SegmentKind.VARYING), begin, end
            case _:
                yield from self._with_ramps(a, b)

    def _with_ramps(self, a: int, b: int) -> Iterator[Piece]:
        at = a
        for begin, end in find_ramps(self.time[a:b], self.voltage[a:b]):
            begin, end = a + begin, a + end  # noqa: PLW2901
            if self._is_unknown(begin, end) or self._is_steps(begin, end):
                continue
            yield from self._without_ramps(at, begin)
            yield SegmentKind.RAMP, begin, end
            at = end
        yield from self._without_ramps(at, b)

    def _is_steps(self, a: int, b: int) -> bool:
        """Return whether constant currents and rests are all there is."""
        pieces = self._even(a, b)
        return all(self._rests(x, y) or self._is_flat(x, y) for x, y in pieces)

    def _without_ramps(self, a: int, b: int) -> Iterator[Piece]:
        if b <= a:
            return
        held = self.driving[a] == Driving.VOLTAGE
        if held:
            if self._is_held(a, b):
                yield SegmentKind.VOLTAGE, a, b
            else:
                unknown = self._is_unknown(a, b)
                yield (SegmentKind.UNKNOWN if unknown else SegmentKind.VARYING), a, b
            return
        for begin, end in self._even(a, b):
            if self._is_unknown(begin, end):
                yield SegmentKind.UNKNOWN, begin, end
            elif self._rests(begin, end):
                yield SegmentKind.REST, begin, end
            else:
                yield from self._current_then_hold(begin, end)

    def _even(self, a: int, b: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges between jumps and changes of sense."""
        i = self.smooth[a:b]
        size = np.abs(i)
        sense = np.where(size <= self.rest_current, 0.0, np.sign(i))
        sense = np.where(np.isnan(i), 2.0, sense)
        step = np.abs(np.nan_to_num(np.diff(i, prepend=i[0])))
        larger = np.fmax(size, np.append(size[:1], size[:-1]))
        begins = np.diff(sense, prepend=sense[0]) != 0
        tall = (step > JUMP * larger) & (step > self.rest_current) & ~begins
        for k in np.flatnonzero(tall):
            usual = np.median(step[max(k - ABOUT, 1) : k + ABOUT + 1])
            begins[k] = step[k] > SUDDEN * usual
        edges = [0, *np.flatnonzero(begins).tolist(), b - a]
        last = a
        for begin, end in itertools.pairwise(dict.fromkeys(edges)):
            # one row between two senses is a mean over the switch: the next one's
            if end - begin == 1 and a + end < b and not self._lone(a + begin):
                continue
            yield last, a + end
            last = a + end

    def _lone(self, k: int) -> bool:
        """Return whether the row is no mean of those before and behind it."""
        if k == 0 or k + 1 >= len(self.current):
            return True
        before, own, behind = self.smooth[k - 1 : k + 2]
        if not np.isfinite([before, own, behind]).all():
            return True
        return not min(before, behind) <= own <= max(before, behind)

    def _current_then_hold(self, a: int, b: int) -> Iterator[Piece]:
        """Yield a constant current and the hold into which it may go over."""
        if self._is_flat(a, b):
            yield SegmentKind.CURRENT, a, b
            return
        level = float(np.median(self.smooth[a + 1 : a + 12])) if b - a > 1 else math.nan
        off = np.abs(self.smooth[a:b] - level) > FLAT * abs(level)
        off[0] = False
        three = off[:-2] & off[1:-1] & off[2:]
        end = a + int(np.argmax(three)) if three.any() else a
        if end - a > 1 and self._is_flat(a, end):
            yield SegmentKind.CURRENT, a, end
        else:
            end = a
        still = self._is_held(end, b)
        yield (SegmentKind.VOLTAGE if still else SegmentKind.VARYING), end, b

    def _constant(self, a: int, b: int, otherwise: SegmentKind) -> SegmentKind:
        if self._is_unknown(a, b):
            return SegmentKind.UNKNOWN
        if self._rests(a, b):
            return SegmentKind.REST
        return SegmentKind.CURRENT if self._is_flat(a, b) else otherwise

    def _is_unknown(self, a: int, b: int) -> bool:
        return bool(np.isnan(self._inside(self.smooth, a, b)).all())

    def _rests(self, a: int, b: int) -> bool:
        size = np.abs(self._inside(self.smooth, a, b))
        return bool(np.median(size) <= self.rest_current)

    def _inside(self, column: Floats, a: int, b: int) -> Floats:
        """Return the rows without the first, which may be a mean over a switch."""
        return column[a + 1 : b] if b - a > 1 else column[a:b]

    def _is_flat(self, a: int, b: int) -> bool:
        """Return whether the current stays at one level, the first row not asked."""
        own = self._inside(self.smooth, a, b)
        own = own[np.isfinite(own)]
        if not len(own):
            return False
        level = float(np.median(own))
        near = np.abs(own - level) <= max(FLAT * abs(level), self.rest_current)
        return bool(near.mean() >= MOSTLY)

    def _is_held(self, a: int, b: int) -> bool:
        """Return whether the voltage stays, the first row not asked."""
        own = self._inside(self.voltage, a, b)
        own = own[np.isfinite(own)]
        if not len(own):
            return False
        near = np.abs(own - float(np.median(own))) <= HELD
        return bool(near.mean() >= MOSTLY)

    def segment(self, kind: SegmentKind, a: int, b: int, step: int) -> Segment:
        """Return the segment of rows ``a`` to ``b``."""
        t = self.time
        inside = np.diff(t[a:b])
        usual = float(np.median(inside)) if len(inside) else math.inf
        start = float(t[a])
        if a and 0 <= t[a] - t[a - 1] <= HOLE_ROWS * usual:
            start = float(t[a - 1])
        own = self._inside(self.current, a, b)
        known = own[np.isfinite(own)]
        return Segment(
            kind=kind,
            first_row=a,
            rows=b - a,
            step=step,
            current=float(known.mean()) if len(known) else math.nan,
            start_voltage=float(self.voltage[a]),
            end_voltage=float(self.voltage[b - 1]),
            start_time=start,
            end_time=float(t[b - 1]),
            charge=self._charge(kind, a, b, start),
        )

    def _charge(self, kind: SegmentKind, a: int, b: int, start: float) -> float:
        if self.q is not None:
            before = self.q[a - 1] if a and start < self.time[a] else self.q[a]
            return float(self.q[b - 1] - before)
        if kind is SegmentKind.REST:
            return 0.0
        if kind is SegmentKind.UNKNOWN:
            return math.nan
        i = self.current[a:b]
        step = np.diff(self.time[a:b], prepend=start)
        mean = i.copy()
        mean[1:] = 0.5 * (i[1:] + i[:-1])
        usual = float(np.median(step[1:])) if b - a > 1 else math.inf
        step[(step < 0) | (step > HOLE_ROWS * max(usual, 1e-12))] = 0.0
        return float(np.nansum(mean * step)) if np.isfinite(i).any() else math.nan


def _middle_of_three(values: Floats) -> Floats:
    """Return the median of each row and its neighbours: no glitch of one row."""
    if len(values) < 3:  # noqa: PLR2004
        return values
    out = values.copy()
    stack = np.stack((values[:-2], values[1:-1], values[2:]))
    known = np.isfinite(stack).all(axis=0)
    out[1:-1][known] = np.median(stack[:, known], axis=0)
    return out


def _without_noise(current: Floats, smooth: Floats) -> Floats:
    """Return the smooth current, 0 where the rows are noise about nothing."""
    size = np.abs(current)
    low = size <= NOISE * float(np.nanmax(size, initial=0.0))
    sign = np.sign(current)
    turns = (np.diff(sign, prepend=np.nan) != 0) | np.diff(low, prepend=False)
    at = np.flatnonzero(turns)  # where a stretch of one sign begins
    if len(at) < TURNS:
        return smooth
    rows = np.diff(at, append=len(current))
    short = low[at] & (rows <= TURNS * ROWS_A_TURN)
    edges = np.flatnonzero(np.diff(short, prepend=False, append=False))
    out = smooth.copy()
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        count = int(rows[first:last].sum())
        if last - first >= TURNS and count <= ROWS_A_TURN * (last - first):
            out[at[first] : at[first] + count] = 0.0
    return out
