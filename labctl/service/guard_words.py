"""What a guard wrote about the seats that it made safe: ``safed.json``.

The file is a stranger's: of another process, perhaps of another version. What it does
not say plainly is not taken for safe.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

REPORT = "safed.json"
OFF, ON, LEFT = "safe", "unknown", "left"
"""States of a seat; ``left``: it goes on in its firmware because it was told to."""


@dataclass(frozen=True, slots=True)
class GuardReport:
    """One report of one guard."""

    unix: float
    """When it was made, epoch s."""
    run: str
    """The run that it is about; empty if it names none, or several."""
    seats: Mapping[str, tuple[str, str]]
    """Seat -> state and why."""


def reports(folders: Iterable[Path], after: float) -> list[GuardReport]:
    """Return the reports made after ``after`` (epoch s), the oldest first."""
    found = filter(None, (_read(folder / REPORT) for folder in folders))
    return sorted((r for r in found if r.unix > after), key=lambda r: r.unix)


def _read(path: Path) -> GuardReport | None:
    """Return what stands in a file; None if there is none, or it says nothing."""
    try:
        told = json.loads(path.read_text("utf-8"))
        seats = {
            str(seat): (str(said["state"]), str(said.get("why", "")))
            for seat, said in told["outputs"].items()
            if isinstance(said, dict)
        }
        runs = told.get("runs", [])
        run = str(runs[0]) if len(runs) == 1 else ""
        return GuardReport(float(told["unix"]), run, seats)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.exception("%s cannot be read", path)
        return None
