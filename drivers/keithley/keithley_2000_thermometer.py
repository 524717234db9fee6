"""Keithley 2000 with a sensor at its terminals.

A thermocouple's volts with its junction at a known temperature, or a platinum resistor
in four wires, of which the instrument itself knows nothing.
"""

from collections.abc import Iterable

from drivers.keithley.keithley_2000 import VOLTAGE
from drivers.specification import Specification
from drivers.thermometry.platinum import Platinum
from drivers.visa.opening import VisaDriver
from drivers.visa.sensor_meter import NPLC, SensorMeter

RESISTANCE = Specification.by_range(
    (1e2, 1e-4, 4e-3), (1e3, 1e-4, 1e-2), (1e4, 1e-4, 0.1)
)
"""One-year limits of error of four-wire ohms."""
RANGE = 0.1
"""V; holds every thermocouple."""


class Keithley2000Thermometer(SensorMeter):
    """A 2000 that plays `labctl.roles.thermometer.Thermometer`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2000"

    def _messages(self) -> Iterable[str]:
        node = "FRES" if self.measures_ohms else "VOLT:DC"
        yield "*RST;*CLS"
        yield f":SENS:FUNC '{node}'"
        yield f":SENS:{node}:NPLC {NPLC:g}"
        yield f":SENS:{node}:RANG {self._range:g}"
        yield f":SENS:{node}:AVER:STAT 0"
        yield ":INIT:CONT 0;:FORM:ELEM READ"

    @property
    def _range(self) -> float:
        """Return the smallest range that holds the sensor, V or Ω."""
        kind = self.sensor.kind
        if isinstance(kind, Platinum):
            return RESISTANCE.range_for(kind.ohms(850.0))
        return RANGE

    def _meter_limit(self, celsius: float) -> float:
        kind = self.sensor.kind
        if isinstance(kind, Platinum):
            gain, zero = RESISTANCE.limit_at(self._range)
            return gain * kind.ohms(celsius) + zero
        gain, zero = VOLTAGE.limit_at(RANGE)
        return gain * abs(kind.volts(celsius)) + zero


driver = VisaDriver(("2000",), Keithley2000Thermometer)
