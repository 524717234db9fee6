"""A simulated 2636B on a wire, for everything that speaks its Lua."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pyvisa

from drivers.twins.keithley.keithley_2636b import Keithley2636BTwin
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock

ADDRESS = "GPIB0::26::INSTR"


class Wire:
    """A 2636B on 10 kΩ, behind an unmodified PyVISA resource."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        self.twin = Keithley2636BTwin(self.circuit, self.clock, **options)
        library = LabsimLibrary.around({ADDRESS: self.twin})
        self.manager = pyvisa.ResourceManager(library)
        self.resource: Any = self.manager.open_resource(
            ADDRESS, read_termination="\n", write_termination=""
        )
        self.resource.timeout = 60_000

    def tell(self, message: str) -> None:
        """Send a message, END with its last byte."""
        self.resource.write(message)

    def ask(self, message: str) -> str:
        """Return the first response message."""
        return str(self.resource.query(message))

    def numbers(self, message: str) -> list[float]:
        """Return the numbers of the first response message."""
        answer = self.ask(message).replace("\t", ",")
        return [float(field) for field in answer.split(",")]

    def errors(self) -> list[int]:
        """Return the codes in the error queue and empty it."""
        codes = [code for code, _ in self.twin.status.errors]
        self.twin.status.errors.clear()
        return codes

    @property
    def is_silent(self) -> bool:
        """Whether the instrument does not identify itself."""
        self.resource.timeout = 10
        try:
            self.ask("*IDN?")
        except pyvisa.VisaIOError:
            return True
        return False

    def close(self) -> None:
        """Leave the bus."""
        self.resource.close()
        self.manager.close()


@pytest.fixture
def make_wire() -> Iterator[Callable[..., Wire]]:
    made: list[Wire] = []

    def make(**options: Any) -> Wire:
        made.append(Wire(**options))
        return made[-1]

    yield make
    for wire in made:
        wire.close()


@pytest.fixture
def wire(make_wire: Callable[..., Wire]) -> Wire:
    return make_wire()
