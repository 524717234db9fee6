"""One source meter of a TSP mainframe: ``smua`` with its settings and its terminals."""

import statistics
import typing
from collections.abc import Callable
from functools import partial
from typing import Any

from drivers.twins.keithley.tsp import buffer as tsp_buffer
from drivers.twins.keithley.tsp import keithley_2636b_tables as data
from drivers.twins.keithley.tsp.buffer import Reading, ReadingBuffer
from drivers.twins.keithley.tsp.sweep import Sweep
from drivers.twins.keithley.tsp.trigger import Activity, TriggerSystem
from drivers.twins.scpi.status import Status
from drivers.twins.scpi.tsp_tables import (
    RUNTIME_ERROR,
    TOO_BIG,
    Table,
    TspError,
    number,
    within,
)
from drivers.twins.world.front_end import SourceFrontEnd

OVERHEAD = 1e-3
"""One conversion beside its integration, s."""
BLOCKED_BY_INTERLOCK = 802
"""Error 802, "OUTPUT blocked by interlock"."""
UNITS = {"i": "Amps", "v": "Volts", "r": "Ohms", "p": "Watts"}
MOST_BUFFERS = 100
"""That ``makebuffer`` gives out."""
HIGH_IMPEDANCE = 2
"""``source.offmode`` that opens the output relay."""
COMPLIANCE_BIT = 64
"""Of a reading's status, bit 6 (manual, "statuses")."""


class Frame(typing.Protocol):
    """What a channel needs of its mainframe."""

    time: float
    interlock_open: bool
    status: Status

    @property
    def line(self) -> float:
        """The power line's frequency, Hz."""

    def spend(self, seconds: float) -> None:
        """Let an operation last ``seconds``."""


