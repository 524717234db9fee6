"""Charge counters of other programs: signs from states, and where a counter restarts.

Arbin's counters restart where the schedule says, Maccor's where the test plan says,
and no title tells. The rows tell: a counter that never falls is of the whole test; one
that restarts at every new cycle, or at every new step, is of these. One that does
neither is not taken.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labctl.data import Array

SMALL = 1e-6
"""Part of a counter's largest value that is its rounding."""
LEFT = 0.5
"""Part of what stood before that a counter that restarted may show at most."""

OVERSHOOT = 3.0
"""Times what two rows' drives give that may have passed between them: a pulse."""
JUMP = 1e-3
"""Part of a counter's largest value by which it may jump on top."""
SECOND_PER_HOUR = 3600.0

Bools = NDArray[np.bool_]


class Scope(StrEnum):
    """Since when a counter counts."""

    TEST = ""
    CYCLE = "cycle_"
    STEP = "step_"
    HALF_CYCLE = "half_cycle_"


def begins(*columns: Array | None, step_time: Array | None = None) -> Bools:
    """Return which rows are the first of a step; the first row is one.

    ``columns``: those whose change begins a step; ``step_time`` restarts there.
    """
    first: Bools | None = None
    for values in columns:
        if values is not None and len(values):
            changed = np.append(True, values[1:] != values[:-1])
            first = changed if first is None else first | changed
    if step_time is not None and len(step_time):
        fell = np.append(True, np.diff(step_time) < 0)
        first = fell if first is None else first | fell
    return np.zeros(0, bool) if first is None else first


def scope_of(
    counters: Sequence[Array], starts: Sequence[tuple[Scope, Bools]]
) -> Scope | None:
    """Return since when counters count; None: it is none of ``starts``, or unknown.

    ``starts``: the scopes in the order in which they are tried, and the first row of
    each of their parts; for the whole test any. Rows without a number tell nothing.
    """
    for scope, first in starts:
        if scope is not Scope.TEST and not len(first):
            continue
        part = np.cumsum(first) if scope is not Scope.TEST else None
        if all(_counts(values, part) for values in counters):
            return scope
    return None


def _counts(values: Array, part: Array | None) -> bool:
    """Whether a counter only rises within each part, and restarts with each.

    ``part``: number of each row's part; None: all rows are one.
    """
    known = np.isfinite(values)
    values = values[known]
    if len(values) < 2:  # noqa: PLR2004
        return bool(len(values))
    rounding = SMALL * float(np.max(np.abs(values)))
    step = np.diff(values)
    if part is None:
        return bool((step >= -rounding).all())
    restart = np.diff(part[known]) != 0
    before, after = values[:-1][restart], values[1:][restart]
    rises = (step[~restart] >= -rounding).all()
    # one that had counted nothing restarts unseen
    restarts = ((after <= LEFT * before) | (before <= rounding)).all()
    return bool(rises and restarts)


def follows(
    counter: Array, drive: Array, time: Array, first: Bools | None = None
) -> bool:
    """Whether a signed counter moves with what it counts, and is never set back.

    ``counter`` in A h (W h), ``drive`` in A (W), ``time`` in s; ``first``: rows at
    which it may restart. Rows that lack one of them count for nothing.
    """
    known = np.isfinite(counter) & np.isfinite(drive) & np.isfinite(time)
    counter, drive, time = counter[known], drive[known], time[known]
    step = np.diff(counter)
    if first is not None:
        step = np.where(first[known][1:], 0.0, step)
    largest = float(np.max(np.abs(counter), initial=0.0))
    now, before = drive[1:], drive[:-1]
    moved = np.abs(step) > SMALL * largest
    against_it = np.where(
        step > 0, np.maximum(now, before) <= 0, np.minimum(now, before) >= 0
    )
    size = np.maximum(np.abs(now), np.abs(before)) * np.diff(time) / SECOND_PER_HOUR
    too_much = np.abs(step) > OVERSHOOT * size + JUMP * largest
    return not bool((moved & (against_it | too_much)).any())


def against(current: Array, charged: Array, discharged: Array) -> bool:
    """Whether most rows have a positive current where the discharge counter grows."""
    up, down = np.diff(charged), np.diff(discharged)
    moves = (up > 0) ^ (down > 0)
    now = current[1:]
    said = (moves & (now != 0)).sum()
    wrong = (((up > 0) & (now < 0)) | ((down > 0) & (now > 0)))[moves].sum()
    return bool(said and wrong > said / 2)


def signed(size: Array, direction: Array) -> Array:
    """Return sizes with a sign: 1 charge, -1 discharge, 0 rest; NaN: nobody says.

    A size at rest has no direction: it is 0 or it is not known.
    """
    values = np.where(direction == 0, np.nan, size * direction)
    return np.where(size == 0, 0.0, values)


def held(direction: Array) -> Array:
    """Return the last direction that was not a rest, 0 before the first."""
    known = np.nan_to_num(direction)
    at = np.maximum.accumulate(np.where(known != 0, np.arange(len(known)), -1))
    return np.where(at >= 0, known[np.maximum(at, 0)], 0.0)


def in_order(step_time: Array, first: Bools, wall: Array | None) -> Array:
    """Return test time, s: step times one after the other, from 0 at test start.

    ``wall``: dates of the rows, s; a step begins no earlier than they show. Dates in
    whole seconds may be a second ahead of the truth.
    """
    time = np.empty(len(step_time))
    edges = [*np.flatnonzero(first).tolist(), len(step_time)]
    whole = wall is not None and bool((wall == np.round(wall)).all())
    start = 0.0
    for begin, end in pairwise(edges):
        if begin and wall is not None:
            shown = (wall[begin] - step_time[begin]) - (wall[0] - step_time[0])
            start = shown if shown - start > whole else start
        time[begin:end] = start + step_time[begin:end]
        start = time[end - 1]
    return time
