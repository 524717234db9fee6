"""What happened on the bench, and who has seen it; it outlives the process.

One line a happening in a file that only grows; read back at the start. The same thing
happening again while nobody has seen it counts up instead of piling up.
"""

import json
import threading
from pathlib import Path
from typing import Any

from labctl.api.models import StationEvent
from labctl.clock import SystemClock
from labctl.data import Level
from labctl.errors import OperatorError

KEPT = 2000
"""Events in memory; unacknowledged ones always stay."""


class EventBook:
    """Takes events from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._clock = SystemClock()
        self._events: dict[int, StationEvent] = {}
        self._seen_of: dict[str, int] = {}
        self._last = 0
        if path.exists():
            self._recall()
        self._file = path.open("a", encoding="utf-8")

    @property
    def last(self) -> int:
        """Number of the latest event; grows also when one counts up."""
        return self._last

    def tell(
        self,
        level: Level,
        code: str,
        text: str,
        run: str = "",
        number_in_run: int = 0,
    ) -> None:
        """Note that something happened; alarms wait for a person.

        ``number_in_run`` is the event's number in its journal: told once only.
        """
        now = self._clock.unix()
        with self._lock:
            if run and number_in_run:
                if number_in_run <= self._seen_of.get(run, 0):
                    return
                self._seen_of[run] = number_in_run
            same = next(
                (
                    e
                    for e in reversed(self._events.values())
                    if (e.code, e.text, e.run) == (code, text, run)
                    and (e.needs_you or e.number == self._last)
                ),
                None,
            )
            if same is not None:
                changes = {"last_unix": now, "count": same.count + 1}
                self._put(same.model_copy(update=changes), run, number_in_run)
                return
            self._last += 1
            self._put(
                StationEvent(
                    number=self._last,
                    level=level,
                    code=code,
                    text=text,
                    run=run,
                    first_unix=now,
                    last_unix=now,
                    count=1,
                    needs_you=level is Level.ALARM,
                    acknowledged_by="",
                    acknowledged_unix=None,
                ),
                run,
                number_in_run,
            )

    def acknowledge(self, number: int, by: str) -> StationEvent:
        """Note that a person has seen it; OperatorError: there is no such event."""
        with self._lock:
            event = self._events.get(number)
            if event is None:
                raise OperatorError(f"there is no event {number}")
            if not event.needs_you:
                return event
            changes: dict[str, Any] = {
                "needs_you": False,
                "acknowledged_by": by,
                "acknowledged_unix": self._clock.unix(),
            }
            seen = event.model_copy(update=changes)
            self._put(seen)
            return seen

    def attention(self) -> list[StationEvent]:
        """Return what waits for a person, the latest first."""
        with self._lock:
            waiting = [e for e in self._events.values() if e.needs_you]
        return waiting[::-1]

    def after(self, number: int, limit: int) -> list[StationEvent]:
        """Return the events after one, at most ``limit``, the earliest first."""
        with self._lock:
            return [e for e in self._events.values() if e.number > number][:limit]

    def latest(self, limit: int) -> list[StationEvent]:
        """Return the last events, the earliest first."""
        with self._lock:
            return list(self._events.values())[-limit:]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _put(self, event: StationEvent, run: str = "", number_in_run: int = 0) -> None:
        self._events[event.number] = event
        line = {"event": event.model_dump(mode="json"), "told": [run, number_in_run]}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if len(self._events) > KEPT:
            old = next((n for n, e in self._events.items() if not e.needs_you), None)
            if old is not None:
                del self._events[old]

    def _recall(self) -> None:
        for text in self._path.read_text("utf-8").splitlines():
            try:
                line = json.loads(text)
                event = StationEvent.model_validate(line["event"])
                run, number = line["told"]
            except (ValueError, KeyError, TypeError):
                continue  # the line that was being written when the power went
            self._events[event.number] = event
            self._last = max(self._last, event.number)
            if run and number:
                self._seen_of[run] = max(self._seen_of.get(run, 0), number)
        spare = [n for n, e in self._events.items() if not e.needs_you][:-KEPT]
        for number in spare:
            del self._events[number]
