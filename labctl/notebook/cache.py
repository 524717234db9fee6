"""Parquet files beside the runs, so that what was worked out is not worked out again.

``.labctl-cache/`` may be deleted at any time. What is in it carries the stamp of the
run's files (name, size, time of change) and the labctl that made it; with any
other it is made anew. Where the folder cannot be written, it is made in a temporary
one that goes with the process.
"""

import atexit
import contextlib
import functools
import hashlib
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from labctl.store.folder import RunFolder

log = logging.getLogger(__name__)

FOLDER = ".labctl-cache"
MADE_BY = "1"
"""Raise it when columns change, or what they mean."""


class Cache:
    """The cache of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self._folder = runs / FOLDER

    @property
    def cycles(self) -> Path:
        """Cycles of every run of the folder."""
        return self._folder / f"cycles-{_digest(made_by())}.parquet"

    def rows(self, run: Path, stream: str) -> Path:
        """Return where the rows of a stream belong, as the run's files are now."""
        tail = _digest(f"{made_by()} {run.absolute()} {stamp(run)}")
        return self._place() / f"{run.stem}.{stream}.{tail}.parquet"

    def knows(self, run: str) -> bool:
        """Tell whether a run of that name lies in the folder still."""
        return (self._folder.parent / run).exists()

    def forget_older(self, path: Path) -> None:
        """Take away what earlier versions of the same rows left."""
        run_and_stream = path.name.rsplit(".", 2)[0]
        for older in path.parent.glob(f"{run_and_stream}.*.parquet"):
            if older != path:
                with contextlib.suppress(OSError):
                    older.unlink()

    @contextlib.contextmanager
    def replaced(self, path: Path) -> Iterator[Path]:
        """Give a name to write to; it becomes ``path`` when all went well."""
        if not path.parent.is_dir():
            path.parent.mkdir()
        part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            yield part
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _place(self) -> Path:
        try:
            self._folder.mkdir(exist_ok=True)
            writable = os.access(self._folder, os.W_OK)
        except OSError:
            writable = False
        return self._folder if writable else _temporary()


@functools.cache
def _temporary() -> Path:
    """Return a folder that goes with this process."""
    folder = tempfile.mkdtemp(prefix="labctl-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def stamp(run: Path) -> str:
    """Return what changes when the files of a run do."""
    files = [run]
    if run.is_dir():
        folder = RunFolder(run.absolute())
        logs = [each.with_name(f"{each.name}-wal") for each in folder.journals]
        files = [folder.sealed, *folder.journals, *logs]
    found = []
    for file in files:
        with contextlib.suppress(OSError):
            about = file.stat()
            if about.st_size:
                found.append(f"{file.name} {about.st_size} {about.st_mtime_ns}")
    return "; ".join(found)


def made_by() -> str:
    """Return which program works things out."""
    return f"labctl-bench {version('labctl-bench')} {MADE_BY}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
