"""Record what another program records: its rows, as they come, and nothing else.

Nothing is started and nothing can be stopped, so what leaves the envelope is an alarm
and what falls silent is one, too; both are said once. A run that was interrupted goes
on behind the last row that it holds, in whatever batch that came.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from labctl import columns
from labctl.data import EndReason, Event, Level
from labctl.fingerprint import UNTOLD
from labctl.protocol import Bench, Ending, Progress, Rows, Step
from labctl.roles.record_source import (
    Glance,
    RecordHead,
    Recordings,
    RecordMark,
    RecordSource,
)
from labctl.roles.schedule import Difference, ScheduleStep
from labctl.steps.entered_schedule import entered
from labctl.steps.watched_rows import RanRows
from labctl.steps.watched_schedule import differences

SILENT_INTERVALS = 10.0
"""Of the longest interval between two rows, before a record counts as silent."""
LEAST_SILENCE = 120.0
"""s; a program writes its rows in bursts."""
SILENT_LOOKS = 3
"""Looks in a row that brought nothing: one may just have come too early."""
UNKNOWN_INTERVAL = 60.0
"""s between two rows where no schedule says it."""
ONCE = "what there was is read; the record goes on"
MOST_SAID = 40
"""Differences that are said one by one."""


@dataclass(frozen=True, kw_only=True)
class WatchRecord(Step):
    """Follow one record until its program says that it is over."""

    only_watches: ClassVar[bool] = True

    record: str
    """Name of the file in its folder."""
    role: str = "source"
    planned: tuple[ScheduleStep, ...] = ()
    """What should run; none: nobody said it."""
    once: bool = field(default=False, metadata=UNTOLD)
    """Read what there is and end, whether or not the record has ended."""
    rows_before: int = 0
    """Rows that the run holds already."""
    digest_before: int = 0
    """Of those."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        source = bench.role(self.role, RecordSource)
        mark = RecordMark(self.rows_before, self.digest_before)
        source.follow(self.record, mark if self.rows_before else None)
        told, silence = _Told(), _Silence(bench.clock.now())
        ran = RanRows(self.planned, known=not self.rows_before)
        while True:
            glance = source.glance()
            head = source.head()
            yield from told.of(glance, head)
            if head is not None and not told.compared:
                told.compared = True
                if head.schedule and not self.rows_before:
                    yield entered(head.schedule)
                if not self.rows_before:
                    yield from said(differences(self.planned, head.schedule))
            if glance.rows is not None:
                yield from silence.over(bench.clock.now())
                yield glance.rows
                yield from said(ran.take(glance.rows))
            if glance.stands is Recordings.ENDED:
                yield from said(ran.over())
                return Ending()
            if self.once and glance.rows is None:
                return Ending(EndReason.STOPPED, ONCE)
            yield from silence.grows(bench.clock.now(), head)
            yield None
            every = UNKNOWN_INTERVAL if head is None else _shortest(head)
            bench.clock.sleep(bench.clock.poll_period(every))

    def remaining(self, progress: Progress) -> Step:
        """Return the rest of the record, behind the last row of the run."""
        row = progress.last.get(columns.RECORD_ROW.name, 0.0)
        digest = progress.last.get(columns.RECORD_DIGEST.name, -1.0)
        return replace(self, rows_before=int(row), digest_before=int(digest))


def said(found: Sequence[Difference]) -> list[Event]:
    """Return differences between plan and run as events, one each."""
    events = [Event(Level.WARNING, "differs", str(one)) for one in found[:MOST_SAID]]
    more = len(found) - MOST_SAID
    if more > 0:
        text = f"and {more} more differences between what was planned and what ran"
        events.append(Event(Level.WARNING, "differs", text))
    return events


@dataclass(slots=True)
class _Told:
    """What was said already, so that it is said once."""

    head: bool = False
    compared: bool = False
    waits_for: str = ""
    remarks: set[str] = field(default_factory=set)

    def of(self, glance: Glance, head: RecordHead | None) -> list[Event]:
        events = []
        if head is not None and not self.head:
            self.head = True
            events.append(Event(Level.INFO, "record", _introduced(head)))
        if glance.waits_for and glance.waits_for != self.waits_for:
            events.append(Event(Level.INFO, "record", f"waits: {glance.waits_for}"))
        self.waits_for = glance.waits_for
        for remark in glance.remarks:
            if remark not in self.remarks:
                self.remarks.add(remark)
                events.append(Event(Level.WARNING, "record", remark))
        return events


@dataclass(slots=True)
class _Silence:
    """Since when no row has come, and whether that was said."""

    since: float
    said: bool = False
    looks: int = 0
    """In a row, without a row."""

    def over(self, now: float) -> list[Event]:
        self.since, self.looks, was = now, 0, self.said
        self.said = False
        return [Event(Level.INFO, "stale", "rows come again")] if was else []

    def grows(self, now: float, head: RecordHead | None) -> list[Event]:
        interval = math.nan if head is None else head.longest_interval
        usual = UNKNOWN_INTERVAL if math.isnan(interval) else interval
        patience = max(LEAST_SILENCE, SILENT_INTERVALS * usual)
        self.looks += 1
        waited = now - self.since > patience and self.looks > SILENT_LOOKS
        if head is None or self.said or not waited:
            return []
        self.said = True
        text = (
            f"{head.file}: no row for {now - self.since:.0f} s, and it records every "
            f"{usual:g} s: is the cycler on, its program running, the folder reachable?"
        )
        return [Event(Level.ALARM, "stale", text)]


def _shortest(head: RecordHead) -> float:
    every = [s.every_second for s in head.schedule if s.every_second]
    return min(every, default=UNKNOWN_INTERVAL)


def _introduced(head: RecordHead) -> str:
    words = [head.file, head.program, head.instrument, head.serial]
    text = ", ".join(word for word in words if word)
    if head.zone_assumed:
        text += f"; its local times are read as those of {head.zone}"
    return text
