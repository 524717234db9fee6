"""The sweeps of a 2450: a trigger model that steps the source and fills a buffer.

2450 reference manual, SOURce:SWEep. A sweep command writes the trigger model, INITiate
runs it beside the messages: buffer cleared, output on, each level measured, output off.
"""

import abc

from drivers.twins.keithley.keithley_2450_trace import Buffers, Row
from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Choice, Number, boolean, string

LARGEST = {"VOLT": 210.0, "CURR": 1.05}
_POINTS = Number(2, 1e6, whole=True)
_DELAY = Number(-1.0, 1e4)
"""s; -1 is the automatic delay."""
_TIMES = Number(0, 268435455, 1, whole=True)
_RANGE = Choice("AUTO|BEST|FIXed")
_HOW = (_DELAY, _TIMES, _RANGE, boolean, boolean, string)
"""Delay, count, range, abort at the limit, there and back, buffer."""
_V, _I = Number(-210.0, 210.0), Number(-1.05, 1.05)


class Sweeps(Buffers, abc.ABC):
    """SOURce:SWEep and the trigger model of a 2450."""

    source_function: str
    levels: list[float]
    """Of the trigger model; empty where none is loaded."""
    _every: float
    """Delay at each level, s; negative: the source's own."""
    _into: str
    _aborts: bool
    """Whether the source's limit ends the sweep."""

    _ranging: str
    """``AUTO``: a range for each level; ``BEST``: one for all; ``FIX``: as it is."""

    @abc.abstractmethod
    def choose_range(self, level: float) -> None:
        """Take the source range that holds ``level``."""

    @abc.abstractmethod
    def refuse_level(self, level: float, fixed: bool) -> None:
        """Raise ScpiError if ``level`` may not be driven, on the present range only."""

    @abc.abstractmethod
    def hold(self, level: float | None) -> None:
        """Step the source to a level, output on; None switches it off."""

    @abc.abstractmethod
    def take_after(self, delay: float) -> Row:
        """Take a reading so many s after a level; negative: the source's own delay."""

    def forget_sweep(self) -> None:
        """Unload the trigger model."""
        self.levels, self._every, self._into, self._aborts = [], -1.0, "", True
        self._ranging = "BEST"

    def load(
        self,
        quantity: str,
        levels: list[float],
        delay: float = -1.0,
        times: int = 1,
        ranging: str = "BEST",
        aborts: bool = True,
        dual: bool = False,
        buffer: str = "",
    ) -> None:
        """Write the trigger model of a sweep."""
        if quantity != self.source_function:
            raise ScpiError(-221, f"the source function is {self.source_function}")
        if not times:
            raise ScpiError(-224, "sweeps without end are not simulated")
        self.buffer(buffer)
        for level in levels:
            self.refuse_level(level, fixed=ranging == "FIX")
        once = levels + levels[-2::-1] if dual else levels
        self.levels, self._every = once * times, delay
        self._into, self._aborts, self._ranging = buffer, aborts, ranging

    @command("[:SOURce]:SWEep:VOLTage:LINear", _V, _V, _POINTS, *_HOW, optional=6)
    def _linear_volts(self, start: float, stop: float, n: int, *how: object) -> None:
        self.load("VOLT", _linear(start, stop, n), *how)  # type: ignore[arg-type]

    @command("[:SOURce]:SWEep:CURRent:LINear", _I, _I, _POINTS, *_HOW, optional=6)
    def _linear_amperes(self, start: float, stop: float, n: int, *how: object) -> None:
        self.load("CURR", _linear(start, stop, n), *how)  # type: ignore[arg-type]

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        if not self.levels:
            raise ScpiError(-221, "the trigger model has no blocks")
        start = self.time
        buffer = self.buffer(self._into)
        buffer.rows = []  # the first block of a sweep's trigger model
        if self._ranging == "BEST":
            self.choose_range(max(map(abs, self.levels)))
        for level in self.levels:
            if self._ranging == "AUTO":
                self.choose_range(level)
            self.hold(level)
            row = self.take_after(self._every)
            buffer.store(row)
            if row.limited and self._aborts:
                break
        self.hold(None)
        self.pending_until, self.time = self.time, start

    @query(":TRIGger:STATe?")
    def _trigger_state(self) -> str:
        if not self.levels:
            return "EMPTY;EMPTY;0"
        return "IDLE;IDLE;0" if self.time >= self.pending_until else "RUNNING;RUNNING;0"

    @command(":ABORt")
    def _abort(self) -> None:
        self.abort()

    def abort(self) -> None:
        """See `Exchange`; readings that would have come do not."""
        self.pending_until = 0.0
        for buffer in self.buffers.values():
            buffer.rows = buffer.seen(self.time)


def _linear(start: float, stop: float, points: int) -> list[float]:
    return [start + (stop - start) * k / (points - 1) for k in range(points)]
