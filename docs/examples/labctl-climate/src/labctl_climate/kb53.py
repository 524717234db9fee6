"""Driver of the Acme KB 53, an invented climate chamber that speaks SCPI on a socket.

It plays two roles: labctl's `Chamber` (``oven``) and this package's `Humidifier`
(``oven/water``). Yours has other messages: they are the strings below, no more.
"""

from collections.abc import Mapping
from typing import Any

from drivers.visa.opening import VisaDriver
from drivers.visa.talk import Talk, refuse_outside
from labctl.clock import Clock
from labctl.errors import InstrumentError, LimitError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.safing_order import Stage
from labctl_climate.humidifier import Humidifier, HumidityBounds, HumidityReading

BOUNDS = ChamberBounds(-40.0, 180.0, grain=0.01)
WATER = HumidityBounds(10.0, 98.0)
GRAIN = 0.1
"""%; what a humidity is rounded to."""


class Kb53(Talk):
    """A KB 53 that plays `labctl.roles.chamber.Chamber`; its water is beside."""

    _setpoint: float | None = None
    """°C; None: it was not told to regulate since it was made safe."""

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._water = Water(self, clock)

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the chamber, and its humidifier."""
        return {"": self, "water": self._water}

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return BOUNDS

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """See the role."""
        low, high = BOUNDS.lowest, BOUNDS.highest
        refuse_outside(self.name, "a temperature of", celsius, low, high, "°C")
        if ramp is not None:
            raise LimitError(f"{self.name}: takes no ramp")
        self.trust()
        self.tell(f":SOUR:TEMP {celsius:.2f}")
        self.tell(":OUTP 1")
        self.refuse_errors("it was told a temperature")
        back = self.inquire_number(":SOUR:TEMP?")
        self.refuse_other_setpoint(celsius, back, BOUNDS.grain)
        self.refuse_output_off(self.inquire(":OUTP?"))
        self._setpoint = back
        self.link.expect(self, self._refuse_changes)
        return back

    def read(self) -> ChamberReading:
        """See the role."""
        return ChamberReading(*_reading(self, ":READ?"))

    def make_safe(self) -> None:
        """See the role."""
        self._setpoint = None
        self.safely(lambda: _off(self, ":OUTP"))

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless it is as it was left, after a lost link."""
        if self._setpoint is None:
            return
        held = self.inquire_number(":SOUR:TEMP?")
        self.refuse_other("its setpoint", held, self._setpoint)
        self.refuse_output_off(self.inquire(":OUTP?"))


class Water(Talk, Humidifier):
    """The humidifier of a KB 53, on its link.

    It is derived from its role, so that the window can call it by its name.
    """

    safing_stage = Stage.HEATERS
    """Made safe after the sources, before relays and magnets: it boils water."""
    _setpoint: float | None = None
    """%; None: it was not told to regulate since it was made safe."""

    def __init__(self, whole: Kb53, clock: Clock) -> None:
        self._be_part_of(whole, f"{whole.name}/water", clock)

    @property
    def bounds(self) -> HumidityBounds:
        """See the role."""
        return WATER

    def humidify(self, percent: float) -> float:
        """See the role."""
        low, high = WATER.driest, WATER.wettest
        refuse_outside(self.name, "a humidity of", percent, low, high, "%")
        self.trust()
        self.tell(f":SOUR:HUM {percent:.1f}")
        self.tell(":OUTP:WAT 1")
        self.refuse_errors("it was told a humidity")
        back = self.inquire_number(":SOUR:HUM?")
        self.refuse_other_setpoint(percent, back, GRAIN)
        self.refuse_output_off(self.inquire(":OUTP:WAT?"))
        self._setpoint = back
        self.link.expect(self, self._refuse_changes)
        return back

    def read(self) -> HumidityReading:
        """See the role."""
        return HumidityReading(*_reading(self, ":READ:HUM?"))

    def make_safe(self) -> None:
        """See the role."""
        self._setpoint = None
        self.safely(lambda: _off(self, ":OUTP:WAT"))

    def _refuse_changes(self) -> None:
        if self._setpoint is None:
            return
        held = self.inquire_number(":SOUR:HUM?")
        self.refuse_other("its setpoint", held, self._setpoint)
        self.refuse_output_off(self.inquire(":OUTP:WAT?"))


def _reading(talk: Talk, question: str) -> tuple[float, float, bool]:
    """Return what is measured, what is to be held, and whether it is."""
    air, setpoint, on = talk.inquire_numbers(question, 3, ",")
    if on not in {0.0, 1.0}:
        raise InstrumentError(f"{talk.name}: its output is {on:g}, not 0 or 1")
    return air, setpoint, on == 1.0


def _off(talk: Talk, output: str) -> None:
    talk.tell(f"{output} 0")
    if talk.inquire_switch(f"{output}?"):
        raise InstrumentError(f"{talk.name}: it goes on regulating; switch it off")


driver = VisaDriver(("KB53",), Kb53)
