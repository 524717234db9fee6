"""Keithley 2182A nanovoltmeter.

PyMeasure's ``Keithley2182`` with a line feed at the end of answers and its digital
filter. The analogue filter stays off: it adds about 125 ms per conversion.
"""

import math
from dataclasses import replace
from typing import Any

from pymeasure.instruments.keithley import Keithley2182 as PyMeasureKeithley2182

from drivers.specification import Specification
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import Talk, refuse_beyond, refuse_outside
from labctl.clock import Clock
from labctl.roles.accuracy import Accuracy
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.voltmeter import VoltageReading, VoltmeterSettings

VOLTAGE = Specification((0.01, 0.1, 1.0, 10.0, 100.0), 5e-5, 4e-6, 1e-6)
"""One-year limits of error; noise of a twin, rms at 1 PLC."""
NPLC = (0.01, 50.0)
LARGEST = 120.0
AVERAGES = (1, 100)
LINE = 50.0


class Keithley2182A(Talk, PyMeasureKeithley2182):
    """A 2182A that plays `labctl.roles.voltmeter.Voltmeter` with its channel 1."""

    def __init__(self, adapter: Any, identity: Identity, name: str) -> None:
        self._identity = identity
        super().__init__(adapter, name, read_termination="\n")
        self._prepared = VoltmeterSettings()

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error on the prepared range; auto counts as 10 mV."""
        size = VOLTAGE.range_for(self._prepared.range or 0.0)
        return Accuracy(VOLTAGE.gain, VOLTAGE.offset * size)

    def prepare(self, settings: VoltmeterSettings) -> VoltmeterSettings:
        """Configure; return the settings read back."""
        refuse_outside(self.name, "nplc", settings.nplc, *NPLC, "")
        refuse_outside(self.name, "averages", settings.averages, *AVERAGES, "")
        if settings.range is not None:
            refuse_beyond(self.name, "a range of", settings.range, LARGEST, "V")
        self.trust()
        self.allow(3.0 * settings.averages * settings.nplc / LINE)
        for message in (
            "*RST;*CLS",
            ":SENS:FUNC 'VOLT';:SENS:CHAN 1",
            f":SENS:VOLT:NPLC {settings.nplc:g}",
            ":SENS:VOLT:CHAN1:RANG:AUTO 1"
            if settings.range is None
            else f":SENS:VOLT:CHAN1:RANG {settings.range:g}",
            f":SENS:VOLT:DFIL {int(settings.averages > 1)}",
            ":SENS:VOLT:DFIL:TCON REP",
            f":SENS:VOLT:DFIL:COUN {settings.averages}",
            ":SENS:VOLT:LPAS 0",
            ":FORM:ELEM READ",
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")
        self._prepared = self.agreed(
            lambda: self._read_back(settings),
            lambda held: self._refuse_unlike(settings, held),
        )
        self.link.expect(self, self._refuse_changes)
        return self._prepared

    def _read_back(self, settings: VoltmeterSettings) -> VoltmeterSettings:
        averages = self.inquire_whole(":SENS:VOLT:DFIL:COUN?")
        ranged = self.inquire_number(":SENS:VOLT:CHAN1:RANG?")
        return replace(
            settings,
            nplc=self.inquire_number(":SENS:VOLT:NPLC?"),
            averages=averages if settings.averages > 1 else 1,
            range=None if settings.range is None else ranged,
        )

    def _refuse_unlike(self, asked: VoltmeterSettings, held: VoltmeterSettings) -> None:
        self.refuse_far("nplc", asked.nplc, held.nplc)
        self.refuse_far("averages", asked.averages, held.averages)
        if asked.range is not None and held.range is not None:
            self.refuse_far("a range of", VOLTAGE.range_for(asked.range), held.range)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless the settings are as they were left."""
        settings = self._prepared
        self.refuse_other("its setting", self._read_back(settings), settings)

    def read(self) -> VoltageReading:
        """Take one fresh reading."""
        value = self.inquire_number(":READ?")
        return VoltageReading(value, math.nan, math.isnan(value))


def open_instrument(
    adapter: Any,
    identity: Identity,
    setup: Setup,
    clock: Clock,  # noqa: ARG001
) -> Keithley2182A:
    """Return the open instrument."""
    return Keithley2182A(adapter, identity, setup.name)


driver = VisaDriver(("2182", "2182A"), open_instrument)
