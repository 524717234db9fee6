"""Keithley 2182A with a thermocouple at channel 1.

With ``junction: internal`` it compensates with the sensor in its own terminals and says
a temperature; with a junction in °C its nanovolts are what counts.
"""

from collections.abc import Iterable
from typing import Any

from drivers.keithley.keithley_2182a import VOLTAGE
from drivers.visa.opening import VisaDriver
from drivers.visa.power_line import SCPI_LINE
from drivers.visa.sensor_meter import NPLC, SensorMeter
from labctl.clock import Clock
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

RANGE = 0.1
"""V; holds every thermocouple."""


class Keithley2182AThermometer(SensorMeter):
    """A 2182A that plays `labctl.roles.thermometer.Thermometer`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2182"
    line_query = SCPI_LINE
    compensates = True

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._refuse_resistor()

    def _messages(self) -> Iterable[str]:
        yield "*RST;*CLS"
        if self.sensor.reads_celsius:
            yield ":SENS:FUNC 'TEMP';:SENS:CHAN 1"
            yield f":SENS:TEMP:TC {self._letter}"
            yield ":SENS:TEMP:RJUN:RSEL INT"
            yield f":SENS:TEMP:NPLC {NPLC:g};:UNIT:TEMP C"
        else:
            yield ":SENS:FUNC 'VOLT';:SENS:CHAN 1"
            yield f":SENS:VOLT:NPLC {NPLC:g}"
            yield f":SENS:VOLT:CHAN1:RANG {RANGE:g}"
            yield ":SENS:VOLT:DFIL 0;:SENS:VOLT:LPAS 0"
        yield ":FORM:ELEM READ"

    @property
    def _letter(self) -> str:
        return str(getattr(self.sensor.kind, "letter", ""))

    def _meter_limit(self, celsius: float) -> float:
        del celsius
        gain, zero = VOLTAGE.limit_at(RANGE)
        return gain * RANGE + zero

    def _refuse_changes(self) -> None:
        super()._refuse_changes()
        if self._function and self.sensor.reads_celsius:
            found = self.inquire(":SENS:TEMP:TC?").strip()
            self.refuse_other("its thermocouple", found, self._letter)


driver = VisaDriver(("2182", "2182A"), Keithley2182AThermometer)
