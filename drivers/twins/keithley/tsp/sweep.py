"""``smua.trigger``: a source meter's sweep through its arm and trigger layers.

Series 2600B reference manual, "Triggering": arm → for each point source action,
SOURCE_COMPLETE, measure action, MEASURE_COMPLETE, end of pulse, PULSE_COMPLETE →
SWEEP_COMPLETE. Each step waits for its stimulus first; 0 waits for nothing.
"""

import typing
from functools import partial
from typing import Any

from drivers.twins.keithley.tsp.buffer import ReadingBuffer
from drivers.twins.keithley.tsp.trigger import Activity, Detector, TriggerSystem
from drivers.twins.scpi.tsp_tables import (
    RUNTIME_ERROR,
    Table,
    TspError,
    number,
    within,
)

DISABLE, ENABLE, ASYNC = 0, 1, 2
IDLE, HOLD = 0, 1
"""What the source does at the end of a pulse or a sweep."""
EVENTS = (
    "ARMED",
    "SOURCE_COMPLETE",
    "MEASURE_COMPLETE",
    "PULSE_COMPLETE",
    "SWEEP_COMPLETE",
    "IDLE",
)
STIMULI = ("arm", "source", "measure", "endpulse")
LARGEST_COUNT = 268_435_455


class Swept(typing.Protocol):
    """What a sweep needs of its source meter."""

    name: str

    def step_to(self, quantity: str, level: float) -> None:
        """Set the level of ``v`` or ``i`` at once."""

    def settle_time(self) -> float:
        """Return the source delay, s."""

    def measure_time(self) -> float:
        """Return how long one measurement takes, s."""

    def bounds(self, quantity: str) -> float:
        """Return the largest level of ``v`` or ``i``."""

    def record(self, kind: str, buffers: list[ReadingBuffer], time: float) -> None:
        """Measure ``kind`` (``i``, ``v``, ``r``, ``p``, ``iv``) into the buffers."""

    def sourced(self) -> tuple[str, float]:
        """Return the source function, ``v`` or ``i``, and its level."""


