"""Conduction steps on small fakes: an ohmic source meter, a magnet with remanence."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pytest

from labctl.clock import VirtualClock
from labctl.data import Batch, EndReason, Event
from labctl.errors import InstrumentError, RefusedError
from labctl.limits import Envelope
from labctl.person import PERSON, Person, Request
from labctl.protocol import Ending, Progress, Step
from labctl.roles.accuracy import Accuracy
from labctl.roles.current_source import CurrentBounds, CurrentSettings
from labctl.roles.gaussmeter import FieldReading
from labctl.roles.identity import Identity
from labctl.roles.magnet import MagnetBounds
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltageReading, VoltmeterSettings
from labctl.steps.asking_bench import AskBench
from labctl.steps.demands import CheckBench, FieldDemand, SourceDemand
from labctl.steps.field import FieldTarget, ReleaseField, SetField
from labctl.steps.film import ReadFilm
from labctl.steps.source_meter import HoldSource, Probe, SweepSource, there_and_back

T = TypeVar("T")
WHO = Identity("FAKE", "ohm", "1", "0", "")


class Ohmic:
    """A source meter on a resistor, with a compliance."""

    voltage_accuracy = Accuracy(1e-4, 1e-5)
    current_accuracy = Accuracy(2e-4, 1e-9)
    bounds = SourceBounds(20.0, 1.0, 1e-9, 1e-3)

    def __init__(self, clock: VirtualClock, current: Callable[[float], float]) -> None:
        self._clock = clock
        self._current = current
        self.level: float | None = None
        self.limit = math.inf

    def prepare(self, settings: SourceSettings) -> SourceSettings:
        self.level, self.limit = None, settings.compliance
        return settings

    def drive(self, level: float) -> float:
        self.level = level
        return level

    def measure(self) -> SourceReading:
        assert self.level is not None
        self._clock.sleep(0.02)
        true = self._current(self.level)
        current = math.copysign(min(abs(true), self.limit), true)
        now = self._clock.now()
        return SourceReading(self.level, current, now, abs(true) > self.limit, False)

    def point(self, level: float) -> tuple[float, SourceReading]:
        return self.drive(level), self.measure()

    def make_safe(self) -> None:
        self.level = None

    def identity(self) -> Identity:
        return WHO


@dataclass
class Iron:
    """An electromagnet with remanence, its supply and a gaussmeter."""

    clock: VirtualClock
    tesla_per_ampere: float = 0.02
    remanence: float = 0.004
    probe: bool = True
    stuck: bool = False
    bounds: MagnetBounds = field(default_factory=lambda: MagnetBounds(70.0, 2.0))
    accuracy: Accuracy = field(default_factory=lambda: Accuracy(2e-3, 1e-6))
    _from: float = 0.0
    _to: float = 0.0
    _since: float = 0.0

    def ramp_to(self, current: float) -> float:
        self._from, self._to, self._since = self.current(), current, self.clock.now()
        return current

    def current(self) -> float:
        way = 0.0 if self.stuck else self.bounds.rate * (self.clock.now() - self._since)
        distance = self._to - self._from
        return self._from + math.copysign(min(way, abs(distance)), distance)

    def is_settled(self) -> bool:
        return self.current() == self._to

    def make_safe(self) -> None:
        self.ramp_to(0.0)

    def prepare(self, largest: float | None) -> float | None:
        return largest

    def read(self) -> FieldReading:
        if not self.probe:
            return FieldReading(math.nan, True)
        sign = math.copysign(self.remanence, self._to - self._from)
        return FieldReading(self.tesla_per_ampere * self.current() + sign, False)

    def identity(self) -> Identity:
        return WHO


class FilmBench:
    """Current source, voltmeter and switch that note their order."""

    accuracy = Accuracy(1e-4, 0.0)
    bounds = CurrentBounds(0.1, 100.0, 0.1)

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.level: float | None = None

    def prepare(self, settings: Any) -> Any:
        assert isinstance(settings, CurrentSettings | VoltmeterSettings)
        return settings

    def drive(self, current: float) -> float:
        self.level = current
        self.acts.append("drive")
        return current

    def in_compliance(self) -> bool:
        return False

    def make_safe(self) -> None:
        self.level = None
        self.acts.append("safe")

    def connect(self, connection: Connection) -> frozenset[str]:
        assert self.level is None
        self.acts.append(str(connection))
        return frozenset()

    def closed(self) -> frozenset[str]:
        return frozenset()

    def read(self) -> VoltageReading:
        self.acts.append("read")
        return VoltageReading(50.0 * (self.level or 0.0), 0.0, False)

    def identity(self) -> Identity:
        return WHO


@dataclass
class FakeBench:
    clock: VirtualClock
    players: dict[str, Any]
    envelope: Envelope = field(default_factory=lambda: Envelope({}))

    def role(self, name: str, kind: type[T]) -> T:  # noqa: ARG002
        player: T = self.players[name]
        return player


def run(step: Step, bench: FakeBench) -> tuple[list[Batch], list[Event], Ending]:
    """Run a step to its end."""
    rows = step.execute(bench)
    batches: list[Batch] = []
    events: list[Event] = []
    while True:
        try:
            item = next(rows)
        except StopIteration as stop:
            return batches, events, stop.value or Ending()
        if isinstance(item, Batch):
            batches.append(item)
        elif isinstance(item, Event):
            events.append(item)


def probe_bench(current: Callable[[float], float]) -> tuple[FakeBench, Ohmic]:
    clock = VirtualClock(0.0)
    meter = Ohmic(clock, current)
    return FakeBench(clock, {"source_meter": meter}), meter


def test_a_dual_sweep_goes_out_both_ways_and_comes_home() -> None:
    levels = there_and_back(1.0, 3)

    assert levels == (0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0, -0.5, 0.0)


def test_a_sweep_stores_every_point_and_leaves_the_output_off() -> None:
    bench, meter = probe_bench(lambda v: v / 1e3)
    step = SweepSource(label="s", levels=there_and_back(1.0, 3), probe=Probe())

    batches, _, ending = run(step, bench)

    assert [float(b.columns["source_volt"][0]) for b in batches] == list(step.levels)
    assert ending.values["slope"] == pytest.approx(1e-3)
    assert ending.values["current_gain"] == pytest.approx(2e-4 / math.sqrt(3))
    assert meter.level is None


def test_points_in_compliance_are_flagged_and_counted() -> None:
    bench, _ = probe_bench(lambda v: v)
    probe = Probe(compliance=0.6)
    step = SweepSource(label="s", levels=(0.0, 0.5, 1.0), probe=probe)

    batches, _, ending = run(step, bench)

    assert [int(b.columns["in_compliance"][0]) for b in batches] == [0, 0, 1]
    assert ending.values["in_compliance"] == 1.0


def test_the_slope_of_a_sweep_does_not_see_the_meters_zero() -> None:
    bench, _ = probe_bench(lambda v: 1e-6 * v + 5e-5)

    *_, ending = run(SweepSource(label="s", levels=(-1, 1), probe=Probe()), bench)

    assert ending.values["slope"] == pytest.approx(1e-6)


def test_a_hold_lasts_as_long_as_asked_and_records_at_its_interval() -> None:
    bench, meter = probe_bench(lambda v: v / 1e3)
    step = HoldSource(label="h", level=1.0, probe=Probe(), duration=10.0, every=1.0)

    batches, _, ending = run(step, bench)

    times = np.array([float(b.columns["instrument_time_second"][0]) for b in batches])
    assert np.diff(times) == pytest.approx(np.ones(10), abs=1e-9)
    assert ending.reason is EndReason.COMPLETED
    assert meter.level is None


def test_a_hold_ends_once_a_decaying_current_stands_still() -> None:
    # I = 1 + exp(-t/5): the rate falls below 1e-3 1/s after about 26 s.
    clock = VirtualClock(0.0)
    meter = Ohmic(clock, lambda v: v * (1 + math.exp(-clock.now() / 5.0)))
    bench = FakeBench(clock, {"source_meter": meter})
    step = HoldSource(
        label="h",
        level=1.0,
        probe=Probe(compliance=10.0),
        duration=100.0,
        settled_rate=1e-3,
    )

    *_, ending = run(step, bench)

    assert ending.condition == "settled"
    assert 25.0 < clock.now() < 32.0


def test_an_interrupted_hold_holds_only_what_is_left() -> None:
    step = HoldSource(label="h", level=1.0, probe=Probe(), duration=60.0)

    rest = step.remaining(Progress(duration=45.0, charge=0.0))

    assert isinstance(rest, HoldSource)
    assert rest.duration == 15.0


def test_every_impossible_limit_is_told_at_once_and_nothing_is_driven() -> None:
    bench, meter = probe_bench(lambda v: v)
    bench.players["magnet"] = Iron(bench.clock)
    source = SourceDemand("source_meter", Driven.VOLTAGE, 30.0, 2.0)
    magnet = FieldDemand("magnet", 2.0, 0.02)
    step = CheckBench(label="check", sources=(source,), fields=(magnet,))

    with pytest.raises(RefusedError) as refused:
        run(step, bench)

    where = [complaint.where for complaint in refused.value.complaints]
    assert where == ["voltage", "compliance", "field"]
    assert meter.level is None


def magnet_bench(**more: Any) -> tuple[FakeBench, Iron]:
    clock = VirtualClock(0.0)
    iron = Iron(clock, **more)
    return FakeBench(clock, {"magnet": iron, "gaussmeter": iron}), iron


def test_a_field_is_searched_until_the_gaussmeter_shows_it() -> None:
    # The stated 0.025 T/A is 25 % off; the secant finds the true 0.02.
    bench, iron = magnet_bench()
    target = FieldTarget(0.5, 1e-3)

    batches, _, ending = run(SetField(label="f", target=target), bench)

    assert ending.values["field"] == pytest.approx(0.5, abs=1e-3)
    assert iron.read().field == pytest.approx(0.5, abs=1e-3)
    assert {b.stream for b in batches} == {"magnet"}


def test_a_field_is_found_while_the_supply_is_still_on_its_way_to_zero() -> None:
    bench, iron = magnet_bench()
    run(SetField(label="f", target=FieldTarget(0.5, 1e-3)), bench)
    iron.make_safe()

    batches, *_ = run(SetField(label="f", target=FieldTarget(0.5, 1e-3)), bench)

    fields = np.array([float(b.columns["field_tesla"][0]) for b in batches])
    assert fields[-1] == pytest.approx(0.5, abs=1e-3)
    assert fields.max() < 0.7


def test_a_field_that_is_there_already_moves_nothing() -> None:
    bench, iron = magnet_bench()
    run(SetField(label="f", target=FieldTarget(0.5, 1e-3)), bench)
    before = iron.current()

    run(SetField(label="f", target=FieldTarget(0.5, 2e-3)), bench)

    assert iron.current() == before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"probe": False}, "no probe"),
        ({"stuck": True}, "still ramping"),
        ({"tesla_per_ampere": -0.02}, "leads are swapped"),
        ({"tesla_per_ampere": 0.0, "remanence": 0.0}, "asked for 0.5"),
    ],
)
def test_a_field_that_does_not_come_is_an_error(
    fault: dict[str, Any], said: str
) -> None:
    bench, _ = magnet_bench(**fault)
    target = FieldTarget(0.5, 1e-3, deadline=120.0)

    with pytest.raises(InstrumentError, match=said):
        run(SetField(label="f", target=target), bench)


def test_released_the_magnet_is_waited_for() -> None:
    bench, iron = magnet_bench()
    run(SetField(label="f", target=FieldTarget(0.5, 1e-3)), bench)

    run(ReleaseField(label="off"), bench)

    assert iron.current() == 0.0


def test_relays_only_move_while_the_source_is_off() -> None:
    film = FilmBench()
    bench = FakeBench(
        VirtualClock(0.0),
        dict.fromkeys(("current_source", "voltmeter", "switch"), film),
    )
    step = ReadFilm(
        label="r",
        connections=(Connection(2, 1, 3, 4), Connection(3, 2, 4, 1)),
        currents=(1e-3, -1e-3),
        compliance=10.0,
        readings=2,
    )

    batches, _, ending = run(step, bench)

    assert film.acts[:3] == ["safe", "I21,V34", "drive"]
    assert film.acts.count("read") == 2 * 2 * (1 + 2)
    assert [len(batch) for batch in batches] == [2, 2, 2, 2]
    assert ending.values["largest"] == pytest.approx(50.0)
    assert film.level is None


def asked_bench(step: AskBench) -> tuple[FilmBench, FakeBench]:
    """Return a bench whose source was left on, and a person who asks at once."""
    film, person = FilmBench(), Person()
    film.drive(1e-3)
    person.put(Request("end"))
    players: dict[str, Any] = dict.fromkeys(step.roles, film)
    return film, FakeBench(VirtualClock(0.0), {**players, PERSON: person})


BY_HAND = AskBench(
    label="by hand",
    roles=("current_source", "voltmeter", "switch"),
    connection=Connection(1, 3, 2, 4),
    current=1e-4,
)


def test_by_hand_too_relays_only_move_while_the_source_is_off() -> None:
    film, bench = asked_bench(BY_HAND)

    run(BY_HAND, bench)

    # source off, relays, current on; at the end current off, then the relays
    assert film.acts == ["drive", "safe", "I13,V24", "drive", "safe", "safe"]


def test_made_safe_while_the_relays_move_no_current_is_switched_on() -> None:
    film, bench = asked_bench(BY_HAND)
    rows = BY_HAND.execute(bench)
    while film.acts[-1] != "I13,V24":
        next(rows)

    rows.close()

    assert film.level is None