class Channel:
    """One source meter of the mainframe."""

    def __init__(
        self, frame: Frame, front: SourceFrontEnd, name: str, system: TriggerSystem
    ) -> None:
        self.frame, self.front, self.name, self._system = frame, front, name, system
        self.values = dict(data.DEFAULTS)
        self.table = Table(name, owner=self)
        self._stepped: float | None = None
        """The level a sweep has put in place of the programmed one, V or A."""
        self._window: list[tuple[float, float]] = []
        """Conversions of a moving filter: A and V."""
        self._made = 0
        self.buffers = [ReadingBuffer(f"{name}.{b}") for b in tsp_buffer.NAMES]
        self._declare()
        self.sweep = Sweep(self, self.table.table("trigger"), system)

    # Names.

    def _declare(self) -> None:
        table = self.table
        for name in self.values:
            table.attribute(
                name,
                partial(self._value, name),
                partial(self.put, name),
            )
        for name, value in data.CONSTANTS.items():
            table.object(name, value)
        for buffer, name in zip(self.buffers, tsp_buffer.NAMES, strict=True):
            table.object(name, buffer.table)
        table.attribute("source.compliance", self.is_limited)
        for kind in ("i", "v", "r", "p", "iv"):
            table.object(f"measure.{kind}", partial(self.measure, kind))
            table.object(
                f"measure.overlapped{kind}", partial(self._measure_beside, kind)
            )
        table.object("measureivandstep", lambda level=None, *_: self._and_step(level))
        table.object("reset", lambda *_: self.reset())
        table.object("abort", lambda *_: self.abort())
        table.object("makebuffer", lambda size=None, *_: self._make_buffer(size))
        table.object("savebuffer", lambda *_: None)

    def _value(self, name: str) -> float:
        return self.values[name]

    def _make_buffer(self, size: Any) -> Table:
        if self._made >= MOST_BUFFERS:
            raise TspError(-225, "Out of memory or TSP memory allocation error")
        capacity = int(within(size, 1, tsp_buffer.CAPACITY, "makebuffer"))
        self._made += 1
        return ReadingBuffer(f"{self.name}.buffer{self._made}", capacity).table

    def put(self, name: str, value: Any) -> None:
        """Set ``smua.<name>``. TspError: it is refused; the earlier value stays."""
        what = f"{self.name}.{name}"
        if name in data.CHOICES:
            value = int(within(value, 0, data.CHOICES[name], what))
        elif name in data.COUNTS:
            value = int(within(value, 1, data.COUNTS[name], what))
        elif name in data.RANGES:
            value = within(value, *data.RANGES[name], what)
        else:
            value = number(value, what)
        quantity = name[-1]
        if name[:-1] in {"source.range", "measure.range"}:
            value = self._choose_range(name, quantity, value)
        elif name[:-1] == "source.level":
            self._follow_range(quantity, value)
            self._stepped = None
        elif name == "source.output" and value == 1:
            self._refuse_open_interlock(self.values["source.rangev"])
        self.values[name] = value
        if name.startswith("measure.filter"):
            self._window.clear()
        self.apply()

    def _choose_range(self, name: str, quantity: str, value: float) -> float:
        source = name.startswith("source")
        reach = data.SOURCE_REACH if source else data.MEASURE_REACH
        chosen = data.range_for(quantity, value, reach)
        if source and quantity == "i":
            chosen = max(chosen, data.SMALLEST_SOURCE_RANGE)
        if source and quantity == "v" and self.values["source.output"] == 1:
            self._refuse_open_interlock(chosen)
        self.values[f"{name[:-6]}autorange{quantity}"] = 0
        return chosen

    def _follow_range(self, quantity: str, level: float) -> None:
        values = self.values
        name = f"source.range{quantity}"
        if values[f"source.autorange{quantity}"]:
            lowest = values[f"source.lowrange{quantity}"]
            chosen = max(
                data.range_for(quantity, level, data.SOURCE_REACH),
                data.range_for(quantity, lowest, data.SOURCE_REACH),
            )
            if quantity == "v" and values["source.output"] == 1:
                self._refuse_open_interlock(chosen)
            values[name] = chosen
        elif abs(level) > values[name] * data.SOURCE_REACH * (1 + 1e-9):
            raise TspError(TOO_BIG, f"Parameter too big; beyond {name} {values[name]}")

    def _refuse_open_interlock(self, reach: float) -> None:
        """Refuse to drive on the 200 V range while the interlock is open."""
        high = reach >= data.HIGH_RANGE
        if self.frame.interlock_open and high and self.values["source.func"] == 1:
            raise TspError(BLOCKED_BY_INTERLOCK, "OUTPUT blocked by interlock")

    # The bench.

    def reset(self) -> None:
        """Put everything back, output off."""
        self.abort()
        self.values = dict(data.DEFAULTS)
        self.sweep.reset()
        self.apply()

    def abort(self) -> None:
        """End a sweep; the source holds the level it has reached."""
        self._system.scheduler.stop(self.name)

    def sourced(self) -> tuple[str, float]:
        """Return the source function, ``v`` or ``i``, and the programmed level."""
        quantity = "v" if self.values["source.func"] == 1 else "i"
        return quantity, self.values[f"source.level{quantity}"]

    def apply(self) -> None:
        """Bring the settings onto the bench."""
        source, values = self.front.source, self.values
        quantity, programmed = self.sourced()
        source.holds_voltage = quantity == "v"
        source.level = programmed if self._stepped is None else self._stepped
        source.limit = self._limit()
        source.remote = values["sense"] == 1
        source.when_off = 0.0
        if values["source.offmode"] != HIGH_IMPEDANCE:
            source.when_off = values["source.offlimiti"]
        on = values["source.output"] == 1
        if not on:
            self._stepped = None
        if on and not source.on:
            self.front.connect()
        source.on = on
        self.front.follow(self.frame.time)

    def _limit(self) -> float:
        """Return what bounds the other quantity: the limit, or what a range can do."""
        values = self.values
        if values["source.func"] == 1:
            high = values["source.rangev"] >= data.HIGH_RANGE
            return min(
                values["source.limiti"], data.HIGH_RANGE_CURRENT if high else 1e9
            )
        high = values["source.rangei"] > data.HIGH_CURRENT
        return min(values["source.limitv"], data.HIGH_CURRENT_VOLTAGE if high else 1e9)

    def is_limited(self) -> bool:
        """Tell whether the output is on and at its limit."""
        source = self.front.source
        return bool(source.on and self.front.operate(self.frame.time).in_limit)

    # A sweep's steps; see `sweep.Swept`.

    def bounds(self, quantity: str) -> float:
        """Return the largest level of ``v`` or ``i``."""
        return data.LARGEST[quantity]

    def step_to(self, quantity: str, level: float) -> None:
        """Set the level of ``v`` or ``i`` at once; the programmed one is kept."""
        function, programmed = self.sourced()
        if quantity != function:
            return
        try:
            self._follow_range(quantity, level)
        except TspError as error:  # nobody's statement: it goes to the queue at once
            self.frame.status.note(error)
            return
        self._stepped = None if level == programmed else level
        self.apply()

    def settle_time(self) -> float:
        """Return the source delay, s."""
        return max(float(self.values["source.delay"]), 0.0)

    def measure_time(self) -> float:
        """Return how long one measurement takes, s."""
        values = self.values
        delay = values["measure.delay"]
        zero = 2.0 if values["measure.autozero"] == 2 else 1.0  # noqa: PLR2004
        one = zero * values["measure.nplc"] / self.frame.line + OVERHEAD
        times = 1
        if values["measure.filter.enable"] and values["measure.filter.type"] != 0:
            times = int(values["measure.filter.count"])
        return (OVERHEAD if delay < 0 else delay) + times * one

    def record(self, kind: str, buffers: list[ReadingBuffer], time: float) -> None:
        """Measure into the buffers; the measurement ends at ``time``."""
        self._store(kind, buffers, self._convert(time), time)

    # Measuring.

    def measure(self, kind: str, *tables: Any) -> Any:
        """Measure ``measure.count`` times into the buffers; return the last."""
        buffers = self._buffers(kind, tables)
        for buffer in buffers:
            buffer.begin()
        start = self.frame.time
        pair = (0.0, 0.0)
        for k in range(int(self.values["measure.count"])):
            due = start + k * self.values["measure.interval"]
            self.frame.spend(max(due - self.frame.time, 0.0) + self.measure_time())
            pair = self._convert(self.frame.time)
            self._store(kind, buffers, pair, self.frame.time)
        picked = self._pick(kind, pair)
        return picked if kind == "iv" else picked[0]

    def _measure_beside(self, kind: str, *tables: Any) -> None:
        buffers = self._buffers(kind, tables)
        if len(buffers) != len(kind):
            raise TspError(RUNTIME_ERROR, f"measure.overlapped{kind}: buffers missing")
        for buffer in buffers:
            buffer.begin()
        self._system.start(self.name, self._beside(kind, buffers))

    def _beside(self, kind: str, buffers: list[ReadingBuffer]) -> Activity:
        now = yield
        start = now
        for k in range(int(self.values["measure.count"])):
            due = start + k * self.values["measure.interval"]
            now = yield max(due - now, 0.0) + self.measure_time()
            self.record(kind, buffers, now)

    def _and_step(self, level: Any) -> Any:
        pair = self.measure("iv")
        self.put(f"source.level{self.sourced()[0]}", level)
        return pair

    def _buffers(self, kind: str, tables: tuple[Any, ...]) -> list[ReadingBuffer]:
        given = [table for table in tables if table is not None]
        buffers = [
            table.owner
            for table in given
            if isinstance(table, Table) and isinstance(table.owner, ReadingBuffer)
        ]
        if len(buffers) != len(given) or len(buffers) > len(kind):
            raise TspError(RUNTIME_ERROR, f"measure.{kind}: that is no reading buffer")
        return buffers

    def _convert(self, time: float) -> tuple[float, float]:
        """Return A and V of one measurement, filtered."""
        values = self.values
        if not values["measure.filter.enable"]:
            return self._convert_once(time)
        count = int(values["measure.filter.count"])
        if values["measure.filter.type"] == 0:
            self._window = [*self._window[-(count - 1) :], self._convert_once(time)]
            taken = self._window if count > 1 else self._window[-1:]
        else:
            taken = [self._convert_once(time) for _ in range(count)]
        median = values["measure.filter.type"] == 2  # noqa: PLR2004
        middle: Callable[[list[float]], float] = (
            statistics.median if median else statistics.fmean
        )
        return middle([i for i, _ in taken]), middle([v for _, v in taken])

    def _convert_once(self, time: float) -> tuple[float, float]:
        values = self.values
        fixed: dict[str, float | None] = {
            q: None if values[f"measure.autorange{q}"] else values[f"measure.range{q}"]
            for q in ("v", "i")
        }
        held, _ = self.sourced()
        fixed[held] = values[f"source.range{held}"]
        nplc = values["measure.nplc"]
        measured = self.front.measure(time, nplc, fixed["v"], fixed["i"])
        return data.bounded(measured.current), data.bounded(measured.voltage)

    @staticmethod
    def _pick(kind: str, pair: tuple[float, float]) -> tuple[float, ...]:
        current, voltage = pair
        over = data.OVERFLOW in {abs(current), abs(voltage)}
        if kind == "r":
            return (data.OVERFLOW if over or not current else voltage / current,)
        if kind == "p":
            return (data.OVERFLOW if over else voltage * current,)
        return {"i": (current,), "v": (voltage,), "iv": pair}[kind]

    def _store(
        self,
        kind: str,
        buffers: list[ReadingBuffer],
        pair: tuple[float, float],
        time: float,
    ) -> None:
        quantity, programmed = self.sourced()
        source = self.front.source
        limited = source.on and self.front.operate(time).in_limit
        letters = kind if kind == "iv" else kind * len(buffers)
        picked = self._pick(kind, pair)
        for buffer, letter, value in zip(buffers, letters, picked, strict=False):
            sort = letter if letter in "iv" else "v"
            buffer.store(
                Reading(
                    value,
                    time,
                    programmed if self._stepped is None else self._stepped,
                    COMPLIANCE_BIT if limited else 0,
                    self.values[f"measure.range{sort}"],
                    self.values[f"source.range{quantity}"],
                    UNITS[letter],
                    UNITS[quantity],
                    "On" if source.on else "Off",
                )
            )
