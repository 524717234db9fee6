"""The truth about a run: an SQLite file that only grows, one writer, durable commits.

Rules for whoever edits this:

* What `Journal.commit` gave the number of is on the disk: WAL with
  ``synchronous=FULL``, one transaction a commit, status and row counts inside it.
* Nothing is written between commits, so that a crash cannot tear a batch.
* Whoever measures never waits for the disk: a commit is taken over at one moment (rows,
  steps, status, the simulated bench) and written by a thread of its own.
* A failed commit loses nothing: it waits in memory and is written later, as it was.
* Never open the file by other means than SQLite in the writing process: closing any
  other handle drops SQLite's locks (POSIX).
"""

import contextlib
import dataclasses
import logging
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from labctl.clock import stopwatch
from labctl.data import Result
from labctl.errors import StoreError
from labctl.store.folder import LOCK, sync_directory
from labctl.store.header import RunHeader
from labctl.store.journal.disk_trouble import Cause
from labctl.store.journal.file import NEW, write_first
from labctl.store.journal.files import JournalFiles
from labctl.store.journal.pending import PendingChanges
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import Status
from labctl.store.journal.reserve import Reserve
from labctl.store.journal.writer import Room, Writer, pause
from labctl.store.lock import WriterLock
from labctl.waits import announce, asked

log = logging.getLogger(__name__)

COMMIT_WAIT = 0.2
"""s of wall time that `Journal.commit` waits for the disk before it goes on."""
RETRY = 0.25
"""s between two tries while somebody waits for the disk."""
PENDING_BYTES = 200_000_000
"""Rows that may wait for the disk: about 20 h of 8 channels at 10 Hz."""
BACK_PRESSURE = 4
"""When a part of the limit waits, `Journal.commit` waits too: virtual time is faster
than any disk."""
BACK_PRESSURE_WAIT = 60.0
"""s of wall time."""
MAX_STATEMENTS = 100_000
"""Steps, events and states that may wait."""
END_PATIENCE = 3600.0
"""s of wall time that the end of a run waits for a disk: a person can free space."""
LOOKERS = 0.5
"""s; whoever only asks whether a run is written holds its lock for a moment."""
INTERRUPTED_PATIENCE = 5.0
"""s, where a person would not wait for the end."""


