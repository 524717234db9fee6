"""The files of one journal as its writer holds them: one, until a disk fails.

After an I/O error the file is never written again. The next one (`journal-2.sqlite`)
gets a copy of every small table and the number of the commit it begins with; rows that
the failed commit may have left in the old file after all are not counted twice, because
readers stop there at that number.
"""

import contextlib
import logging
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.store.folder import files_of, next_file, sync_directory
from labctl.store.journal.buffer import Rows
from labctl.store.journal.file import BATCH, EVENT, NEW, STATUS, connect, status_row
from labctl.store.journal.records import Status
from labctl.store.journal.schema import CLAIMS, SMALL, TABLES, VERSION

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Portion:
    """What one commit makes durable, taken over at one moment."""

    number: int
    """Of the commit."""
    rows: list[Rows]
    statements: list[tuple[str, tuple[Any, ...]]]
    status: Status
    counts: dict[str, int]
    """Stream -> rows, these included."""
    save_world: Callable[[], None] | None
    """Writes the simulated bench as it was at that moment."""
    taken: float
    """`stopwatch`."""

    @property
    def nbytes(self) -> int:
        """Bytes of its rows."""
        return sum(len(each.blob) for each in self.rows)


class JournalFiles:
    """Writes portions; used by one thread at a time."""

    def __init__(self, first: Path) -> None:
        """Open the last file of the journal; sqlite3.Error: it cannot be."""
        self._first = first
        files = files_of(first)
        self._count, self.path = len(files), files[-1]
        self._connection = connect(self.path)
        self._connection.executescript(CLAIMS)  # a journal of an earlier labctl
        rows = self._connection.execute("SELECT 1 FROM batches LIMIT 1")
        self._own = rows.fetchone() is not None
        self._left: list[sqlite3.Connection] = []

    def write(self, portion: Portion) -> None:
        """Make a portion durable, all of it or nothing.

        sqlite3.Error, OSError: it is not, and may be written again.
        """
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            for rows in portion.rows:
                crc = zlib.crc32(rows.blob)
                values = (portion.number, rows.stream, rows.first, rows.count, crc)
                execute(BATCH, (*values, rows.blob))
            for sql, given in portion.statements:
                execute(sql, given)
            execute(STATUS, status_row(portion.number, portion.status, portion.counts))
            if portion.save_world is not None:
                portion.save_world()
            execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.rollback()
            raise
        self._own = True

    def go_on(self, portion: Portion, why: str) -> bool:
        """Begin the next file, with ``portion`` as its first commit.

        Return whether there is one: a file that holds nothing of its own yet is tried
        again, or a disk that fails for good would be filled with files.
        sqlite3.Error, OSError: it could not be made.
        """
        if not self._own:
            return False
        path = next_file(self._first, self._count)
        fresh = path.with_suffix(NEW)
        fresh.unlink(missing_ok=True)
        connection = connect(fresh)
        try:
            self._copy_small(connection, portion, f"{why}; went on in {path.name}")
        finally:
            connection.close()
        fresh.replace(path)
        sync_directory(path.parent)
        connection = connect(path)
        self._left.append(self._connection)  # to close it would write to its file
        self._connection, self._own = connection, False
        self.path, self._count = path, self._count + 1
        log.error("journal: %s; went on in %s", why, path.name)
        return True

    def _copy_small(
        self, connection: sqlite3.Connection, portion: Portion, text: str
    ) -> None:
        connection.executescript(f"BEGIN; {TABLES}")
        execute = connection.execute
        execute("INSERT INTO meta VALUES ('version', ?)", (str(VERSION),))
        execute("INSERT INTO meta VALUES ('begins', ?)", (str(portion.number),))
        for table in SMALL:
            for row in self._connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
                marks = ", ".join("?" * len(row))
                execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608
        when = (portion.status.test_time, portion.status.unix)
        execute(EVENT, (*when, "ALARM", "disk", text, portion.number))
        execute("COMMIT")
        execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the files; what waits in the last one's log is put in its place."""
        with contextlib.suppress(sqlite3.Error):  # a reader holds the log
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for connection in (self._connection, *self._left):
            with contextlib.suppress(sqlite3.Error):
                connection.close()
