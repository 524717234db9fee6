"""What a run's loop tells its observers is what the guard hears of it."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from labctl.clock import stopwatch
from labctl.data import EndReason
from labctl.engine.control import Control
from labctl.engine.situation import Ended, Situation
from labctl.engine.states import RunState, Wish
from labctl.protocol import ClaimRecord
from labctl.service.guard.guarding import Guarding, Hears
from labctl.service.guard.lines import (
    ChannelEnd,
    ChannelSafety,
    Claimed,
    Frozen,
    InstrumentPlan,
    Safed,
)
from labctl.service.guard.observing import WHO, Told, guarded
from labctl.session.run import Observers
from labctl.steps.record import RecordRow


class Overheard:
    """A guard that only listens."""

    def __init__(self) -> None:
        self.said: list[object] = []
        self.missing = ""
        self.hears = Hears()
        self.promise = ("", 0.0)

    def arm(self, run: str, plan: Sequence[InstrumentPlan], hears: Hears) -> None:
        self.said.append(("arm", run, plan))
        self.hears = hears

    def beat(self, run: str, seconds: float, waits_for: str) -> None:
        assert run == "run-1"
        self.promise = (waits_for, seconds)

    def claim(self, claimed: Claimed) -> None:
        self.said.append(claimed)

    def safe_now(self, run: str, why: str) -> None:
        self.said.append(("safe now", run, why))

    def disarm(self, run: str) -> None:
        self.said.append(("disarm", run))


@dataclasses.dataclass
class Run:
    """A run whose loop is played by the test."""

    guard: Overheard
    observers: Observers
    told: list[str]
    safed: list[Safed]

    @property
    def control(self) -> Control:
        return self.observers.control

    def wait(self, what: str, seconds: float) -> None:
        assert self.observers.waiting is not None
        self.observers.waiting(what, seconds)

    def work(self) -> None:
        assert self.observers.working is not None
        self.observers.working()

    def come_round(self) -> None:
        step = RecordRow(label="x", stream="s", values=())
        assert self.observers.watch is not None
        self.observers.watch(Situation(RunState.RUNNING, 1, step, 0.0, {}, 0))

    def end(self, **unsafe: str) -> None:
        assert self.observers.ended is not None
        self.observers.ended(Ended(EndReason.FAILED, "it broke", None, unsafe))


@pytest.fixture
def run() -> Run:
    guard, told, safed = Overheard(), list[str](), list[Safed]()
    observers = guarded(
        Observers(),
        lambda: (),
        lambda _folder: cast("Guarding", guard),
        Told(lambda _level, text: told.append(text), safed.append),
    )
    assert observers.started is not None
    observers.started(Path("runs/run-1"))
    return Run(guard, observers, told, safed)


def test_a_run_is_armed_before_anybody_else_hears_that_it_starts() -> None:
    guard, order = Overheard(), list[object]()
    observers = guarded(
        Observers(started=lambda _folder: order.append(list(guard.said))),
        lambda: (),
        lambda _folder: cast("Guarding", guard),
    )
    started: Callable[[Path], None] | None = observers.started
    assert started is not None

    started(Path("runs/run-1"))

    assert order == [[("arm", "run-1", ())]]


def test_a_wait_within_a_wait_does_not_shorten_it(run: Run) -> None:
    begun = stopwatch()
    run.wait("vsp300 to come back", 300.0)
    run.wait("an answer", 5.0)
    run.work()

    what, seconds = run.guard.promise
    assert what == "vsp300 to come back"
    assert seconds >= 300.0 - (stopwatch() - begun)

    run.work()
    run.come_round()

    assert run.guard.promise[0] == ""


def test_what_a_run_starts_is_told_before_it_starts(run: Run) -> None:
    token = {"serial": "0815"}
    assert run.observers.claimed is not None

    run.observers.claimed(ClaimRecord(3, "cell", "vsp300/1", token, 12.0, 1.7e9, "abc"))

    assert run.guard.said[-1] == Claimed("run-1", "vsp300/1", token, 1.7e9)


def test_a_run_that_ends_safe_is_disarmed(run: Run) -> None:
    run.end()

    assert run.guard.said[-1] == ("disarm", "run-1")


def test_a_run_that_ends_unsafe_is_handed_to_the_guard_at_once(run: Run) -> None:
    run.end(cell="no answer")

    assert run.guard.said[-1] == ("safe now", "run-1", "cell: no answer")


def test_a_run_without_a_guard_holds_however_often_it_is_released(run: Run) -> None:
    run.guard.missing = "it cannot be started"

    run.guard.hears.missing(run.guard.missing)
    assert run.control.wish() is Wish.HOLD
    run.control.release()
    run.come_round()

    assert run.control.holds(WHO)


def test_a_run_goes_on_when_a_person_says_so_and_a_guard_is_there_again(
    run: Run,
) -> None:
    run.guard.hears.missing("it cannot be started")
    run.guard.hears.replaced("another one stands")
    run.come_round()
    assert run.control.holds(WHO)

    run.control.release()
    run.come_round()

    assert run.control.wish() is None


def test_a_run_that_the_guard_found_frozen_ends_if_it_ever_comes_round(
    run: Run,
) -> None:
    run.guard.hears.frozen(Frozen("run-1", 12.3, "an answer"))

    assert run.control.wish() is Wish.STOP
    assert "silent for 12 s while waiting for an answer" in run.told[0]


def test_what_the_guard_could_not_make_safe_is_told_channel_by_channel(
    run: Run,
) -> None:
    ends = {"k2400": ChannelEnd(ChannelSafety.UNKNOWN, "no answer")}

    run.guard.hears.safed(Safed("run-1", ends, "it asked", 20.0))

    assert "k2400 may be on: no answer" in run.told[0]
    assert run.safed[0].unknown == {"k2400": "no answer"}
