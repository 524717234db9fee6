"""Driver of the Acme KB 53, an invented chamber that speaks SCPI on a socket.

Yours has other messages: they are the strings below, and nothing else.
"""

from drivers.visa.opening import VisaDriver
from drivers.visa.talk import Talk, refuse_outside
from labctl.errors import InstrumentError
from labctl.roles.safing_order import Stage
from labctl_climate.chamber import Chamber, ChamberBounds, ClimateReading

BOUNDS = ChamberBounds(-40.0, 180.0)
GRAIN = 0.01
"""°C; what the setpoint is rounded to."""


class Kb53(Talk, Chamber):
    """A KB 53 that plays `labctl_climate.chamber.Chamber`.

    It is derived from its role, so that the window can call it by its name.
    """

    safing_stage = Stage.HEATERS
    """Made safe after the sources, before relays and magnets."""
    _setpoint: float | None = None
    """°C; None: it was not told to regulate since it was made safe."""

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return BOUNDS

    def regulate(self, temperature: float) -> float:
        """See the role."""
        low, high = BOUNDS.lowest, BOUNDS.highest
        refuse_outside(self.name, "a temperature of", temperature, low, high, "°C")
        self.trust()
        self.tell(f":SOUR:TEMP {temperature:.2f}")
        self.tell(":OUTP 1")
        self.refuse_errors("it was told a temperature")
        back = self.inquire_number(":SOUR:TEMP?")
        self.refuse_other_setpoint(temperature, back, GRAIN)
        self.refuse_output_off(self.inquire(":OUTP?"))
        self._setpoint = back
        self.link.expect(self, self._refuse_changes)
        return back

    def read(self) -> ClimateReading:
        """See the role."""
        air, setpoint, on = self.inquire_numbers(":READ?", 3, ",")
        if on not in {0.0, 1.0}:
            raise InstrumentError(f"{self.name}: its output is {on:g}, not 0 or 1")
        return ClimateReading(air, setpoint, on == 1.0)

    def make_safe(self) -> None:
        """See the role."""
        self.safely(self._off)

    def _off(self) -> None:
        self.tell(":OUTP 0")
        if self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: it goes on regulating; switch it off")
        self._setpoint = None

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless it is as it was left, after a lost link."""
        if self._setpoint is None:
            return
        held = self.inquire_number(":SOUR:TEMP?")
        self.refuse_other("its setpoint", held, self._setpoint)
        self.refuse_output_off(self.inquire(":OUTP?"))


driver = VisaDriver(("KB53",), Kb53)
