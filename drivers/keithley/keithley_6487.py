"""Keithley 6485 and 6487 picoammeters, the 6487 with its voltage source.

After ``*RST`` zero check is on and every reading is meaningless, so preparing ends
with the zero corrected and the check off. Readings may carry their unit (``A``).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from drivers.specification import Specification
from drivers.visa.meter import ElectrometerRole
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.power_line import SCPI_LINE
from drivers.visa.source_meter import SourceMeterRole
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.electrometer import CurrentReading, ElectrometerSettings
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

CURRENT = Specification((2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2), 4e-3, 2e-4)
SOURCE = Specification((10.0, 50.0, 500.0), 1e-3, 4e-4)
"""One-year limits of error."""
NPLC = (0.01, 60.0)
LONGEST_INTEGRATION = 1.0
"""s; 50 cycles at 50 Hz."""
LARGEST_VOLTAGE = 505.0
CURRENT_LIMITS = (2.5e-5, 2.5e-4, 2.5e-3, 2.5e-2)
"""What the 6487's source can be limited to; 25 mA on the 10 V range only, A."""


class Keithley6487(ElectrometerRole):
    """A 6485 or 6487 that plays `labctl.roles.electrometer.Electrometer`."""

    line_query = SCPI_LINE
    spec = CURRENT
    nplc_limits = NPLC
    longest_integration = LONGEST_INTEGRATION

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the ammeter, and ``bias`` for a 6487."""
        if self._identity.model == "6487":
            return {"": self, "bias": VoltageBias(self, self._clock)}
        return {"": self}

    def _messages(self, settings: ElectrometerSettings) -> Iterable[str]:
        return (
            "*RST;*CLS",
            ":SYST:ZCH ON",
            ":CURR:RANG 2E-9",
            ":INIT",
            ":SYST:ZCOR:STAT OFF",
            ":SYST:ZCOR:ACQ",
            ":SYST:ZCOR ON",
            f":SENS:CURR:NPLC {settings.nplc:g}",
            ":SENS:CURR:RANG:AUTO ON"
            if settings.range is None
            else f":SENS:CURR:RANG {settings.range:.3E}",
            f":SENS:AVER:COUN {max(settings.averages, 2)};:SENS:AVER:TCON REP",
            f":SENS:AVER {int(settings.averages > 1)}",
            ":FORM:ELEM READ,TIME",
            ":SYST:ZCH OFF",
        )

    def read(self) -> CurrentReading:
        """Take one fresh reading."""
        return self.inquire(":READ?", self._reading)

    def _reading(self, answer: str) -> CurrentReading:
        fields = answer.split(",")
        if len(fields) > 2:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: a reading came as {answer[:80]!r}")
        value = number(fields[0].strip().removesuffix("A"), self.name)
        time = number(fields[1], self.name) if len(fields) > 1 else math.nan
        return CurrentReading(value, time, math.isnan(value))

    def make_safe(self) -> None:
        """Close the input, its own voltage source off if it has one."""
        self._is_open = False
        self.safely(self._switch_off)

    def _switch_off(self) -> None:
        has_source = self._identity.model == "6487"
        if has_source:
            self.tell(":SOUR:VOLT 0;:SOUR:VOLT:STAT OFF")
        self.tell(":SYST:ZCH ON")
        if has_source and self.inquire_switch(":SOUR:VOLT:STAT?"):
            raise InstrumentError(f"{self.name}: the source stays on; switch it off")
        if not self.inquire_switch(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: the input stays open; switch it off")


class VoltageBias(SourceMeterRole):
    """The 6487's source and ammeter together: a `SourceMeter` that holds a voltage."""

    voltage_spec = SOURCE
    current_spec = CURRENT
    nplc_limits = NPLC
    longest_integration = LONGEST_INTEGRATION
    senses = False

    def __init__(self, meter: Keithley6487, clock: Clock) -> None:
        self._be_part_of(meter, meter.name, clock)
        self._meter = meter
        self._bounds = SourceBounds(
            LARGEST_VOLTAGE,
            CURRENT_LIMITS[-1],
            CURRENT_LIMITS[0],
            drives=(Driven.VOLTAGE,),
        )
        self._level = 0.0
        self._limit = CURRENT_LIMITS[0]

    def _configure(self, settings: SourceSettings) -> None:
        meter = self._meter
        fixed = settings.measure_range
        meter.prepare(ElectrometerSettings(settings.nplc, fixed))
        limit = self._compliance_for(settings.compliance)
        self.tell(f":SOUR:VOLT:RANG {settings.span:g}")
        self.tell(f":SOUR:VOLT:ILIM {limit:g}")
        self.refuse_errors("it was prepared")

    def _compliance_for(self, compliance: float) -> float:
        return max(limit for limit in CURRENT_LIMITS if limit <= compliance)

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        self._limit = self.inquire_number(":SOUR:VOLT:ILIM?")
        nplc = self.inquire_number(":SENS:CURR:NPLC?")
        return replace(
            settings, compliance=self._limit, nplc=nplc, four_wire=False, delay=None
        )

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        message = f":SOUR:VOLT {level:.6E};:SOUR:VOLT:STAT ON;:SOUR:VOLT?"
        self._level = self._driving(
            level, message, lambda text: self._setpoint(text, level)
        )
        return self._level

    def measure(self) -> SourceReading:
        """Measure the current; the voltage is the setpoint read back."""
        if not self.inquire_switch(":SOUR:VOLT:STAT?"):
            raise InstrumentError(f"{self.name}: cannot measure with the output off")
        reading = self._meter.read()
        limited = abs(reading.current) >= self._limit * (1 - 5e-3)
        return SourceReading(
            self._level, reading.current, reading.time, limited, reading.overflow
        )

    def make_safe(self) -> None:
        """Set the voltage to zero, the source off, the input closed."""
        self._driven = self._asked = None
        self._switch_off()

    def _switch_off(self) -> None:
        self._meter.make_safe()  # it has its own patience with a lost link

    def _output_state(self) -> tuple[float, bool]:
        level, on = self.inquire_numbers(":SOUR:VOLT?;:SOUR:VOLT:STAT?", 2, ";")
        return level, on == 1


driver = VisaDriver(("6485", "6487"), Keithley6487)
