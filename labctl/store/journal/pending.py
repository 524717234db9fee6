"""What a run said since its last commit: rows, steps, events, status.

Everything here is memory; nothing waits for the disk.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from labctl.clock import stopwatch
from labctl.data import Batch, Event, Outcome, Result
from labctl.errors import StoreError
from labctl.step_records import ClaimRecord
from labctl.store.header import RunHeader, dumps
from labctl.store.journal.buffer import RowBuffer
from labctl.store.journal.file import CLAIM, EVENT, HEADER
from labctl.store.journal.files import Portion
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import Status


class PendingChanges:
    """The half of a journal that takes; threads may call it, one at a time."""

    def __init__(self, reader: JournalReader) -> None:
        self.take_snapshot: Callable[[int], Callable[[], None]] | None = None
        """Called with a commit's number when it is taken over; what it returns is
        called just before the commit becomes durable, in another thread."""
        self._mutex = threading.RLock()
        self._statements: list[tuple[str, tuple[Any, ...]]] = []
        self._changed = False
        self._header = reader.header
        self._status = reader.status
        self._taken = self._status.sequence
        """Number of the last commit that was taken over."""
        rows = reader.rows_stored
        self._buffers = {
            stream.name: RowBuffer(stream, number, rows.get(stream.name, 0))
            for number, stream in enumerate(self._header.streams)
        }

    @property
    def header(self) -> RunHeader:
        """The header, as amended last."""
        return self._header

    def rows(self, stream: str) -> int:
        """Return how many rows the stream has, those that wait included."""
        buffer = self._buffer(stream)
        return buffer.stored + buffer.pending

    def append(self, batch: Batch) -> None:
        """Take rows; they are durable after the next `commit`.

        StoreError: the columns are not the stream's; nothing is taken then.
        """
        with self._mutex:
            self._buffer(batch.stream).add(batch)

    def begin_step(
        self, step_count: int, payload: Mapping[str, Any], test_time: float
    ) -> None:
        """Note that a step begins; one that was cut short goes on where it began."""
        first_rows = {name: self.rows(name) for name in self._buffers}
        self._say(
            "INSERT INTO steps (step_count, began, payload, first_rows, seq) "
            "VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (step_count) DO UPDATE SET ended = NULL, outcome = NULL, "
            "seq = excluded.seq",
            (step_count, test_time, dumps(payload), dumps(first_rows), self._number),
        )

    def end_step(self, step_count: int, outcome: Outcome, test_time: float) -> None:
        """Note how a step ended."""
        self._say(
            "UPDATE steps SET ended = ?, outcome = ?, seq = ? WHERE step_count = ?",
            (test_time, dumps(outcome.to_json()), self._number, step_count),
        )

    def claim(self, record: ClaimRecord) -> None:
        """Note what is about to be started; see `JournalReader.claims`."""
        token, done = dumps(record.token), dumps(record.done)
        when = (record.test_time, record.unix)
        values = (record.step_count, record.role, record.channel, token, *when)
        self._say(CLAIM, (self._number, *values, record.digest, done))

    def event(self, event: Event, test_time: float, unix: float) -> None:
        """Note what a person would tell a colleague."""
        text = event.text.encode("utf-8", "replace").decode()  # lone surrogates
        values = (test_time, unix, event.level.name, event.code, text)
        self._say(EVENT, (*values, self._number))

    def set_status(
        self,
        state: str,
        *,
        reason: str = "",
        test_time: float | None = None,
        unix: float | None = None,
        step_count: int | None = None,
        cycle_count: int | None = None,
        label: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Say where the run stands; what is None stays as it was."""
        with self._mutex:
            old = self._status
            self._status = Status(
                state,
                reason,
                old.test_time if test_time is None else test_time,
                old.unix if unix is None else unix,
                old.step_count if step_count is None else step_count,
                old.cycle_count if cycle_count is None else cycle_count,
                old.label if label is None else label,
                old.fields if fields is None else fields,
                finished=False,
                sequence=old.sequence,
            )
            self._changed = True

    def set_results(self, results: Mapping[str, Result]) -> None:
        """Replace the results; the live ones during a run, the final ones after."""
        with self._mutex:
            self._say("DELETE FROM results", ())
            for name, result in results.items():
                self._say(
                    "INSERT INTO results (name, json) VALUES (?, ?)",
                    (name, dumps(result.to_json())),
                )

    def amend(self, header: RunHeader, unix: float) -> None:
        """Replace the header (more cycles, another cut-off); the old one is kept.

        StoreError: the streams differ from those that hold rows already.
        """
        if header.streams != self._header.streams:
            raise StoreError(
                f"run {header.run_id}: an amended run keeps its streams; "
                "start a new run for other columns"
            )
        with self._mutex:
            self._header = header
            self._say(HEADER, (self._number, unix, header.to_json()))

    def _buffer(self, stream: str) -> RowBuffer:
        try:
            return self._buffers[stream]
        except KeyError:
            self._header.stream(stream)
            raise

    def _say(self, sql: str, values: tuple[Any, ...]) -> None:
        with self._mutex:
            self._statements.append((sql, values))

    @property
    def _number(self) -> int:
        """Number of the commit that what is taken now belongs to."""
        return self._taken + 1

    def _has_news(self) -> bool:
        if self._changed or self._statements:
            return True
        return any(each.pending for each in self._buffers.values())

    def _take_over(self) -> Portion:
        """Take everything for the next commit, and the simulated bench with it."""
        number, snapshot = self._number, self.take_snapshot
        save_world = None if snapshot is None else snapshot(number)
        rows = [each.take() for each in self._buffers.values() if each.pending]
        counts = {name: each.stored for name, each in self._buffers.items()}
        statements, self._statements = self._statements, []
        self._changed = False
        self._taken = number
        return Portion(
            number, rows, statements, self._status, counts, save_world, stopwatch()
        )
