"""Drives a voltage or a current through two or four wires and measures both.

The order is always `prepare` (output stays off), then `drive` or `point` (the first
one switches the output on), then `make_safe`.
"""

import typing
from dataclasses import dataclass
from enum import StrEnum

from labctl.roles.accuracy import Accuracy
from labctl.roles.identity import Identity


class Driven(StrEnum):
    """Which quantity the meter holds; the other one is limited by the compliance."""

    VOLTAGE = "voltage"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class SourceBounds:
    """What the instrument can do at most, both signs."""

    voltage: float
    """Largest |V| that can be driven or allowed as compliance, V."""
    current: float
    """Largest |I| that can be driven or allowed as compliance, A."""
    least_compliance_current: float = 0.0
    """Smallest current compliance, A."""
    least_compliance_voltage: float = 0.0
    """Smallest voltage compliance, V."""
    drives: tuple[Driven, ...] = (Driven.VOLTAGE, Driven.CURRENT)
    """What it can hold; an electrometer's source holds only a voltage."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How the next points are driven and measured; as read back from the instrument."""

    driven: Driven
    span: float
    """Largest |level| that will be driven, V or A; it fixes the source range."""
    compliance: float
    """Largest |I| in A while a voltage is driven, largest |V| in V otherwise."""
    nplc: float = 1.0
    """Integration time in power-line cycles."""
    four_wire: bool = False
    delay: float | None = None
    """Between a new level and its measurement, s; None lets the instrument choose."""
    measure_range: float | None = None
    """Fixed range of the measured quantity, A or V; None lets the instrument choose."""


@dataclass(frozen=True, slots=True)
class SourceReading:
    """One measured point: ``SourceReading(1.0, 1.0e-4, 0.52, False, False)``."""

    voltage: float
    """V between the sense terminals; NaN on overflow."""
    current: float
    """A out of the high terminal; NaN on overflow."""
    time: float
    """Instrument's own time of the reading, s; NaN if it has none."""
    in_compliance: bool
    """The limit held the output, so the point is not what was asked for."""
    overflow: bool
    """The measured quantity did not fit the range."""


class SourceMeter(typing.Protocol):
    """Source and measure unit, output off until `drive`."""

    @property
    def voltage_accuracy(self) -> Accuracy:
        """Return ``Accuracy(1.5e-4, 1.5e-3)`` of the measured voltage; no talk."""
        ...

    @property
    def current_accuracy(self) -> Accuracy:
        """Return ``Accuracy(3e-4, 6e-9)`` of the measured current; no talk."""
        ...

    @property
    def bounds(self) -> SourceBounds:
        """Return ``SourceBounds(210.0, 1.05)``; needs no talk with the instrument."""
        ...

    def prepare(self, settings: SourceSettings) -> SourceSettings:
        """Configure with the output off; return the settings read back.

        LimitError: span or compliance beyond `bounds`, before anything is sent.
        """
        ...

    def drive(self, level: float) -> float:
        """Hold ``level`` (V or A), output on; return the setpoint read back.

        LimitError: |level| beyond the prepared span, before anything is sent.
        """
        ...

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level.

        Blocks for the integration time. InstrumentError: the output is off.
        """
        ...

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one message; return the setpoint read back, the reading.

        The same as `drive` then `measure`, faster.
        """
        ...

    def make_safe(self) -> None:
        """Set the level to zero, the output off in its high-impedance state."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("KEITHLEY INSTRUMENTS INC.", "2400", …)``."""
        ...
