"""Compare the rows that a cycler recorded with the schedule that was planned.

What was entered is one thing, what ran another: a person skips a step, a cycler leaves
one early, a range is wrong. A step is what the cycler counts as one (its total step).
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl import columns
from labctl.data import Array, Batch
from labctl.roles.schedule import Difference, ScheduleStep, executed

AT_REST = 1e-3
"""Of the largest planned current: less is none."""
CURRENT_TOLERANCE = 0.02
"""Of a current: a cycler's ranges and its offset."""
VOLTAGE_TOLERANCE = 0.02
"""V; a cut-off may be overshot by what the voltage does between two samples."""
TIME_TOLERANCE = 0.02
"""Of a duration."""
MOST = 20_000
_NEEDED = tuple(
    column.name
    for column in (
        *(columns.SOURCE_STEP, columns.TEST_TIME, columns.VOLTAGE, columns.CURRENT),
    )
)


@dataclass(frozen=True, slots=True)
class RanStep:
    """One step as its rows tell it."""

    number: int
    """The cycler's own count."""
    current: float
    """A, median of its first half without the first row; NaN: too few rows."""
    end_voltage: float
    """V."""
    duration: float
    """s from the last row of the step before."""


def ran_steps(table: Mapping[str, Array], begun: float = 0.0) -> tuple[RanStep, ...]:
    """Return the steps that the rows of a record show, in order.

    ``begun``: test time at which the first of them began, s.
    """
    count, time, volts, current = (np.asarray(table[name]) for name in _NEEDED)
    if not len(count):
        return ()
    edges = [0, *(np.flatnonzero(np.diff(count)) + 1).tolist(), len(count)]
    return tuple(
        RanStep(
            int(count[a]),
            _level(current[a:b]),
            float(volts[b - 1]),
            float(time[b - 1] - (time[a - 1] if a else begun)),
        )
        for a, b in itertools.pairwise(edges)
    )


def differences_of_rows(
    planned: Sequence[ScheduleStep], ran: Sequence[RanStep], *, ended: bool
) -> tuple[Difference, ...]:
    """Return how what ran differs from what was planned, step by step.

    ``ended``: the record is over, so that steps that did not come are missing; else
    the last one goes on and is not judged.
    """
    if not planned:
        return ()
    steps = list(executed(planned, MOST))
    judged = ran if ended else ran[:-1]
    return (*_judged(steps, judged), *_counted(len(steps), len(judged), ended=ended))


class RanRows:
    """Takes rows as they come and judges each step once it is over."""

    def __init__(self, planned: Sequence[ScheduleStep], *, known: bool) -> None:
        """Judge by ``planned``.

        ``known``: the first row is the record's first; else the run's results judge.
        """
        self._steps = list(executed(planned, MOST)) if known else []
        self._rows: list[Mapping[str, Array]] = []
        """Of the step that goes on."""
        self._begun = 0.0
        """Test time at which it began, s."""
        self._over = 0
        """Steps that are over."""

    def take(self, batch: Batch) -> tuple[Difference, ...]:
        """Return what differs in the steps that ended with these rows."""
        if not self._steps:
            return ()
        new = {name: np.asarray(batch.columns[name]) for name in _NEEDED}
        self._rows.append(new)
        count = _NEEDED[0]
        if self._rows[0][count][0] == new[count][-1]:
            return ()
        whole = self._whole()
        last = int(np.flatnonzero(whole[count] != whole[count][-1])[-1]) + 1
        ended = {name: values[:last] for name, values in whole.items()}
        found = self._ended(ended)
        self._rows = [{name: values[last:] for name, values in whole.items()}]
        self._begun = float(ended[columns.TEST_TIME.name][-1])
        return found

    def over(self) -> tuple[Difference, ...]:
        """Return what differs now that the record has ended."""
        if not self._steps:
            return ()
        found = self._ended(self._whole()) if self._rows else ()
        return (*found, *_counted(len(self._steps), self._over, ended=True))

    def _whole(self) -> dict[str, Array]:
        return {n: np.concatenate([part[n] for part in self._rows]) for n in _NEEDED}

    def _ended(self, rows: Mapping[str, Array]) -> tuple[Difference, ...]:
        ran, first = ran_steps(rows, self._begun), self._over
        self._over += len(ran)
        return tuple(_judged(self._steps, ran, first))


def _judged(
    steps: Sequence[ScheduleStep], ran: Sequence[RanStep], first: int = 0
) -> Iterator[Difference]:
    """Yield what differs in steps that are over, from the planned ``first`` on."""
    largest = max((abs(s.current_ampere or 0.0) for s in steps), default=0.0)
    for k, (ours, theirs) in enumerate(zip(steps[first:], ran, strict=False), first):
        yield from _of_step(k + 1, ours, theirs, AT_REST * largest)


def _counted(planned: int, ran: int, *, ended: bool) -> Iterator[Difference]:
    if ran > planned or (ended and ran != planned):
        yield Difference(0, "steps", float(planned), float(ran), "rows")


def _of_step(
    number: int, ours: ScheduleStep, theirs: RanStep, rest: float
) -> Iterator[Difference]:
    wanted = 0.0 if ours.control == "REST" else ours.current_ampere
    if wanted is not None and math.isfinite(theirs.current):
        tolerance = max(CURRENT_TOLERANCE * abs(wanted), rest)
        if abs(theirs.current - wanted) > tolerance:
            name = "current_ampere"
            yield Difference(number, name, wanted, theirs.current, "rows")
    if not any(_is_met(end, theirs, ours) for end in ours.ends):
        ends = " or ".join(str(end) for end in ours.ends)
        at = f"{theirs.end_voltage:.4g} V after {theirs.duration:.0f} s"
        if ends:
            yield Difference(number, "end", ends, at, "rows")


def _is_met(end: object, ran: RanStep, ours: ScheduleStep) -> bool:
    what, falling, value = (getattr(end, n) for n in ("what", "falling", "value"))
    if value is None or what not in {"time", "voltage"} or ours.control == "CV":
        return True  # not known, or not seen in a step's last row
    if what == "time":
        return bool(ran.duration >= (1.0 - TIME_TOLERANCE) * value - 1.0)
    short = value - ran.end_voltage if not falling else ran.end_voltage - value
    return bool(short <= VOLTAGE_TOLERANCE)


def _level(current: Array) -> float:
    inner = current[1 : max(len(current) // 2, 2)]
    return float(np.median(inner)) if len(inner) else math.nan
