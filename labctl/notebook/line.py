"""What a list says of a run, without keeping it open."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labctl.api.run_summary import measured
from labctl.clock import dated, iso
from labctl.data import Result
from labctl.engine.states import RunState, stored_state
from labctl.store.folder import RunFolder
from labctl.store.run_file.reader import RunFile


@dataclass(frozen=True, slots=True, eq=False)
class RunLine:
    """What a list says of one run."""

    path: Path
    """Its folder, or its file."""
    id: str
    protocol: str
    sample: str
    title: str
    state: RunState
    started_unix: float
    """UTC epoch seconds; NaN where another program's file does not say it."""
    simulated: bool
    operator: str
    finished: bool
    """Whether it came to its end, good or bad."""
    results: Mapping[str, Result]
    imported_from: str = ""
    """Name of the file it was made of; empty: labctl recorded it."""

    @property
    def measured(self) -> str:
        """Its protocol; of an imported run what it was taken for: ``gitt``."""
        return measured(self.protocol, self.results)


def stamp_of(unix: float) -> str | None:
    """Return UTC epoch seconds as ISO 8601; None where nobody knows them (NaN)."""
    return iso(unix) if math.isfinite(unix) else None


def wall_time(unix: float) -> str:
    """Return UTC epoch seconds as a wall shows them; – where nobody knows them."""
    return dated(unix) if math.isfinite(unix) else "–"


def line_of(path: Path) -> RunLine:
    """Return what a list says of the run at ``path``; its journal is read first."""
    folder = RunFolder.of(path) if path.is_dir() else None
    quick = folder.journal if folder and folder.journal.exists() else path
    with RunFile(quick) as file:
        header, status = file.header, file.status
        written = folder is not None and folder.lock.exists() and folder.is_written
        return RunLine(
            path,
            header.run_id,
            header.protocol,
            str(header.sample.get("name", "")),
            header.title,
            stored_state(status.state, finished=status.finished, is_written=written),
            header.started_unix,
            header.simulated,
            header.operator,
            status.finished,
            file.results,
            header.imported.file if header.imported else "",
        )
