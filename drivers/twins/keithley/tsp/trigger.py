"""Events of TSP source meters: who waits for what, blenders, timers, the bus trigger.

An activity is a generator (`sweep.py` has those of a source meter); it says how
long a step takes or what it waits for, and goes on when the instrument's time has
come. One that waits for an event which never comes stays busy for ever, as the
instrument does.
"""

import heapq
import itertools
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.twins.scpi.tsp_tables import (
    RUNTIME_ERROR,
    Table,
    TspError,
    within,
)

BLENDERS, TIMERS, STIMULI = 6, 8, 4


@dataclass(eq=False, slots=True)
class Detector:
    """Remembers that an event came until somebody who waits for it takes it."""

    stimulus: int = 0
    """Event number; 0 needs no event."""
    latched: bool = False
    heard: Callable[[float], None] | None = None
    """Called instead of remembering."""


Activity = Generator[Any, float, None]
"""Gets the time at its first bare ``yield``; from then on it yields how long something
takes in s, or the detector it waits for, and gets the time when that is over."""


class Scheduler:
    """Events and activities of one instrument, played through as time goes on."""

    def __init__(self) -> None:
        self.detectors: list[Detector] = []
        self.ended = 0.0
        """When the last activity ended, s."""
        self._running: set[str] = set()
        self._ready: list[tuple[float, int, str, Activity]] = []
        self._waiting: dict[Detector, tuple[float, str, Activity]] = {}
        self._order = itertools.count()
        self._events = itertools.count(1)

    def event(self) -> int:
        """Return the number of a new event."""
        return next(self._events)

    def detector(self, heard: Callable[[float], None] | None = None) -> Detector:
        """Return a new detector."""
        made = Detector(heard=heard)
        self.detectors.append(made)
        return made

    def start(self, name: str, activity: Activity, time: float) -> None:
        """Begin an activity; it goes on in `advance`."""
        self.stop(name)
        self._running.add(name)
        next(activity)  # to where it takes the time
        self._push(time, name, activity)

    def fire(self, event: int, time: float) -> None:
        """Let an event happen."""
        for detector in self.detectors:
            if detector.stimulus != event:
                continue
            if detector.heard is not None:
                detector.heard(time)
                continue
            waiting = self._waiting.pop(detector, None)
            if waiting is None:
                detector.latched = True
            else:
                since, name, activity = waiting
                self._push(max(time, since), name, activity)

    def advance(self, time: float) -> None:
        """Let happen what is due by ``time``."""
        while self._ready and self._ready[0][0] <= time:
            now, _, name, activity = heapq.heappop(self._ready)
            try:
                wish = activity.send(now)
            except StopIteration:
                self._running.discard(name)
                self.ended = max(self.ended, now)
                continue
            if isinstance(wish, float):
                self._push(now + wish, name, activity)
            elif wish.stimulus == 0 or wish.latched:
                wish.latched = False
                self._push(now, name, activity)
            else:
                self._waiting[wish] = now, name, activity

    def stop(self, name: str | None = None) -> None:
        """End one activity, or all."""
        if name is None:
            self._running.clear()
            self._ready.clear()
            self._waiting.clear()
            return
        self._running.discard(name)
        self._ready = [entry for entry in self._ready if entry[2] != name]
        heapq.heapify(self._ready)
        self._waiting = {d: w for d, w in self._waiting.items() if w[1] != name}

    def runs(self, name: str | None = None) -> bool:
        """Tell whether an activity has not ended, or any of a source meter."""
        if name is not None:
            return name in self._running
        return any(one.startswith("smu") for one in self._running)

    def next(self) -> float | None:
        """Return when something happens next, s; None while all wait or nothing is."""
        return self._ready[0][0] if self._ready else None

    def _push(self, time: float, name: str, activity: Activity) -> None:
        heapq.heappush(self._ready, (time, next(self._order), name, activity))