class Journal(PendingChanges):
    """Takes rows, steps and events of one run and makes them durable.

    Used by the thread that runs the engine; other threads may call it, one at a time.
    """

    def __init__(self, path: Path, files: JournalFiles, lock: WriterLock) -> None:
        with JournalReader(path) as reader:
            super().__init__(reader)
        self.path = path
        self.pending_bytes_limit = PENDING_BYTES
        self.runs_ahead = False
        """Whether commits are handed over and not awaited, while the disk takes them:
        of a bench that comes back as of the last commit nothing goes on beyond it."""
        self.end_patience = END_PATIENCE
        self._lock = lock
        self._end: float | None = None
        """`stopwatch` until which the end of the run waits for the disk."""
        self._closed = False
        name = f"journal {self._header.run_id}"
        self._writer = Writer(files, self._taken, name)
        self.keep(Reserve.left_in(path.parent))

    @classmethod
    def create(cls, path: Path, header: RunHeader) -> "Journal":
        """Create the file and return once the header is durable.

        StoreError: the file is there already, or cannot be written.
        """
        header.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise StoreError(f"{path}: a journal is there already; choose another run")
        lock = WriterLock.when_free(path.with_name(LOCK), LOOKERS)
        try:
            write_first(path.with_suffix(NEW), header)
            path.with_suffix(NEW).replace(path)
            sync_directory(path.parent)
            return cls(path, JournalFiles(path), lock)
        except (sqlite3.Error, OSError) as e:
            with contextlib.suppress(OSError):  # a run that never was
                path.unlink(missing_ok=True)
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
        lock = WriterLock.when_free(path.with_name(LOCK), LOOKERS)
        try:
            return cls(path, JournalFiles(path), lock)
        except (sqlite3.Error, OSError) as e:
            lock.release()
            raise StoreError(f"{path}: cannot be opened for writing: {e}") from e
        except BaseException:
            lock.release()
            raise

    @property
    def status(self) -> Status:
        """The status as it will be after the next commit."""
        return dataclasses.replace(self._status, sequence=self._writer.durable)

    @property
    def sequence(self) -> int:
        """Number of the next commit to become durable; the first one is 1."""
        return self._writer.durable + 1

    @property
    def trouble(self) -> str:
        """Why the last try to write failed, and what to do; empty when all is well."""
        trouble = self._writer.trouble
        return "" if trouble is None else trouble.text

    @property
    def waits_since(self) -> float | None:
        """How long rows have waited for the disk, s of wall time; None: none waits.

        A healthy disk makes them wait for some milliseconds, now and then.
        """
        return self._writer.waits_since

    @property
    def room(self) -> Room:
        """What the disk has for the run, and how many rows wait for it."""
        with self._mutex:
            waiting = sum(each.pending for each in self._buffers.values())
            portion = self._writer.portion
            if portion is not None:
                waiting += sum(each.count for each in portion.rows)
        return self._writer.room(waiting)

    @property
    def lives_on_reserve(self) -> bool:
        """Whether the disk is full and room kept for the end is used already."""
        reserve = self._writer.reserve
        return reserve is not None and reserve.is_given

    def give_up_room(self) -> None:
        """Let the sealed file have what was kept for the end."""
        if self._writer.reserve is not None:
            self._writer.reserve.release()

    def keep(self, reserve: Reserve | None) -> None:
        """Use this room when the disk is full, and give it up at the end."""
        self._writer.reserve = reserve

    def finish(
        self, state: str, results: Mapping[str, Result], unix: float, reason: str = ""
    ) -> None:
        """Write the results and the end of the run, durable on return.

        On a full disk it gives up the room that was reserved, and waits up to
        `end_patience` for more. StoreError: the disk did not take it; what waits is
        still in memory, so call again.
        """
        with self._mutex:
            self.set_results(results)
            self.set_status(state, reason=reason, unix=unix)
            self._status = dataclasses.replace(self._status, finished=True)
        self.settle()

    def settle(self) -> None:
        """Get everything so far to the disk: the run has ended.

        Waits and gives up room as `finish` does. StoreError: see there.
        """
        if not self._to_the_end():
            raise StoreError(
                f"{self.path}: the end of the run is not on the disk: {self._why()}"
            )

    def commit(self) -> int:
        """Have everything made durable; return the number of the last durable commit.

        Waits at most `COMMIT_WAIT` for a disk that takes its time; not at all where it
        `runs_ahead`: what comes while a commit is on its way then belongs to the next
        one. With nothing to write the number stays. Where the disk takes nothing it
        stays too, `trouble` says why, and everything is kept in memory and tried again
        at the next call. StoreError: too much waits.
        """
        ahead = self.runs_ahead and self._writer.trouble is None
        if self._press(stopwatch() + (0.0 if ahead else COMMIT_WAIT)):
            return self._writer.durable
        if self._waits_much():
            with announce("the disk to take rows", BACK_PRESSURE_WAIT):
                self._press(stopwatch() + BACK_PRESSURE_WAIT, asked())
        self._refuse_too_much()
        return self._writer.durable

    def commit_durably(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        """Wait until everything taken so far is on the disk; return whether it is.

        At most ``deadline`` s of wall time; ``until`` ends the wait.
        """
        end = stopwatch() + deadline
        with self._mutex:
            target = self._taken + self._has_news()
        while not self._press(end, until) and self._writer.durable < target:
            left = end - stopwatch()
            if left <= 0 or (until is not None and until.is_set()):
                break
            pause(min(RETRY, left), until)
        return self._writer.durable >= target

    def commit_claim(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        """Commit what names something that is about to be started; return whether to.

        As `commit_durably`; where it `runs_ahead`, a claim that the disk does not get
        is one of something that was never started.
        """
        if self.runs_ahead and self._writer.trouble is None:
            self.commit()
            return True
        return self.commit_durably(deadline, until)

    def close(self) -> None:
        """Commit what waits and let go of the file; harmless the second time.

        On a full disk it waits as `finish` does. StoreError: rows could not be written
        and are lost with this object.
        """
        if self._closed:
            return
        try:
            self._to_the_end()
        finally:
            self._closed = True
            lost, waits = self.room.rows_waiting, not self._is_written()
            with announce("the disk to let go of the journal", INTERRUPTED_PATIENCE):
                gone = self._writer.stop(INTERRUPTED_PATIENCE)
            if self._writer.reserve is not None:
                self._writer.reserve.release()
            if gone:  # else a write goes on, and nobody else may write yet
                self._lock.release()
        if waits:
            raise StoreError(
                f"{self.path}: {lost} rows and what was said since are lost: "
                f"{self._why()}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, Exception):
            self.end_patience = min(self.end_patience, INTERRUPTED_PATIENCE)
        self.close()

    def _press(self, end: float, until: threading.Event | None = None) -> bool:
        """Get what waits to the disk until ``end``; return whether nothing waits."""
        writer = self._writer
        writer.try_again()
        while True:
            with self._mutex:
                if writer.portion is None:
                    if not self._has_news():
                        return True
                    writer.give(self._take_over())
            if not writer.wait(end - stopwatch(), until):
                return False
            trouble = writer.trouble
            if trouble is not None:
                if trouble.cause is Cause.DEFECT:
                    raise StoreError(f"{self.path}: cannot go on: {trouble.text}")
                return False

    def _to_the_end(self) -> bool:
        """Get everything to the disk, with the room that was kept for the end."""
        self._writer.at_the_end = True
        if self._press(stopwatch() + COMMIT_WAIT):
            return True
        if self._end is None:
            self._end = stopwatch() + self.end_patience
            if self.trouble:
                text = "%s ends, and %d rows wait for the disk: %s"
                waiting = self.room.rows_waiting
                log.error(text, self._header.run_id, waiting, self.trouble)
        left = max(self._end - stopwatch(), COMMIT_WAIT)
        with announce("the disk to take the end of the run", left):
            return self.commit_durably(left)

    def _is_written(self) -> bool:
        with self._mutex:
            return self._writer.portion is None and not self._has_news()

    def _why(self) -> str:
        return self.trouble or "the disk does not answer; check the drive"

    def _waits_much(self) -> bool:
        if self._waiting_bytes() > self.pending_bytes_limit / BACK_PRESSURE:
            return True
        return (
            self.runs_ahead and len(self._statements) > MAX_STATEMENTS / BACK_PRESSURE
        )

    def _waiting_bytes(self) -> int:
        portion = self._writer.portion
        waiting = sum(each.nbytes for each in self._buffers.values())
        return waiting + (0 if portion is None else portion.nbytes)

    def _refuse_too_much(self) -> None:
        waiting = self._waiting_bytes()
        if waiting > self.pending_bytes_limit or len(self._statements) > MAX_STATEMENTS:
            raise StoreError(
                f"{self.path}: {self._why()}; {waiting / 1e6:.1f} MB wait in memory "
                f"(limit {self.pending_bytes_limit / 1e6:.0f} MB); "
                "free some space and resume"
            )
