"""A 2450 or 2460 on a cell, in their native SCPI.

Off mode, sense switch and integration belong to a function, so both functions are set
up before anything is switched on; then only function, level and limit change. The mark
of a program is one of the user delays, which nothing uses unless a trigger model names
it: it is read back, and lost with a reset or the power.

Readings carry the time since the first one in their buffer, and a buffer of 100 000
goes on at its start when it is full; so it is emptied before, and time goes on by the
host's clock from one reading to the next.

A trigger model that switches the output off when the host is silent was considered: no
measurement can be asked for while one runs, so it is not used; the guard does it.
"""

import math
from dataclasses import replace

from drivers.visa.cell_terminals import (
    CellTerminals,
    Order,
    TerminalReading,
    TerminalSettings,
    TerminalState,
    mark_of,
)
from drivers.visa.numbers import number
from drivers.visa.power_line import SCPI_LINE
from drivers.visa.source_meter import SourceMeterRole
from labctl.clock import Clock
from labctl.errors import InstrumentError

MARK = ":SOUR:VOLT:DEL:USER5"
EMPTIED_AT = 50_000
"""Readings; half of what the buffer holds."""


class ScpiCellTerminals(CellTerminals):
    """The output of a 2450 or 2460."""

    line_query = SCPI_LINE

    def __init__(self, whole: SourceMeterRole, clock: Clock) -> None:
        """Take the output of ``whole``, which plays the source meter."""
        self._be_part_of(whole, f"{whole.name}/cell", clock)
        self.voltage_spec, self.current_spec = whole.voltage_spec, whole.current_spec
        self.least_limit = whole.bounds.least_compliance_current
        self._output = whole
        self._now = clock.now
        self._readings = 0
        self._first = self._last = 0.0
        """s of the buffer's first reading, and of the last one."""
        self._asked = clock.now()

    def state(self) -> TerminalState:
        """See `CellTerminals.state`."""

        def form(answer: str) -> TerminalState:
            fields = self._split(answer, 8)
            drives = _function(fields[1], self.name) == "VOLT"
            return TerminalState(
                self._switch(fields[0]),
                drives,
                number(fields[2 if drives else 4], self.name),
                number(fields[3], self.name),
                {fields[5].strip(), fields[6].strip()} == {"HIMP"},
                mark_of(number(fields[7], self.name)),
            )

        return self.inquire(
            ":OUTP?;:SOUR:FUNC?;:SOUR:VOLT?;:SOUR:VOLT:ILIM?;:SOUR:CURR?;"
            f":OUTP:VOLT:SMOD?;:OUTP:CURR:SMOD?;{MARK}?",
            form,
        )

    def _configure(self, settings: TerminalSettings) -> None:
        wires = int(settings.four_wire)
        for message in (
            ":OUTP:VOLT:SMOD HIMP;:OUTP:CURR:SMOD HIMP",
            "*CLS",
            ':TRAC:CLE "defbuffer1"',
            ':SENS:FUNC "VOLT"',
            ":SOUR:FUNC CURR",
            f":SOUR:CURR:RANG {self.current_spec.ranges[0]:.6E}",
            ":SOUR:CURR 0",
            ":SOUR:CURR:READ:BACK 1",
            f":SOUR:CURR:VLIM {settings.ceiling:.6E}",
            f":SENS:VOLT:NPLC {settings.nplc:.6g}",
            f":SENS:VOLT:RSEN {wires}",
            ":SENS:VOLT:RANG:AUTO 1",
            ':SENS:FUNC "CURR"',
            ":SOUR:FUNC VOLT",
            f":SOUR:VOLT:RANG {settings.span:.6E}",
            ":SOUR:VOLT:READ:BACK 1",
            f":SENS:CURR:NPLC {settings.nplc:.6g}",
            f":SENS:CURR:RSEN {wires}",
            ":SENS:CURR:RANG:AUTO 1",
            f"{MARK} {settings.mark:d}",
        ):
            self.tell(message)
        self._readings, self._first, self._last = 0, 0.0, 0.0
        self.refuse_errors("it was set up for a cell")

    def _read_back(self) -> TerminalSettings:
        ask = ":SOUR:VOLT:RANG?;:SENS:CURR:NPLC?;:SENS:VOLT:NPLC?;:SENS:CURR:RSEN?;"
        span, nplc, at_rest, wires, wires_at_rest, ceiling, mark = self.inquire_numbers(
            f"{ask}:SENS:VOLT:RSEN?;:SOUR:CURR:VLIM?;{MARK}?", 7, ";"
        )
        if nplc != at_rest or wires != wires_at_rest:
            raise InstrumentError(
                f"{self.name}: measures otherwise at rest than while it drives"
            )
        return TerminalSettings(span, nplc, bool(wires), ceiling, mark_of(mark))

    def _aim(self, order: Order) -> TerminalState:
        self.tell(':OUTP 0;:SENS:FUNC "CURR";:SOUR:FUNC VOLT')
        self.tell(f":SOUR:VOLT:ILIM {order.limit:.9E};:SOUR:VOLT {order.level:.9E}")
        return self.state()

    def _switch_on(self) -> TerminalState:
        self.tell(":OUTP 1")
        return self.state()

    def _change(self, order: Order, *, limit_first: bool) -> TerminalState:
        parts = [f":SOUR:VOLT:ILIM {order.limit:.9E}", f":SOUR:VOLT {order.level:.9E}"]
        self.tell(";".join(parts if limit_first else reversed(parts)))
        return self.state()

    def _go_to_zero(self) -> TerminalState:
        self.tell(':OUTP 0;:SENS:FUNC "VOLT";:SOUR:FUNC CURR;:SOUR:CURR 0;:OUTP 1')
        return self.state()

    def _measure(self, *, rests: bool) -> tuple[TerminalReading, bool]:
        limit = "CURR:VLIM" if rests else "VOLT:ILIM"
        asked = self._now()
        if self._readings >= EMPTIED_AT:
            self.tell(':TRAC:CLE "defbuffer1"')
            self._readings = 0
            self._first = self._last + asked - self._asked

        def form(answer: str) -> tuple[TerminalReading, bool]:
            row, tripped, output = self._split(answer, 3)
            fields = [number(field, self.name) for field in row.split(",")]
            if len(fields) != 3:  # noqa: PLR2004
                raise InstrumentError(f"{self.name}: a reading came as {row[:80]!r}")
            source, sense, time = fields
            voltage, current = (sense, source) if rests else (source, sense)
            if math.isnan(time):
                raise InstrumentError(f"{self.name}: a reading came without its time")
            return (
                TerminalReading(voltage, current, time, self._switch(tripped)),
                self._switch(output),
            )

        reading, on = self.inquire(
            f':READ? "defbuffer1",SOUR,READ,REL;:SOUR:{limit}:TRIP?;:OUTP?', form
        )
        self._last, self._asked = self._first + reading.time, asked
        self._readings += 1
        return replace(reading, time=self._last), on

    def _tell_off(self) -> None:
        self.tell(":OUTP:VOLT:SMOD HIMP;:OUTP:CURR:SMOD HIMP;:OUTP 0")

    def _split(self, answer: str, count: int) -> list[str]:
        fields = answer.split(";")
        if len(fields) != count:
            raise InstrumentError(
                f"{self.name}: {count} fields came as {answer[:80]!r}"
            )
        return fields


def _function(text: str, name: str) -> str:
    word = text.strip().strip('"').upper()[:4]
    if word not in {"VOLT", "CURR"}:
        raise InstrumentError(f"{name}: sources {text[:40]!r}, no voltage or current")
    return word
