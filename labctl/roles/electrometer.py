"""Reads a very small current."""

import typing
from dataclasses import dataclass

from labctl.roles.accuracy import Accuracy
from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class ElectrometerSettings:
    """How currents are read; as read back from the instrument."""

    nplc: float = 1.0
    """Integration time in power-line cycles."""
    range: float | None = None
    """Largest |I| expected, A; None lets the instrument choose."""
    averages: int = 1
    """Conversions averaged into one reading."""


@dataclass(frozen=True, slots=True)
class CurrentReading:
    """One reading: ``CurrentReading(3.2e-12, 8.4, False)``."""

    current: float
    """A into the input; NaN on overflow."""
    time: float
    """Instrument's own time, s; NaN if it has none."""
    overflow: bool
    """The current did not fit the range."""


class Electrometer(typing.Protocol):
    """Picoammeter or electrometer."""

    @property
    def accuracy(self) -> Accuracy:
        """Return ``Accuracy(1e-3, 4e-13)`` on the prepared range; no talk."""
        ...

    def prepare(self, settings: ElectrometerSettings) -> ElectrometerSettings:
        """Configure and correct the zero; return the settings read back.

        Afterwards zero check is off. LimitError: what the meter has not.
        """
        ...

    def read(self) -> CurrentReading:
        """Take one fresh reading. Blocks for averages · nplc / line frequency."""
        ...

    def make_safe(self) -> None:
        """Close the input (zero check on); its own voltage source off if it has one."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("KEITHLEY INSTRUMENTS INC.", "6487", …)``."""
        ...
