"""The step that reads along: what it says, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from labctl import columns
from labctl.clock import VirtualClock
from labctl.data import Array, Batch, EndReason, Event, Level
from labctl.limits import Envelope
from labctl.protocol import Ending, Item, Progress
from labctl.roles.record_source import Glance, RecordHead, Recordings, RecordMark
from labctl.roles.schedule import CutOff, ScheduleStep
from labctl.steps.entered_schedule import entered, schedule_in
from labctl.steps.watch import WatchRecord
from labctl.steps.watched_rows import RanRows, differences_of_rows, ran_steps
from labctl.steps.watched_schedule import differences

REST = ScheduleStep(
    "1",
    "REST",
    None,
    None,
    None,
    (CutOff("time", falling=False, value=600.0),),
    "",
    1,
    60.0,
)
DOWN = ScheduleStep(
    "2",
    "CC",
    -1e-3,
    None,
    None,
    (CutOff("voltage", falling=True, value=0.01),),
    "",
    1,
    60.0,
)
UP = replace(
    DOWN,
    name="3",
    current_ampere=1e-3,
    ends=(CutOff("voltage", falling=False, value=1.2),),
    to_step="2",
    loops=3,
)
PLAN = (REST, DOWN, UP)
HEAD = RecordHead("a.wrd", "it", "W", "1", 0.0, schedule=PLAN, longest_interval=60.0)


def rows(count: int, since: int = 0) -> Batch:
    time = 60.0 * np.arange(since + 1, since + count + 1)
    return Batch(
        "timeseries",
        {
            columns.TEST_TIME.name: time,
            columns.VOLTAGE.name: np.full(count, 0.9),
            columns.CURRENT.name: np.zeros(count),
            columns.SOURCE_STEP.name: np.ones(count, dtype=np.int64),
        },
    )


@dataclass
class Told:
    """A record that brings what is told, and is its own bench."""

    glances: list[Glance]
    clock: VirtualClock = field(default_factory=VirtualClock)
    envelope: Envelope = field(default_factory=lambda: Envelope({}))
    after: RecordMark | None = None

    def role(self, _name: str, _kind: type) -> "Told":
        return self

    def records(self) -> tuple[str, ...]:
        return ("a.wrd",)

    def follow(self, _record: str, after: RecordMark | None = None) -> None:
        self.after = after

    def glance(self) -> Glance:
        return self.glances.pop(0)

    def head(self) -> RecordHead | None:
        return HEAD


def watched(told: Told, step: WatchRecord) -> tuple[list[Item], Ending]:
    items: list[Item] = []
    going = step.execute(told)  # type: ignore[arg-type]
    while True:
        try:
            items.append(next(going))
        except StopIteration as stop:
            return items, stop.value


def codes(items: Sequence[Item]) -> list[str]:
    return [each.code for each in items if isinstance(each, Event)]


STEP = WatchRecord(label="what is recorded", record="a.wrd")
QUIET = Glance(Recordings.GROWING)
ENDED = Glance(Recordings.ENDED)


def test_a_record_that_falls_silent_is_one_alarm_and_is_gone_on_with() -> None:
    # rows every 60 s, looked at every 480 s: silent after 600 s and three looks
    silent = [QUIET] * 10
    more = Glance(Recordings.GROWING, rows(3, 8))
    told = Told([Glance(Recordings.GROWING, rows(8)), *silent, more, *silent, ENDED])

    items, ending = watched(told, STEP)

    stale = [e for e in items if isinstance(e, Event) and e.code == "stale"]
    assert [e.level for e in stale] == [Level.ALARM, Level.INFO, Level.ALARM]
    assert "no row for 1440 s" in stale[0].text
    assert sum(isinstance(each, Batch) for each in items) == 3  # the schedule, rows
    assert ending == Ending()


def test_what_is_in_the_way_is_said_once_as_long_as_it_is() -> None:
    locked = Glance(Recordings.GROWING, waits_for="locked")
    told = Told([locked, locked, QUIET, locked, ENDED])

    items, _ = watched(told, STEP)

    assert codes(items).count("record") == 3  # its head, twice locked


def test_reading_once_ends_so_that_the_run_can_go_on() -> None:
    told = Told([Glance(Recordings.GROWING, rows(2)), QUIET])

    _, ending = watched(told, replace(STEP, once=True))

    assert ending.reason is EndReason.STOPPED


def test_what_remains_begins_behind_the_last_row_of_the_run() -> None:
    last = {columns.RECORD_ROW.name: 812.0, columns.RECORD_DIGEST.name: 4.0e9}
    told = Told([ENDED])

    rest = STEP.remaining(Progress(1.0, 2.0, last=last))
    assert isinstance(rest, WatchRecord)
    items, _ = watched(told, rest)

    assert told.after == RecordMark(812, 4_000_000_000)
    assert not [each for each in items if isinstance(each, Batch)]  # no schedule twice


def test_a_run_without_a_row_begins_at_the_first() -> None:
    told = Told([ENDED])

    rest = STEP.remaining(Progress(0.0, 0.0))
    assert isinstance(rest, WatchRecord)
    watched(told, rest)

    assert told.after is None


def test_a_schedule_survives_its_rows() -> None:
    assert schedule_in(entered(PLAN).columns) == PLAN


def again(step: ScheduleStep, which: str) -> ScheduleStep:
    return replace(step, name=f"{step.name}{which}", to_step="")


@pytest.mark.parametrize(
    ("entered_there", "said"),
    [
        # the same cycle typed three times is a loop of three
        (
            (
                REST,
                *(
                    replace(s, name=f"{s.name}{k}", to_step="")
                    for k in "abc"
                    for s in (DOWN, UP)
                ),
            ),
            [],
        ),
        # four digits of a current are enough
        ((REST, replace(DOWN, current_ampere=-1.0004e-3), UP), []),
        # a sign slipped: charge for discharge
        (
            (REST, replace(DOWN, current_ampere=1e-3), UP),
            ["step 2: current_ampere: planned -0.001, ran 0.001"],
        ),
        # a cut-off that is not there
        (
            (REST, replace(DOWN, ends=()), UP),
            ["step 2: voltage <=: planned 0.01, ran nothing"],
        ),
        # a line too many is one difference, not one of each line behind it
        (
            (REST, replace(REST, name="x", control="CV"), DOWN, UP),
            ["step 2: line before it: planned nothing, ran x, CV, until time >= 600 s"],
        ),
        # the rest forgotten
        (
            (DOWN, UP),
            ["step 1: line: planned 1, REST, until time >= 600 s, ran nothing"],
        ),
    ],
)
def test_each_difference_of_what_was_entered_is_named_once(
    entered_there: tuple[ScheduleStep, ...], said: list[str]
) -> None:
    assert [str(each) for each in differences(PLAN, entered_there)] == said


def ran(*steps: tuple[float, float, float]) -> dict[str, Array]:
    """Return ten rows a step of (current, last voltage, duration)."""
    time, out = 0.0, []
    for number, (current, volts, lasts) in enumerate(steps, 1):
        ten = [(number, time + lasts * k / 10, volts, current) for k in range(1, 11)]
        out += ten
        time += lasts
    names = (columns.SOURCE_STEP, columns.TEST_TIME, columns.VOLTAGE, columns.CURRENT)
    return {c.name: x for c, x in zip(names, np.array(out).T, strict=True)}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        # as planned
        ([(0, 0.9, 600), (-1e-3, 0.01, 5e3), (1e-3, 1.2, 5e3)], []),
        # somebody went on to the next step by hand
        (
            [(0, 0.9, 600), (-1e-3, 0.35, 900), (1e-3, 1.2, 5e3)],
            ["step 2: end: planned voltage <= 0.01 V, ran 0.35 V after 900 s"],
        ),
        # another range, another current
        (
            [(0, 0.9, 600), (-1.1e-3, 0.01, 5e3), (1e-3, 1.2, 5e3)],
            ["step 2: current_ampere: planned -0.001, ran -0.0011"],
        ),
    ],
)
def test_each_step_that_ran_otherwise_is_named(
    steps: list[tuple[float, float, float]], said: list[str]
) -> None:
    once = (REST, DOWN, replace(UP, loops=1))
    found = differences_of_rows(once, ran_steps(ran(*steps)), ended=True)

    assert [str(each) for each in found] == said
    live = RanRows(once, known=True)
    table = ran(*steps)
    for k in range(0, 30, 4):  # as they come
        part = {name: values[k : k + 4] for name, values in table.items()}
        found_live = live.take(Batch("timeseries", part))
        assert set(found_live) <= set(found)
        found = tuple(each for each in found if each not in found_live)
    assert live.over() == found


def test_a_step_that_goes_on_is_not_judged_yet() -> None:
    found = ran_steps(ran((0, 0.9, 600), (-1e-3, 0.6, 900)))

    assert differences_of_rows(PLAN, found, ended=False) == ()
    assert [e.quantity for e in differences_of_rows(PLAN, found, ended=True)] == [
        "end",
        "steps",
    ]
