"""The loop: outcomes, limits, holds, replay, and everything safe at the end."""

import _thread
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from loop_parts import Count, MemoryJournal, Output, Read, engine_of

from labctl.data import Batch, EndReason, Outcome
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.replay import rehearse
from labctl.engine.situation import Recorded, Situation
from labctl.errors import OperatorError
from labctl.protocol import Bench, Plan, Rows, Step, StepRecord
from labctl.roles.safing_order import Stage


def test_the_plan_is_sent_what_the_step_worked_out() -> None:
    seen: list[Outcome] = []

    def plan() -> Plan:
        seen.append((yield Count(label="a", count=3)))

    ended = engine_of(MemoryJournal()).run(plan())

    assert ended.reason is EndReason.COMPLETED
    assert seen[0].values == {"counted": 3.0}
    assert seen[0].rows == 3


def test_rows_carry_time_step_and_cycle() -> None:
    journal = MemoryJournal()

    def plan() -> Plan:
        yield Count(label="a", count=2, cycle=7)

    engine_of(journal).run(plan())

    row = journal.batches[1].columns
    assert row["test_time_second"][0] == 2.0
    assert row["cycle_count"][0] == 7
    assert row["step_count"][0] == 1


def test_a_reading_outside_the_envelope_makes_safe_before_it_is_written() -> None:
    order: list[str] = []
    journal = MemoryJournal()
    engine = engine_of(
        journal,
        bounds={"voltage_volt": (0, 1)},
        outputs={"cell": Output(order, "cell")},
    )

    def plan() -> Plan:
        yield Count(label="a", count=9)

    ended = engine.run(plan())

    assert ended.reason is EndReason.LIMIT
    assert journal.volts() == [0.0, 1.0, 2.0]
    assert order[0] == "cell"


def test_nan_trips_the_envelope() -> None:
    journal = MemoryJournal()

    def plan() -> Plan:
        yield Read(label="a", value=math.nan)

    ended = engine_of(journal, bounds={"voltage_volt": (0, 1)}).run(plan())

    assert ended.reason is EndReason.LIMIT
    assert len(journal.volts()) == 1


def test_one_output_that_fails_does_not_keep_the_next_from_being_safe() -> None:
    order: list[str] = []
    outputs = {n: Output(order, n, broken=n == "source") for n in ("source", "magnet")}

    def plan() -> Plan:
        yield Count(label="a", count=1)

    ended = engine_of(MemoryJournal(), outputs=outputs).run(plan())

    assert order == ["source", "magnet"]
    assert ended.reason is EndReason.FAILED
    assert ended.unsafe == {"source": "the cable is out"}


def test_a_defect_in_a_plan_leaves_everything_safe() -> None:
    order: list[str] = []

    def plan() -> Plan:
        yield Count(label="a", count=1)
        raise ZeroDivisionError("by nothing")

    engine = engine_of(MemoryJournal(), outputs={"cell": Output(order, "cell")})
    ended = engine.run(plan())

    assert ended.reason is EndReason.FAILED
    assert order == ["cell"]


def interrupt(control: Control, at_row: int, wish: str) -> Any:
    """Return a watcher that wishes once, when ``at_row`` rows are there."""
    done: list[bool] = []

    def watch(situation: Situation) -> None:
        if situation.state == "hold":
            control.release()
        elif situation.rows == at_row and not done:
            done.append(True)
            getattr(control, wish)("asked")

    return watch


def test_a_hold_goes_on_with_what_remained() -> None:
    journal, control = MemoryJournal(), Control()

    def plan() -> Plan:
        yield Count(label="a", count=5)

    ended = engine_of(
        journal, control=control, watch=interrupt(control, 2, "hold")
    ).run(plan())

    assert ended.reason is EndReason.COMPLETED
    assert journal.volts() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert "hold" in journal.states
    assert journal.outcomes[1].rows == 5


def test_a_skip_ends_the_step_and_not_the_run() -> None:
    journal, control = MemoryJournal(), Control()

    def plan() -> Plan:
        yield Count(label="a", count=5)
        yield Count(label="b", count=1)

    ended = engine_of(
        journal, control=control, watch=interrupt(control, 2, "skip")
    ).run(plan())

    assert ended.reason is EndReason.COMPLETED
    assert journal.outcomes[1].reason is EndReason.SKIPPED
    assert journal.volts() == [0.0, 1.0, 0.0]


def test_a_stop_ends_the_run_in_good_order() -> None:
    journal, control = MemoryJournal(), Control()
    order: list[str] = []

    def plan() -> Plan:
        yield Count(label="a", count=5)
        yield Count(label="b", count=1)

    ended = engine_of(
        journal,
        control=control,
        outputs={"cell": Output(order, "cell")},
        watch=interrupt(control, 2, "stop"),
    ).run(plan())

    assert ended.reason is EndReason.STOPPED
    assert journal.outcomes[1].reason is EndReason.STOPPED
    assert order


