"""Keithley DAQ6510 with a scanner card: many sensors, each a thermometer.

An input is called ``logger/1``;
``inputs`` in the options says what is at which channel of the card::

    inputs:
      1: {channel: 101, sensor: K}
      2: {channel: 110, sensor: Pt100}

A thermocouple's junction is the card's own (``junction: internal``) unless it is said
in °C; the instrument compensates either, as only so it tells an open one. A platinum
resistor is measured in four wires, at the channel and its partner ten
above (7700). Channels keep their settings, so that a reading is one message: close the
channel, read. Source: DAQ6510 reference manual, chapters 4 and 13.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pymeasure.instruments import Instrument

from drivers.chamber_options import Said
from drivers.specification import Specification
from drivers.thermometry.platinum import Platinum
from drivers.thermometry.sensors import INTERNAL, Sensor, sensor_of
from drivers.visa.opening import VisaDriver
from drivers.visa.power_line import SCPI_LINE, Integrating
from drivers.visa.sensor_meter import reading_of
from labctl.clock import Clock
from labctl.errors import Complaint, FirmwareError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

RESISTANCE = Specification.by_range(
    (1e2, 1e-4, 4e-3), (1e3, 7.5e-5, 6e-3), (1e4, 7.5e-5, 6e-2)
)
"""One-year limits of error of four-wire ohms, card included."""
VOLTAGE = Specification.by_range((0.1, 3e-5, 3.5e-6), (1.0, 2.5e-5, 6e-6))
"""One-year limits of error of DC volts."""
THERMOCOUPLE_RANGE = 0.1
"""V; holds every thermocouple."""
NPLC = 1.0
PER_READING = 6.0
"""Integrations and relay times that a reading takes at most."""
CHANNELS = range(101, 1000)
EXAMPLE = "Write inputs: {1: {channel: 101, sensor: K}}."


@dataclass(frozen=True, slots=True)
class InputOptions:
    """What a configuration says of one input."""

    channel: int
    sensor: Sensor
    junction: float | None
    """°C of a thermocouple's other junction; None: the card's own."""


class KeithleyDaq6510(Integrating):
    """A DAQ6510; it plays nothing itself, its inputs do."""

    line_query = SCPI_LINE

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._inputs = {
            name: Input(self, name, options)
            for name, options in _inputs_of(setup).items()
        }
        self._turn = threading.RLock()
        """Several runs may ask at once, each in its own thread."""
        self._is_set_up = False
        language = self.inquire("*LANG?").strip()
        if language != "SCPI":
            raise FirmwareError(
                f"{self.name}: speaks {language}; choose Menu > System > Settings > "
                "Command Set > SCPI on its front panel and restart it"
            )

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the inputs by their names in the configuration."""
        return dict(self._inputs)

    def reading(self, channel: int, function: str) -> float:
        """Close a channel, take a reading, in one message; NaN on overflow.

        A channel that does not measure ``function`` was switched off and on: all are
        set up again. InstrumentError: it stays so.
        """
        with self._turn:
            self.trust()
            if not self._is_set_up:
                self._set_up()
            found, value = self._look(channel)
            if found != function:
                self._set_up()
                found, value = self._look(channel)
            self.refuse_other(f"channel {channel}", found, function)
            return value

    def _look(self, channel: int) -> tuple[str, float]:
        closing = f":ROUT:CLOS (@{channel});:SENS:FUNC? (@{channel})"
        function, value = reading_of(self, closing, ":READ?")
        return _plain(function), value

    def _set_up(self) -> None:
        self._is_set_up = False
        self.refuse_other_line()
        self.allow(PER_READING * self.seconds(NPLC))
        self.tell("*RST;*CLS")
        for each in self._inputs.values():
            for message in each.messages():
                self.tell(message)
        self.refuse_errors("its channels were set up")
        self._is_set_up = True
        self.link.expect(self, self._refuse_changes)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless every channel measures what it was told."""
        if not self._is_set_up:
            return
        for each in self._inputs.values():
            told = _plain(self.inquire(f":SENS:FUNC? (@{each.channel})"))
            self.refuse_other(f"channel {each.channel}", told, each.function)


class Input:
    """A channel with its sensor: plays `labctl.roles.thermometer.Thermometer`."""

    def __init__(
        self, meter: KeithleyDaq6510, name: str, options: InputOptions
    ) -> None:
        self.name = f"{meter.name}/{name}"
        self.channel = options.channel
        self._meter, self._sensor = meter, options.sensor
        self._junction = options.junction

    @property
    def instrument(self) -> Instrument:
        """Return the meter by PyMeasure's class, see `Talk.instrument`."""
        return self._meter.instrument

    @property
    def function(self) -> str:
        """Return what the instrument calls what it measures here."""
        return "FRES" if isinstance(self._sensor.kind, Platinum) else "TEMP"

    def messages(self) -> tuple[str, ...]:
        """Return what sets the channel up."""
        at, function = f"(@{self.channel})", self.function
        kind = self._sensor.kind
        said: tuple[str, ...]
        if isinstance(kind, Platinum):
            said = (
                f":SENS:FRES:RANG {RESISTANCE.range_for(kind.ohms(850.0)):g},{at}",
                f":SENS:FRES:OCOM 1,{at}",
            )
        else:
            junction: tuple[str, ...] = (f":SENS:TEMP:TC:RJUN:RSEL INT,{at}",)
            if self._junction is not None:
                junction = (
                    f":SENS:TEMP:TC:RJUN:RSEL SIM,{at}",
                    f":SENS:TEMP:TC:RJUN:SIM {self._junction:.4f},{at}",
                )
            said = (
                f":SENS:TEMP:TRAN TC,{at}",
                f":SENS:TEMP:TC:TYPE {kind.letter},{at}",
                *junction,
                f":SENS:TEMP:UNIT CELS,{at}",
                f":SENS:TEMP:ODET 1,{at}",
            )
        return (
            f':SENS:FUNC "{function}",{at}',
            f":SENS:{function}:NPLC {NPLC:g},{at}",
            *said,
        )

    def celsius(self) -> float:
        """See the role. Blocks for a relay and about six power-line cycles."""
        return self._sensor.celsius(self._meter.reading(self.channel, self.function))

    def temperature_uncertainty(self, celsius: float) -> float:
        """See `labctl.roles.thermometer.StatesTemperatureAccuracy`."""
        kind = self._sensor.kind
        if isinstance(kind, Platinum):
            ohms = kind.ohms(celsius)
            gain, zero = RESISTANCE.limit_at(RESISTANCE.range_for(kind.ohms(850.0)))
            limit = gain * ohms + zero
        else:
            gain, zero = VOLTAGE.limit_at(THERMOCOUPLE_RANGE)
            limit = gain * abs(kind.volts(celsius)) + zero
        return self._sensor.standard_uncertainty(celsius, limit)

    def identity(self) -> Identity:
        """Return the meter's identity."""
        return self._meter.identity()


