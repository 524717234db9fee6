"""Steps yield while they wait, announce long readings, and keep what they have read."""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pytest

from labctl.clock import VirtualClock
from labctl.data import Batch, Event
from labctl.errors import LinkError
from labctl.limits import Envelope
from labctl.protocol import Step
from labctl.roles.accuracy import Accuracy
from labctl.roles.delta_meter import DeltaReadings, DeltaSettings
from labctl.roles.gaussmeter import FieldReading
from labctl.roles.source_meter import SourceReading, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltageReading
from labctl.steps.delta import RunDelta
from labctl.steps.field import FieldTarget, SetField
from labctl.steps.film import ReadFilm
from labctl.steps.source_meter import HoldSource, Probe, SweepSource
from labctl.steps.waiting import LONGEST_SILENCE
from labctl.waits import WaitEnded, owned_by

T = TypeVar("T")


@dataclass
class SlowFilm:
    """Source, voltmeter and switch whose readings take ``takes`` seconds each."""

    clock: VirtualClock
    takes: float = 0.1
    fails_at: int = 10**9
    """Number of the reading that fails, counted from 1 …"""
    failure: BaseException = field(default_factory=WaitEnded)
    limited_after: float = math.inf
    """s of the clock after which the source is in compliance."""
    readings: int = 0
    accuracy = Accuracy(1e-4, 0.0)

    def prepare(self, settings: Any) -> Any:
        return settings

    def drive(self, current: float) -> float:
        return current

    def connect(self, connection: Connection) -> frozenset[str]:  # noqa: ARG002
        return frozenset()

    def make_safe(self) -> None:
        pass

    def in_compliance(self) -> bool:
        return self.clock.now() > self.limited_after

    def read(self) -> VoltageReading:
        self.readings += 1
        if self.readings == self.fails_at:
            raise self.failure
        self.clock.sleep(self.takes)
        return VoltageReading(float(self.readings), self.clock.now(), False)


class SlowMeter:
    """A source meter that waits out its own delay at every measurement."""

    voltage_accuracy = current_accuracy = Accuracy(1e-4, 1e-9)

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.delays: list[float | None] = []
        self._level = self._delay = 0.0

    def prepare(self, settings: SourceSettings) -> SourceSettings:
        self.delays.append(settings.delay)
        self._delay = settings.delay or 0.0
        return settings

    def drive(self, level: float) -> float:
        self._level = level
        return level

    def measure(self) -> SourceReading:
        self._clock.sleep(self._delay + 0.05)
        return SourceReading(self._level, 1e-6, self._clock.now(), False, False)

    def point(self, level: float) -> tuple[float, SourceReading]:
        return self.drive(level), self.measure()

    def make_safe(self) -> None:
        pass


class Pair:
    """A delta pair with ten readings a second."""

    voltage_accuracy = current_accuracy = Accuracy(1e-4, 0.0)

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._count = self._given = 0
        self._end = math.inf
        self._begun = 0.0

    def arm(self, settings: DeltaSettings) -> float:
        self._count, self._given = settings.count, 0
        return settings.current

    def start(self) -> None:
        self._begun, self._end = self._clock.now(), math.inf

    def collect(self) -> DeltaReadings:
        passed = min(self._clock.now(), self._end) - self._begun
        there = min(int(10 * passed + 1e-6), self._count)
        time = np.arange(self._given, there) / 10.0
        self._given = there
        done = there == self._count or self._end < math.inf
        n = len(time)
        return DeltaReadings(np.ones(n), time, 1e-3, np.zeros(n, dtype=bool), done)

    def make_safe(self) -> None:
        self._end = min(self._end, self._clock.now())


@dataclass
class FakeBench:
    clock: VirtualClock
    players: dict[str, Any]
    envelope: Envelope = field(default_factory=lambda: Envelope({}))

    def role(self, name: str, kind: type[T]) -> T:  # noqa: ARG002
        player: T = self.players[name]
        return player


@dataclass
class Listener:
    """The owner of a thread; hears what is waited for."""

    asked: threading.Event = field(default_factory=threading.Event)
    said: list[tuple[str, float]] = field(default_factory=list)

    def waiting(self, what: str, seconds: float) -> None:
        self.said.append((what, seconds))

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        pass


def film_bench(**more: Any) -> tuple[FakeBench, SlowFilm]:
    clock = VirtualClock(0.0)
    film = SlowFilm(clock, **more)
    roles = dict.fromkeys(("current_source", "voltmeter", "switch"), film)
    return FakeBench(clock, roles), film


def film_step(readings: int = 20, nplc: float = 1.0) -> ReadFilm:
    return ReadFilm(
        label="r",
        connections=(Connection(2, 1, 3, 4),),
        currents=(1e-3,),
        compliance=10.0,
        readings=readings,
        nplc=nplc,
    )


def looks(step: Step, bench: FakeBench) -> Iterator[tuple[float, Any]]:
    """Yield how long each item was waited for, and the item."""
    last = bench.clock.now()
    for item in step.execute(bench):
        yield bench.clock.now() - last, item
        last = bench.clock.now()


def test_rows_of_a_film_leave_at_least_once_a_poll_period() -> None:
    bench, _ = film_bench(takes=0.12)

    found = list(looks(film_step(), bench))

    batches = [item for _, item in found if isinstance(item, Batch)]
    assert max(gap for gap, _ in found) <= LONGEST_SILENCE
    assert [len(batch) for batch in batches] == [4, 4, 4, 4, 4]


def test_quick_readings_still_share_a_batch() -> None:
    bench, _ = film_bench(takes=0.02)

    batches = [item for _, item in looks(film_step(5), bench) if item is not None]

    assert [len(batch) for batch in batches] == [5]


