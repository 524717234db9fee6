"""The wire to a cycler without remote control: the folder in which its program writes.

Files are opened for reading, for a moment each time: the program on the other side may
write, rename or lock them whenever it likes.
"""

import typing
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import InstrumentError

BLOCK = 32 << 20
"""Bytes read at once: about 250,000 rows."""


class FileGoneError(InstrumentError):
    """The file is not there, though its folder is."""


class Folder(typing.Protocol):
    """What a follower needs of a folder."""

    def names(self) -> tuple[str, ...]:
        """Return the names of its ``.wrd`` files, oldest first."""
        ...

    def size(self, name: str) -> int:
        """Return a file's bytes. FileGoneError; InstrumentError: not now."""
        ...

    def read(self, name: str, begin: int, count: int) -> bytes:
        """Return at most ``count`` bytes from ``begin`` on. As `size`."""
        ...


@dataclass(frozen=True, slots=True)
class DiskFolder:
    """A folder of this PC or of the network."""

    path: Path

    def names(self) -> tuple[str, ...]:
        """See `Folder`. InstrumentError: the folder cannot be looked into."""
        try:
            found = [
                (each.stat().st_mtime, each.name)
                for each in self.path.iterdir()
                if each.suffix.lower() == ".wrd" and each.is_file()
            ]
        except OSError as e:
            why = e.strerror or str(e)
            raise InstrumentError(f"{self.path}: cannot be looked into: {why}") from e
        return tuple(name for _, name in sorted(found))

    def size(self, name: str) -> int:
        """See `Folder`."""
        try:
            return (self.path / name).stat().st_size
        except OSError as e:
            raise self._trouble(name, e) from e

    def read(self, name: str, begin: int, count: int) -> bytes:
        """See `Folder`; Windows lets the program write on while it is open."""
        try:
            with (self.path / name).open("rb") as file:
                file.seek(begin)
                return file.read(count)
        except OSError as e:
            raise self._trouble(name, e) from e

    def _trouble(self, name: str, error: OSError) -> InstrumentError:
        why = error.strerror or str(error)
        if isinstance(error, FileNotFoundError) and self.path.is_dir():
            return FileGoneError(f"{self.path / name}: is not there")
        return InstrumentError(f"{self.path / name}: cannot be read now: {why}")
