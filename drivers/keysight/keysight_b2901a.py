"""Keysight B2901A and B2911A source and measure units.

MEASure? here is a spot measurement with the settings as they are; unlike the 2400's
it changes nothing.
"""

import math
from dataclasses import replace

from drivers.specification import Specification
from drivers.visa.numbers import numbers
from drivers.visa.opening import VisaDriver
from drivers.visa.source_meter import ScpiSourceMeter
from labctl.errors import InstrumentError
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

VOLTAGE = Specification.by_range(
    (0.2, 1.5e-4, 2.25e-4),
    (2.0, 2e-4, 3.5e-4),
    (20.0, 1.5e-4, 5e-3),
    (200.0, 1.5e-4, 5e-2),
)
CURRENT = Specification.by_range(
    (1e-7, 6e-4, 1e-10),
    (1e-6, 2.5e-4, 5e-10),
    (1e-5, 2.5e-4, 1.5e-9),
    (1e-4, 2e-4, 2.5e-8),
    (1e-3, 2e-4, 2e-7),
    (1e-2, 2e-4, 2.5e-6),
    (0.1, 2e-4, 2e-5),
    (1.0, 3e-4, 1.5e-3),
    (1.5, 5e-4, 3.5e-3),
)
"""One-year limits of error, range by range: of the reading, and at zero in V or A."""
LARGEST_VOLTAGE, LARGEST_CURRENT = 210.0, 1.515
LEAST_CURRENT, LEAST_VOLTAGE = 1e-9, 0.02


class KeysightB2901A(ScpiSourceMeter):
    """A B2901A that plays `labctl.roles.source_meter.SourceMeter`."""

    voltage_spec = VOLTAGE
    current_spec = CURRENT
    high_impedance = ":OUTP:OFF:MODE HIZ"
    _sense = "CURR"
    """What is limited."""
    _bounds = SourceBounds(
        LARGEST_VOLTAGE, LARGEST_CURRENT, LEAST_CURRENT, LEAST_VOLTAGE
    )
    nplc_limits = (4e-4, 100.0)
    longest_delay = 100000.0

    def _configure(self, settings: SourceSettings) -> None:
        volts = settings.driven is Driven.VOLTAGE
        source, sense = ("VOLT", "CURR") if volts else ("CURR", "VOLT")
        self._node, self._sense = source, sense
        fixed, delay = settings.measure_range, settings.delay
        for message in (
            "*RST;*CLS",
            f":SOUR:FUNC:MODE {source}",
            f":SOUR:{source}:RANG:AUTO 0",
            f":SOUR:{source}:RANG {settings.span:.6E}",
            ':SENS:FUNC "VOLT","CURR"',
            f":SENS:{sense}:PROT {settings.compliance:.6E}",
            f":SENS:CURR:NPLC {settings.nplc:.6g}",
            f":SENS:VOLT:NPLC {settings.nplc:.6g}",
            f":SENS:REM {int(settings.four_wire)}",
            f":SENS:{sense}:RANG:AUTO 1"
            if fixed is None
            else f":SENS:{sense}:RANG:AUTO 0;:SENS:{sense}:RANG {fixed:.6E}",
            f":TRIG:ACQ:DEL {0.0 if delay is None else delay:.6E}",
            ":FORM:DATA ASC;:FORM:ELEM:SENS VOLT,CURR,TIME",
            ":OUTP:OFF:MODE HIZ",
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        source, sense, ask = self._node, self._sense, self.inquire_number
        delay, fixed = settings.delay, settings.measure_range
        return replace(
            settings,
            span=min(ask(f":SOUR:{source}:RANG?") * 1.05, settings.span),
            compliance=ask(f":SENS:{sense}:PROT?"),
            nplc=ask(":SENS:CURR:NPLC?"),
            four_wire=bool(ask(":SENS:REM?")),
            delay=None if delay is None else ask(":TRIG:ACQ:DEL?"),
            measure_range=None if fixed is None else ask(f":SENS:{sense}:RANG?"),
        )

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        if not self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: cannot measure with the output off")
        return self.inquire(
            f":MEAS? (@1);:SENS:{self._sense}:PROT:TRIP?",
            lambda answer: self._parse(answer.split(";"), self._driven),
        )

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one message."""
        node = self._node

        def form(answer: str) -> tuple[float, SourceReading]:
            setpoint, *rest = answer.split(";")
            return self._setpoint(setpoint, level), self._parse(rest, level)

        message = (
            f":SOUR:{node} {level:.9E};:OUTP 1;:SOUR:{node}?;"
            f":MEAS? (@1);:SENS:{self._sense}:PROT:TRIP?"
        )
        return self._driving(level, message, form)

    def _parse(self, fields: list[str], level: float | None) -> SourceReading:
        if len(fields) != 2 or fields[0].count(",") != 2:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: a reading came as {fields!r:.80}")
        voltage, current, time = numbers(fields[0], ",", self.name)
        limited = self._switch(fields[1])
        overflow = math.isnan(voltage) or math.isnan(current)
        return self._believe(
            SourceReading(voltage, current, time, limited, overflow), level
        )


driver = VisaDriver(("B2901A", "B2911A"), KeysightB2901A)
