"""The queue: orders that wait for their channels, kept over a restart.

An order starts by itself only if a person said that its sample is connected (*ready*),
neither it nor its channel is held, and its channels are free. A channel is held after a
run on it was ended by a limit, a failure or a stop, and after a restart of the process:
a person lets it go on.
"""

import json
import secrets
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from labctl.api.models import QueueEntry
from labctl.api.requests import OrderIn, QueueChange
from labctl.api.station_files import replace_text
from labctl.api.versions import in_todays_words
from labctl.clock import SystemClock
from labctl.documents.former import in_present_words
from labctl.errors import LabctlError, OperatorError, RefusedError, Why

LONGEST = 1000
"""Entries; more is a mistake."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One order that waits."""

    entry: str
    order: OrderIn
    ready: bool
    hold: bool
    added_by: str
    added_unix: float
    refused: str = ""
    """Why it could not be started when its turn came."""


@dataclass(slots=True)
class _Kept:
    """What is in the file."""

    entries: list[Waiting] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    """Channel -> why nothing starts there."""


class Queue:
    """The orders that wait, for all channels; safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._kept = _read(path)
        if self._kept.entries:
            for entry in self._kept.entries:
                for channel in entry.order.channels.values():
                    self._kept.held.setdefault(channel, "the station was restarted")
            self._kept.entries = [replace(e, ready=False) for e in self._kept.entries]

    @property
    def entries(self) -> list[Waiting]:
        """The orders, in the order in which they start."""
        with self._lock:
            return list(self._kept.entries)

    @property
    def held(self) -> dict[str, str]:
        """Held channels, and why."""
        with self._lock:
            return dict(self._kept.held)

    def add(self, order: OrderIn, by: str, *, ready: bool) -> Waiting:
        """Put an order at the end; OperatorError: the queue is full."""
        with self._lock:
            if len(self._kept.entries) >= LONGEST:
                raise OperatorError(f"the queue holds {LONGEST} orders; that is full")
            unix = SystemClock().unix()
            entry = Waiting(secrets.token_hex(4), order, ready, False, by, unix)
            self._kept.entries.append(entry)
            self._save()
            return entry

    def change(self, entry: str, change: QueueChange) -> Waiting:
        """Change one; OperatorError: it is not there (any more)."""
        with self._lock:
            at = self._index(entry)
            old = self._kept.entries.pop(at)
            new = replace(
                old,
                ready=old.ready if change.ready is None else change.ready,
                hold=old.hold if change.hold is None else change.hold,
                refused="",
            )
            place = at if change.position is None else change.position
            self._kept.entries.insert(min(place, len(self._kept.entries)), new)
            self._save()
            return new

    def remove(self, entry: str) -> Waiting:
        """Take one out; OperatorError: it is not there (any more)."""
        with self._lock:
            gone = self._kept.entries.pop(self._index(entry))
            self._save()
            return gone

    def refuse(self, entry: str, why: str) -> None:
        """Hold one that could not be started."""
        with self._lock:
            at = self._index(entry)
            old = self._kept.entries[at]
            self._kept.entries[at] = replace(old, hold=True, refused=why)
            self._save()

    def hold_channel(self, channel: str, why: str) -> None:
        """Let nothing start on a channel."""
        with self._lock:
            self._kept.held[channel] = why or "held by a person"
            self._save()

    def hold_channels(self, channels: Iterable[str], why: str) -> None:
        """Let nothing start on any of these channels."""
        with self._lock:
            self._kept.held.update(dict.fromkeys(channels, why))
            self._save()

    def release_channel(self, channel: str) -> None:
        """Let orders start on a channel again, ``*`` on all; harmless if not held."""
        with self._lock:
            if channel == "*":
                self._kept.held.clear()
            self._kept.held.pop(channel, None)
            self._save()

    def turn(
        self,
        lent: Mapping[str, str],
        passed: Collection[str] = (),
        doubts: Mapping[str, str] = MappingProxyType({}),
    ) -> Waiting | None:
        """Return the first order that may start now; None if none may.

        ``doubts`` are channels that may still be on: none starts there. ``passed`` are
        entries that were tried and have to wait for something else.
        """
        with self._lock:
            blocked: set[str] = set()
            for entry in self._kept.entries:
                channels = set(entry.order.channels.values())
                may = entry.entry not in passed and not self._why(entry, lent, doubts)
                if may and not channels & blocked:
                    return entry
                blocked |= channels
            return None

    def shown(
        self, lent: Mapping[str, str], doubts: Mapping[str, str]
    ) -> list[QueueEntry]:
        """Return the queue as clients see it; ``doubts``: channels that may be on."""
        with self._lock:
            return [
                QueueEntry(
                    entry=e.entry,
                    order=e.order.model_dump(mode="json"),
                    protocol=e.order.protocol,
                    sample=e.order.sample,
                    channels=e.order.channels,
                    ready=e.ready,
                    hold=e.hold,
                    waits_for=self._why(e, lent, doubts),
                    added_by=e.added_by,
                    added_unix=e.added_unix,
                )
                for e in self._kept.entries
            ]

    def _why(
        self,
        entry: Waiting,
        lent: Mapping[str, str],
        doubts: Mapping[str, str],
    ) -> str:
        if entry.hold:
            return entry.refused or "on hold"
        for channel in entry.order.channels.values():
            if channel in doubts and channel not in lent:
                return f"{channel} may still be on: clear it first"
        for channel in entry.order.channels.values():
            if channel in self._kept.held:
                return f"{channel} is held: {self._kept.held[channel]}"
        if not entry.ready:
            return "the sample is not marked as connected"
        for channel in entry.order.channels.values():
            if channel in lent:
                return f"{channel} is busy with {lent[channel]}"
        return ""

    def _index(self, entry: str) -> int:
        for at, one in enumerate(self._kept.entries):
            if one.entry == entry:
                return at
        raise OperatorError(f"there is no order {entry} in the queue")

    def _save(self) -> None:
        text = json.dumps(
            {
                "entries": [
                    {
                        "entry": e.entry,
                        "order": e.order.model_dump(mode="json"),
                        "ready": e.ready,
                        "hold": e.hold,
                        "added_by": e.added_by,
                        "added_unix": e.added_unix,
                        "refused": e.refused,
                    }
                    for e in self._kept.entries
                ],
                "held": self._kept.held,
            },
            indent=1,
        )
        replace_text(self._path, text)


def _read(path: Path) -> _Kept:
    """Return what was kept; an unreadable file is set aside, never lost."""
    if not path.exists():
        return _Kept()
    try:
        kept = in_todays_words(1, json.loads(path.read_text("utf-8")))
        entries = [
            Waiting(
                **{**e, "order": OrderIn.model_validate(in_present_words(e["order"]))}
            )
            for e in kept["entries"]
        ]
        return _Kept(entries, dict(kept["held"]))
    except (ValueError, KeyError, TypeError):
        path.replace(path.with_suffix(".unreadable"))
        return _Kept()


def will_be_free(error: LabctlError) -> bool:
    """Tell whether all that is wrong is that others have the channels that would do."""
    return isinstance(error, RefusedError) and all(
        complaint.why is Why.BUSY for complaint in error.complaints
    )
