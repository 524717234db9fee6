"""The truth about a run: an SQLite file that only grows, one writer, durable commits.

Rules for whoever edits this:

* What `Journal.commit` returned for is on the disk: WAL with ``synchronous=FULL``, one
  transaction a commit, the status and the row counts inside it.
* Nothing is written between commits, so that a crash cannot tear a batch.
* A failed commit loses nothing: everything waits in memory and goes with the next one.
* Never open the file by other means than SQLite in the writing process: closing any
  other handle drops SQLite's locks (POSIX).
"""

import contextlib
import dataclasses
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from labctl.clock import stopwatch
from labctl.data import Batch, Event, Outcome, Result
from labctl.errors import StoreError
from labctl.store.buffer import RowBuffer
from labctl.store.folder import LOCK, sync_directory
from labctl.store.header import RunHeader, dumps
from labctl.store.journal_file import (
    BATCH,
    HEADER,
    NEW,
    STATUS,
    connect,
    status_row,
    write_first,
)
from labctl.store.journal_reader import JournalReader
from labctl.store.lock import WriterLock
from labctl.store.records import Status
from labctl.store.schema import encode

log = logging.getLogger(__name__)

PENDING_BYTES = 200_000_000
"""Rows that may wait for space on the disk: about 20 h of 8 channels at 10 Hz."""
PENDING_SECONDS = 3600.0
"""A person can free space within an hour; after that the stimulus must stop."""
MAX_STATEMENTS = 100_000
"""Steps, events and states that may wait."""


