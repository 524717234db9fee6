"""Keithley 2450 source meter in its native SCPI.

PyMeasure's ``Keithley2450`` mixes two command languages (limits of the native one,
buffers of the 2400's), so it is not used. Source read-back is on, so one reading
brings both quantities: SOUR is the measured source value, READ the other one.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drivers.keithley.scpi_cell import ScpiCellTerminals
from drivers.specification import Specification
from drivers.visa.cell_channel import CellChannel
from drivers.visa.cell_options import CellOptions
from drivers.visa.numbers import numbers
from drivers.visa.opening import VisaDriver
from drivers.visa.source_meter import ScpiSourceMeter
from labctl.clock import Clock
from labctl.errors import FirmwareError, InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.source_meter import (
    Driven,
    SourceBounds,
    SourceReading,
    SourceSettings,
)

VOLTAGE = Specification.by_range(
    (0.02, 1e-3, 2e-4),
    (0.2, 1.2e-4, 2e-4),
    (2.0, 1.2e-4, 3e-4),
    (20.0, 1.5e-4, 1e-3),
    (200.0, 1.5e-4, 1e-2),
)
CURRENT = Specification.by_range(
    (1e-8, 1e-3, 1e-10),
    (1e-7, 6e-4, 1.5e-10),
    (1e-6, 2.5e-4, 4e-10),
    (1e-5, 2.5e-4, 1.5e-9),
    (1e-4, 2e-4, 1.5e-8),
    (1e-3, 2e-4, 1.5e-7),
    (1e-2, 2e-4, 1.5e-6),
    (0.1, 2.5e-4, 1.5e-5),
    (1.0, 6.7e-4, 9e-4),
)
"""One-year limits of error, range by range: of the reading, and at zero in V or A."""
LARGEST_VOLTAGE, LARGEST_CURRENT = 210.0, 1.05
LEAST_CURRENT, LEAST_VOLTAGE = 1e-9, 0.02
"""Smallest limits that may be set (2450 reference manual, :SOUR:…:xLIM)."""

ONE_OUTPUT = (frozenset({"", "cell"}),)


class Keithley2450(ScpiSourceMeter):
    """A 2450 that plays `labctl.roles.source_meter.SourceMeter`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2450"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    high_impedance = ":OUTP:{node}:SMOD HIMP"
    _limit = "VOLT:ILIM"
    _bounds = SourceBounds(
        LARGEST_VOLTAGE, LARGEST_CURRENT, LEAST_CURRENT, LEAST_VOLTAGE
    )
    longest_delay = 10000.0
    corners: tuple[tuple[float, float], ...] = ((21.0, 1.05), (210.0, 0.105))
    """(V, A) that the output drives and sinks: 20 W."""

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        options = CellOptions.of(setup)
        self.cell = CellChannel(
            ScpiCellTerminals(self, clock), self.corners, options, clock
        )
        language = self.inquire("*LANG?").strip()
        if language != "SCPI":
            raise FirmwareError(
                f"{self.name}: speaks {language}; choose MENU > Settings > Command "
                "Set > SCPI on its front panel and restart it"
            )

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the source meter, and the same output as a potentiostat's channel."""
        return {"": self, "cell": self.cell}

    def _configure(self, settings: SourceSettings) -> None:
        volts = settings.driven is Driven.VOLTAGE
        source, sense = ("VOLT", "CURR") if volts else ("CURR", "VOLT")
        self._node = source
        self._limit = "VOLT:ILIM" if volts else "CURR:VLIM"
        fixed, delay = settings.measure_range, settings.delay
        for message in (
            "*RST;*CLS",
            f':SENS:FUNC "{sense}"',
            f":SOUR:FUNC {source}",
            f":SOUR:{source}:RANG {settings.span:.6E}",
            f":SOUR:{source}:READ:BACK 1",
            f":SOUR:{self._limit} {settings.compliance:.6E}",
            f":SENS:{sense}:NPLC {settings.nplc:.6g}",
            f":SENS:{sense}:RSEN {int(settings.four_wire)}",
            f":SENS:{sense}:RANG:AUTO 1"
            if fixed is None
            else f":SENS:{sense}:RANG {fixed:.6E}",
            f":SOUR:{source}:DEL:AUTO 1"
            if delay is None
            else f":SOUR:{source}:DEL {delay:.6E}",
            f":OUTP:{source}:SMOD HIMP",
        ):
            self.tell(message)
        self.refuse_errors("it was prepared")

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        volts = settings.driven is Driven.VOLTAGE
        source, sense = ("VOLT", "CURR") if volts else ("CURR", "VOLT")
        ask = self.inquire_number
        delay, fixed = settings.delay, settings.measure_range
        return replace(
            settings,
            span=min(ask(f":SOUR:{source}:RANG?") * 1.05, settings.span),
            compliance=ask(f":SOUR:{self._limit}?"),
            nplc=ask(f":SENS:{sense}:NPLC?"),
            four_wire=bool(ask(f":SENS:{sense}:RSEN?")),
            delay=None if delay is None else ask(f":SOUR:{source}:DEL?"),
            measure_range=None if fixed is None else ask(f":SENS:{sense}:RANG?"),
        )

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        if not self.inquire_switch(":OUTP?"):
            raise InstrumentError(f"{self.name}: cannot measure with the output off")

        def form(answer: str) -> SourceReading:
            reading, tripped = self._fields(answer, 2)
            return self._parse(reading, tripped, self._driven)

        return self.inquire(
            f':READ? "defbuffer1",SOUR,READ,REL;:SOUR:{self._limit}:TRIP?', form
        )

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one message."""
        node = self._node

        def form(answer: str) -> tuple[float, SourceReading]:
            setpoint, reading, tripped = self._fields(answer, 3)
            back = self._setpoint(setpoint, level)
            return back, self._parse(reading, tripped, level)

        message = (
            f":SOUR:{node} {level:.9E};:OUTP 1;:SOUR:{node}?;"
            f':READ? "defbuffer1",SOUR,READ,REL;:SOUR:{self._limit}:TRIP?'
        )
        return self._driving(level, message, form)

    def _fields(self, answer: str, count: int) -> list[str]:
        fields = answer.split(";")
        if len(fields) != count:
            raise InstrumentError(f"{self.name}: a reading came as {answer[:80]!r}")
        return fields

    def _parse(self, reading: str, tripped: str, level: float | None) -> SourceReading:
        fields = numbers(reading, ",", self.name)
        if len(fields) != 3:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: a reading came as {reading[:80]!r}")
        source, sense, time = fields
        voltage, current = (source, sense) if self._node == "VOLT" else (sense, source)
        overflow = math.isnan(source) or math.isnan(sense)
        limited = self._switch(tripped)
        return self._believe(
            SourceReading(voltage, current, time, limited, overflow), level
        )


driver = VisaDriver(("2450",), Keithley2450, outputs=ONE_OUTPUT)
