"""Integration is in cycles of the line; an instrument at another one is refused."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pairs import driver_of, twin_alone
from pydantic import ValidationError

from drivers.keithley.keithley_2000 import Keithley2000
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from drivers.twins.world.world import BenchWorld
from drivers.visa.opening import Opened
from drivers.visa.power_line import SCPI_LINE
from labctl.clock import VirtualClock
from labctl.config.models import Config, StationConfig
from labctl.data import Event, Level
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import load_file
from labctl.errors import LimitError, RefusedError
from labctl.roles.delta_meter import DeltaSettings
from labctl.roles.driver import Setup
from labctl.roles.electrometer import ElectrometerSettings
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.voltmeter import VoltmeterSettings
from labctl.waits import owned_by

ADDRESS = "GPIB0::5::INSTR"
VOLTS = SourceSettings(Driven.VOLTAGE, 1.0, 1e-3, nplc=10.0)
CURRENTS = ElectrometerSettings(10.0, 2e-3)
ASKED: Mapping[str, tuple[str, Any]] = {
    "keithley-2182a": ("", VoltmeterSettings(10.0)),
    "keithley-2400": ("", VOLTS),
    "keithley-2450": ("", VOLTS),
    "keithley-2636b": ("b", VOLTS),
    "keithley-6430": ("", VOLTS),
    "keithley-6487": ("", CURRENTS),
    "keysight-b2901a": ("", VOLTS),
}
"""What says at which line it stands."""
BELIEVED: Mapping[str, tuple[str, Any]] = {
    "keithley-2000": ("", VoltmeterSettings(10.0)),
    "keithley-6517b": ("", CURRENTS),
}
"""What is not known to say it."""


class Owner:
    """Plays a run that hears what drivers tell."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def waiting(self, what: str, seconds: float) -> None:
        pass

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        self.events.append(event)


class Wall:
    """A bench at a power line, and what stands on it by its configuration."""

    def __init__(self) -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        self.opened: list[Opened] = []
        self.twin: Any = None

    def open(self, driver: str, configured: float, name: str = "") -> Any:
        setup = Setup("bench", driver, ADDRESS, line_frequency=configured)
        self.twin = twin_alone(driver, setup, self.circuit, self.clock)
        library = LabsimLibrary.around({ADDRESS: self.twin})
        self.opened.append(driver_of(driver).open(library, setup, self.clock))
        return self.opened[-1].roles[name]


@pytest.fixture
def wall() -> Iterator[Wall]:
    made = Wall()
    yield made
    for opened in made.opened:
        opened.close()


@pytest.mark.parametrize("driver", ASKED)
def test_an_instrument_at_another_line_is_refused_with_the_cure(
    wall: Wall, driver: str
) -> None:
    name, settings = ASKED[driver]
    role = wall.open(driver, 60.0, name)
    wall.circuit.line_frequency = 50.0

    with pytest.raises(RefusedError, match="cycles of 50 Hz") as refused:
        role.prepare(settings)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("station", "line_frequency")
    assert "`line_frequency: 50 Hz`" in complaint.cure


@pytest.mark.parametrize("driver", ["keithley-2400", "keithley-2636b", "keithley-6487"])
def test_whatever_its_line_is_it_can_be_made_safe(wall: Wall, driver: str) -> None:
    name, _ = ASKED[driver]
    role = wall.open(driver, 60.0, name)
    wall.circuit.line_frequency = 50.0

    role.make_safe()

    assert not wall.circuit.source.on


@pytest.mark.parametrize("driver", [*ASKED, *BELIEVED])
def test_a_reading_takes_cycles_of_the_line_at_which_it_stands(
    wall: Wall, driver: str
) -> None:
    name, settings = {**ASKED, **BELIEVED}[driver]
    takes = {}

    for line in (50.0, 60.0):
        role = wall.open(driver, line, name)
        role.prepare(settings)
        if isinstance(settings, SourceSettings):
            role.drive(0.1)
        read = getattr(role, "measure", None) or role.read
        began = wall.clock.now()
        read()
        takes[line] = wall.clock.now() - began
        if isinstance(settings, SourceSettings):
            role.make_safe()

    # 10 cycles at least: 0.2 s at 50 Hz; the rest does not know the line.
    difference = takes[50.0] - takes[60.0]
    cycles = difference / (10.0 / 50.0 - 10.0 / 60.0)
    assert cycles == pytest.approx(round(cycles), abs=0.02)
    assert round(cycles) in {1, 2, 3}


@pytest.mark.parametrize(
    ("driver", "settings"),
    [
        ("keithley-2182a", VoltmeterSettings(55.0)),
        ("keithley-6487", ElectrometerSettings(55.0)),
    ],
)
def test_the_longest_integration_is_a_second_at_either_line(
    wall: Wall, driver: str, settings: Any
) -> None:
    held = wall.open(driver, 60.0).prepare(settings)
    role = wall.open(driver, 50.0)

    with pytest.raises(LimitError, match=r"nplc 55  is outside 0\.01 to 50"):
        role.prepare(settings)

    assert held.nplc == 55.0


def test_delta_is_refused_at_another_line_before_it_is_armed(wall: Wall) -> None:
    twin_alone(
        "keithley-2182a", Setup("n", "n", "n"), wall.circuit, wall.clock
    )  # behind the 6221
    role = wall.open("keithley-6221", 60.0)
    wall.circuit.line_frequency = 50.0

    with pytest.raises(RefusedError, match="cycles of 50 Hz"):
        role.arm(DeltaSettings(1e-5, 10.0, 5, 2e-3, 1.0))

    assert not wall.circuit.source.on


def test_a_2400_that_was_told_another_line_is_found_out(wall: Wall) -> None:
    role = wall.open("keithley-2400", 50.0)
    role.instrument.line_frequency = 60

    with pytest.raises(RefusedError, match="cycles of 60 Hz"):
        role.prepare(VOLTS)

    role.instrument.line_frequency = 50
    assert role.prepare(VOLTS).nplc == 10.0


def test_one_that_does_not_know_the_question_is_believed_and_says_so_once(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The twin of the 2000 has no such command; an older firmware may be the same.
    monkeypatch.setattr(Keithley2000, "line_query", SCPI_LINE)
    role, owner = wall.open("keithley-2000", 60.0), Owner()

    with owned_by(owner):  # type: ignore[arg-type]
        held = [role.prepare(VoltmeterSettings(2.0)).nplc for _ in range(2)]

    (event,) = [event for event in owner.events if event.code == "line"]
    assert held == [2.0, 2.0]
    assert event.level is Level.WARNING
    assert "60 Hz" in event.text


def test_every_setup_knows_the_stations_line() -> None:
    config = validate(load_file(Path(BenchWorld.configuration())), Config)
    station = StationConfig.model_validate({"line_frequency": "60 Hz"})

    american = config.model_copy(update={"station": station})

    assert {setup.line_frequency for setup in config.setups()} == {50.0}
    assert {setup.line_frequency for setup in american.setups()} == {60.0}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("55 Hz", "55 Hz is neither 50 Hz nor 60 Hz"),
        ("400 Hz", "400 Hz is neither"),
        (60, "has no unit"),
        ("60 V", "Hz"),
    ],
)
def test_no_other_line_is_taken(said: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        StationConfig.model_validate({"line_frequency": said})
