"""What later steps are measured in is restored before the run goes on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest
from loop_parts import Count, MemoryJournal, Output, engine_of

from labctl.data import Batch, EndReason, Level, Outcome
from labctl.engine.control import Control
from labctl.engine.ledger import StepTotals
from labctl.engine.situation import Recorded, Situation
from labctl.protocol import (
    Bench,
    ClaimRecord,
    Ending,
    Plan,
    Rows,
    Step,
    StepRecord,
)

SAID = -1.0
"""Volt that tells a row of the restoring from any other."""


@dataclass(frozen=True, kw_only=True)
class Warm(Step):
    """Take ten seconds to be warm."""

    stands: ClassVar[bool] = True

    def execute(self, bench: Bench) -> Rows:
        for _ in range(10):
            bench.clock.sleep(1.0)
            yield None
        return Ending()

    def restore(self, bench: Bench) -> Rows:
        yield Batch.row("readings", {"voltage_volt": SAID})
        return (yield from self.execute(bench))


@dataclass(frozen=True, kw_only=True)
class Quiet(Step):
    """Poll two hundred times without reading anything."""

    ends_polls: ClassVar[bool] = True

    def execute(self, bench: Bench) -> Rows:
        for _ in range(200):
            bench.clock.sleep(1.0)
            yield None
        return Ending()


def plan() -> Plan:
    yield Warm(label="warm")
    yield Count(label="a", count=6)
    yield Count(label="b", count=2)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def asking(control: Control, wishes: Iterator[str], at: float) -> object:
    def watch(situation: Situation) -> None:
        if situation.step.label == "a" and situation.last.get("voltage_volt") == at:
            for wish in wishes:
                getattr(control, wish)("asked")
                break

    return watch


def test_a_run_that_nobody_interrupts_restores_nothing(journal: MemoryJournal) -> None:
    engine_of(journal).run(plan())

    assert journal.volts() == [0, 1, 2, 3, 4, 5, 0, 1]


def test_a_skip_makes_safe_so_the_next_step_restores_first(
    journal: MemoryJournal,
) -> None:
    control = Control()
    watch = asking(control, iter(["skip"]), at=2.0)
    order: list[str] = []
    outputs = {"chamber": Output(order, "chamber")}

    engine_of(journal, control=control, watch=watch, outputs=outputs).run(plan())

    assert journal.volts() == [0, 1, 2, SAID, 0, 1]
    assert order == ["chamber", "chamber"]


def test_the_time_of_the_restoring_is_none_of_the_steps(journal: MemoryJournal) -> None:
    control = Control()
    watch = asking(control, iter(["skip"]), at=2.0)

    engine_of(journal, control=control, watch=watch).run(plan())

    assert journal.outcomes[3].duration == 2.0
    assert journal.outcomes[3].rows == 2


@pytest.mark.parametrize("in_flight", [False, True])
def test_a_run_that_goes_on_restores_before_its_first_step(
    journal: MemoryJournal, *, in_flight: bool
) -> None:
    warm, first = Warm(label="warm"), Count(label="a", count=6)
    done = Outcome(EndReason.COMPLETED)
    steps = {
        1: StepRecord(1, {"digest": warm.digest()}, 0.0, 10.0, done),
        2: StepRecord(
            2,
            {"digest": first.digest()},
            10.0,
            None if in_flight else 16.0,
            None if in_flight else done,
        ),
    }

    engine_of(journal).run(plan(), Recorded(steps=steps))

    rows = [0, 1, 2, 3, 4, 5] if in_flight else []
    assert journal.volts() == [SAID, *rows, 0, 1]


def test_a_stop_while_it_is_restored_ends_the_run(journal: MemoryJournal) -> None:
    control = Control()
    wishes = iter(["skip"])

    def watch(situation: Situation) -> None:
        if situation.step.label == "a" and situation.last.get("voltage_volt") == 2.0:
            for _ in wishes:
                control.skip("asked")
        if situation.step.label == "b":
            control.stop("enough")

    ended = engine_of(journal, control=control, watch=watch).run(plan())

    assert ended.reason is EndReason.STOPPED
    assert journal.volts() == [0, 1, 2, SAID]


def test_one_that_was_skipped_is_not_restored(journal: MemoryJournal) -> None:
    control = Control()
    wishes = iter(["skip"])

    def watch(situation: Situation) -> None:
        if situation.step.label == "warm":
            for _ in wishes:
                control.skip("asked")

    engine_of(journal, control=control, watch=watch).run(plan())

    assert journal.volts() == [0, 1, 2, 3, 4, 5, 0, 1]


def test_what_was_read_while_restoring_is_not_missed_in_the_step(
    journal: MemoryJournal,
) -> None:
    warm, quiet = Warm(label="warm"), Quiet(label="quiet")

    def both() -> Plan:
        yield warm
        yield quiet

    done = StepRecord(
        1, {"digest": warm.digest()}, 0.0, 10.0, Outcome(EndReason.COMPLETED)
    )
    engine = engine_of(journal, bounds={"voltage_volt": (-2.0, 10.0)})

    ended = engine.run(both(), Recorded(steps={1: done}))

    assert ended.reason is EndReason.COMPLETED


class Channel(Output):
    """Goes on alone, and is known again."""

    def recognise(self, token: object, unix: float) -> bool:
        del unix
        return token == {"number": 7}


@dataclass(frozen=True, kw_only=True)
class GoesOn(Count):
    """Counts on an instrument that needs no host."""

    def go_on(self, bench: Bench, claims: Mapping[str, ClaimRecord]) -> Rows:
        del bench, claims
        yield Batch.row("readings", {"voltage_volt": 9.0})
        return Ending()


@dataclass(frozen=True, kw_only=True)
class Cold(Warm):
    """Has not stayed warm."""

    def still_stands(self, bench: Bench) -> bool:
        del bench
        return False


@pytest.mark.parametrize(
    ("standing", "volts", "stops"),
    [
        # The chamber held on: so did what is measured in it.
        (Warm(label="warm"), [9.0], 1),
        # It did not: the instrument is stopped, the chamber brought back, the rest
        # of the step measured from where its rows end.
        (Cold(label="warm"), [SAID, 2.0, 3.0], 2),
    ],
)
def test_what_went_on_alone_counts_only_if_it_was_measured_in_what_stood(
    journal: MemoryJournal, standing: Step, volts: list[float], stops: int
) -> None:
    step, channel = GoesOn(label="a", count=4), Channel([], "cell")

    def plan_of_two() -> Plan:
        yield standing
        yield step

    claim = ClaimRecord(2, "cell", "x/1", {"number": 7}, 10.0, 0.0, step.digest())
    done = Outcome(EndReason.COMPLETED)
    recorded = Recorded(
        steps={
            1: StepRecord(1, {"digest": standing.digest()}, 0.0, 10.0, done),
            2: StepRecord(2, {"digest": step.digest()}, 10.0),
        },
        totals=StepTotals(10.0, duration=2.0),
        attached=StepTotals(10.0),
        claims={"cell": claim},
        left=-1000.0,  # long ago: its guard would have stopped it by now
        test_time=20.0,
    )

    ended = engine_of(journal, outputs={"cell": channel}).run(plan_of_two(), recorded)

    assert ended.reason is EndReason.COMPLETED
    assert journal.volts() == volts
    assert len(channel.order) == stops  # once at the end of every run


@dataclass(frozen=True, kw_only=True)
class Turned(Warm):
    """Be as it was left for a minute, then turned, then as it was again."""

    looks: ClassVar[list[float]] = []

    def disturbance(self, bench: Bench) -> str:
        self.looks.append(bench.clock.now())
        return "somebody turned it" if 70.0 < bench.clock.now() < 150.0 else ""


def test_what_somebody_changes_meanwhile_is_told_once(journal: MemoryJournal) -> None:
    Turned.looks.clear()

    def turned() -> Plan:
        yield Turned(label="warm")
        yield Quiet(label="measure")

    engine_of(journal).run(turned())

    told = [(e.level, e.text) for e in journal.events if e.code == "disturbed"]
    assert [text for _, text in told] == [
        "somebody turned it",
        "what was changed is as it was after 'warm' again",
    ]
    assert told[0][0] is Level.WARNING
    assert len(Turned.looks) == 4  # once a minute in 200 s
