"""Room on the disk that a run has before it needs it.

A file of zeros (`RESERVE`) lies in the run's folder. As the journal grows it shrinks,
so that what the run was promised stays its own; where the disk is full it is given up
step by step, and the last of it when the run ends: its end, events and results always
have room.
"""

import contextlib
import logging
import os
from pathlib import Path
from typing import Self

from labctl.errors import StoreError
from labctl.store.journal.disk_trouble import NO_ROOM, free_bytes

log = logging.getLogger(__name__)

RESERVE = "reserve"
"""Name of the file."""
LEAST = 64_000_000
"""Bytes; the journal's log, a view and the sealed file of a short run."""
MOST = 2_000_000_000
"""Bytes; 20 million rows. A longer run sees a full disk coming for days."""
FOR_THE_END = 24_000_000
"""Bytes that only the end of the run may have: rows of an hour, results, a log."""
STEP = 8_000_000
"""Bytes given up at once."""
BYTES_A_ROW = 110
"""Measured: 104 B of journal for a row of twelve columns in batches of sixty."""
MARGIN = 1.5
_ZEROS = bytes(1 << 20)


def size_for(rows: float) -> int:
    """Return how much to reserve for a run of about so many rows, bytes."""
    return round(min(max(rows * BYTES_A_ROW * MARGIN, LEAST), MOST))


def reserve(folder: Path, size: int) -> "Reserve":
    """Reserve ``size`` bytes in ``folder``, which is made if it is not there.

    What an earlier attempt reserved there counts. StoreError: it does not fit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESERVE
    had = _size(path)
    try:
        _fill(path, size)
    except OSError as e:
        left = free_bytes(folder)
        with contextlib.suppress(OSError):
            os.truncate(path, had) if had else path.unlink()
        with contextlib.suppress(OSError):  # there is more in it than that
            folder.rmdir()
        if e.errno not in NO_ROOM:
            raise StoreError(f"{folder}: cannot be written: {e}") from e
        has = "unknown" if left is None else f"{left / 1e6:.0f} MB"
        raise StoreError(
            f"{folder}: the run needs {size / 1e6:.0f} MB on this disk, which has "
            f"{has} free; free some space, or give another place for the data"
        ) from e
    return Reserve(path, size)


class Reserve:
    """The file of zeros, as the journal that may use its room holds it."""

    def __init__(self, path: Path, wanted: int) -> None:
        self.path = path
        self.size = _size(path)
        """Bytes it holds now."""
        self._wanted = wanted
        """Bytes it ought to hold now: what the run may still need."""

    @classmethod
    def left_in(cls, folder: Path) -> "Reserve | None":
        """Return what a run that died left there; None: nothing."""
        path = folder / RESERVE
        return cls(path, _size(path)) if path.exists() else None

    @property
    def is_given(self) -> bool:
        """Whether some of it was given up to a full disk."""
        return self.size < self._wanted

    def give(self, need: int, *, at_the_end: bool) -> bool:
        """Give up room for at least ``need`` bytes; return whether there was any."""
        floor = 0 if at_the_end else FOR_THE_END
        if self.size <= floor:
            return False
        given = self._cut(max(floor, self.size - max(STEP, 4 * need)))
        if given:
            left = f"{self.size / 1e6:.0f} MB"
            log.warning("the disk is full; of the run's reserve %s are left", left)
        return given

    def follow(self, written: int) -> None:
        """Shrink with what the run has written by now, as bytes since the last call."""
        self._wanted = max(self._wanted - written, min(self._wanted, LEAST))
        if self.size - self._wanted >= STEP:
            self._cut(self._wanted)

    def restore(self) -> None:
        """Take back what was given up, if there is room for it and as much again."""
        left = free_bytes(self.path.parent)
        missing = self._wanted - self.size
        if missing > 0 and left is not None and left > missing + self._wanted:
            with contextlib.suppress(OSError):
                _fill(self.path, self._wanted)
            self.size = _size(self.path)

    def release(self) -> None:
        """Give it all up; harmless the second time."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.size = self._wanted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _cut(self, size: int) -> bool:
        try:
            os.truncate(self.path, size)
        except OSError:
            log.exception("the reserve cannot be given up")
            return False
        self.size = size
        return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _fill(path: Path, size: int) -> None:
    """Make the file ``size`` bytes of room, no less and no more."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        at = os.fstat(handle).st_size
        if at >= size:
            os.ftruncate(handle, size)
        elif hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        elif os.name == "nt":  # NTFS gives a file its clusters when it is made longer
            os.ftruncate(handle, size)
        else:  # pragma: no cover  (macOS)
            os.lseek(handle, at, os.SEEK_SET)
            while at < size:
                at += os.write(handle, _ZEROS[: size - at])
    finally:
        os.close(handle)
