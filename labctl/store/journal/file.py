"""How a journal's file is made, opened for writing and left: the SQL of `Journal`."""

import contextlib
import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock
from labctl.store.folder import files_of
from labctl.store.header import RunHeader, dumps
from labctl.store.journal.records import Status
from labctl.store.journal.schema import TABLES, VERSION

BATCH = (
    "INSERT INTO batches (seq, stream, first, count, crc, data) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
EVENT = (
    "INSERT INTO events (test_time, unix, level, code, text, seq) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
CLAIM = (
    "INSERT INTO claims "
    "(seq, step_count, role, seat, token, test_time, unix, digest, done) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
NEW = ".new"
"""Suffix of a journal that is being made."""
CACHE = "PRAGMA cache_size = -256"
"""kB of pages that a connection keeps: rows are written once and read once, and a
station has two connections a run."""
HEADER = "INSERT INTO header (seq, unix, json) VALUES (?, ?, ?)"
FIRST_STATUS = (
    "INSERT INTO status (id, seq, finished, state, json, rows) "
    "VALUES (1, ?, ?, ?, ?, ?)"
)
STATUS = "UPDATE status SET seq = ?, finished = ?, state = ?, json = ?, rows = ?"


def tidy(path: Path) -> None:
    """Put each of the journal's files into one, if nobody else has it open.

    Readers cannot do that when they leave: their log and index would stay behind.
    """
    for each in files_of(path):
        with contextlib.suppress(sqlite3.Error):
            connection = sqlite3.connect(each, timeout=0.0, isolation_level=None)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()


def write_first(path: Path, header: RunHeader) -> None:
    """Write tables and header; a kill on the way leaves no half-made journal."""
    path.unlink(missing_ok=True)
    connection = connect(path)
    try:
        connection.executescript(f"BEGIN; {TABLES}")
        execute = connection.execute
        execute("INSERT INTO meta VALUES ('version', ?)", (str(VERSION),))
        began = header.started_unix
        now = SystemClock().unix() if math.isnan(began) else began
        execute(HEADER, (0, now, header.to_json()))
        status = Status("created", unix=now)
        execute(FIRST_STATUS, status_row(0, status, {}))
        execute("COMMIT")
        # else the tables themselves are only in the log, which may be lost
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing, so that what is committed is on the disk."""
    connection = sqlite3.connect(
        path, timeout=5.0, isolation_level=None, check_same_thread=False
    )
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "fullfsync=ON",  # macOS: fsync alone leaves rows in the drive's cache
        "checkpoint_fullfsync=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(CACHE)
    return connection


def status_row(number: int, status: Status, rows: Mapping[str, int]) -> tuple[Any, ...]:
    """Return the values that `STATUS` takes, as of commit ``number``."""
    text = dumps(
        {
            "reason": status.reason,
            "test_time": status.test_time,
            "unix": status.unix,
            "step_count": status.step_count,
            "cycle_count": status.cycle_count,
            "label": status.label,
            "fields": status.fields,
        }
    )
    return number, int(status.finished), status.state, text, dumps(rows)