def test_replay_feeds_recorded_outcomes_and_continues_the_step_in_flight() -> None:
    first = MemoryJournal()
    sent: list[float] = []

    def plan() -> Plan:
        outcome = yield Count(label="a", count=3)
        sent.append(outcome.values["counted"])
        yield Count(label="b", count=int(outcome.values["counted"]) + 1)

    engine_of(first).run(plan())
    records = {
        k: StepRecord(k, first.payloads[k], 0.0, 0.0, first.outcomes.get(k))
        for k in first.began
    }
    records[2] = StepRecord(2, first.payloads[2], 3.0)
    again = MemoryJournal()

    ended = engine_of(again).run(plan(), Recorded(records))

    assert ended.reason is EndReason.COMPLETED
    assert sent == [3.0, 3.0]
    assert again.began == []
    assert again.volts() == [0.0, 1.0, 2.0, 3.0]


def test_a_replay_that_would_change_the_past_is_refused() -> None:
    step = Count(label="a", count=3)
    payload = {**step.payload(), "digest": step.digest()}
    past = {1: StepRecord(1, payload, 0.0, 3.0, Outcome(EndReason.COMPLETED))}

    def plan() -> Plan:
        yield Count(label="a", count=4)

    ended = engine_of(MemoryJournal()).run(plan(), Recorded(past))

    assert ended.reason is EndReason.FAILED
    assert "leave its past as it was" in ended.text


def test_the_ledger_integrates_by_the_trapezoid() -> None:
    from labctl.columns import TIMESERIES  # noqa: PLC0415

    ledger = Ledger((TIMESERIES,))
    totals = ledger.begin(100.0)
    step = Count(label="a", count=0)
    batch = Batch(
        "timeseries",
        {
            "step_time_second": np.array([0.0, 10.0, 20.0]),
            "instrument_time_second": np.array([0.0, 10.0, 20.0]),
            "voltage_volt": np.array([1.0, 1.0, 1.0]),
            "current_ampere": np.array([1.0, 1.0, 3.0]),
            "technique_index": np.array([0, 0, 0]),
        },
    )

    out = ledger.post(batch, step, 1, totals, (120.0, 120.0))

    assert totals.charge == 30.0
    assert out.columns["net_capacity_ah"][-1] == 30.0 / 3600
    assert list(out.columns["test_time_second"]) == [100.0, 110.0, 120.0]


def test_a_stop_asked_for_before_a_step_switches_nothing_on() -> None:
    journal, control = MemoryJournal(), Control()
    control.stop("asked")

    def plan() -> Plan:
        yield Count(label="a", count=5)

    ended = engine_of(journal, control=control).run(plan())

    assert ended.reason is EndReason.STOPPED
    assert journal.volts() == []


def test_an_impatient_ctrl_c_still_leaves_everything_safe() -> None:
    order: list[str] = []

    class Impatient(Output):
        def make_safe(self) -> None:
            if not order:
                _thread.interrupt_main()
            super().make_safe()

    def plan() -> Plan:
        yield Count(label="a", count=1)

    outputs = {
        "cell": Impatient(order, "cell"),
        "magnet": Output(order, "magnet", safing_stage=Stage.MAGNETS),
    }
    ended = engine_of(MemoryJournal(), outputs=outputs).run(plan())

    assert set(order) == {"cell", "magnet"}
    assert ended.unsafe == {}


def test_ctrl_c_in_a_step_is_a_stop_by_a_person() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Pressed(Step):
        def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
            yield None
            raise KeyboardInterrupt

    def plan() -> Plan:
        yield Pressed(label="a")

    order: list[str] = []
    outputs = {"cell": Output(order, "cell")}
    ended = engine_of(MemoryJournal(), outputs=outputs).run(plan())

    assert ended.reason is EndReason.STOPPED
    assert order == ["cell"]


@pytest.mark.parametrize(
    ("count", "words"), [(4, "would now be"), (None, "would not be done any more")]
)
def test_a_rehearsal_refuses_another_past_before_anything_is_opened(
    count: int | None, words: str
) -> None:
    step = Count(label="a", count=3)
    payload = {**step.payload(), "digest": step.digest()}
    past = {1: StepRecord(1, payload, 0.0, 3.0, Outcome(EndReason.COMPLETED))}

    def plan() -> Plan:
        if count is not None:
            yield Count(label="a", count=count)

    with pytest.raises(OperatorError, match=words):
        rehearse(plan(), past)
