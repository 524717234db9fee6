"""Keithley 6517B electrometer with its ±1 kV source.

Zero check is on after power-up and ``*RST``; the 1 kV range wants the lid interlock.
"""

import math
from dataclasses import replace
from typing import Any

from pymeasure.instruments import Instrument

from drivers.specification import Specification
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import Talk, number, refuse_beyond, refuse_outside
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.accuracy import Accuracy
from labctl.roles.driver import Setup
from labctl.roles.electrometer import CurrentReading, ElectrometerSettings
from labctl.roles.identity import Identity

CURRENT = Specification(
    (
        2e-11,
        2e-10,
        2e-9,
        2e-8,
        2e-7,
        2e-6,
        2e-5,
        2e-4,
        2e-3,
        2e-2,
    ),
    1e-2,
    1.5e-4,
    4e-5,
)
"""One-year limits of error; noise of a twin, rms at 1 PLC."""
NPLC = (0.01, 10.0)
AVERAGES = (1, 100)
LARGEST_VOLTAGE = 1000.0
GRAIN = 0.05
"""V that a bias read back may differ by."""
LINE = 50.0


class Keithley6517B(Talk, Instrument):
    """A 6517B that plays `labctl.roles.electrometer.Electrometer`."""

    def __init__(self, adapter: Any, identity: Identity, name: str) -> None:
        self._identity = identity
        super().__init__(adapter, name, includeSCPI=False)
        self._settings = ElectrometerSettings()
        self._is_open = False
        """Whether the input is open: prepared, and not made safe since."""
        self._biased: tuple[float, ...] = ()
        """Voltages that may be held now; none: the source is off."""

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error on the prepared range; auto counts as 20 pA."""
        size = CURRENT.range_for(self._settings.range or 0.0)
        return Accuracy(CURRENT.gain, CURRENT.offset * size)

    def prepare(self, settings: ElectrometerSettings) -> ElectrometerSettings:
        """Configure and correct the zero; return the settings read back."""
        refuse_outside(self.name, "nplc", settings.nplc, *NPLC, "")
        refuse_outside(self.name, "averages", settings.averages, *AVERAGES, "")
        if settings.range is not None:
            refuse_beyond(self.name, "a range of", settings.range, 0.021, "A")
        self.trust()
        self._is_open, self._biased = False, ()
        self.allow(3.0 * settings.averages * settings.nplc / LINE)
        for message in (
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
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")
        if self.inquire_switch(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: zero check stays on")
        self._settings = self.agreed(
            lambda: self._read_back(settings),
            lambda held: self._refuse_unlike(settings, held),
        )
        self._is_open = True
        self.link.expect(self, self._refuse_changes)
        return self._settings

    def _read_back(self, settings: ElectrometerSettings) -> ElectrometerSettings:
        ranged = self.inquire_number(":SENS:CURR:RANG?")
        return replace(
            settings,
            nplc=self.inquire_number(":SENS:CURR:NPLC?"),
            range=None if settings.range is None else ranged,
        )

    def _refuse_unlike(
        self, asked: ElectrometerSettings, held: ElectrometerSettings
    ) -> None:
        self.refuse_far("nplc", asked.nplc, held.nplc)
        if asked.range is not None and held.range is not None:
            self.refuse_far("a range of", CURRENT.range_for(asked.range), held.range)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless settings and source are as they were left."""
        if not self._is_open:
            return
        settings = self._settings
        self.refuse_other("its setting", self._read_back(settings), settings)
        if self.inquire_switch(":SYST:ZCH?"):
            raise InstrumentError(f"{self.name}: zero check is on, it was left off")
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


def open_instrument(
    adapter: Any,
    identity: Identity,
    setup: Setup,
    clock: Clock,  # noqa: ARG001
) -> Keithley6517B:
    """Return the open instrument."""
    return Keithley6517B(adapter, identity, setup.name)


driver = VisaDriver(("6517A", "6517B"), open_instrument)
