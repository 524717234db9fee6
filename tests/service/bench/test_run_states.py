"""Every state of a run and every wish, on the real engine and station, as the table."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labctl import plugins
from labctl.api.requests import AmendIn, OrderIn
from labctl.api.station_files import StationFiles
from labctl.clock import VirtualClock
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.situation import Ended, Situation
from labctl.engine.states import (
    LIVE,
    OVER,
    TABLE,
    RunState,
    Wish,
    WishRefusal,
    refusal,
    stored_state,
)
from labctl.errors import InstrumentError, LabctlError, LimitError, OperatorError
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import About, LiveRun
from labctl.session.order import Equipment, Order, station_of
from labctl.session.run import Finished, Observers

CONFIG = validate(load_file(Path(plugins.world().configuration())), Config)
QUICK = {"cycles": 1, "formation_cycles": 0, "rate": "3C", "rest": "1 min"}
ORDER = OrderIn(
    protocol="formation-cycling",
    sample="si",
    parameters={**QUICK, "record_every": "10 min"},
)
SOON = 20.0
"""s of the wall for a thread to come to a state."""
FAULTS: dict[RunState, LabctlError] = {
    RunState.LIMIT: LimitError("too hot"),
    RunState.FAILED: InstrumentError("no answer"),
}
CUT = RunState.INTERRUPTED
OFF = 1e-6
"""A; the noise of an open circuit is below, 3C is above a milliampere."""
DOORS = tuple(wish for wish in Wish if wish is not Wish.REQUEST)
"""What every run is asked by; a request is for runs by hand alone."""


class PausedBench(StationBench):
    """A station in virtual time whose runs wait in one state until they are let go."""

    def __init__(self, data: Path) -> None:
        files = StationFiles(data)
        files.make()
        given = Document("none", {})
        order = Order(ORDER.protocol, given, "si", simulate=True, speed=None)
        station, world = station_of(CONFIG, VirtualClock(), order)
        equipment = Equipment(station, world)
        super().__init__(CONFIG, equipment, files, speed=None, live_view=False)
        self.at: RunState | None = None
        self.fault: LabctlError | None = None
        self.reached, self.may_go = threading.Event(), threading.Event()

    def pause_at(
        self, state: RunState | None, fault: LabctlError | None = None
    ) -> None:
        """Let the run go until it comes to ``state``; None: to its end."""
        self.at, self.fault = state, fault
        self.reached.clear()
        before, self.may_go = self.may_go, threading.Event()
        before.set()

    def _guarded(
        self, about: About, act: Callable[[Observers], Finished]
    ) -> Callable[[Observers], Finished]:
        def paused(observers: Observers) -> Finished:
            watch, ended = observers.watch, observers.ended
            assert watch is not None
            assert ended is not None

            def seen(situation: Situation) -> None:
                watch(situation)
                self._come(situation.state)  # before what was asked is looked at
                if self.fault is not None:
                    raise self.fault

            def over(how: Ended) -> None:
                ended(how)
                self._come(RunState.ENDING)

            self._come(RunState.STARTING)
            return act(replace(observers, watch=seen, ended=over, sealed=False))

        return super()._guarded(about, paused)

    def _come(self, state: RunState) -> None:
        may_go = self.may_go
        if state is self.at:
            self.reached.set()
            assert may_go.wait(SOON)


class Stage:
    """One run of a station, brought to a known state."""

    def __init__(self, data: Path, state: RunState) -> None:
        self.bench = PausedBench(data)
        self.name = ""
        if state is CUT:
            self._cut(data)
        else:
            self._bring_to(state)
        assert self.state is state

    @property
    def state(self) -> RunState:
        return self.bench.state_of(self.name)

    @property
    def run(self) -> LiveRun:
        found = self.bench.run(self.name)
        assert found is not None
        return found

    def wish(self, wish: Wish) -> None:
        """Ask as the HTTP routes do."""
        if wish is Wish.AMEND:
            self.bench.amend(self.name, AmendIn(parameters={"cycles": 2}), "Kim")
        elif self.state in LIVE:
            self.bench.ask(self.name, wish, "for a test")
        else:
            self.bench.take_up(self.name, wish, "for a test", accept_voltage=True)

    def until(self, state: RunState) -> None:
        """Wait for the run to be in a state, looked at 100 times a second."""
        waited = threading.Event()
        for _ in range(int(SOON * 100)):
            if self.state is state:
                return
            waited.wait(0.01)
        pytest.fail(f"{self.state}, never {state}")

    def current(self) -> float:
        """Return what flows through the cell now, A."""
        (channel,) = self.run.about.channels.values()
        instrument, _, name = channel.partition("/")
        player = self.bench.equipment.station.players(instrument)[name]
        assert isinstance(player, PotentiostatChannel)
        return float(player.sense()["current_ampere"])

    def close(self) -> None:
        for run in self.bench.runs:
            run.control.stop("the test is over")
        self.bench.pause_at(None)
        assert all(run.join(SOON) for run in self.bench.runs)
        self.bench.close()

    def _bring_to(self, state: RunState) -> None:
        held = state in {RunState.HOLD, RunState.STOPPED, RunState.ENDING}
        first = RunState.RUNNING if held else state
        self.bench.pause_at(first, FAULTS.get(state))
        self.name = self.bench.start(ORDER).run
        if state in {RunState.COMPLETED, *FAULTS}:
            assert self.run.join(SOON)
            return
        assert self.bench.reached.wait(SOON)
        if held:
            wish = Wish.HOLD if state is RunState.HOLD else Wish.STOP
            self.wish(wish)
            self.bench.pause_at(None if state is RunState.STOPPED else RunState.ENDING)
            self.until(state)

    def _cut(self, data: Path) -> None:
        """Take the folder of a run that goes on, as a dead process leaves it."""
        other = Stage(data / "first", RunState.RUNNING)
        self.name = other.name
        shutil.copytree(data / "first" / self.name, data / self.name)
        other.close()
        self.bench.recover()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[[RunState], Stage]]:
    made: list[Stage] = []

    def make(state: RunState) -> Stage:
        made.append(Stage(tmp_path / str(len(made)), state))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_the_table_has_an_answer_for_every_state_and_wish() -> None:
    assert set(TABLE) == set(RunState)
    assert all(set(standing.wishes) == set(Wish) for standing in TABLE.values())
    assert {CUT} == set(RunState) - LIVE - OVER


@pytest.mark.parametrize("state", [s for s in RunState if s is not RunState.DISCARDED])
def test_what_the_table_refuses_is_refused_and_changes_nothing(
    state: RunState, stage: Callable[[RunState], Stage]
) -> None:
    one = stage(state)

    for wish in DOORS:
        why = refusal(state, wish)
        if why is not None:
            with pytest.raises(OperatorError, match=str(why)):
                one.wish(wish)
            assert one.state is state


GRANTED = [
    (state, wish)
    for state in RunState
    for wish in DOORS
    if not isinstance(TABLE[state].wishes[wish], WishRefusal)
]


@pytest.mark.parametrize(("state", "wish"), GRANTED)
def test_what_the_table_grants_comes_to_be(
    state: RunState, wish: Wish, stage: Callable[[RunState], Stage]
) -> None:
    one = stage(state)
    then = TABLE[state].wishes[wish]
    assert isinstance(then, RunState)
    if (state, wish) == (RunState.COMPLETED, Wish.RESUME):
        one.wish(Wish.AMEND)  # else it has no more to do

    live = state in LIVE
    if not live:
        one.bench.pause_at(then)
    one.wish(wish)
    if live and then is not state:
        one.bench.pause_at(then)

    one.until(then)


def test_a_discarded_run_takes_no_wish(stage: Callable[[RunState], Stage]) -> None:
    one = stage(CUT)
    one.wish(Wish.DISCARD)

    for wish in DOORS:
        with pytest.raises(OperatorError, match=str(WishRefusal.DISCARDED)):
            one.wish(wish)


@pytest.mark.parametrize("state", [s for s in RunState if s is not RunState.DISCARDED])
def test_who_has_instruments_and_what_may_be_on_is_as_the_table_says(
    state: RunState, stage: Callable[[RunState], Stage]
) -> None:
    one = stage(state)

    lent = one.bench.equipment.station.lent()

    assert (one.name in lent.values()) is TABLE[state].has_instruments
    if not TABLE[state].may_be_on:
        assert abs(one.current()) < OFF


def test_a_hold_that_has_not_come_yet_can_be_taken_back() -> None:
    assert refusal(RunState.RUNNING, Wish.RESUME) is WishRefusal.NOT_HELD
    assert refusal(RunState.RUNNING, Wish.RESUME, asked=Wish.HOLD) is None


@pytest.mark.parametrize(
    ("said", "finished", "is_written", "state"),
    [
        # somebody writes it: it goes on
        ("running", False, True, RunState.RUNNING),
        ("hold", False, True, RunState.HOLD),
        # what it says of its end counts only once the end is written
        ("failed", False, True, RunState.RUNNING),
        # nobody does, and there is no end
        ("running", False, False, CUT),
        # an end, known or of another labctl
        ("stopped", True, False, RunState.STOPPED),
        ("abandoned", True, False, RunState.FAILED),
    ],
)
def test_a_journal_says_where_its_run_stands(
    said: str, finished: bool, is_written: bool, state: RunState
) -> None:
    assert stored_state(said, finished=finished, is_written=is_written) is state
