"""Rows of any program become segments: rest, constant current, hold, ramp, or neither.

Where the file has a step number or says what was driven, that decides; else the rows
do. A segment begins where the step, the driving or the sense of the current changes or
where the current jumps; the first row of a segment may hold a mean of both (the
interval that ends at it began in the segment before), so no test looks at it. A single
row apart from its neighbours is a glitch of the range. A current that is not a number
is unknown: neither rest nor ramp.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.kept_rows import FLAT, KeptRows, Piece
from labctl.analysis.cells.segment import Segment, SegmentKind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW = 5
"""Rows of one current among others that say nothing of a step."""
GLITCH = 2
"""Rows apart from what was before and is behind them that are no segment."""


def segments_of(
    time: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    step: ArrayLike | None = None,
    driving: ArrayLike | None = None,
    charge: ArrayLike | None = None,
) -> tuple[Segment, ...]:
    """Return the segments of the rows, in order; every row is in one of them.

    Parameters
    ----------
    time, voltage, current
        s, V, A (positive charges the cell), shape (n,); NaN where a cell is empty.
    step
        The file's own number of the step; a change in it ends a segment.
    driving
        `Driving` of each row; anything else (0, -1, NaN) says nothing.
    charge
        C, signed and never reset, as the file has it; None: the sum of the current.
    """
    t, v, i = (_column(x) for x in (time, voltage, current))
    if not len(t) == len(v) == len(i):
        raise ValueError(
            f"time {t.shape}, voltage {v.shape} and current {i.shape} must be "
            "columns of equal length"
        )
    if not len(t):
        return ()
    q = None if charge is None else _column(charge)
    number = None if step is None else _codes(step)
    driven = np.zeros(len(t), dtype=np.int64) if driving is None else _codes(driving)
    rows = KeptRows(t, v, i, driven, q)
    pieces = itertools.chain.from_iterable(
        rows.stretch(*bounds) for bounds in _stretches(rows, number)
    )
    return tuple(
        rows.segment(kind, a, b, -1 if number is None else int(number[a]))
        for kind, a, b in _joined(rows, pieces, number)
    )


def _column(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _codes(values: ArrayLike) -> Ints:
    return np.nan_to_num(_column(values), nan=-1.0).astype(np.int64)


def _stretches(rows: KeptRows, step: Ints | None) -> Iterator[tuple[int, int]]:
    """Yield where the file itself says that something else began."""
    begins = np.diff(rows.driving, prepend=rows.driving[0]) != 0
    if step is not None:
        begins |= np.diff(step, prepend=step[0]) != 0
    begins |= np.diff(rows.time, prepend=rows.time[0]) < 0
    edges = [0, *np.flatnonzero(begins).tolist(), len(rows.time)]
    yield from itertools.pairwise(dict.fromkeys(edges))


def _joined(
    rows: KeptRows, pieces: Iterator[Piece], step: Ints | None
) -> Sequence[Piece]:
    """Return the pieces, those that a glitch or nothing parted as one."""
    out: list[Piece] = []
    for kind, a, b in pieces:
        if out and _goes_on_varying(rows, out[-1], (kind, a, b), step):
            out[-1] = (SegmentKind.VARYING, out[-1][1], b)
            continue
        out.append((kind, a, b))
        while len(out) > 1 and _is_one(rows, out[-2], out[-1], step):
            _, _, last = out.pop()
            before, first, _ = out.pop()
            out.append((before, first, last))
        if len(out) > 2 and _is_glitch(rows, out, step):  # noqa: PLR2004
            (_, _, last), _, (before, first, _) = out.pop(), out.pop(), out.pop()
            out.append((before, first, last))
    return out


def _goes_on_varying(
    rows: KeptRows, before: Piece, piece: Piece, step: Ints | None
) -> bool:
    """Return whether a current that varies goes on: a few rows alike are no step."""
    kind, a, b = piece
    if before[0] is not SegmentKind.VARYING or not kind.is_driven:
        return False
    short = kind is SegmentKind.VARYING or b - a <= FEW
    return short and kind is not SegmentKind.RAMP and _follows(rows, a, step)


def _is_one(rows: KeptRows, before: Piece, behind: Piece, step: Ints | None) -> bool:
    kind, first, middle = before
    other, _, last = behind
    if kind is not other or not _follows(rows, middle, step):
        return False
    if kind in {SegmentKind.REST, SegmentKind.UNKNOWN}:
        return True
    return kind is SegmentKind.CURRENT and _one_level(rows, first, middle, last)


def _is_glitch(rows: KeptRows, out: Sequence[Piece], step: Ints | None) -> bool:
    (kind, first, a), (_, _, b), (other, _, last) = out[-3:]
    return (
        kind is other is SegmentKind.CURRENT
        and b - a <= GLITCH
        and _follows(rows, a, step)
        and _follows(rows, b, step)
        and min(a - first, last - b) > b - a
        and _one_level(rows, first, a, last, b)
    )


def _follows(rows: KeptRows, k: int, step: Ints | None) -> bool:
    """Return whether row ``k`` goes on where the one before it stopped."""
    on = rows.time[k] >= rows.time[k - 1]
    return bool(on and (step is None or step[k] == step[k - 1]))


def _one_level(
    rows: KeptRows, first: int, middle: int, last: int, again: int | None = None
) -> bool:
    before = rows.smooth[first:middle]
    behind = rows.smooth[middle if again is None else again : last]
    one, other = float(np.nanmedian(before)), float(np.nanmedian(behind))
    return abs(one - other) <= FLAT * max(abs(one), abs(other))
