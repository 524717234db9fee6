"""What a guard wrote about the channels that it made safe: ``safed.json``.

The file is a stranger's: of another process, perhaps of another version. What it does
not say plainly is not taken for safe.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labctl.service.guard.lines import ChannelEnd, ChannelSafety
from labctl.service.guard.report import NAME

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuardReport:
    """One report of one guard."""

    unix: float
    """When it was made, epoch s."""
    run: str
    """The run that it is about; empty if it names none, or several."""
    channels: Mapping[str, ChannelEnd]
    """What became of each channel."""


def reports(folders: Iterable[Path]) -> list[GuardReport]:
    """Return the reports that lie in folders, the oldest first."""
    found = filter(None, (_read(folder / NAME) for folder in folders))
    return sorted(found, key=lambda report: report.unix)


def stopped_by_guards(folders: Iterable[Path]) -> dict[str, float]:
    """Return when channels were made safe last, UTC epoch seconds, as reports say."""
    return {
        channel: report.unix
        for report in reports(folders)
        for channel, end in report.channels.items()
        if end.state is ChannelSafety.SAFE
    }


def _read(path: Path) -> GuardReport | None:
    """Return what stands in a file; None if there is none, or it says nothing."""
    try:
        told = json.loads(path.read_text("utf-8"))
        channels = {
            str(channel): ChannelEnd(
                ChannelSafety(said["state"]), str(said.get("why", ""))
            )
            for channel, said in told["outputs"].items()
            if isinstance(said, dict)
        }
        runs = told.get("runs", [])
        run = str(runs[0]) if len(runs) == 1 else ""
        return GuardReport(float(told["unix"]), run, channels)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.exception("%s cannot be read", path)
        return None
