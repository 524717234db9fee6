"""Compare a run file with its journal, row by row, bit by bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from labctl.clock import Clock, SystemClock
from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.store.lock import LOOK_EVERY, HeldError
from labctl.store.manifest import Listed, check_manifest
from labctl.store.run_file.hdf5 import blocks
from labctl.store.run_file.hdf5_door import is_locked
from labctl.store.run_file.reader import RunFile, Table
from labctl.waits import announce

PATIENCE = 10.0
"""s to wait for another program that holds a file: a scanner, a backup, a viewer."""


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """How one stream (or the steps, the events, the results) compares."""

    name: str
    in_journal: int
    """Rows."""
    in_file: int
    """Rows."""
    differences: int = 0
    """Values that differ or cannot be read."""
    first: str = ""
    """Where the first difference is; empty if there is none."""

    @property
    def ok(self) -> bool:
        """Whether both hold the same."""
        return self.in_journal == self.in_file and not self.differences

    def __str__(self) -> str:
        text = f"{self.name}: {self.in_journal} rows in the journal, {self.in_file} in "
        text += "the file"
        if self.differences:
            text += f", {self.differences} values differ, first {self.first}"
        return text


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Everything that was compared."""

    file: Path
    parts: tuple[StreamCheck, ...] = field(default_factory=tuple)
    listed: tuple[Listed, ...] = ()
    """The files of the manifest; empty: there is none, or the run goes on."""

    @property
    def ok(self) -> bool:
        """Whether the file holds what the journal holds, no more and no less."""
        return all(part.ok for part in self.parts) and not self.changed

    @property
    def changed(self) -> tuple[Listed, ...]:
        """Files that are not what they were when the run was sealed."""
        return tuple(each for each in self.listed if not each.is_same)

    @property
    def rows(self) -> Mapping[str, int]:
        """Stream -> rows in the journal."""
        return {part.name: part.in_journal for part in self.parts}

    def summary(self) -> str:
        """Return one line: all is well, or what differs."""
        bad = [str(part) for part in self.parts if not part.ok]
        bad += map(str, self.changed)
        total = sum(part.in_journal for part in self.parts)
        files = f", {len(self.listed)} files as they were sealed" if self.listed else ""
        return "; ".join(bad) or f"all {total} rows are the same{files}"


def verify(
    path: Path, patience: float = PATIENCE, clock: Clock | None = None
) -> FileCheck:
    """Compare the sealed file of a run with its journal.

    ``path``: the run's folder or a file in it. Where another program holds one of the
    two, this waits for it, ``patience`` s. HeldError: it still does, nothing was
    compared. StoreError: one of the two is missing.
    """
    folder = RunFolder.of(path)
    if not folder.sealed.exists():
        raise StoreError(f"{folder.path}: not sealed yet; there is nothing to compare")
    clock = clock or SystemClock()
    end = clock.now() + patience
    with announce(f"whoever holds the files of {folder.run_id}", patience):
        while True:
            try:
                with JournalReader(folder.journal) as reader:
                    report = compare(reader, folder.sealed)
                if folder.is_written:  # its journal grows since it was sealed
                    return report
                return replace(report, listed=check_manifest(folder))
            except HeldError as e:
                if clock.now() >= end:
                    raise HeldError(f"nothing was compared: {e}") from e
                clock.sleep(LOOK_EVERY)


def compare(reader: JournalReader, path: Path) -> FileCheck:
    """Compare any run file with a journal."""
    with RunFile(path) as file:
        parts = _compare_streams(reader, file)
        for name in ("steps", "events", "results"):
            parts.append(_compare_records(name, reader, file))
    return FileCheck(path, tuple(parts))


def _compare_streams(reader: JournalReader, file: RunFile) -> list[StreamCheck]:
    stored = reader.rows_stored
    differences = dict.fromkeys(stored, 0)
    firsts: dict[str, str] = {}
    tables = {name: file.table(name) for name in stored}
    seen = dict.fromkeys(stored, 0)
    for name, first, columns in blocks(reader):
        count = len(next(iter(columns.values())))
        seen[name] += count
        for column, expected in columns.items():
            found = _slice(file.path, tables[name], column, first, first + count)
            wrong = _wrong(expected, found)
            if wrong.size:
                differences[name] += int(wrong.size)
                firsts.setdefault(name, f"{column} in row {first + int(wrong[0])}")
    return [
        StreamCheck(
            name, seen[name], tables[name].rows, differences[name], firsts.get(name, "")
        )
        for name in stored
    ]


def _slice(path: Path, table: Table, column: str, begin: int, end: int) -> Array | None:
    try:
        return table.part(column, begin, end)
    except (OSError, KeyError) as e:
        if isinstance(e, OSError) and is_locked(e):
            raise HeldError(f"{path}: another program has a part of it locked") from e
        return None  # a damaged chunk, a column that is gone


def _wrong(expected: Array, found: Array | None) -> Array:
    if found is None or found.dtype != expected.dtype or not len(found):
        return np.arange(len(expected))
    short = min(len(expected), len(found))
    # bit by bit, so that NaN equals NaN and 0 differs from −0
    same = expected[:short].view("<i8") == found[:short].view("<i8")
    return np.flatnonzero(np.append(~same, np.ones(len(expected) - short, bool)))


def _compare_records(name: str, reader: JournalReader, file: RunFile) -> StreamCheck:
    left, right = getattr(reader, name), getattr(file, name)
    if isinstance(left, dict):
        left, right = list(left.items()), list(right.items())
    pairs = list(zip(left, right, strict=False))
    # as text, so that NaN equals NaN
    wrong = [at for at, (a, b) in enumerate(pairs) if repr(a) != repr(b)]
    first = f"in row {wrong[0]}" if wrong else ""
    return StreamCheck(name, len(left), len(right), len(wrong), first)
