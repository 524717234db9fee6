"""By hand when something goes wrong: what may still be on is said and kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.twins.world.world import BenchWorld
from labctl.api.requests import Action, HandSweepIn, ManualIn
from labctl.clock import ScaledClock
from labctl.errors import InstrumentError, LabctlError, LimitError, OperatorError
from labctl.roles.driver import Setup
from labctl.service.bench import by_hand
from labctl.service.bench.by_hand import HOLDER, ByHand
from labctl.service.bench.doubts import Doubts
from labctl.station import SimulatedWires, Station

KEITHLEY = "USB0::0x05E6::0x2450::04089762::INSTR"
SETUPS = (
    Setup("k2450", "keithley-2450", KEITHLEY),
    Setup("swapped", "keithley-6221", "GPIB0::12::INSTR", {"serial": "another"}),
)


class Bench:
    """A source meter by hand, and what flows through its sample."""

    def __init__(self, folder: Path) -> None:
        clock = ScaledClock(500)
        self.world = BenchWorld(clock)
        self.world.place("particle-qms-0.7", ())
        self.station = Station(SETUPS, {}, clock, SimulatedWires(self.world))
        doubts = Doubts(self.station, folder / "doubts.json")
        self.hand = ByHand(self.station, doubts=doubts)

    @property
    def is_on(self) -> bool:
        return bool(self.world.circuit.source.on)

    def drive(self, volt: float = 0.1) -> None:
        self.hand.act(a_drive(volt), "Kim")

    def lent_to(self, channel: str = "k2450") -> str:
        return self.station.lent().get(channel, "")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.station.close()


def a_drive(volt: float) -> ManualIn:
    return ManualIn(
        channel="k2450",
        action=Action.DRIVE,
        quantity="voltage",
        value=volt,
        compliance=1e-3,
    )


def a_sweep(end: float) -> ManualIn:
    levels = HandSweepIn(begin=0, end=end, points=3)
    asked = {"action": Action.SWEEP, "sweep": levels}
    return a_drive(0.0).model_copy(update=asked)


@pytest.mark.parametrize("beyond", [a_drive(300.0), a_sweep(300.0)])
def test_a_level_that_is_refused_leaves_what_is_held_and_says_so(
    bench: Bench, beyond: ManualIn
) -> None:
    bench.drive(0.1)

    with pytest.raises(LimitError):
        bench.hand.act(beyond, "Kim")

    assert bench.is_on
    assert bench.hand.touched()["k2450"].holds == {"set V": pytest.approx(0.1)}


def test_a_drive_that_fails_half_way_is_made_safe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.drive(0.1)
    kind = type(bench.hand.touched()["k2450"].player)

    def half(meter: Any, level: float) -> None:
        meter.drive(level)
        raise InstrumentError("k2450: no answer")

    monkeypatch.setattr(kind, "point", half)

    with pytest.raises(InstrumentError):
        bench.drive(0.2)

    assert not bench.is_on
    assert bench.lent_to() == ""


def test_another_instrument_that_does_not_open_costs_no_channel(bench: Bench) -> None:
    bench.drive()
    with pytest.raises(LabctlError, match="another"):
        bench.hand.act(ManualIn(channel="swapped", action=Action.READ), "Kim")

    assert bench.is_on
    assert bench.lent_to() == f"{HOLDER}Kim"
    assert bench.lent_to("swapped") == ""


def test_what_is_not_made_safe_is_said_and_kept_from_runs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.drive()
    kind = type(bench.hand.touched()["k2450"].player)

    def silent(_meter: object) -> None:
        raise InstrumentError("k2450: no answer")

    with monkeypatch.context() as broken:
        broken.setattr(kind, "make_safe", silent)
        with pytest.raises(InstrumentError, match="k2450 may still be on"):
            bench.hand.release("k2450")
        assert bench.hand.release_all() == {"k2450": "k2450: no answer"}
        assert bench.lent_to() == f"{HOLDER}Kim"
        assert bench.station.doubts() == {"k2450": "k2450: no answer"}

    monkeypatch.setattr(by_hand, "PATIENCE", -1.0)
    bench.hand.touched()["k2450"].touch()

    assert bench.hand.look() == {"k2450": ""}
    assert not bench.is_on
    assert bench.lent_to() == ""
    assert bench.station.doubts() == {}


def test_following_a_sweep_that_was_made_safe_takes_no_channel(bench: Bench) -> None:
    with pytest.raises(OperatorError, match="no sweep was begun"):
        bench.hand.act(ManualIn(channel="k2450", action=Action.FOLLOW), "Kim")

    assert bench.station.lent() == {}
