"""The journal's tables and how columns lie in a blob.

A script can read a journal with any SQLite: the header is JSON in ``header``; a row of
``batches`` holds ``count`` rows of the stream numbered ``stream`` (its place in the
header's list), from row ``first`` on, column after column in the header's order, each
value 8 bytes little-endian (IEEE double for ``f8``, two's complement for ``i8``);
``crc`` is zlib's CRC-32 of the blob.

Where ``journal-2.sqlite`` lies beside it, that one is the journal, and of this one only
``batches`` with a ``seq`` below the other's ``begins`` (in ``meta``) count; and so on.

A later row of ``batches`` never has a lower ``seq`` than an earlier one, nor of one
stream a lower ``first``; the first is found by bisection, without an index to write.

Whoever edits this keeps the reader able to read the old ones, and raises `VERSION`
where an older reader would go wrong.
"""

import zlib
from collections.abc import Collection, Mapping

import numpy as np

from labctl.data import Array, Stream
from labctl.errors import StoreError

VERSION = 2
"""2: claims; a journal may go on in further files, see `labctl.store.journal.files`."""

CLAIMS = """
CREATE TABLE IF NOT EXISTS claims (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, step_count INTEGER NOT NULL,
    role TEXT NOT NULL, seat TEXT NOT NULL, token TEXT NOT NULL,
    test_time REAL NOT NULL, unix REAL NOT NULL, digest TEXT NOT NULL,
    done TEXT NOT NULL
);
"""

TABLES = f"""{CLAIMS}
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE header (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, unix REAL NOT NULL,
    json TEXT NOT NULL
);
CREATE TABLE batches (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, stream INTEGER NOT NULL,
    first INTEGER NOT NULL, count INTEGER NOT NULL, crc INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX batches_rows ON batches (stream, first);
CREATE TABLE steps (
    step_count INTEGER PRIMARY KEY, began REAL NOT NULL, ended REAL,
    payload TEXT NOT NULL, outcome TEXT, first_rows TEXT NOT NULL,
    seq INTEGER NOT NULL
);
CREATE INDEX steps_seq ON steps (seq);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, test_time REAL NOT NULL,
    unix REAL NOT NULL, level TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE results (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, json TEXT NOT NULL
);
CREATE TABLE status (
    id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,
    finished INTEGER NOT NULL, state TEXT NOT NULL, json TEXT NOT NULL,
    rows TEXT NOT NULL
);
"""

SMALL = ("header", "steps", "events", "results", "claims", "status")
"""Tables that every file of a journal holds whole; only ``batches`` are spread."""

DTYPES = {"f8": np.dtype("<f8"), "i8": np.dtype("<i8")}


def decode(
    stream: Stream,
    count: int,
    blob: bytes,
    crc: int,
    columns: Collection[str] | None = None,
) -> Mapping[str, Array]:
    """Return the columns of a blob, each of shape (count,); None: all of them.

    StoreError: the blob is not what was written.
    """
    if zlib.crc32(blob) != crc or len(blob) != 8 * count * len(stream.columns):
        raise StoreError(
            f"journal: a batch of {count} rows of {stream.name} is damaged on disk; "
            "copy the folder back from its backup"
        )
    return {
        column.name: np.frombuffer(blob, DTYPES[column.dtype], count, 8 * count * i)
        for i, column in enumerate(stream.columns)
        if columns is None or column.name in columns
    }
