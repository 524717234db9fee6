"""Where a run's files lie, and which runs a directory holds.

``DIR/<run id>/`` holds everything of one run: ``journal.sqlite`` (the truth),
``live.h5`` while it goes on, ``<run id>.h5`` once it is sealed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import OperatorError
from labctl.store.lock import is_written

JOURNAL = "journal.sqlite"
LOCK = "writer.lock"
LIVE = "live.h5"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> "RunFolder":
        """Return the folder for itself or for any file in it.

        OperatorError: no run lies there.
        """
        folder = cls(path.absolute() if path.is_dir() else path.absolute().parent)
        if not path.exists() or not (folder.journal.exists() or folder.sealed.exists()):
            raise OperatorError(
                f"{path}: no run lies there; "
                "give the run's folder or one of the files in it"
            )
        return folder

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The truth; where a disk failed, its first file."""
        return self.path / JOURNAL

    @property
    def journals(self) -> list[Path]:
        """The journal's files; more than one after a disk that failed."""
        return files_of(self.journal)

    @property
    def lock(self) -> Path:
        """Held by the process that writes the journal."""
        return self.path / LOCK

    @property
    def live(self) -> Path:
        """The HDF5 view that grows while the run goes on."""
        return self.path / LIVE

    @property
    def sealed(self) -> Path:
        """The HDF5 file to keep; there once the run was sealed."""
        return self.path / f"{self.run_id}.h5"

    @property
    def is_written(self) -> bool:
        """Whether a process writes the journal at this moment."""
        return is_written(self.lock)


def files_of(first: Path) -> list[Path]:
    """Return the files of the journal that begins with ``first``, in order."""
    found = [first]
    while (following := next_file(first, len(found))).exists():
        found.append(following)
    return found


def next_file(first: Path, count: int) -> Path:
    """Return the file that goes on after ``count`` files of a journal."""
    return first.with_name(f"{first.stem}-{count + 1}{first.suffix}")


def list_runs(directory: Path) -> Iterator[RunFolder]:
    """Yield the runs that lie in ``directory``, by name."""
    if not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        folder = RunFolder(path)
        if path.is_dir() and (folder.journal.exists() or folder.sealed.exists()):
            yield folder


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
