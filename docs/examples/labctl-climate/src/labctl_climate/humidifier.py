"""The role: what holds a humidity, whoever made it. labctl has none of its own."""

import typing
from dataclasses import dataclass

from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class HumidityBounds:
    """What it can be asked for."""

    driest: float
    """%, relative."""
    wettest: float
    """%, relative."""


@dataclass(frozen=True, slots=True)
class HumidityReading:
    """One reading: ``HumidityReading(58.2, 60.0, True)``."""

    humidity: float
    """Measured in the air, % relative; NaN if its sensor is broken."""
    setpoint: float
    """%; what it held last where it does not regulate."""
    regulates: bool
    """Whether it wets or dries towards the setpoint."""


class Humidifier(typing.Protocol):
    """Holds the humidity of air by itself."""

    @property
    def bounds(self) -> HumidityBounds:
        """Return ``HumidityBounds(10.0, 98.0)``; no talk."""
        ...

    def humidify(self, percent: float) -> float:
        """Go to a relative humidity and stay there; return the setpoint read back.

        Returns at once. LimitError: beyond `bounds`, before anything is sent.
        """
        ...

    def read(self) -> HumidityReading:
        """Read the air now: one question, so that several runs may ask."""
        ...

    def make_safe(self) -> None:
        """Stop wetting and drying; the air drifts to the room's by itself."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("ACME", "KB53", …)``."""
        ...