def test_each_row_of_a_film_has_its_own_compliance() -> None:
    bench, film = film_bench(takes=0.1, limited_after=1.0)

    batches = [b for _, b in looks(film_step(), bench) if isinstance(b, Batch)]

    limited = np.concatenate([b.columns["in_compliance"] for b in batches])
    time = np.concatenate([b.columns["instrument_time_second"] for b in batches])
    assert film.readings == 21  # one is thrown away
    assert limited.tolist() == (time > 1.0).astype(int).tolist()


@pytest.mark.parametrize("failure", [WaitEnded(), LinkError("voltmeter: no answer")])
def test_rows_read_before_a_wait_ends_or_a_link_breaks_are_given(
    failure: Exception,
) -> None:
    bench, _ = film_bench(takes=0.1, fails_at=8, failure=failure)
    rows: list[float] = []

    def take() -> None:
        for _, item in looks(film_step(), bench):
            if isinstance(item, Batch):
                rows.extend(item.columns["voltage_volt"].tolist())

    with pytest.raises(type(failure)):
        take()

    assert rows == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_a_reading_that_may_be_long_is_announced_with_a_margin() -> None:
    bench, _ = film_bench(takes=2.0)
    listener = Listener()

    with owned_by(listener):
        list(looks(film_step(2, nplc=50.0), bench))

    assert [what for what, _ in listener.said] == ["a reading of the voltmeter"] * 3
    assert all(4.0 < seconds < 15.0 for _, seconds in listener.said)


def test_a_long_delay_is_waited_by_the_step_not_by_the_instrument() -> None:
    clock = VirtualClock(0.0)
    meter = SlowMeter(clock)
    bench = FakeBench(clock, {"source_meter": meter})
    step = SweepSource(label="s", levels=(0.0, 1.0), probe=Probe(delay=30.0))

    gaps = [gap for gap, _ in looks(step, bench)]

    assert meter.delays == [0.0]
    assert max(gaps) <= LONGEST_SILENCE + 1e-9
    assert clock.now() == pytest.approx(2 * 30.05)


def test_a_short_delay_is_left_to_the_instrument() -> None:
    clock = VirtualClock(0.0)
    meter = SlowMeter(clock)
    bench = FakeBench(clock, {"source_meter": meter})

    list(looks(SweepSource(label="s", levels=(1.0,), probe=Probe(delay=0.1)), bench))

    assert meter.delays == [0.1]


def test_a_held_level_is_looked_at_between_rows_an_hour_apart() -> None:
    clock = VirtualClock(0.0)
    bench = FakeBench(clock, {"source_meter": SlowMeter(clock)})
    step = HoldSource(
        label="h", level=1.0, probe=Probe(delay=20.0), duration=7300.0, every=3600.0
    )

    found = list(looks(step, bench))

    assert max(gap for gap, _ in found) <= LONGEST_SILENCE + 1e-9
    assert sum(isinstance(item, Batch) for _, item in found) == 3


def test_delta_readings_go_out_while_the_measurement_runs() -> None:
    clock = VirtualClock(0.0)
    bench = FakeBench(clock, {"delta_meter": Pair(clock)})
    step = RunDelta(label="d", current=1e-3, compliance=10.0, count=1000)

    found = list(looks(step, bench))

    assert max(gap for gap, _ in found) <= LONGEST_SILENCE
    assert sum(len(item) for _, item in found if item is not None) == 1000


def test_what_a_stopped_delta_has_read_is_given_afterwards() -> None:
    clock = VirtualClock(0.0)
    pair = Pair(clock)
    bench = FakeBench(clock, {"delta_meter": pair})
    step = RunDelta(label="d", current=1e-3, compliance=10.0, count=1000)
    rows, given = step.execute(bench), 0
    while given < 50:
        item = next(rows)
        given += len(item) if isinstance(item, Batch) else 0

    clock.sleep(0.3)  # three more are read while the engine makes everything safe
    pair.make_safe()
    rows.close()
    clock.sleep(10.0)
    after = list(step.after_stop(bench))

    assert sum(len(batch) for batch in after) == 3
    assert after[0].columns["instrument_time_second"].tolist() == [5.0, 5.1, 5.2]


def test_steps_that_hold_nothing_back_give_nothing_afterwards() -> None:
    bench, _ = film_bench()

    assert list(film_step().after_stop(bench)) == []


class CutShort(VirtualClock):
    """Its first waits end at once: a hold was asked for and taken back."""

    cut = 3

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        if self.cut:
            self.cut -= 1
            seconds = 1e-6
        super().sleep(seconds, until)


class Creeping:
    """A supply that stands, and a field that creeps to 0.5 T with 5 s."""

    accuracy = Accuracy(1e-3, 0.0)

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.moves = 0

    def prepare(self, field: float | None) -> float | None:
        return field

    def read(self) -> FieldReading:
        return FieldReading(0.5 * (1 - math.exp(-self._clock.now() / 5.0)), False)

    def is_settled(self) -> bool:
        return True

    def current(self) -> float:
        return 20.0

    def ramp_to(self, current: float) -> float:
        self.moves += 1
        return current


def test_a_look_that_was_cut_short_calls_no_creeping_field_still() -> None:
    clock = CutShort(0.0)
    magnet = Creeping(clock)
    bench = FakeBench(clock, {"magnet": magnet, "gaussmeter": magnet})

    list(SetField(label="f", target=FieldTarget(0.5, 1e-3)).execute(bench))

    assert magnet.moves == 0