def _plain(function: str) -> str:
    """Return ``TEMP`` for ``"TEMP"``, ``VOLT`` for ``"VOLT:DC"``."""
    return function.strip().strip('"').split(":")[0]


def _inputs_of(setup: Setup) -> dict[str, InputOptions]:
    """Return the configured inputs. RefusedError lists every wrong key."""
    said = setup.options.get("inputs")
    place = ("instruments", setup.name, "options", "inputs")
    if not isinstance(said, Mapping) or not said:
        what = "what is at its channels?"
        raise RefusedError([Complaint(place, what, EXAMPLE)])
    found, wrong, taken = dict[str, InputOptions](), list[Complaint](), set[int]()
    for key, options in said.items():
        if not isinstance(options, Mapping):
            what = f"{options!r} is no input."
            wrong.append(Complaint((*place, str(key)), what, EXAMPLE))
            continue
        reader = Said(setup.name, options, ("inputs", str(key)))
        number = reader.number("channel", "", CHANNELS[0], CHANNELS[-1])
        if number is None or number != int(number) or int(number) in taken:
            reader.complain("channel", "is no channel of its own of the card.", EXAMPLE)
        sensor = sensor_of(reader, INTERNAL)
        try:
            reader.refuse()
        except RefusedError as refused:
            wrong += refused.complaints
            continue
        assert number is not None and sensor is not None  # noqa: S101, PT018
        taken.add(int(number))
        compensated = replace(sensor, junction=None)
        found[str(key)] = InputOptions(int(number), compensated, sensor.junction)
    if wrong:
        raise RefusedError(wrong)
    return found


driver = VisaDriver(("DAQ6510",), KeithleyDaq6510)