class Journal:
    """Takes rows, steps and events of one run and makes them durable.

    Used by the thread that runs the engine; other threads may call it, one at a time.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, lock: WriterLock
    ) -> None:
        self.path = path
        self.before_commit: Callable[[int], None] | None = None
        """Called with the number of the commit just before it becomes durable."""
        self.pending_bytes_limit = PENDING_BYTES
        self.pending_seconds_limit = PENDING_SECONDS
        self._connection = connection
        self._lock = lock
        self._mutex = threading.RLock()
        self._statements: list[tuple[str, tuple[Any, ...]]] = []
        self._changed = False
        self._failing_since: float | None = None
        self.trouble = ""
        """Why the last commit failed; empty when all is well."""
        with JournalReader(path) as reader:
            self._header = reader.header
            self._status = reader.status
            rows = reader.rows_stored
        self._buffers = {
            stream.name: RowBuffer(stream, number, rows.get(stream.name, 0))
            for number, stream in enumerate(self._header.streams)
        }

    @classmethod
    def create(cls, path: Path, header: RunHeader) -> "Journal":
        """Create the file and return once the header is durable.

        StoreError: the file is there already, or cannot be written.
        """
        header.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise StoreError(f"{path}: a journal is there already; choose another run")
        lock = WriterLock(path.with_name(LOCK))
        try:
            write_first(path.with_suffix(NEW), header)
            path.with_suffix(NEW).replace(path)
            sync_directory(path.parent)
            connection = connect(path)
            return cls(path, connection, lock)
        except sqlite3.Error as e:
            lock.release()
            raise StoreError(f"{path}: cannot be written: {e}") from e
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open a journal to go on with it.

        StoreError: there is none, or another process writes it.
        """
        if not path.is_file():
            raise StoreError(f"{path}: there is no journal")
        lock = WriterLock(path.with_name(LOCK))
        try:
            return cls(path, connect(path), lock)
        except sqlite3.Error as e:
            lock.release()
            raise StoreError(f"{path}: cannot be opened for writing: {e}") from e
        except BaseException:
            lock.release()
            raise

    @property
    def header(self) -> RunHeader:
        """The header, as amended last."""
        return self._header

    @property
    def status(self) -> Status:
        """The status as it will be after the next commit."""
        return self._status

    @property
    def sequence(self) -> int:
        """Number of the next commit; the first after `create` is 1."""
        return self._status.sequence + 1

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
            (step_count, test_time, dumps(payload), dumps(first_rows), self.sequence),
        )

    def end_step(self, step_count: int, outcome: Outcome, test_time: float) -> None:
        """Note how a step ended."""
        self._say(
            "UPDATE steps SET ended = ?, outcome = ?, seq = ? WHERE step_count = ?",
            (test_time, dumps(outcome.to_json()), self.sequence, step_count),
        )

    @property
    def waits_since(self):
        return (
            None if self._failing_since is None else stopwatch() - self._failing_since
        )

    def claim(self, record):
        pass

    def commit_durably(self, deadline, until=None):
        self.commit()
        return not self.trouble

    def event(self, event: Event, test_time: float, unix: float) -> None:
        """Note what a person would tell a colleague."""
        text = event.text.encode("utf-8", "replace").decode()  # lone surrogates
        values = (test_time, unix, event.level.name, event.code, text)
        self._say(
            "INSERT INTO events (test_time, unix, level, code, text, seq) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (*values, self.sequence),
        )

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
            self._say(HEADER, (self.sequence, unix, header.to_json()))

    def finish(
        self, state: str, results: Mapping[str, Result], unix: float, reason: str = ""
    ) -> None:
        """Write the results and the end of the run, durable on return.

        StoreError: the disk did not take it; call again once there is space.
        """
        with self._mutex:
            self.set_results(results)
            self.set_status(state, reason=reason, unix=unix)
            self._status = dataclasses.replace(self._status, finished=True)
            self.commit()
        if self.trouble:
            raise StoreError(
                f"{self.path}: the end of the run is not on the disk: {self.trouble}"
            )

    def commit(self) -> int:
        """Make everything durable; return the number of the last durable commit.

        With nothing to write the number stays. On a full disk it stays too, `trouble`
        says why, and everything waits for the next call. StoreError: it waited too
        long, or there is too much of it.
        """
        with self._mutex:
            full = [each for each in self._buffers.values() if each.pending]
            if not (full or self._statements or self._changed):
                return self._status.sequence
            try:
                self._write(full)
            except sqlite3.OperationalError as e:  # full, I/O error, locked
                self._keep(e)
                return self._status.sequence
            except sqlite3.Error as e:
                raise StoreError(f"{self.path}: cannot go on: {e}") from e
            for buffer in full:
                buffer.clear()
            self._statements.clear()
            self._changed = False
            if self.trouble:
                log.warning("journal: the disk takes data again")
            self.trouble, self._failing_since = "", None
            self._status = dataclasses.replace(self._status, sequence=self.sequence)
            return self._status.sequence

    def close(self) -> None:
        """Commit what waits and let go of the file; harmless the second time.

        StoreError: rows could not be written and are lost with this object.
        """
        with self._mutex:
            try:
                self.commit()
            finally:
                with contextlib.suppress(sqlite3.Error):  # a reader holds the log
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                lost = sum(each.pending for each in self._buffers.values())
                self._connection.close()
                self._lock.release()
                self._statements.clear()
                self._changed = False
                for buffer in self._buffers.values():
                    buffer.pending = 0
        if lost:
            raise StoreError(f"{self.path}: {lost} rows are lost: {self.trouble}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _buffer(self, stream: str) -> RowBuffer:
        try:
            return self._buffers[stream]
        except KeyError:
            self._header.stream(stream)
            raise

    def _say(self, sql: str, values: tuple[Any, ...]) -> None:
        with self._mutex:
            self._statements.append((sql, values))

    def _write(self, full: list[RowBuffer]) -> None:
        number = self.sequence
        status = dataclasses.replace(self._status, sequence=number)
        rows = {
            name: each.stored + each.pending for name, each in self._buffers.items()
        }
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            self._write_rows(full, number)
            execute(STATUS, status_row(status, rows))
            if self.before_commit is not None:
                self.before_commit(number)
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def _write_rows(self, full: list[RowBuffer], number: int) -> None:
        execute = self._connection.execute
        for each in full:
            blob, crc = encode(each.columns())
            values = (number, each.number, each.stored, each.pending, crc, blob)
            execute(BATCH, values)
        for sql, values in self._statements:
            execute(sql, values)

    def _keep(self, error: sqlite3.OperationalError) -> None:
        now = stopwatch()
        if self._failing_since is None:
            self._failing_since = now
            log.error("journal: %s; rows wait in memory: free some space", error)
        self.trouble = str(error)
        waiting = sum(each.nbytes for each in self._buffers.values())
        seconds = now - self._failing_since
        if (
            waiting > self.pending_bytes_limit
            or seconds > self.pending_seconds_limit
            or len(self._statements) > MAX_STATEMENTS
        ):
            raise StoreError(
                f"{self.path}: {error}; {waiting / 1e6:.1f} MB wait since "
                f"{seconds:.0f} s (limits {self.pending_bytes_limit / 1e6:.0f} MB, "
                f"{self.pending_seconds_limit:.0f} s); free some space and resume"
            ) from error
