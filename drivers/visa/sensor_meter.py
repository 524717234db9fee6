"""A multimeter with a sensor at its terminals, as a thermometer.

It measures volts of a thermocouple or ohms of a platinum resistor, which the standards'
own functions make temperatures of; or asks for a temperature where the instrument
compensates the junction. Set up at the first reading, and again after a restart: each
reading says of what it is, or a meter that was switched off and on, which no GPIB link
notices, would have its volts taken for degrees.
"""

import abc
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from drivers.chamber_options import Said
from drivers.thermometry.platinum import Platinum
from drivers.thermometry.sensors import INTERNAL, Sensor, sensor_of
from drivers.visa.numbers import number
from drivers.visa.power_line import Integrating
from drivers.visa.talk import Talk
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

PER_READING = 4.0
"""Integrations that a reading takes at most: autozero, four wires, a lead test."""
NPLC = 1.0


def sensor_at(setup: Setup, *place: str, compensates: bool = False) -> Sensor:
    """Return the sensor that the options at ``place`` describe. RefusedError."""
    options: Mapping[str, Any] = setup.options
    for key in place:
        options = options[key]
    said = Said(setup.name, options, place)
    sensor = sensor_of(said, INTERNAL if compensates else "")
    said.refuse()
    assert sensor is not None  # noqa: S101  (else it was refused)
    return sensor


def reading_of(talk: Talk, function_query: str, question: str) -> tuple[str, float]:
    """Return what is measured, as the instrument calls it, and a reading of it.

    Asked in one message. NaN: overflow.
    """

    def form(answer: str) -> tuple[str, float]:
        function, mark, value = answer.rpartition(";")
        if not mark:
            raise InstrumentError(
                f"{talk.name}: {answer[:60]!r} is not what it measures and a reading"
            )
        return function.strip(), number(value, talk.name)

    return talk.inquire(f"{function_query};{question}", form)


class SensorMeter(Integrating, abc.ABC):
    """Plays `labctl.roles.thermometer.Thermometer` with one sensor at its input."""

    compensates = False
    """Whether it knows how warm its terminals are."""
    question = ":READ?"
    function_query = ":SENS:FUNC?"

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self.sensor = sensor_at(setup, compensates=self.compensates)
        self._turn = threading.RLock()
        """Several runs may ask at once, each in its own thread."""
        self._function = ""
        """What it answered to be measuring when it was set up; empty: it was not."""

    def celsius(self) -> float:
        """See the role. Blocks for about four power-line cycles."""
        with self._turn:
            self.trust()
            if not self._function:
                self._set_up()
            function, value = self._reading()
            if function != self._function:
                self._set_up()
                function, value = self._reading()
            self.refuse_other("its function", function, self._function)
            return self.sensor.celsius(value)

    def _reading(self) -> tuple[str, float]:
        return reading_of(self, self.function_query, self.question)

    def temperature_uncertainty(self, celsius: float) -> float:
        """See `labctl.roles.thermometer.StatesTemperatureAccuracy`."""
        return self.sensor.standard_uncertainty(celsius, self._meter_limit(celsius))

    def _set_up(self) -> None:
        self._function = ""
        self.refuse_other_line()
        self.allow(PER_READING * self.seconds(NPLC))
        for message in self._messages():
            self.tell(message)
        self.refuse_errors("it was set up for its sensor")
        self._function = self.inquire(self.function_query).strip()
        self.link.expect(self, self._refuse_changes)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless it measures what it was left measuring."""
        if self._function:
            found = self.inquire(self.function_query).strip()
            self.refuse_other("its function", found, self._function)

    @property
    def measures_ohms(self) -> bool:
        """Whether the sensor is a resistor."""
        return isinstance(self.sensor.kind, Platinum)

    @abc.abstractmethod
    def _messages(self) -> Iterable[str]:
        """Return what sets the meter up for its sensor."""

    @abc.abstractmethod
    def _meter_limit(self, celsius: float) -> float:
        """Return the limit of error of the reading at ``celsius``, V or Ω."""

    def _refuse_resistor(self) -> None:
        """Raise InstrumentError for a sensor that this meter cannot measure."""
        if self.measures_ohms:
            raise InstrumentError(
                f"{self.name}: measures no resistance; a platinum resistor needs "
                "another meter"
            )
