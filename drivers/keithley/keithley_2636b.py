"""Keithley 2636B dual source meter, in TSP.

PyMeasure's ``Keithley2600`` formats with ``%f`` and sends every current below 0.5 µA
as 0.000000, so it is not used. Here numbers go out as ``%.9e`` and come back with
nine digits; a point is one chunk of Lua.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drivers.keithley.tsp_cell import TspCellTerminals
from drivers.specification import Specification
from drivers.visa.cell_channel import CellChannel
from drivers.visa.cell_options import CellOptions
from drivers.visa.echo import TspEcho
from drivers.visa.numbers import numbers
from drivers.visa.opening import VisaDriver
from drivers.visa.source_meter import SourceMeterRole
from drivers.visa.talk import Talk
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
    (0.2, 1.5e-4, 2.25e-4),
    (2.0, 2e-4, 3.5e-4),
    (20.0, 1.5e-4, 5e-3),
    (200.0, 1.5e-4, 5e-2),
)
CURRENT = Specification.by_range(
    (1e-10, 1.5e-3, 1.2e-13),
    (1e-9, 1.5e-3, 2.4e-13),
    (1e-8, 1.5e-3, 3e-12),
    (1e-7, 6e-4, 4e-11),
    (1e-6, 2.5e-4, 4e-10),
    (1e-5, 2.5e-4, 1.5e-9),
    (1e-4, 2e-4, 2.5e-8),
    (1e-3, 2e-4, 2e-7),
    (1e-2, 2e-4, 2.5e-6),
    (0.1, 2e-4, 2e-5),
    (1.0, 3e-4, 1.5e-3),
    (1.5, 5e-4, 3.5e-3),
)
"""One-year limits of error."""
LARGEST_VOLTAGE, LARGEST_CURRENT = 202.0, 1.515
LEAST_CURRENT, LEAST_VOLTAGE = 1e-10, 0.02
CORNERS = ((20.2, 1.515), (202.0, 0.101))
"""(V, A) that an output drives and sinks: 30 W."""
HIGH_IMPEDANCE = 2
"""``offmode`` and ``output``."""
OUTPUTS = (frozenset({"a", "cell-a"}), frozenset({"b", "cell-b"}))


class Keithley2636B(Talk):
    """The mainframe; its channels play the roles."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2600"
    error_query = "local c,t=errorqueue.next() print(c,t)"

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._set_up()
        self.a = TspChannel(self, "a", clock)
        self.b = TspChannel(self, "b", clock)
        options = CellOptions.of(setup)
        self._cells = {
            f"cell-{letter}": CellChannel(
                TspCellTerminals(self, channel, letter, clock), CORNERS, options, clock
            )
            for letter, channel in (("a", self.a), ("b", self.b))
        }

    @property
    def roles(self) -> Mapping[str, object]:
        """Return both channels by their letters, as source meters and for cells."""
        return {"a": self.a, "b": self.b, **self._cells}

    def _set_up(self) -> None:
        self.tell("errorqueue.clear() format.data=format.ASCII")
        self.tell("format.asciiprecision=10")


