"""Read a journal while it grows, or long after.

Each question is one short read transaction, so that a reader never holds up the
writer's log. Everything it answers is durable.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from labctl.data import Array, Batch, Event, Level, Outcome, Result, Stream
from labctl.errors import StoreError
from labctl.step_records import ClaimRecord
from labctl.store.folder import files_of, next_file
from labctl.store.header import RunHeader
from labctl.store.journal.file import CACHE
from labctl.store.journal.records import EventRecord, Status, StepRecord, StoredBatch
from labctl.store.journal.schema import DTYPES, VERSION, decode
from labctl.store.lock import HeldError

PAGE = 256
"""Stored batches, or steps, fetched at once."""
PAGE_ROWS = 1 << 12
"""Rows fetched at once, about: half a megabyte, whatever the batches hold."""

BUSY_FOR = 5.0
"""s for which a question waits where another process has the journal locked."""
HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
"""What SQLite answers where another program has the file."""
if os.name == "nt":
    HELD |= {sqlite3.SQLITE_CANTOPEN}  # a scanner that shares it with nobody
NEVER = 2**62
"""The commit that no journal gets to."""
_ROWS = (
    "SELECT first, count, crc, data FROM batches "
    "WHERE stream = ?1 AND first + count > ?2 AND seq < ?3 AND first < ?4 "
    "AND first >= (SELECT "
    "ifnull(max(first), 0) FROM batches WHERE stream = ?1 AND first <= ?2) "
    "ORDER BY first LIMIT ?5"
)
_END = (
    "SELECT first + count FROM batches "
    "WHERE stream = ?1 AND seq < ?2 AND first < ?3 ORDER BY first DESC LIMIT 1"
)
_PAGE = (
    "SELECT id, seq, stream, first, count, crc, data FROM batches "
    "WHERE id > ? AND seq > ? AND seq <= ? ORDER BY id LIMIT ?"
)
_LAST = "SELECT ifnull(max(id), 0) FROM batches"
_NEXT = "SELECT seq FROM batches WHERE id >= ? ORDER BY id LIMIT 1"


class JournalReader:
    """Answers questions about a journal; never writes.

    StoreError: no journal, a damaged one, or one of a later labctl.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise StoreError(f"{path}: there is no journal")
        self._files: list[_File] = []
        try:
            for each in files_of(path):
                self._files.append(_opened(each))
            self._streams = self.header.streams
        except StoreError:
            self.close()
            raise

    @property
    def header(self) -> RunHeader:
        """The header, as amended last."""
        text = self._one("SELECT json FROM header ORDER BY id DESC LIMIT 1")[0]
        return RunHeader.from_json(text)

    @property
    def headers(self) -> list[RunHeader]:
        """Every header the run had, the first one first."""
        rows = self._all("SELECT json FROM header ORDER BY id")
        return [RunHeader.from_json(text) for (text,) in rows]

    @property
    def sequence(self) -> int:
        """Number of the last commit; 0 if there was none since creation."""
        return int(self._one("SELECT seq FROM status")[0])

    @property
    def finished(self) -> bool:
        """Whether the run came to its end, good or bad."""
        return bool(self._one("SELECT finished FROM status")[0])

    @property
    def status(self) -> Status:
        """Where the run stands."""
        seq, finished, state, text = self._one(
            "SELECT seq, finished, state, json FROM status"
        )
        fields = json.loads(text)
        return Status(state, **fields, finished=bool(finished), sequence=seq)

    @property
    def rows_stored(self) -> dict[str, int]:
        """Stream -> rows that are durable."""
        stored = json.loads(self._one("SELECT rows FROM status")[0])
        return {each.name: stored.get(each.name, 0) for each in self._streams}

    @property
    def steps(self) -> list[StepRecord]:
        """Every step that began, in order."""
        return self.steps_after(-1)

    def each_step(self) -> Iterator[StepRecord]:
        """Yield every step that began, in order, without taking all into memory."""
        last: int = -1
        page: list[tuple[Any, ...]] = [()] * PAGE
        while len(page) == PAGE:
            page = self._all(
                "SELECT step_count, began, ended, payload, outcome, first_rows "
                "FROM steps WHERE step_count > ? ORDER BY step_count LIMIT ?",
                last,
                PAGE,
            )
            for row in page:
                yield _step(*row)
                last = row[0]

    def steps_after(self, sequence: int) -> list[StepRecord]:
        """Return the steps that began or ended after commit ``sequence``."""
        rows = self._all(
            "SELECT step_count, began, ended, payload, outcome, first_rows "
            "FROM steps WHERE seq > ? ORDER BY step_count",
            sequence,
        )
        return [_step(*row) for row in rows]

    @property
    def claims(self) -> list[ClaimRecord]:
        """What the run said that it was about to start, in order."""
        if not self._all("SELECT 1 FROM sqlite_master WHERE name = 'claims'"):
            return []  # of an earlier labctl
        rows = self._all(
            "SELECT step_count, role, seat, token, test_time, unix, digest, done "
            "FROM claims ORDER BY id"
        )
        return [
            ClaimRecord(
                step_count,
                role,
                seat,
                json.loads(token),
                test_time,
                unix,
                digest,
                json.loads(done),
            )
            for step_count, role, seat, token, test_time, unix, digest, done in rows
        ]

    @property
    def events(self) -> list[EventRecord]:
        """Every event, in order."""
        return self.events_after(0)

    def events_after(self, number: int) -> list[EventRecord]:
        """Return the events after the one with this number; 0 gives all."""
        rows = self._all(
            "SELECT id, test_time, unix, level, code, text FROM events "
            "WHERE id > ? ORDER BY id",
            number,
        )
        return [
            EventRecord(Event(Level[level], code, text), test_time, unix, at)
            for at, test_time, unix, level, code, text in rows
        ]

    @property
    def results(self) -> dict[str, Result]:
        """The results as they stand; the final ones once `finished`."""
        rows = self._all("SELECT name, json FROM results ORDER BY id")
        return {name: Result.from_json(json.loads(text)) for name, text in rows}

    def table(self, stream: str) -> dict[str, Array]:
        """Return every row of ``stream``, column by column, each of shape (n,)."""
        return self.rows(stream)

    def rows(
        self,
        stream: str,
        after: int = 0,
        until: int = NEVER,
        columns: Collection[str] | None = None,
    ) -> dict[str, Array]:
        """Return the rows of ``stream`` from number ``after`` on, up to ``until``.

        ``after`` is a cursor: the number of rows already read. Of ``columns`` alone;
        None: of all.
        """
        described, number = self._stream(stream)
        files = list(self._each_file())
        ends = [
            row[0]
            for file, before in files
            for row in self._ask(file, _END, number, before, until)
        ]
        end = min(max(ends, default=after), until)
        table = {
            column.name: np.empty(max(end - after, 0), DTYPES[column.dtype])
            for column in described.columns
            if columns is None or column.name in columns
        }
        at, size = after, 1
        for file, before in files:
            while at < end:
                begin = at
                page = self._ask(file, _ROWS, number, at, before, end, size)
                for first, count, crc, data in page:
                    if first > at or (first < at and at > after):
                        raise self._hole(stream, first, at)
                    upto = min(first + count, end)
                    batch = decode(described, count, data, crc, table)
                    for name, column in table.items():
                        column[at - after : upto - after] = batch[name][
                            at - first : upto - first
                        ]
                    at = upto
                if len(page) < size:
                    break
                size = min(max(size * PAGE_ROWS // max(at - begin, 1), 1), PAGE)
        if at < end:
            raise self._hole(stream, end, at)
        return table

    def _hole(self, stream: str, found: int, expected: int) -> StoreError:
        return StoreError(
            f"{self.path}: {stream} has a hole: row {found} follows {expected}"
        )

    def batches_after(self, sequence: int) -> Iterator[StoredBatch]:
        """Yield what was committed after commit ``sequence``, in order.

        Up to the last commit at the time of the call, fetched page by page.
        """
        until = self.sequence
        for file, before in self._each_file():
            yield from self._batches(file, sequence, min(until, before - 1))

    def _batches(self, file: "_File", after: int, until: int) -> Iterator[StoredBatch]:
        last = self._last_of(file, after)
        while True:
            page = self._ask(file, _PAGE, last, after, until, PAGE)
            for at, seq, number, first, count, crc, data in page:
                stream = self._streams[number]
                columns = decode(stream, count, data, crc)
                yield StoredBatch(Batch(stream.name, columns), first, seq)
                last = at
            if len(page) < PAGE:
                return

    def _last_of(self, file: "_File", sequence: int) -> int:
        """Return the id after which a file's batches of later commits lie."""
        low, high = 0, self._ask(file, _LAST)[0][0]
        while low < high:
            middle = (low + high) // 2
            if self._ask(file, _NEXT, middle + 1)[0][0] > sequence:
                high = middle
            else:
                low = middle + 1
        return int(low)

    def close(self) -> None:
        """Let go of the file; harmless the second time."""
        for file in self._files:
            file.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stream(self, name: str) -> tuple[Stream, int]:
        for number, stream in enumerate(self._streams):
            if stream.name == name:
                return stream, number
        known = ", ".join(each.name for each in self._streams)
        raise StoreError(f"{self.path}: no stream {name}; it has {known}")

    def _one(self, sql: str) -> tuple[Any, ...]:
        rows = self._all(sql)
        if not rows:
            raise StoreError(f"{self.path}: the journal lacks an answer to {sql!r}")
        return rows[0]

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the last file, which holds every small table whole."""
        self._see_next()
        return self._ask(self._files[-1], sql, *values)

    def _ask(self, file: "_File", sql: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return file.connection.execute(sql, values).fetchall()
        except sqlite3.Error as e:
            raise _held_or(file.path, e, "the journal cannot be read") from e

    def _see_next(self) -> None:
        """Open the file that the writer went on with, if there is one by now."""
        following = next_file(self.path, len(self._files))
        while following.exists():
            self._files.append(_opened(following))
            following = next_file(self.path, len(self._files))

    def _each_file(self) -> Iterator[tuple["_File", int]]:
        """Yield each file and the commit before which its rows count."""
        self._see_next()
        files = list(self._files)
        for file, following in zip(files, [*files[1:], None], strict=True):
            yield file, NEVER if following is None else following.begins


@dataclass(frozen=True, slots=True)
class _File:
    """One of the journal's files."""

    path: Path
    connection: sqlite3.Connection
    begins: int
    """Number of its first commit."""


def _opened(path: Path) -> _File:
    connection = _connect(path)
    try:
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        version, begins = int(meta["version"]), int(meta.get("begins", 0))
    except (sqlite3.Error, KeyError) as e:
        connection.close()
        raise _held_or(path, e, "not a journal that can be read") from e
    if version > VERSION:
        connection.close()
        raise StoreError(
            f"{path}: journal of version {version}; this labctl reads up to "
            f"{VERSION}; update it"
        )
    return _File(path, connection, begins)


def _connect(path: Path) -> sqlite3.Connection:
    uri = path.absolute().as_uri() + "?mode=ro"
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.parent, os.W_OK) and not wal.exists():
        uri += "&immutable=1"  # nobody can write here, so no locks are needed
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_FOR, check_same_thread=False
        )
        connection.execute(CACHE)
        connection.execute("SELECT 1 FROM meta").fetchone()
    except sqlite3.Error as e:
        if connection is not None:
            connection.close()
        raise _held_or(path, e, "not a journal that can be read") from e
    return connection


def _held_or(path: Path, error: Exception, what: str) -> StoreError:
    """Return that another program holds the journal, or else ``what`` is wrong."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in HELD:
        return HeldError(
            f"{path}: another program has it locked; close it there (a browser of "
            "SQLite files, a backup)"
        )
    return StoreError(f"{path}: {what}: {error}")


def _step(
    step_count: int,
    began: float,
    ended: float | None,
    payload: str,
    outcome: str | None,
    first_rows: str,
) -> StepRecord:
    return StepRecord(
        step_count,
        json.loads(payload),
        began,
        ended,
        None if outcome is None else Outcome.from_json(json.loads(outcome)),
        json.loads(first_rows),
    )
