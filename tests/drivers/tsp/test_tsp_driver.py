"""The real driver on a 2636B that goes on after an error, as its manual says."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pairs import driver_of, twin_alone

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings

ADDRESS = "GPIB0::26::INSTR"
MODEL = "keithley-2636b"
SETTINGS = SourceSettings(Driven.VOLTAGE, 1.0, 1e-3)


class Smu:
    """The driver of channel a, its twin and what they are connected to."""

    def __init__(self) -> None:
        clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        setup = Setup("bench", "x", ADDRESS, {}, {})
        self.twin: Any = twin_alone(MODEL, setup, self.circuit, clock)
        library = LabsimLibrary.around({ADDRESS: self.twin})
        self.opened = driver_of(MODEL).open(library, setup, clock)
        self.role = typing.cast(Any, self.opened.roles["a"])
        self.role.prepare(SETTINGS)

    def by_hand(self, chunk: str) -> None:
        """Change something at the front panel."""
        self.twin.run(chunk, "panel")

    def is_on(self) -> bool:
        return self.circuit.source.on


@pytest.fixture
def smu() -> Iterator[Smu]:
    made = Smu()
    yield made
    made.opened.close()


@pytest.mark.parametrize("act", ["drive", "point"])
def test_a_level_that_the_instrument_refused_is_no_setpoint(smu: Smu, act: str) -> None:
    """The level is refused (1101), and the next statement switches the output on."""
    smu.by_hand("smua.source.rangev = 0.2")

    with pytest.raises(InstrumentError):
        getattr(smu.role, act)(0.8)

    smu.role.make_safe()
    assert not smu.is_on()


def test_the_driver_ends_a_script_without_end_and_measures(smu: Smu) -> None:
    """What somebody left running answers nothing; the device clear ends it."""
    smu.role.drive(0.5)
    smu.twin.stuck()

    reading = smu.role.measure()

    assert reading.voltage == pytest.approx(0.5, rel=5e-3)
    smu.role.make_safe()
    assert not smu.is_on()


def test_a_script_without_end_that_changed_the_level_is_no_reading(smu: Smu) -> None:
    smu.role.drive(0.5)
    smu.by_hand("smua.source.levelv = 0.9")
    smu.twin.stuck()

    with pytest.raises(InstrumentError):
        smu.role.measure()

    smu.role.make_safe()
    assert not smu.is_on()
