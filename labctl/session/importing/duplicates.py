"""Which measurements are runs already: by the file's bytes, or by its rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labctl.errors import LabctlError
from labctl.session.importing.likeness import is_alike
from labctl.store.folder import list_runs
from labctl.store.imported_from import ImportedFrom, Start
from labctl.store.run_file.reader import RunFile

QUARTER = 900.0
"""s; zones differ by whole quarters of an hour."""
FARTHEST = 26 * 3600.0
"""s between the zones that are farthest apart."""
SAME_START = 2.0
"""s; some forms of a file give whole seconds."""


@dataclass(slots=True)
class KnownRuns:
    """The imported runs of a folder, and those that have just become some."""

    by_content: dict[str, str] = field(default_factory=dict)
    """SHA-256 of a file -> run made of it."""
    sources: list[tuple[str, ImportedFrom]] = field(default_factory=list)

    @classmethod
    def of(cls, out: Path) -> "KnownRuns":
        """Read what was imported into a folder of runs."""
        known = cls()
        for run, source in _imported(out):
            known.add(run, source)
        return known

    def add(self, run: str, source: ImportedFrom) -> None:
        """Note a run that was made."""
        self.by_content.setdefault(source.sha256, run)
        self.sources.append((run, source))

    def alike(self, source: ImportedFrom) -> tuple[str, str] | None:
        """Return run and file of the same measurement in another form; None: new."""
        for run, other in self.sources:
            if is_alike(source.likeness, other.likeness) and _one_start(
                source.start, other.start
            ):
                return run, other.file
        return None


def _imported(out: Path) -> Iterator[tuple[str, ImportedFrom]]:
    for found in list_runs(out):
        try:
            with RunFile(found.path) as run:
                source = run.header.imported
        except LabctlError:  # damaged: nothing can be told of it
            continue
        if source is not None:
            yield found.run_id, source


def _one_start(one: Start, other: Start) -> bool:
    """Return whether two starts may be one, read in two zones; unknown may be any."""
    apart = abs(one.unix - other.unix)
    if math.isnan(apart):
        return True
    left = math.fmod(apart + QUARTER / 2, QUARTER) - QUARTER / 2
    return apart <= FARTHEST and abs(left) <= SAME_START
