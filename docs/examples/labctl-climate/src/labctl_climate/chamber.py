"""The role: what any chamber can do, whoever made it."""

import typing
from dataclasses import dataclass

from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class ChamberBounds:
    """What the chamber can be asked for."""

    lowest: float
    """°C."""
    highest: float
    """°C."""


@dataclass(frozen=True, slots=True)
class ClimateReading:
    """One reading: ``ClimateReading(44.8, 45.0, True)``."""

    air: float
    """Measured in the chamber, °C; NaN if its sensor is broken."""
    setpoint: float
    """°C; what it held last where it does not regulate."""
    regulates: bool
    """Whether it heats or cools towards the setpoint."""


class Chamber(typing.Protocol):
    """A temperature chamber that regulates by itself."""

    @property
    def bounds(self) -> ChamberBounds:
        """Return ``ChamberBounds(-40.0, 180.0)``; no talk."""
        ...

    def regulate(self, temperature: float) -> float:
        """Go to ``temperature`` in °C and stay there; return the setpoint read back.

        Returns at once. LimitError: beyond `bounds`, before anything is sent.
        """
        ...

    def read(self) -> ClimateReading:
        """Read the climate now: one question, so that several runs may ask."""
        ...

    def make_safe(self) -> None:
        """Stop heating and cooling; the air drifts to the room's by itself."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("ACME", "KB53", …)``."""
        ...
