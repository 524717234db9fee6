"""What is recorded beside a plan: when, and what it may and may not do to a run."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from loop_parts import READINGS, Count, MemoryJournal, OneClock, Output

from labctl.clock import ScaledClock, SystemClock, VirtualClock
from labctl.columns import STAMP
from labctl.data import Column, EndReason, Stream
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Ended, Situation, Watchers
from labctl.errors import LinkError
from labctl.figures.figure import Plot
from labctl.limits import Envelope
from labctl.protocol import Plan
from labctl.waits import StepClock

KELVIN = "ambient_temperature_kelvin"
AIR = Stream("air", (*STAMP, Column(KELVIN, "K", "Ambient Temperature / K")))


class Thermometer:
    """Says what it is told to, one answer a reading; the last one for ever."""

    role = object
    stream = AIR
    plots: tuple[Plot, ...] = ()

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def read(self, player: Any) -> Mapping[str, float]:
        del player
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else {KELVIN: answer}


def run(
    thermometer: Thermometer,
    *,
    every: float = 2.0,
    seconds: int = 6,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    held_at: int = -1,
) -> tuple[MemoryJournal, Ended, list[str]]:
    """Count seconds with a thermometer beside; return what became of it.

    The run is held after ``held_at`` rows of it, for seven seconds.
    """
    bench, journal, order = OneClock(), MemoryJournal(), list[str]()
    control, begun = Control(), list[float]()

    def watch(now: Situation) -> None:
        if now.state == "hold":
            bench.clock.sleep(1.0)
            if bench.clock.now() > begun[0] + 7.0:
                control.release()
        elif now.last.get("voltage_volt") == held_at and not begun:
            begun.append(bench.clock.now())
            control.hold("a look inside")

    beside = AuxiliaryChannel("air", "oven", every, thermometer, None)
    engine = Engine(
        bench,
        journal,
        Ledger((READINGS, thermometer.stream)),
        Envelope(bounds or {}),
        {"source": Output(order, "source")},
        control,
        Watchers(watch),
        auxiliaries=Auxiliaries(bench.clock, [beside]),
    )

    def plan() -> Plan:
        yield Count(label="count", count=seconds)

    return journal, engine.run(plan()), order


def rows(journal: MemoryJournal, column: str) -> list[float]:
    found = [b.columns[column] for b in journal.batches if b.stream == "air"]
    return [float(value) for values in found for value in values]


def test_it_is_read_before_the_step_begins_and_then_when_it_is_due() -> None:
    journal, ended, _ = run(Thermometer(300.0))

    assert ended.reason is EndReason.COMPLETED
    assert journal.batches[0].stream == "air"
    assert rows(journal, "test_time_second") == [0.0, 2.0, 4.0, 6.0]
    assert rows(journal, "step_count") == [1, 1, 1, 1]


def test_the_plan_hears_nothing_of_it() -> None:
    beside, _, _ = run(Thermometer(300.0), seconds=4)
    (outcome,) = beside.outcomes.values()

    assert outcome.rows == 4
    assert KELVIN not in outcome.last
    assert outcome.last["voltage_volt"] == 3.0


@pytest.mark.parametrize(
    "defect",
    [
        LinkError("the cable is out"),
        ValueError("a bug"),
        StopIteration(),
        {"no": 1.0},
        {},
        {KELVIN: np.array([300.0, 301.0])},
        {KELVIN: "300"},
    ],
    ids=[
        *("a cable", "a bug", "an end that is none", "another column"),
        *("no value", "two values", "a text"),
    ],
)
def test_one_that_fails_is_an_event_and_the_run_goes_on(defect: Any) -> None:
    journal, ended, _ = run(Thermometer(300.0, defect, 301.0))

    assert ended.reason is EndReason.COMPLETED
    assert [each.code for each in journal.events] == ["auxiliary", "auxiliary"]
    assert "could not be read" in journal.events[0].text
    assert "is read again" in journal.events[1].text
    assert rows(journal, KELVIN) == [300.0, 301.0, 301.0]


def test_what_never_answers_is_asked_ever_more_rarely() -> None:
    thermometer = Thermometer(*[LinkError("silence")] * 100)

    run(thermometer, every=1.0, seconds=60)

    assert 100 - len(thermometer.answers) == 6  # after 1, 2, 4, 8, 16 s more


def test_a_limit_on_it_makes_safe_and_the_row_is_kept() -> None:
    bounds = {KELVIN: (0.0, 320.0)}
    journal, ended, order = run(Thermometer(300.0, 330.0), bounds=bounds)

    assert ended.reason is EndReason.LIMIT
    assert "above the limit of 320" in ended.text
    assert order[:1] == ["source"]
    assert rows(journal, KELVIN) == [300.0, 330.0]


@pytest.mark.parametrize("answer", [float("nan"), LinkError("silence")])
def test_a_limit_on_what_cannot_be_read_is_left(answer: Any) -> None:
    bounds = {KELVIN: (0.0, 320.0)}
    _, ended, order = run(Thermometer(300.0, answer), seconds=20, bounds=bounds)

    assert ended.reason is EndReason.LIMIT
    assert "could not be read" in ended.text
    assert order[:1] == ["source"]


def test_a_limit_on_what_a_reading_leaves_out_is_left() -> None:
    door = Column("door_count", "", "Door / 1", "i8")
    thermometer = Thermometer(300.0, {"door_count": 1})
    thermometer.stream = AIR.with_columns(door)

    _, ended, order = run(thermometer, bounds={KELVIN: (0.0, 320.0)})

    assert ended.reason is EndReason.LIMIT
    assert order[:1] == ["source"]


def test_it_is_read_while_the_run_is_on_hold() -> None:
    journal, ended, _ = run(Thermometer(300.0), seconds=4, held_at=1)

    assert ended.reason is EndReason.COMPLETED
    times = rows(journal, "test_time_second")
    assert times[:5] == [0.0, 3.0, 4.0, 6.0, 8.0]  # held from 2 s to 9 s


def test_a_limit_on_it_holds_while_the_run_is_on_hold() -> None:
    thermometer = Thermometer(300.0, 300.0, 300.0, 330.0)
    bounds = {KELVIN: (0.0, 320.0)}

    journal, ended, _ = run(thermometer, seconds=4, held_at=1, bounds=bounds)

    assert ended.reason is EndReason.LIMIT
    assert journal.states[-2] == "hold"
    assert journal.outcomes == {}


def test_virtual_time_does_not_pass_over_what_is_due() -> None:
    clock = StepClock(VirtualClock(0.0), Auxiliaries(VirtualClock(), []).shortest)
    beside = AuxiliaryChannel("air", "oven", 30.0, Thermometer(300.0), None)
    watched = StepClock(
        VirtualClock(0.0), Auxiliaries(VirtualClock(), [beside]).shortest
    )

    assert clock.poll_period(60.0) > 60.0
    assert watched.poll_period(60.0) == 30.0


def test_no_clock_is_polled_more_often_for_it_than_it_ever_is() -> None:
    for clock in (SystemClock(), ScaledClock(3600.0), VirtualClock(0.0)):
        assert StepClock(clock, 1e-3).poll_period(0.0) == clock.poll_period(0.0)
        assert StepClock(clock, 1e-3).poll_period(9.0) == clock.poll_period(0.0)


def test_a_whole_number_stays_one() -> None:
    count = Column("door_count", "", "Door / 1", "i8")
    thermometer = Thermometer({"door_count": 3})
    thermometer.stream = AIR.with_columns(count)
    channel = AuxiliaryChannel("air", "oven", 1.0, thermometer, None)

    assert channel.read().columns["door_count"].dtype == np.int64