class Sweep:
    """The trigger model of one source meter."""

    def __init__(self, owner: Swept, table: Table, system: TriggerSystem) -> None:
        self._owner, self._system = owner, system
        scheduler = system.scheduler
        self._events = {name: scheduler.event() for name in EVENTS}
        self._waits: dict[str, Detector] = {
            name: scheduler.detector() for name in STIMULI
        }
        self._settings: dict[str, float] = {}
        self._levels: tuple[str, list[float]] = ("v", [])
        self._measured: tuple[str, list[ReadingBuffer]] = ("", [])
        self.reset()
        self._declare(table)

    def reset(self) -> None:
        """Put everything back."""
        self._settings = {
            "count": 1,
            "arm.count": 1,
            "source.action": DISABLE,
            "measure.action": DISABLE,
            "endpulse.action": HOLD,
            "endsweep.action": IDLE,
        }
        for wait in self._waits.values():
            wait.stimulus, wait.latched = 0, False
        self._levels, self._measured = ("v", []), ("", [])

    def _declare(self, table: Table) -> None:
        for name, event in self._events.items():
            table.object(f"{name}_EVENT_ID", event)
        for name in self._settings:
            high = LARGEST_COUNT if name.endswith("count") else ASYNC
            low = 1 if name.endswith("count") else 0
            table.attribute(
                name,
                partial(self._setting, name),
                partial(self._set, name, low, high),
            )
        for name, wait in self._waits.items():
            table.attribute(
                f"{name}.stimulus",
                partial(getattr, wait, "stimulus"),
                partial(self._set_stimulus, wait),
            )
        for q in ("v", "i"):
            table.object(f"source.list{q}", partial(self._list, q))
            table.object(f"source.linear{q}", partial(self._linear, q))
            table.object(f"source.log{q}", partial(self._log, q))
        for kind in ("i", "v", "r", "p", "iv"):
            table.object(f"measure.{kind}", partial(self._measure_into, kind))
        table.object("initiate", lambda *_: self.initiate())

    def _setting(self, name: str) -> float:
        return self._settings[name]

    def _set(self, name: str, low: int, high: int, value: Any) -> None:
        self._settings[name] = int(within(value, low, high, f"trigger.{name}"))

    @staticmethod
    def _set_stimulus(wait: Detector, value: Any) -> None:
        wait.stimulus = int(within(value, 0, 1e4, "stimulus"))

    def _take(self, quantity: str, levels: list[float]) -> None:
        most = self._owner.bounds(quantity)
        for level in levels:
            within(level, -most, most, f"trigger.source.list{quantity}")
        self._levels = quantity, levels

    def _list(self, quantity: str, levels: Any = None, *_: Any) -> None:
        if not isinstance(levels, list) or not levels:
            raise TspError(RUNTIME_ERROR, "a list of levels is expected")
        self._take(quantity, [number(level, "list") for level in levels])

    def _linear(
        self,
        quantity: str,
        start: Any = None,
        stop: Any = None,
        points: Any = None,
        *_: Any,
    ) -> None:
        count = int(within(points, 1, 1e6, "points"))
        first, last = number(start, "start"), number(stop, "stop")
        step = (last - first) / max(count - 1, 1)
        self._take(quantity, [first + step * k for k in range(count)])

    def _log(
        self,
        quantity: str,
        start: Any = None,
        stop: Any = None,
        points: Any = None,
        asymptote: Any = 0.0,
        *_: Any,
    ) -> None:
        count = int(within(points, 1, 1e6, "points"))
        zero = number(asymptote, "asymptote")
        first, last = number(start, "start") - zero, number(stop, "stop") - zero
        if first * last <= 0:
            raise TspError(RUNTIME_ERROR, "the asymptote lies between start and stop")
        ratio = (last / first) ** (1 / max(count - 1, 1))
        self._take(quantity, [zero + first * ratio**k for k in range(count)])

    def _measure_into(self, kind: str, *tables: Any) -> None:
        buffers = [
            table.owner
            for table in tables
            if isinstance(table, Table) and isinstance(table.owner, ReadingBuffer)
        ]
        if len(buffers) != len(tables) or len(buffers) != len(kind):
            raise TspError(
                RUNTIME_ERROR, f"trigger.measure.{kind}: {len(kind)} buffers expected"
            )
        self._measured = kind, buffers

    def initiate(self) -> None:
        """Leave idle."""
        if self._system.scheduler.runs(self._owner.name):
            raise TspError(RUNTIME_ERROR, f"{self._owner.name} sweeps already")
        for wait in self._waits.values():
            wait.latched = False
        self._system.start(self._owner.name, self._layers())

    def _layers(self) -> Activity:
        now = yield
        settings, waits = dict(self._settings), self._waits
        kind, buffers = self._measured
        for buffer in buffers if settings["measure.action"] else []:
            buffer.begin()
        quantity, idle = self._owner.sourced()
        for _ in range(int(settings["arm.count"])):
            now = yield waits["arm"]
            self._fire("ARMED", now)
            for k in range(int(settings["count"])):
                now = yield waits["source"]
                levels = self._levels[1]
                if settings["source.action"] and levels:
                    self._owner.step_to(self._levels[0], levels[k % len(levels)])
                now = yield self._owner.settle_time()
                self._fire("SOURCE_COMPLETE", now)
                now = yield waits["measure"]
                if settings["measure.action"] and kind:
                    now = yield self._owner.measure_time()
                    self._owner.record(kind, buffers, now)
                    self._fire("MEASURE_COMPLETE", now)
                now = yield waits["endpulse"]
                if settings["endpulse.action"] == IDLE:
                    self._owner.step_to(quantity, idle)
                self._fire("PULSE_COMPLETE", now)
            self._fire("SWEEP_COMPLETE", now)
        if settings["endsweep.action"] == IDLE:
            self._owner.step_to(quantity, idle)
        self._fire("IDLE", now)

    def _fire(self, name: str, time: float) -> None:
        self._system.scheduler.fire(self._events[name], time)
