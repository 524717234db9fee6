"""What ends a wait, what is known before a start, and what is left on is a field."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from loop_parts import Count, MemoryJournal, Output, engine_of

from labctl.clock import SystemClock, VirtualClock
from labctl.data import Batch, EndReason, Event
from labctl.engine.control import Control
from labctl.engine.situation import Situation, Watchers
from labctl.engine.states import Wish
from labctl.protocol import (
    Bench,
    Claim,
    ClaimRecord,
    Ending,
    Plan,
    Rows,
    Step,
    StepRecord,
)
from labctl.roles.safing_order import Stage
from labctl.waits import DriverClock


@dataclass(frozen=True, kw_only=True)
class SlowCall(Step):
    """Wait an hour inside a driver; one row before, one after."""

    def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
        yield Batch.row("readings", {"voltage_volt": 1.0})
        DriverClock(SystemClock()).sleep(3600.0)
        yield Batch.row("readings", {"voltage_volt": 2.0})
        return Ending()

    def after_stop(self, bench: Bench) -> Iterator[Batch]:  # noqa: ARG002
        yield Batch.row("readings", {"voltage_volt": 1.5})


@dataclass(frozen=True, kw_only=True)
class Start(Step):
    """Claim a channel, start it, say so."""

    started: ClassVar[list[str]] = []

    def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
        yield Claim("cell", {"serial": 7})
        self.started.append(self.label)
        yield Batch.row("readings", {"voltage_volt": 1.0})
        return Ending()


def plan_of(*steps: Step) -> Plan:
    for step in steps:  # noqa: UP028  (a plan is sent outcomes, a tuple takes none)
        yield step


@pytest.mark.parametrize("ask", ["stop", "skip"])
def test_a_wait_inside_a_driver_ends_when_the_run_is_asked(ask: str) -> None:
    control = Control()
    order: list[str] = []
    asking = threading.Timer(0.05, getattr(control, ask), ("enough",))
    journal = MemoryJournal()
    engine = engine_of(
        journal, control=control, outputs={"source": Output(order, "source")}
    )

    asking.start()
    ended = engine.run(plan_of(SlowCall(label="a")))

    wanted = EndReason.STOPPED if ask == "stop" else EndReason.COMPLETED
    assert ended.reason is wanted
    assert journal.volts() == [1.0, 1.5]  # what was read, and what was still held
    assert order[0] == "source"


def test_outputs_are_made_safe_however_long_that_takes_and_whoever_asks() -> None:
    control = Control()
    control.stop("now")
    clock = DriverClock(VirtualClock())
    waited: list[float] = []

    class Slow:
        def make_safe(self) -> None:
            clock.sleep(5.0)
            waited.append(clock.now())

    ended = engine_of(
        MemoryJournal(),
        control=control,
        outputs={"source": Slow()},  # type: ignore[dict-item]
    ).run(plan_of(Count(label="a", count=1)))

    assert ended.unsafe == {}
    assert waited == [5.0]


def test_nothing_is_started_before_its_claim_is_durable() -> None:
    Start.started.clear()
    journal = MemoryJournal(durable=False, trouble="the disk is full")
    before: list[int] = []

    def seen(situation: Situation) -> None:
        if situation.state == "hold":  # and once there is room, it goes on
            before.append(len(Start.started))
            journal.durable, journal.trouble = True, ""

    ended = engine_of(journal, watch=seen).run(plan_of(Start(label="a")))

    assert before[0] == 0
    assert Start.started == ["a"]
    assert ended.reason is EndReason.COMPLETED


def test_a_write_that_is_on_its_way_does_not_keep_a_run_on_hold() -> None:
    journal = MemoryJournal(trouble="disk full", waits_since=60.0)

    def seen(situation: Situation) -> None:
        if situation.state == "hold":
            journal.trouble, journal.waits_since = "", 0.2

    ended = engine_of(journal, watch=seen).run(plan_of(Count(label="a", count=2)))

    assert ended.reason is EndReason.COMPLETED


def test_a_run_that_lives_on_its_reserve_is_held() -> None:
    journal = MemoryJournal(lives_on_reserve=True)
    states: list[str] = []

    def seen(situation: Situation) -> None:
        states.append(situation.state)
        if situation.state == "hold":
            journal.lives_on_reserve = False

    ended = engine_of(journal, watch=seen).run(plan_of(Count(label="a", count=2)))

    assert states[0] == "hold"
    assert ended.reason is EndReason.COMPLETED


def test_what_is_on_is_told_although_the_end_cannot_be_written() -> None:
    class Broken(MemoryJournal):
        def event(self, event: Event, test_time: float, unix: float) -> None:
            raise KeyError(event.code, test_time, unix)

    outputs = {"source": Output([], "source", broken=True)}

    ended = engine_of(Broken(), outputs=outputs).run(plan_of(Count(label="a", count=1)))

    assert ended.unsafe == {"source": "the cable is out"}


def test_a_claim_says_what_was_started_where_and_by_which_step() -> None:
    journal, told = MemoryJournal(), list[ClaimRecord]()
    step = Start(label="a")

    engine_of(
        journal, channels={"cell": "vsp300/1"}, watchers=Watchers(claimed=told.append)
    ).run(plan_of(step))

    (claim,) = journal.claims
    assert told == [claim]
    assert (claim.channel, claim.token, claim.step_count) == (
        "vsp300/1",
        {"serial": 7},
        1,
    )
    assert claim.digest == step.digest()


def test_a_run_is_held_while_the_disk_takes_nothing_and_goes_on_by_itself() -> None:
    journal = MemoryJournal(trouble="disk full", waits_since=60.0)
    states: list[str] = []

    def seen(situation: Situation) -> None:
        states.append(situation.state)
        if situation.state == "hold":
            journal.trouble, journal.waits_since = "", None

    order: list[str] = []
    engine = engine_of(journal, watch=seen, outputs={"source": Output(order, "source")})
    ended = engine.run(plan_of(Count(label="a", count=3)))

    assert "hold" in states
    assert ended.reason is EndReason.COMPLETED
    assert journal.volts() == [0.0, 1.0, 2.0]


def test_a_person_may_not_go_on_over_a_full_disk() -> None:
    control = Control()
    control.hold("disk full", "the disk")
    control.hold("tea")

    control.release("the disk")

    assert control.wish() is Wish.HOLD
    assert control.asked.is_set()


def test_another_plan_takes_over_where_its_past_is_the_same() -> None:
    journal, control = MemoryJournal(), Control()
    first, more = Count(label="a", count=2), Count(label="b", count=1, first=0)

    def amend(situation: Situation) -> None:
        if situation.step_count == 1:
            control.amend(lambda: plan_of(first, more), "one more, asked for by Ada")

    engine = engine_of(
        journal, control=control, watch=amend, history=lambda: _history(journal)
    )
    ended = engine.run(plan_of(first))

    assert ended.reason is EndReason.COMPLETED
    assert journal.volts() == [0.0, 1.0, 0.0]
    assert "Ada" in next(e.text for e in journal.events if e.code == "amend")


def test_another_plan_with_another_past_is_refused_and_the_run_goes_on() -> None:
    journal, control = MemoryJournal(), Control()
    first, second = Count(label="a", count=2), Count(label="b", count=1)

    def amend(situation: Situation) -> None:
        if situation.step_count == 1:
            control.amend(lambda: plan_of(replace(first, count=9)), "another past")

    engine = engine_of(
        journal, control=control, watch=amend, history=lambda: _history(journal)
    )
    ended = engine.run(plan_of(first, second))

    assert ended.reason is EndReason.COMPLETED
    assert journal.volts() == [0.0, 1.0, 0.0]
    assert "not amended" in next(e.text for e in journal.events if e.code == "amend")


def test_the_longest_time_between_two_looks_is_told() -> None:
    seen: list[float] = []

    @dataclass(frozen=True, kw_only=True)
    class Uneven(Step):
        def execute(self, bench: Bench) -> Rows:
            for seconds in (0.5, 7.0, 0.5):
                bench.clock.sleep(seconds)
                yield None
            return Ending()

    engine_of(
        MemoryJournal(), watch=lambda situation: seen.append(situation.longest_gap)
    ).run(plan_of(Uneven(label="a"), Count(label="b", count=1)))

    assert seen[-1] == pytest.approx(7.0)


def _history(journal: MemoryJournal) -> dict[int, StepRecord]:
    return {
        count: StepRecord(count, journal.payloads[count], 0.0, 1.0, outcome)
        for count, outcome in journal.outcomes.items()
    }


def test_relays_stay_as_they_are_while_a_source_may_be_on() -> None:
    order: list[str] = []
    outputs = {
        "magnet": Output(order, "magnet", safing_stage=Stage.MAGNETS),
        "switch": Output(order, "switch", safing_stage=Stage.SWITCHES),
        "source": Output(order, "source", broken=True),
    }

    ended = engine_of(MemoryJournal(), outputs=outputs).run(
        plan_of(Count(label="a", count=1))
    )

    assert order == ["source", "magnet"]
    assert set(ended.unsafe) == {"source", "switch"}
