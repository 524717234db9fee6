"""Why the disk does not take something, and what that means for the file.

SQLite tells a full disk (`SQLITE_FULL`: ENOSPC of a write) from an I/O error. A full
disk leaves the file good: the same rows are written again. After an I/O error, above
all one of ``fsync``, nobody knows what of the file is on the disk: Linux marks the
pages clean and the next ``fsync`` succeeds (Rebello et al. 2020, "Can applications
recover from fsync failures?"). Then the journal goes on in another file.
"""

import errno
import shutil
import sqlite3
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

NO_ROOM = frozenset(
    n for n in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG) if n
)
NOTHING_LEFT = 256 * 1024
"""Bytes; with less, an I/O error is taken for a full disk (SQLite's index, quotas)."""
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_FILE = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


class Cause(Enum):
    """What is the matter."""

    FULL = "full"
    """No room; the file is good."""
    BUSY = "busy"
    """Another program has the file; it is good."""
    FILE = "file"
    """The journal's file is not trusted any more."""
    OTHER = "other"
    """Another file beside it could not be written; the journal is good."""
    DEFECT = "defect"
    """Not the disk's fault; trying again does not help."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something is not on the disk."""

    cause: Cause
    text: str
    """What, where, and what to do."""


def judge(error: Exception, folder: Path) -> Trouble:
    """Say what an error of a write in ``folder`` means."""
    if isinstance(error, OSError):
        if error.errno in NO_ROOM:
            return _full(folder, str(error))
        return Trouble(Cause.OTHER, f"{error}; check the drive of {folder}")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return Trouble(Cause.DEFECT, f"{type(error).__name__}: {error}")
    return _judge_code(code & 0xFF, f"{error}, {error.sqlite_errorname}", folder)  # type: ignore[attr-defined]


def _judge_code(kind: int, said: str, folder: Path) -> Trouble:
    if kind == sqlite3.SQLITE_FULL:
        return _full(folder, said)
    if kind in _BUSY:
        text = f"another program has the journal in {folder} ({said}); close it"
        return Trouble(Cause.BUSY, text)
    if kind not in _FILE:
        return Trouble(Cause.DEFECT, said)
    left = free_bytes(folder)
    if left is not None and left < NOTHING_LEFT:
        return _full(folder, said)
    text = f"the disk of {folder} fails ({said}); check the drive and its cable"
    return Trouble(Cause.FILE, text)


def free_bytes(folder: Path) -> int | None:
    """Return how many bytes may be written there; None if nobody can say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _full(folder: Path, text: str) -> Trouble:
    left = free_bytes(folder)
    room = "" if left is None else f", {left / 1e6:.1f} MB free"
    return Trouble(
        Cause.FULL, f"no room on the disk of {folder}{room} ({text}); free some space"
    )
