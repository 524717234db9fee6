"""Something that brings samples to a temperature: an oven, a bath, a heated stage."""

import typing
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChamberBounds:
    """What a chamber can be asked for."""

    lowest: float
    """°C."""
    highest: float
    """°C."""
    fastest_ramp: float | None = None
    """K/s; None: it goes as fast as it can and takes no ramp."""
    grain: float = 0.1
    """K; what its set point is rounded to."""
    deadline: float = 7200.0
    """s within which it reaches a set point, or something is wrong."""


@dataclass(frozen=True, slots=True)
class ChamberReading:
    """One look: ``ChamberReading(44.8, 45.0, regulates=True)``."""

    celsius: float
    """Measured by its own sensor, °C; NaN if that is broken."""
    setpoint: float
    """°C, read back; NaN where it states none."""
    regulates: bool
    """Whether it heats or cools towards the set point."""
    faults: tuple[str, ...] = ()
    """What it complains of, in its own words: over-temperature, level, door."""


@typing.runtime_checkable
class Chamber(typing.Protocol):
    """A chamber that regulates by itself; it knows nothing of the sample in it."""

    @property
    def bounds(self) -> ChamberBounds:
        """Return ``ChamberBounds(-40.0, 180.0)``; no talk."""
        ...

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """Go to ``celsius`` in °C and stay there; return the set point read back.

        ``ramp`` in K/s, positive in either direction; None: as fast as it can. Returns
        at once. LimitError: beyond `bounds`, before anything is sent.
        """
        ...

    def read(self) -> ChamberReading:
        """Look now: one question, so that several runs may ask."""
        ...

    def make_safe(self) -> None:
        """Bring every heater to zero and read that back; the air drifts to the room's.

        What protects the equipment stays on: a chiller, a circulation pump, a purge.
        InstrumentError: it goes on heating, or cannot be asked.
        """
        ...
