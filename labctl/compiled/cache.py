"""Where machine code is kept between runs, and who may write it.

One folder for each state of the sources, versions and machine, in the user's cache. A
file in it says that it is complete; a lock says that one process is filling it.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock
from labctl.compiled.marks import DIGITS, sources_digest

FOLDER = "LABCTL_KERNEL_CACHE"
"""Environment: the folder instead of the user's cache."""
COMPLETE = "complete"
LOCK = "filling"
STALE = 600.0
"""s; a lock this old, or this far ahead, belongs to a process that was killed."""

UNUSED = 30 * 86_400.0
"""s after which machine code that nobody loaded is thrown away: sources changed."""


def folder(entries: Iterable[Callable[..., Any]]) -> Path | None:
    """Return the folder of these functions, as they are now; None: without numba."""
    try:
        versions = [metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    except metadata.PackageNotFoundError:
        return None
    versions += [platform.python_version(), platform.machine(), platform.node()]
    name = "-".join((sources_digest(entries), *versions))
    return _root() / name.replace(os.sep, "_")


def is_complete(place: Path) -> bool:
    """Whether everything is compiled."""
    return (place / COMPLETE).exists()


def complete(place: Path) -> None:
    """Say that everything is compiled, and was used just now."""
    (place / COMPLETE).touch()


def drop(place: Path) -> None:
    """Forget what is kept, so that it is made anew: it cannot be loaded."""
    shutil.rmtree(place, ignore_errors=True)


def begin(place: Path) -> bool:
    """Take the lock on filling it; False: another process fills it.

    OSError: it cannot be written.
    """
    place.mkdir(parents=True, exist_ok=True)
    lock = place / LOCK
    try:
        if abs(SystemClock().unix() - lock.stat().st_mtime) > STALE:
            lock.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def end(place: Path) -> None:
    """Give the lock back."""
    (place / LOCK).unlink(missing_ok=True)


def drop_unused(place: Path) -> None:
    """Delete what lies beside ``place`` and was not used for long, as far as it can.

    Only folders that this file made: they are called so, and have its mark or lock.
    """
    long_ago = SystemClock().unix() - UNUSED
    for each in filter(_is_ours, place.parent.iterdir()):
        marks = [mark for name in (COMPLETE, LOCK) if (mark := each / name).exists()]
        used = [mark.stat().st_mtime for mark in marks]
        if each != place and used and max(used) < long_ago:
            shutil.rmtree(each, ignore_errors=True)


def _is_ours(place: Path) -> bool:
    """Whether it is called as `folder` calls one; `FOLDER` may have others' beside."""
    return re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}-.+", place.name) is not None


def _root() -> Path:
    given = os.environ.get(FOLDER)
    if given:
        return Path(given)
    if sys.platform == "win32":
        cache = os.environ.get("LOCALAPPDATA")
        user = Path(cache) if cache else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        user = Path.home() / "Library" / "Caches"
    else:
        cache = os.environ.get("XDG_CACHE_HOME")
        user = Path(cache) if cache else Path.home() / ".cache"
    return user / "labctl" / "kernels"
