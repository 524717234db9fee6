"""Keithley 2400 and 2401 source meters, in their own SCPI.

PyMeasure's ``Keithley2400`` is not used: its ``current``, ``voltage`` and
``resistance`` send MEASure?, which resets NPLC and range and switches the output on
(manual 17-2 to 17-5). Here everything is configured once and read with READ?.
A point is one message: level, level read back, reading.
"""

import math
from dataclasses import replace
from typing import Any

from drivers.specification import Specification
from drivers.visa.numbers import numbers
from drivers.visa.opening import VisaDriver
from drivers.visa.source_meter import ScpiSourceMeter
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

VOLTAGE = Specification.by_range(
    (0.2, 1.2e-4, 3e-4),
    (2.0, 1.2e-4, 3e-4),
    (20.0, 1.5e-4, 1.5e-3),
    (200.0, 1.5e-4, 1e-2),
)
CURRENT = Specification.by_range(
    (1e-6, 2.9e-4, 3e-10),
    (1e-5, 2.7e-4, 7e-10),
    (1e-4, 2.5e-4, 6e-9),
    (1e-3, 2.7e-4, 6e-8),
    (1e-2, 3.5e-4, 6e-7),
    (0.1, 5.5e-4, 6e-6),
    (1.0, 2.2e-3, 5.7e-4),
)
"""One-year limits of error, range by range: of the reading, and at zero in V or A."""

LEAST_COMPLIANCE = 1e-3
"""A compliance below 0.1 % of its range is refused by the instrument."""
REAL_COMPLIANCE = 1 << 3
RANGE_COMPLIANCE = 1 << 16
OVERFLOW = 1 << 0
"""Bits of the status word."""
MODELS = {"2400": (210.0, 1.05), "2401": (21.0, 1.05)}
"""Largest V and A."""


class Keithley2400(ScpiSourceMeter):
    """A 2400 that plays `labctl.roles.source_meter.SourceMeter`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2400"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    high_impedance = ":OUTP:SMOD HIMP"
    models = MODELS
    format_elements = "VOLT,CURR,RES,TIME,STAT"

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        volts, amperes = self.models[identity.model]
        least = self.current_spec.ranges[0] * LEAST_COMPLIANCE
        self._bounds = SourceBounds(
            volts, amperes, least, self.voltage_spec.ranges[0] * LEAST_COMPLIANCE
        )

    def _configure(self, settings: SourceSettings) -> None:
        holds_voltage = settings.driven is Driven.VOLTAGE
        self._node = "VOLT" if holds_voltage else "CURR"
        source, sense = ("VOLT", "CURR") if holds_voltage else ("CURR", "VOLT")
        fixed = settings.measure_range
        self.tell("*RST;*CLS")
        for message in (
            f":FORM:ELEM {self.format_elements}",
            ":OUTP:SMOD HIMP",
            f":SOUR:FUNC {source};:SOUR:{source}:MODE FIX",
            f":SOUR:{source}:RANG {settings.span:.6E}",
            ":SENS:FUNC:CONC 1;:SENS:FUNC:ALL",
            f":SENS:{sense}:PROT {settings.compliance:.6E}",
            f":SENS:{sense}:RANG:AUTO 1"
            if fixed is None
            else f":SENS:{sense}:RANG {fixed:.6E}",
            f":SENS:CURR:NPLC {settings.nplc:.6g}",
            f":SYST:RSEN {int(settings.four_wire)}",
            ":SOUR:DEL:AUTO 1"
            if settings.delay is None
            else f":SOUR:DEL {settings.delay:.6E}",
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        volts = settings.driven is Driven.VOLTAGE
        source, sense = ("VOLT", "CURR") if volts else ("CURR", "VOLT")
        fields = self.inquire_numbers(
            f":SOUR:{source}:RANG?;:SENS:{sense}:PROT?;:SENS:CURR:NPLC?;"
            f":SYST:RSEN?;:SOUR:DEL?;:SENS:{sense}:RANG?",
            6,
            ";",
        )
        return replace(
            settings,
            span=min(fields[0] * 1.05, settings.span),
            compliance=fields[1],
            nplc=fields[2],
            four_wire=bool(fields[3]),
            delay=None if settings.delay is None else fields[4],
            measure_range=None if settings.measure_range is None else fields[5],
        )

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        return self.inquire(":READ?", lambda text: self._parse(text, self._driven))

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one message."""
        node = self._node

        def form(answer: str) -> tuple[float, SourceReading]:
            setpoint, _, reading = answer.partition(";")
            return self._setpoint(setpoint, level), self._parse(reading, level)

        message = f":SOUR:{node} {level:.9E};:OUTP 1;:SOUR:{node}?;:READ?"
        return self._driving(level, message, form)

    def _parse(self, answer: str, level: float | None) -> SourceReading:
        if answer.count(",") != 4:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: a reading came as {answer[:80]!r}")
        voltage, current, _, time, word = numbers(answer, ",", self.name)
        if not word.is_integer():
            raise InstrumentError(f"{self.name}: {word!r} is no status word")
        status = int(word)
        overflow = bool(status & OVERFLOW) or math.isnan(voltage + current)
        reading = SourceReading(
            voltage,
            current,
            time,
            bool(status & (REAL_COMPLIANCE | RANGE_COMPLIANCE)),
            overflow,
        )
        return self._believe(reading, level)


driver = VisaDriver(tuple(MODELS), Keithley2400)
