"""What one file of EC-Lab holds, in its own titles and units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from labctl.data import Array


@dataclass(frozen=True, slots=True)
class EcLabFile:
    """One file: titles as EC-Lab writes them, numbers as they stand."""

    path: Path
    columns: Mapping[str, Array]
    """Title -> values, shape (n,), float64; NaN where a cell is empty."""
    program: str = "EC-Lab"
    technique: str = ""
    """``Galvanostatic Cycling with Potential Limitation``; empty if not said."""
    settings: tuple[str, ...] = ()
    """The header's lines."""
    started: datetime | None = None
    """Start of the acquisition; naive: by the clock of the PC that recorded it. None:
    not said, or not sure."""
    started_said: str = ""
    """The text of a start that could not be read surely."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """As `labctl.store.importers.foreign.ForeignFile.facts`."""
    elapsed: str = ""
    """Rule by which ``time/s`` was made of absolute times; empty: it is in the file."""
    loops: tuple[int, ...] = ()
    """The rows at which a loop begins, ascending; empty: the file does not say."""
    missing: tuple[str, ...] = ()
    """Titles that no row has a cell for."""
    remarks: tuple[str, ...] = ()
