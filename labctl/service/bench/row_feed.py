"""The rows of a run on their way from its journal to whoever draws them."""

from dataclasses import dataclass, field
from pathlib import Path

from labctl.clock import stopwatch
from labctl.data import Level
from labctl.errors import StoreError
from labctl.service.bench.events import EventBook
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.thinning.pyramid import LIVE_GROUPS, LIVE_ROWS, Pyramid


@dataclass(slots=True)
class RowFeed:
    """The rows of a run that are durable, thinned for whoever draws them."""

    run: str
    folder: Path
    streams: dict[str, Pyramid] = field(default_factory=dict)
    changed: float = field(default_factory=stopwatch)
    """When it last took anything, `stopwatch`."""
    _reader: JournalReader | None = None
    _sequence: int = -1
    _event: int = 0

    def follow(self, book: EventBook) -> bool:
        """Take what was committed since the last call; return whether there was any."""
        if self._reader is None:
            if not RunFolder(self.folder).journal.exists():
                return False
            try:
                self._reader = JournalReader(RunFolder(self.folder).journal)
            except StoreError:
                return False  # it is being created
            self.streams = {
                stream.name: Pyramid(
                    [c.name for c in stream.columns],
                    rows=LIVE_ROWS,
                    groups=LIVE_GROUPS,
                )
                for stream in self._reader.header.streams
            }
        sequence = self._reader.sequence
        if sequence == self._sequence:
            return False
        for stored in self._reader.batches_after(self._sequence):
            if stored.sequence > sequence:
                break  # the next call takes the whole commit
            self.streams[stored.batch.stream].add(stored.batch.columns)
        for record in self._reader.events_after(self._event):
            event = record.event
            level = event.level
            if event.code == "stopped":
                level = Level.WARNING  # a person asked for it
            book.tell(level, event.code, event.text, self.run, record.number)
            self._event = record.number
        self._sequence = sequence
        self.changed = stopwatch()
        return True

    @property
    def rows(self) -> int:
        """Rows that are durable, all streams."""
        return sum(stream.rows for stream in self.streams.values())

    def last(self, seen: dict[str, float]) -> dict[str, float]:
        """Return the last row of the main stream where a step has shown none yet."""
        if seen or not self.streams:
            return {}
        return next(iter(self.streams.values())).last()

    def close(self) -> None:
        """Let go of the journal; the rows stay."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