class TspChannel(SourceMeterRole):
    """Channel a or b: plays `labctl.roles.source_meter.SourceMeter`."""

    voltage_spec = VOLTAGE
    current_spec = CURRENT
    line_query = "print(localnode.linefreq)"
    nplc_limits = (1e-3, 25.0)
    error_query = Keithley2636B.error_query

    def __init__(self, frame: Keithley2636B, letter: str, clock: Clock) -> None:
        self._be_part_of(frame, f"{frame.name}/{letter}", clock)
        self._frame = frame
        self._smu = f"smu{letter}"
        self._level = "levelv"
        self._bounds = SourceBounds(
            LARGEST_VOLTAGE, LARGEST_CURRENT, LEAST_CURRENT, LEAST_VOLTAGE
        )

    def trust(self) -> None:
        """See `Talk.trust`; the mainframe's format is lost with a restart, too."""
        self._frame.trust()
        super().trust()

    def _configure(self, settings: SourceSettings) -> None:
        smu = self._smu
        volts = settings.driven is Driven.VOLTAGE
        source, other = ("v", "i") if volts else ("i", "v")
        self._level = f"level{source}"
        fixed, delay = settings.measure_range, settings.delay
        for chunk in (
            f"{smu}.reset()",
            f"{smu}.source.offmode={HIGH_IMPEDANCE}",
            f"{smu}.source.func={smu}.{'OUTPUT_DCVOLTS' if volts else 'OUTPUT_DCAMPS'}",
            f"{smu}.source.range{source}={settings.span:.9e}",
            f"{smu}.source.limit{other}={settings.compliance:.9e}",
            f"{smu}.measure.nplc={settings.nplc:.6g}",
            f"{smu}.sense={int(settings.four_wire)}",
            f"{smu}.measure.autorange{other}=1"
            if fixed is None
            else f"{smu}.measure.range{other}={fixed:.9e}",
            f"{smu}.measure.delay={-1 if delay is None else delay:.9g}",
        ):
            self.tell(chunk)
        self.refuse_errors("it was prepared")

    def _read_back(self, settings: SourceSettings) -> SourceSettings:
        smu = self._smu
        volts = settings.driven is Driven.VOLTAGE
        source, other = ("v", "i") if volts else ("i", "v")
        fields = self._fields(
            f"print({smu}.source.range{source},{smu}.source.limit{other},"
            f"{smu}.measure.nplc,{smu}.sense,{smu}.measure.delay,"
            f"{smu}.measure.range{other})",
            6,
        )
        span, compliance, nplc, sense, delay, fixed = fields
        return replace(
            settings,
            span=min(span * 1.01, settings.span),
            compliance=compliance,
            nplc=nplc,
            four_wire=bool(sense),
            delay=None if settings.delay is None else delay,
            measure_range=None if settings.measure_range is None else fixed,
        )

    def _fields(self, chunk: str, count: int) -> list[float]:
        return self.inquire(chunk, lambda answer: self._split(answer, count))

    def _split(self, answer: str, count: int) -> list[float]:
        answer = answer.replace("true", "1").replace("false", "0")
        if answer.count("\t") + 1 != count:
            raise InstrumentError(
                f"{self.name}: {count} fields came as {answer[:80]!r}"
            )
        return numbers(answer, "\t", self.name)

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        at = f"{self._smu}.source"
        return self._driving(
            level,
            f"{at}.{self._level}={level:.9e} {at}.output=1 print({at}.{self._level})",
            lambda answer: self._setpoint(answer, level),
        )

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        smu = self._smu

        def form(answer: str) -> SourceReading:
            current, voltage, limited, on = self._split(answer, 4)
            if on != 1:
                raise InstrumentError(
                    f"{self.name}: cannot measure with the output off"
                )
            return self._reading(voltage, current, limited, self._driven)

        return self.inquire(
            f"local i,v={smu}.measure.iv() "
            f"print(i,v,{smu}.source.compliance,{smu}.source.output)",
            form,
        )

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one chunk."""
        smu = self._smu
        at = f"{smu}.source"

        def form(answer: str) -> tuple[float, SourceReading]:
            setpoint, _, rest = answer.partition("\t")
            current, voltage, limited = self._split(rest, 3)
            back = self._setpoint(setpoint, level)
            return back, self._reading(voltage, current, limited, level)

        message = (
            f"{at}.{self._level}={level:.9e} {at}.output=1 "
            f"local i,v={smu}.measure.iv() "
            f"print({at}.{self._level},i,v,{at}.compliance)"
        )
        return self._driving(level, message, form)

    def _switch_off(self) -> None:
        at = f"{self._smu}.source"
        self.tell(f"{at}.{self._level}=0 {at}.offmode={HIGH_IMPEDANCE} {at}.output=0")
        if self.inquire_switch(f"print({at}.output)"):
            raise InstrumentError(f"{self.name}: the output stays on; switch it off")

    def _output_state(self) -> tuple[float, bool]:
        at = f"{self._smu}.source"
        level, on = self._fields(f"print({at}.{self._level},{at}.output)", 2)
        return level, on == 1

    def _reading(
        self, voltage: float, current: float, limited: float, level: float | None
    ) -> SourceReading:
        if limited not in {0.0, 1.0}:
            raise InstrumentError(f"{self.name}: {limited:g} is neither on nor off")
        overflow = math.isnan(voltage) or math.isnan(current)
        return self._believe(
            SourceReading(voltage, current, math.nan, limited == 1.0, overflow), level
        )


driver = VisaDriver(("2635B", "2636B"), Keithley2636B, echo=TspEcho(), outputs=OUTPUTS)
