"""The one place that loads h5py.

On Windows the locks of HDF5 are mandatory: a reader of a growing file would make the
writer fail, so they are switched off before the library loads (`WriterLock` is what
keeps two writers apart).
"""

import errno
import os
from pathlib import Path

if os.name == "nt":
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

import h5py

LIBVER = ("v110", "v110")
"""SWMR works, and HDF5 1.10 tools can read it; "latest" is unreadable for them."""

LOCKED = {errno.EAGAIN, errno.EDEADLK, errno.EBUSY}
"""What an operating system answers where another process has a lock."""
if os.name == "nt":
    LOCKED |= {errno.EACCES}  # Windows says "denied" while a scanner looks at a file
SIGNATURE = b"\x89HDF\r\n\x1a\n"
FLAGS_AT = 11
"""Byte of a superblock of version 2 or 3 that says who has the file open."""
OPEN_TO_WRITE = 0x01
LENGTH_AT = slice(28, 36)
"""Bytes of a superblock of version 2 or 3 that say how long the file is."""

__all__ = ["LIBVER", "h5py", "is_cut_short", "is_locked", "is_open_elsewhere"]


def is_locked(error: OSError) -> bool:
    """Whether a file could not be read because another process has a lock."""
    return error.errno in LOCKED


def is_open_elsewhere(path: Path) -> bool:
    """Whether a file says of itself that a program has it open to write.

    One that ended without closing the file leaves that behind (HDF5 file format,
    superblock version 3, file consistency flags).
    """
    try:
        with path.open("rb") as file:
            head = file.read(FLAGS_AT + 1)
    except OSError as e:
        return is_locked(e)
    if not head.startswith(SIGNATURE) or len(head) <= FLAGS_AT:
        return False
    return head[len(SIGNATURE)] == 3 and bool(head[FLAGS_AT] & OPEN_TO_WRITE)  # noqa: PLR2004


def is_cut_short(path: Path) -> bool:
    """Whether a file is shorter than it says of itself."""
    try:
        with path.open("rb") as file:
            head = file.read(LENGTH_AT.stop)
            length = file.seek(0, os.SEEK_END)
    except OSError:
        return False
    if not head.startswith(SIGNATURE):
        return False
    if len(head) < LENGTH_AT.stop:
        return True
    told = head[len(SIGNATURE)] in {2, 3}
    return told and length < int.from_bytes(head[LENGTH_AT], "little")
