"""A lock that every process of every user of this machine sees, and who holds it.

Each is a file in one folder, locked by the kernel, which lets go however the process
ends. What the holder says of itself stands in the file.

Rules for whoever edits: everybody may write in the folder, so no link is followed and
nothing but a regular file with one name is written to. A file that exists is opened
without O_CREAT (Linux refuses that for other people's files in a sticky folder). Files
are never removed: two processes would lock two files of one name.
"""

import contextlib
import hashlib
import json
import logging
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock
from labctl.errors import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

log = logging.getLogger(__name__)

ELSEWHERE = "LABCTL_LOCKS"
"""Environment variable that names another folder, for containers that share one."""
NAME = "labctl-instruments"
PLACES = ("/run/lock", "/tmp")  # noqa: S108  (the same for every user, unlike TMPDIR)
OPEN_TO_ALL = 0o1777
LONGEST_NOTE = 4096
"""Bytes; also what is read of somebody else's."""
FAR = 1 << 30
"""Where Windows locks a byte: what is locked there cannot be read."""
PATIENCE = 0.3
"""s for another process to finish what it does with a file it just made or took."""
PAUSE = 0.01
"""s."""
_FLAGS = (
    os.O_RDWR
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class MachineLockedError(StoreError):
    """Another process, or another part of this one, holds the lock."""

    def __init__(self, note: Mapping[str, Any]) -> None:
        super().__init__(f"held by {dict(note)}")
        self.note = note
        """What the holder says of itself; empty if it says nothing."""


class MachineLock:
    """Holds ``name`` on this machine until released.

    HeldError: somebody has it. StoreError: the folder cannot be used.
    """

    def __init__(self, name: str, note: Mapping[str, Any]) -> None:
        path = _folder() / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.lock"
        try:
            self._handle = _take(path)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror or error}, so nobody knows whether another "
                "program has this instrument; remove what is in the way"
            ) from error
        try:
            text = json.dumps({**note, "pid": os.getpid()}).encode()[:LONGEST_NOTE]
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, text)
        except OSError:
            log.warning("%s: who holds it could not be written", path, exc_info=True)

    def release(self) -> None:
        """Let the next one in; harmless the second time."""
        handle, self._handle = self._handle, -1
        if handle < 0:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
        with contextlib.suppress(OSError):
            _unlock(handle)
        os.close(handle)


def _folder() -> Path:
    """Return the folder, made if need be. StoreError: it is not what it should be."""
    named = os.environ.get(ELSEWHERE)
    if named:
        path = Path(named)
        path.mkdir(parents=True, exist_ok=True)
        return path
    path = _place() / NAME
    for _ in _tries():
        with contextlib.suppress(FileExistsError):
            path.mkdir(0o700)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            break
        if sys.platform == "win32" or found.st_mode & OPEN_TO_ALL == OPEN_TO_ALL:
            return path
        if found.st_uid == os.getuid():
            path.chmod(OPEN_TO_ALL)  # whatever the umask is
    raise StoreError(
        f"{path}: should be a folder that all users share (mode 1777); remove it"
    )


def _place() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", tempfile.gettempdir()))
    for place in map(Path, PLACES):
        if place.is_dir() and place.stat().st_mode & OPEN_TO_ALL == OPEN_TO_ALL:
            return place
    return Path(tempfile.gettempdir())


def _take(path: Path) -> int:
    """Return the open, locked file. HeldError, OSError."""
    for last in _tries():
        try:
            handle = _opened(path)
        except (FileExistsError, PermissionError):
            if last:  # else another user has made it and not opened it to all yet
                raise
            continue
        try:
            try:
                _lock(handle)
            except OSError:
                raise MachineLockedError(_read_note(handle)) from None
            if os.path.samestat(os.fstat(handle), path.lstat()):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # somebody tidied the folder between our two steps
    raise FileNotFoundError(f"{path} is removed again and again")


def _opened(path: Path) -> int:
    try:
        handle = os.open(path, _FLAGS)
    except FileNotFoundError:
        handle = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        if sys.platform != "win32":
            os.fchmod(handle, 0o666)  # whatever the umask is
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(handle)
        raise OSError(f"{path} is not a plain file")
    return handle


def _read_note(handle: int) -> dict[str, Any]:
    """Return what the holder says; it may be about to say it."""
    note: dict[str, Any] = {}
    for _ in _tries():
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            found = json.loads(os.read(handle, LONGEST_NOTE))
        except (ValueError, OSError):
            continue
        if isinstance(found, dict):
            note = found
            if _lives(note.get("pid")):
                break
    return note


def _lives(pid: object) -> bool:
    """Tell whether a process exists; what a dead one wrote is not the holder's."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    if sys.platform == "win32":
        return True  # there, asking would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _tries() -> Iterator[bool]:
    """Yield False again and again with short pauses, then True once."""
    clock = SystemClock()
    while clock.now() < PATIENCE:
        yield False
        clock.sleep(PAUSE)
    yield True


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
