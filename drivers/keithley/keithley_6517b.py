"""Keithley 6517B electrometer with its ±1 kV source.

Zero check is on after power-up and ``*RST``; the 1 kV range wants the lid interlock.
"""

import math
from collections.abc import Iterable

from drivers.specification import Specification
from drivers.visa.meter import ElectrometerRole
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import refuse_beyond
from labctl.errors import InstrumentError
from labctl.roles.electrometer import CurrentReading, ElectrometerSettings

CURRENT = Specification(
    (2e-11, 2e-10, 2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2), 1e-2, 1.5e-4
)
"""One-year limits of error."""
LARGEST_VOLTAGE = 1000.0
GRAIN = 0.05
"""V that a bias read back may differ by."""


class Keithley6517B(ElectrometerRole):
    """A 6517B that plays `labctl.roles.electrometer.Electrometer`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley6517B"
    spec = CURRENT
    nplc_limits = (0.01, 10.0)
    _biased: tuple[float, ...] = ()
    """Voltages that may be held now; none: the source is off."""

    def trust(self) -> None:
        """See `ElectrometerRole.trust`; a reset switches the source off, too."""
        self._biased = ()
        super().trust()

    def _messages(self, settings: ElectrometerSettings) -> Iterable[str]:
        return (
            "*RST;*CLS",
            ":SYST:ZCH ON",
            ":SENS:FUNC 'CURR'",
            ":SENS:CURR:RANG 2E-11",
            ":SYST:ZCOR:ACQ",
            ":SYST:ZCOR ON",
            f":SENS:CURR:NPLC {settings.nplc:g}",
            ":SENS:CURR:RANG:AUTO ON"
            if settings.range is None
            else f":SENS:CURR:RANG {settings.range:.3E}",
            f":SENS:CURR:AVER:COUN {settings.averages};:SENS:CURR:AVER:TCON REP",
            f":SENS:CURR:AVER {int(settings.averages > 1)}",
            ":FORM:ELEM READ",
            ":SYST:ZCH OFF",
        )

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings and source are as they were left."""
        if not self._is_open:
            return
        super()._refuse_changes()
        level, on = self.inquire_numbers(":SOUR:VOLT?;:OUTP?", 2, ";")
        held = any(abs(level - may) <= GRAIN for may in self._biased)
        if (on == 1) != bool(self._biased) or (on == 1 and not held):
            raise InstrumentError(
                f"{self.name}: its source is {'on' if on == 1 else 'off'} at {level:g} "
                f"V, it was left {self._biased or 'off'}"
            )

    def read(self) -> CurrentReading:
        """Take one fresh reading."""
        value = self.inquire_number(":READ?")
        return CurrentReading(value, math.nan, math.isnan(value))

    def bias(self, voltage: float) -> float:
        """Hold ``voltage`` in V at the source's output; return it read back."""
        refuse_beyond(self.name, "a bias of", voltage, LARGEST_VOLTAGE, "V")
        if abs(voltage) > 100 and not self.inquire_switch(":SYST:INT?"):  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: the lid is open; close the fixture")
        self._biased = (*self._biased[-1:], voltage)
        back = self.inquire(
            f":SOUR:VOLT {voltage:.6E};:OUTP 1;:SOUR:VOLT?",
            lambda text: self.refuse_other_setpoint(
                voltage, number(text, self.name), GRAIN
            ),
        )
        self._biased = (voltage,)
        return back

    def make_safe(self) -> None:
        """Set the voltage to zero, the source off, the input closed."""
        self._is_open, self._biased = False, ()
        self.safely(self._switch_off)

    def _switch_off(self) -> None:
        self.tell(":SOUR:VOLT 0;:OUTP 0;:SYST:ZCH ON")
        if self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: the source stays on; switch it off")


driver = VisaDriver(("6517A", "6517B"), Keithley6517B)
