"""Which bytes a run had when it was sealed: ``manifest-sha256.txt``, as BagIt has it.

A line a file, checksum and name, so that ``sha256sum -c manifest-sha256.txt`` checks a
folder without labctl. Listed is what changes no more: the sealed file, and the journal
of a run that has ended. Whoever edits this: a process that has the journal open must
not call it; to close a file drops every lock that the process has on it (POSIX).
"""

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from labctl.errors import StoreError
from labctl.store.folder import RunFolder, sync_directory
from labctl.store.lock import HeldError

MANIFEST = "manifest-sha256.txt"
Put = Callable[[Path, Path], object]
_LENGTH = 64
"""Hexadecimal digits of a SHA-256."""


class Kept(StrEnum):
    """How a listed file stands today."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a manifest, compared with what is there."""

    name: str
    kept: Kept

    @property
    def is_same(self) -> bool:
        """Whether it is what it was when the run was sealed."""
        return self.kept is Kept.SAME

    def __str__(self) -> str:
        if self.kept is Kept.MISSING:
            return f"{self.name} is missing"
        return f"{self.name} is not what it was when the run was sealed"


def sha256(path: Path) -> str:
    """Return the checksum of a file. HeldError: another program keeps it from us."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except PermissionError as e:
        raise HeldError(f"{path}: another program has a part of it locked") from e


def write_manifest(folder: RunFolder, *, ended: bool, put: Put = Path.replace) -> Path:
    """List the sealed file, and the journal if the run has ended; atomic and durable.

    ``put`` renames what was written. OSError, HeldError: it could not be written; there
    is none then.
    """
    path = folder.path / MANIFEST
    final = [folder.sealed, *(folder.journals if ended and _is_tidy(folder) else ())]
    text = "".join(f"{sha256(each)}  {each.name}\n" for each in final)
    part = path.with_name(f".{MANIFEST}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        put(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_directory(folder.path)
    return path


def drop_manifest(folder: RunFolder) -> None:
    """Take the manifest away: what it lists is about to change."""
    with contextlib.suppress(FileNotFoundError):
        (folder.path / MANIFEST).unlink()


def read_manifest(folder: RunFolder) -> dict[str, str]:
    """Return name -> checksum; empty where there is none, as of an older labctl.

    StoreError: it is not one.
    """
    path = folder.path / MANIFEST
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        lines = [""]
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        checksum, gap, name = line.partition("  ")
        if not gap or len(checksum) != _LENGTH or Path(name).name != name:
            raise StoreError(
                f"{path}, line {number}: not a checksum and the name of a file beside "
                "it; `labctl runs seal` writes the manifest anew"
            )
        found[name] = checksum.lower()
    return found


def check_manifest(folder: RunFolder) -> tuple[Listed, ...]:
    """Compare every listed file with its checksum; empty: there is no manifest.

    HeldError: another program has one of them locked.
    """
    return tuple(
        Listed(name, _kept(folder.path / name, checksum))
        for name, checksum in read_manifest(folder).items()
    )


def _kept(path: Path, checksum: str) -> Kept:
    if not path.is_file():
        return Kept.MISSING
    return Kept.SAME if sha256(path) == checksum else Kept.CHANGED


def _is_tidy(folder: RunFolder) -> bool:
    """Tell whether each file of the journal holds all of its rows itself."""
    logs = (each.with_name(f"{each.name}-wal") for each in folder.journals)
    return not any(log.exists() and log.stat().st_size for log in logs)
