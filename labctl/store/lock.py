"""One writer for each run: a lock that dies with the process that holds it.

A SQLite file held in an exclusive transaction is the same on every platform, and the
kernel lets go of it however the process ends.
"""

import sqlite3
from pathlib import Path

from labctl.clock import SystemClock, stopwatch
from labctl.errors import StoreError

LOOK_EVERY = 0.1
"""s between two looks whether a lock is free."""


class HeldError(StoreError):
    """Another process, or another part of this one, has the lock."""


class WriterLock:
    """Holds ``path`` until released; the file itself stays empty."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=0.0, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA journal_mode=MEMORY")  # writes nothing
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as e:
            self._connection.close()
            if e.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise HeldError(
                    f"{path.parent}: another process writes this run ({e}); "
                    "stop it first, or follow it read-only"
                ) from e
            raise StoreError(f"{path}: cannot be locked: {e}") from e

    @classmethod
    def when_free(cls, path: Path, seconds: float) -> "WriterLock":
        """Return the lock once nobody has it.

        Waits at most ``seconds`` of wall time. StoreError: somebody still has it.
        """
        end = stopwatch() + seconds
        while True:
            try:
                return cls(path)
            except HeldError:
                if stopwatch() >= end:
                    raise
                SystemClock().sleep(LOOK_EVERY)

    def release(self) -> None:
        """Let the next writer in; harmless the second time."""
        self._connection.close()


def is_written(path: Path) -> bool:
    """Return whether some process holds the lock at ``path``."""
    if not path.exists():
        return False
    try:
        WriterLock(path).release()
    except HeldError:
        return True
    except StoreError:  # nobody can tell; the disk may be full or read-only
        return False
    return False
