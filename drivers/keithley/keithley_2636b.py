"""Keithley 2636B dual source meter, in TSP.

PyMeasure's ``Keithley2600`` formats with ``%f`` and sends every current below 0.5 µA
as 0.000000, so it is not used. Here numbers go out as ``%.9e`` and come back with
nine digits; a point is one chunk of Lua.
"""

import math
from dataclasses import replace
from typing import Any

from pymeasure.instruments import Instrument

from drivers.visa.source_meter import SourceMeterRole
from drivers.visa.talk import MAXIMUM_ERRORS, Talk, number
from drivers.world.front_end import Specification
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

VOLTAGE = Specification((0.2, 2.0, 20.0, 200.0), 1.5e-4, 5e-5, 2e-6)
CURRENT = Specification(
    (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 1.5),
    1e-3,
    4e-4,
    1e-5,
)
"""One-year limits of error; noise of a twin, rms at 1 PLC."""
LARGEST_VOLTAGE, LARGEST_CURRENT = 202.0, 1.515
LEAST_CURRENT, LEAST_VOLTAGE = 1e-10, 0.02
HIGH_IMPEDANCE = 2
"""``offmode`` and ``output``."""


class Keithley2636B(Talk, Instrument):
    """The mainframe; its channels play the roles."""

    error_query = "print(errorqueue.next())"

    def __init__(self, adapter: Any, identity: Identity, name: str) -> None:
        self._identity = identity
        super().__init__(adapter, name, includeSCPI=False)
        self.tell("errorqueue.clear() format.data=format.ASCII")
        self.tell("format.asciiprecision=10")
        self.a = TspChannel(self, "a")
        self.b = TspChannel(self, "b")

    def refuse_errors(self, doing: str) -> None:
        """Empty the error queue. InstrumentError: something was in it."""
        found = []
        for _ in range(MAXIMUM_ERRORS):
            answer = self.inquire("print(errorqueue.next())")
            if number(answer.split("\t")[0], self.name) == 0:
                break
            found.append(" ".join(answer.split("\t")[:2]))
        if found:
            raise InstrumentError(
                f"{self.name}: reports {'; '.join(found)} while {doing}"
            )


class TspChannel(SourceMeterRole):
    """Channel a or b: plays `labctl.roles.source_meter.SourceMeter`."""

    voltage_spec = VOLTAGE
    current_spec = CURRENT
    nplc_limits = (1e-3, 25.0)
    error_query = Keithley2636B.error_query

    def __init__(self, frame: Keithley2636B, letter: str) -> None:
        self._frame = frame
        self.adapter = frame.adapter
        self.name = f"{frame.name}/{letter}"
        self._identity = frame.identity()
        self._smu = f"smu{letter}"
        self._level = "levelv"
        self._bounds = SourceBounds(
            LARGEST_VOLTAGE, LARGEST_CURRENT, LEAST_CURRENT, LEAST_VOLTAGE
        )

    def refuse_errors(self, doing: str) -> None:
        """Empty the mainframe's error queue."""
        self._frame.refuse_errors(f"{self.name}: {doing}")

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
        answer = self.inquire(chunk).replace("true", "1").replace("false", "0")
        fields = answer.split("\t")
        if len(fields) != count:
            self.refuse_errors("it answered")
            raise InstrumentError(
                f"{self.name}: {count} fields came as {answer[:80]!r}"
            )
        return [number(field, self.name) for field in fields]

    def drive(self, level: float) -> float:
        """Hold ``level``, output on; return the setpoint read back."""
        self._refuse_level(level)
        at = f"{self._smu}.source"
        (back,) = self._fields(
            f"{at}.{self._level}={level:.9e} {at}.output=1 print({at}.{self._level})", 1
        )
        return self.refuse_other_setpoint(level, back, self._grain)

    def measure(self) -> SourceReading:
        """Measure voltage and current at the present level."""
        smu = self._smu
        current, voltage, limited, on = self._fields(
            f"local i,v={smu}.measure.iv() "
            f"print(i,v,{smu}.source.compliance,{smu}.source.output)",
            4,
        )
        if on != 1:
            raise InstrumentError(f"{self.name}: cannot measure with the output off")
        return _reading(voltage, current, limited)

    def point(self, level: float) -> tuple[float, SourceReading]:
        """Drive and measure in one chunk."""
        self._refuse_level(level)
        smu = self._smu
        at = f"{smu}.source"
        back, current, voltage, limited = self._fields(
            f"{at}.{self._level}={level:.9e} {at}.output=1 "
            f"local i,v={smu}.measure.iv() "
            f"print({at}.{self._level},i,v,{at}.compliance)",
            4,
        )
        self.refuse_other_setpoint(level, back, self._grain)
        return back, _reading(voltage, current, limited)

    def make_safe(self) -> None:
        """Set the level to zero, the output off in its high-impedance state."""
        at = f"{self._smu}.source"
        self.tell(f"{at}.{self._level}=0 {at}.offmode={HIGH_IMPEDANCE} {at}.output=0")
        (on,) = self._fields(f"print({at}.output)", 1)
        if on == 1:
            raise InstrumentError(f"{self.name}: the output stays on; switch it off")


def _reading(voltage: float, current: float, limited: float) -> SourceReading:
    overflow = math.isnan(voltage) or math.isnan(current)
    return SourceReading(voltage, current, math.nan, bool(limited), overflow)


def open_instrument(
    adapter: Any,
    identity: Identity,
    setup: Setup,
    clock: Clock,  # noqa: ARG001
) -> Keithley2636B:
    """Return the open instrument."""
    return Keithley2636B(adapter, identity, setup.name)


def roles(
    frame: object,
    setup: Setup,  # noqa: ARG001
    clock: Clock,  # noqa: ARG001
) -> dict[str, object]:
    """Return both channels by their letters."""
    if not isinstance(frame, Keithley2636B):
        return {}
    return {"a": frame.a, "b": frame.b}
