"""Which half cycles ended as they were meant to, and which were cut short.

A half cycle that a person, a limit or a crash cut says nothing of a capacity. Where the
run recorded how its steps ended, that decides; where nobody did (another program's
file), a half cycle that ends far from where all others of its direction ended is taken
as cut, and one that has no others to be compared with is not known.
"""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.half_cycles import HalfCycles
from labctl.analysis.cells.steps_under_current import StepUnderCurrent
from labctl.data import EndReason

Ints = NDArray[np.int64]

FAR = 0.05
"""Of the span of voltages: a half cycle that ends further than this from the others of
its direction was cut. Limits are met to within millivolts."""
HOLE = 0.05
"""Of a half cycle's time under current, between two rows: what flowed meanwhile is not
known to better than this."""
HOLE_ROWS = 10.0
"""Times the mean of the half cycle's other intervals that a hole must be as well: few
rows are no hole."""
HOLE_USUAL = 3.0
"""Times the longest interval of most half cycles: where rows come by change of voltage,
a plateau has few."""


class Cut(IntEnum):
    """How a half cycle ended; the larger word wins where two are paired."""

    WHOLE = 0
    """By its own condition or time."""
    UNKNOWN = 1
    """Nobody recorded it and there is nothing to compare with."""
    TIMED = 2
    """Its longest time was over before its limit came."""
    STOPPED = 3
    """A person or a signal ended the run."""
    SKIPPED = 4
    LIMIT = 5
    FAILED = 6
    UNFINISHED = 7
    """The step goes on, or its end was never written."""
    SHORT = 8
    """It ends far from where the others end."""
    HOLE = 9
    """Rows are missing in it."""

    @property
    def words(self) -> str:
        """What a person reads behind the name of the half cycle."""
        return _WORDS[self]


_WORDS = {
    Cut.WHOLE: "complete",
    Cut.UNKNOWN: "its end is not known",
    Cut.TIMED: "its time was over before its limit came",
    Cut.STOPPED: "stopped",
    Cut.SKIPPED: "skipped",
    Cut.LIMIT: "ended by a safety limit",
    Cut.FAILED: "ended by a failure",
    Cut.UNFINISHED: "not ended",
    Cut.SHORT: "ends far from where the others end",
    Cut.HOLE: "rows are missing",
}
_OF_REASON = {
    EndReason.COMPLETED: Cut.WHOLE,
    EndReason.CONDITION: Cut.WHOLE,
    EndReason.SKIPPED: Cut.SKIPPED,
    EndReason.STOPPED: Cut.STOPPED,
    EndReason.LIMIT: Cut.LIMIT,
    EndReason.FAILED: Cut.FAILED,
}
Ended = Mapping[int, Cut]
"""Step count -> how it ended."""


def end_of_step(reason: EndReason | None, *, has_limit: bool) -> Cut:
    """Return how a step ended; ``reason`` None: it did not.

    ``has_limit``: it had an end condition, and did all it was told without meeting it.
    """
    if reason is None:
        return Cut.UNFINISHED
    if reason is EndReason.COMPLETED and has_limit:
        return Cut.TIMED
    return _OF_REASON[reason]


def cut_halves(
    halves: HalfCycles,
    steps: Mapping[int, StepUnderCurrent],
    ended: Ended,
    *,
    goes_on: bool = False,
    counted: bool = False,
) -> Ints:
    """Return how each half cycle ended, a `Cut`, shape (halves,).

    Parameters
    ----------
    halves
        Of these very rows.
    steps
        Of these rows as well, by their count; needed where not all ended whole.
    ended
        How the steps ended; empty: nobody recorded it.
    goes_on
        Rows follow that are not among these: they ended the last half cycle.
    counted
        The instrument counted the charge: it knows what flowed between two rows.
    """
    cut = _of_steps(halves, steps, ended)
    if not ended:
        cut = np.zeros(len(halves), dtype=np.int64) if goes_on else _of_peers(halves)
    if not counted:
        cut[_has_hole(halves)] = Cut.HOLE
    return cut


def _has_hole(halves: HalfCycles) -> NDArray[np.bool_]:
    """Return where an interval is long beside its own half cycle and all others."""
    longest = halves.longest_interval
    if not len(halves):
        return np.zeros(0, dtype=bool)
    rest = (halves.duration - longest) / np.maximum(halves.rows - 1, 1)
    usual = np.sort(longest[halves.direction != 0])
    most = usual[(len(usual) - 1) // 2] if len(usual) else 0.0
    limit = np.maximum(HOLE * halves.duration, HOLE_ROWS * rest)
    found = longest > np.maximum(limit, HOLE_USUAL * most)
    return np.asarray(found & (halves.direction != 0))


def _of_steps(
    halves: HalfCycles, steps: Mapping[int, StepUnderCurrent], ended: Ended
) -> Ints:
    cut = np.zeros(len(halves), dtype=np.int64)
    begins = np.array([step.first for step in steps.values() if step.first >= 0])
    for count, how in ended.items():
        step = steps.get(count)
        if how is Cut.WHOLE or step is None or step.last < 0:
            continue
        # The current had ended by itself where rows of a later technique, at rest,
        # stand behind the last one under current.
        if step.technique > step.last_technique and how is not Cut.TIMED:
            continue
        at = int(np.searchsorted(halves.first_row, step.last, side="right")) - 1
        end = halves.first_row[at] + halves.rows[at]
        goes_on = ((begins > step.last) & (begins < end)).any()
        if how is not Cut.TIMED or not goes_on:
            cut[at] = max(cut[at], how)
    return cut


def _of_peers(halves: HalfCycles) -> Ints:
    """Doubt the last half cycle: every other one was ended by the next."""
    cut = np.zeros(len(halves), dtype=np.int64)
    driven = np.flatnonzero(halves.direction)
    if not len(driven):
        return cut
    last = driven[-1]
    others = driven[halves.direction[driven] == halves.direction[last]][:-1]
    highest = np.fmax.reduce(halves.highest_voltage)
    span = highest - np.fmin.reduce(halves.lowest_voltage)  # NaN: no voltage at all
    away = np.abs(halves.end_voltage[others] - halves.end_voltage[last])
    if not (away <= FAR * span).any():
        cut[last] = Cut.SHORT if len(others) > 1 else Cut.UNKNOWN
    return cut
