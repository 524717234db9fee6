"""Reads a voltage."""

import typing
from dataclasses import dataclass

from labctl.roles.accuracy import Accuracy
from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class VoltmeterSettings:
    """How voltages are read; as read back from the instrument."""

    nplc: float = 1.0
    """Integration time in power-line cycles."""
    range: float | None = None
    """Largest |V| expected; None lets the instrument choose."""
    averages: int = 1
    """Conversions averaged into one reading."""


@dataclass(frozen=True, slots=True)
class VoltageReading:
    """One reading: ``VoltageReading(-6.24e-3, 12.1, False)``."""

    voltage: float
    """V, high against low; NaN on overflow."""
    time: float
    """Instrument's own time, s; NaN if it has none."""
    overflow: bool
    """The voltage did not fit the range."""


class Voltmeter(typing.Protocol):
    """Digital voltmeter or nanovoltmeter."""

    @property
    def accuracy(self) -> Accuracy:
        """Return ``Accuracy(5e-5, 4e-8)`` on the prepared range; no talk."""
        ...

    def prepare(self, settings: VoltmeterSettings) -> VoltmeterSettings:
        """Configure; return the settings read back.

        LimitError: range or integration time the meter has not, before it is sent.
        """
        ...

    def read(self) -> VoltageReading:
        """Take one fresh reading. Blocks for averages · nplc / line frequency."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("KEITHLEY INSTRUMENTS INC.", "2182A", …)``."""
        ...
