"""Keithley 6485 and 6487 picoammeters, the 6487 with its voltage source.

After ``*RST`` zero check is on and every reading is meaningless, so preparing ends
with the zero corrected and the check off. Readings may carry their unit (``A``).
"""

import math
from dataclasses import replace
from typing import Any

from pymeasure.instruments import Instrument

from drivers.visa.source_meter import SourceMeterRole
from drivers.visa.talk import Talk, number, refuse_beyond, refuse_outside
from drivers.world.front_end import Specification
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.accuracy import Accuracy
from labctl.roles.driver import Setup
from labctl.roles.electrometer import CurrentReading, ElectrometerSettings
from labctl.roles.identity import Identity
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

CURRENT = Specification(
    (2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2), 4e-3, 2e-4, 1e-5
)
SOURCE = Specification((10.0, 50.0, 500.0), 1e-3, 4e-4, 1e-6)
"""One-year limits of error; noise of a twin, rms at 1 PLC."""
NPLC = (0.01, 50.0)
AVERAGES = (1, 100)
LARGEST_VOLTAGE = 505.0
CURRENT_LIMITS = (2.5e-5, 2.5e-4, 2.5e-3, 2.5e-2)
"""What the 6487's source can be limited to; 25 mA on the 10 V range only, A."""
LINE = 50.0


class Keithley6487(Talk, Instrument):
    """A 6485 or 6487 that plays `labctl.roles.electrometer.Electrometer`."""

    def __init__(self, adapter: Any, identity: Identity, name: str) -> None:
        self._identity = identity
        super().__init__(adapter, name, includeSCPI=False)
        self._settings = ElectrometerSettings()

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error on the prepared range; auto counts as 2 nA."""
        size = CURRENT.range_for(self._settings.range or 0.0)
        return Accuracy(CURRENT.gain, CURRENT.offset * size)

    def prepare(self, settings: ElectrometerSettings) -> ElectrometerSettings:
        """Configure and correct the zero; return the settings read back."""
        refuse_outside(self.name, "nplc", settings.nplc, *NPLC, "")
        refuse_outside(self.name, "averages", settings.averages, *AVERAGES, "")
        if settings.range is not None:
            refuse_beyond(self.name, "a range of", settings.range, 0.021, "A")
        self.allow(3.0 * settings.averages * settings.nplc / LINE)
        for message in (
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
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")
        if self.inquire_number(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: zero check stays on")
        ranged = self.inquire_number(":SENS:CURR:RANG?")
        self._settings = replace(
            settings,
            nplc=self.inquire_number(":SENS:CURR:NPLC?"),
            range=None if settings.range is None else ranged,
        )
        return self._settings

    def read(self) -> CurrentReading:
        """Take one fresh reading."""
        fields = self.inquire(":READ?").split(",")
        value = number(fields[0].strip().removesuffix("A"), self.name)
        time = number(fields[1], self.name) if len(fields) > 1 else math.nan
        return CurrentReading(value, time, math.isnan(value))

    def make_safe(self) -> None:
        """Close the input, its own voltage source off if it has one."""
        if self._identity.model == "6487":
            self.tell(":SOUR:VOLT 0;:SOUR:VOLT:STAT OFF")
        self.tell(":SYST:ZCH ON")


class VoltageBias(SourceMeterRole):
    """The 6487's source and ammeter together: a `SourceMeter` that holds a voltage."""

    voltage_spec = SOURCE
    current_spec = CURRENT
    nplc_limits = NPLC

    def __init__(self, meter: Keithley6487) -> None:
        self._meter = meter
        self.adapter = meter.adapter
        self.name = meter.name
        self._identity = meter.identity()
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
        limits = [limit for limit in CURRENT_LIMITS if limit <= settings.compliance]
        self.tell(f":SOUR:VOLT:RANG {settings.span:g}")
        self.tell(f":SOUR:VOLT:ILIM {limits[-1]:g}")
        self.refuse_errors("it was prepared")

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        self._limit = self.inquire_number(":SOUR:VOLT:ILIM?")
        nplc = self.inquire_number(":SENS:CURR:NPLC?")
        return replace(
            settings, compliance=self._limit, nplc=nplc, four_wire=False, delay=None
        )

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        self._refuse_level(level)
        back = self.inquire_number(
            f":SOUR:VOLT {level:.6E};:SOUR:VOLT:STAT ON;:SOUR:VOLT?"
        )
        self._level = self.refuse_other_setpoint(level, back, self._grain)
        return self._level

    def measure(self) -> SourceReading:
        """Measure the current; the voltage is the setpoint read back."""
        if not self.inquire_number(":SOUR:VOLT:STAT?"):
            raise InstrumentError(f"{self.name}: cannot measure with the output off")
        reading = self._meter.read()
        limited = abs(reading.current) >= self._limit * (1 - 5e-3)
        return SourceReading(
            self._level, reading.current, reading.time, limited, reading.overflow
        )

    def make_safe(self) -> None:
        """Set the voltage to zero, the source off, the input closed."""
        self._meter.make_safe()


def open_instrument(
    adapter: Any,
    identity: Identity,
    setup: Setup,
    clock: Clock,  # noqa: ARG001
) -> Keithley6487:
    """Return the open instrument."""
    return Keithley6487(adapter, identity, setup.name)


def roles(
    meter: object,
    setup: Setup,  # noqa: ARG001
    clock: Clock,  # noqa: ARG001
) -> dict[str, object]:
    """Return the ammeter, and ``bias`` for a 6487."""
    if isinstance(meter, Keithley6487) and meter.identity().model == "6487":
        return {"": meter, "bias": VoltageBias(meter)}
    return {"": meter}