class Blender:
    """Makes one event out of up to four: any of them, or all of them."""

    def __init__(self, scheduler: Scheduler, table: Table) -> None:
        self._scheduler = scheduler
        self.event = scheduler.event()
        self.any = False
        self._seen: set[int] = set()
        self._inputs = [
            scheduler.detector(partial(self._hear, k)) for k in range(STIMULI)
        ]
        table.object("EVENT_ID", self.event)
        table.attribute("orenable", lambda: self.any, self._set_any)
        table.object("clear", lambda *_: self._seen.clear())
        table.object("reset", lambda *_: self.reset())
        stimuli = table.table("stimulus", "synchronous_table")
        stimuli.item = lambda k: self._input(k).stimulus
        stimuli.put_item = self._set_input

    def _input(self, k: int) -> Detector:
        if not 1 <= k <= STIMULI:
            raise TspError(RUNTIME_ERROR, f"a blender has {STIMULI} stimuli, not {k}")
        return self._inputs[k - 1]

    def _set_input(self, k: int, value: Any) -> None:
        self._input(k).stimulus = int(within(value, 0, 1e4, "stimulus"))

    def _set_any(self, value: Any) -> None:
        self.any = bool(value)

    def _hear(self, k: int, time: float) -> None:
        self._seen.add(k)
        used = {n for n, one in enumerate(self._inputs) if one.stimulus}
        if self.any or self._seen >= used:
            self._seen.clear()
            self._scheduler.fire(self.event, time)

    def reset(self) -> None:
        """Put everything back."""
        self.any = False
        self._seen.clear()
        for one in self._inputs:
            one.stimulus = 0


class Timer:
    """Makes events ``delay`` after its stimulus, ``count`` times."""

    def __init__(self, scheduler: Scheduler, table: Table) -> None:
        self._scheduler = scheduler
        self._name = table.path
        self.event = scheduler.event()
        self.settings = {"delay": 1e-5, "count": 1.0}
        self.passthrough = False
        self._input = scheduler.detector(self._hear)
        table.object("EVENT_ID", self.event)
        table.object("clear", lambda *_: None)
        table.object("reset", lambda *_: self.reset())
        table.attribute("delay", lambda: self.settings["delay"], self._set_delay)
        table.attribute("count", lambda: self.settings["count"], self._set_count)
        table.attribute("passthrough", lambda: self.passthrough, self._set_through)
        table.attribute("stimulus", lambda: self._input.stimulus, self._set_stimulus)

    def _set_delay(self, value: Any) -> None:
        self.settings["delay"] = within(value, 5e-7, 1e5, "delay")

    def _set_count(self, value: Any) -> None:
        self.settings["count"] = float(int(within(value, 1, 1_048_575, "count")))

    def _set_through(self, value: Any) -> None:
        self.passthrough = bool(value)

    def _set_stimulus(self, value: Any) -> None:
        self._input.stimulus = int(within(value, 0, 1e4, "stimulus"))

    def _hear(self, time: float) -> None:
        if self.passthrough:
            self._scheduler.fire(self.event, time)
        self._scheduler.start(self._name, self._count(), time)

    def _count(self) -> Activity:
        yield
        for _ in range(int(self.settings["count"])):
            now = yield self.settings["delay"]
            self._scheduler.fire(self.event, now)

    def reset(self) -> None:
        """Put everything back."""
        self.settings = {"delay": 1e-5, "count": 1.0}
        self.passthrough, self._input.stimulus = False, 0


class TriggerSystem:
    """``trigger`` of one instrument: its bus trigger, blenders and timers."""

    def __init__(self, table: Table, now: Callable[[], float]) -> None:
        self.scheduler = Scheduler()
        self.event = self.scheduler.event()
        self._came = self.scheduler.detector()
        self._came.stimulus = self.event
        table.object("EVENT_ID", self.event)
        table.object("clear", lambda *_: self._clear())
        self.parts: list[Blender | Timer] = []
        for k in range(1, BLENDERS + 1):
            below = Table(f"trigger.blender.{k}")
            table.table("blender").objects[k] = below
            self.parts.append(Blender(self.scheduler, below))
        for k in range(1, TIMERS + 1):
            below = Table(f"trigger.timer.{k}")
            table.table("timer").objects[k] = below
            self.parts.append(Timer(self.scheduler, below))
        self._now = now

    def _clear(self) -> None:
        self._came.latched = False

    def take(self) -> bool:
        """Tell whether a bus trigger came since the last look."""
        came, self._came.latched = self._came.latched, False
        return came

    def start(self, name: str, activity: Activity) -> None:
        """Begin an activity now."""
        self.scheduler.start(name, activity, self._now())
        self.scheduler.advance(self._now())

    def pull(self) -> None:
        """Let the bus trigger come."""
        self.scheduler.fire(self.event, self._now())
        self.scheduler.advance(self._now())

    def reset(self) -> None:
        """Put everything back, end what runs."""
        self.scheduler.stop()
        self._clear()
        for part in self.parts:
            part.reset()
