"""Which run belongs to a record: the one that read of it before, or a new one.

A run that was interrupted goes on; one that has read the record to its end has nothing
more to read.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.engine.states import RunState, stored_state
from labctl.errors import LabctlError
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader

log = logging.getLogger(__name__)

PROTOCOL = "watched"
RECORD = "record"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that read of a record."""

    folder: RunFolder
    state: RunState
    is_written: bool
    """Whether a process reads on at this moment."""
    channel: str = ""
    """That it had, and needs again."""

    @property
    def is_over(self) -> bool:
        """Whether the record was read to its end."""
        return self.state is RunState.COMPLETED


def earlier_run(out: Path, folder: Path, record: str) -> EarlierRun | None:
    """Return the last run in ``out`` that read ``record`` of ``folder``."""
    found: EarlierRun | None = None
    for place in sorted(out.glob(f"*-{PROTOCOL}-*")) if out.is_dir() else ():
        run = RunFolder(place)
        if not run.journal.exists():
            continue
        try:
            with JournalReader(run.journal) as reader:
                header, status = reader.header, reader.status
        except LabctlError as error:
            log.warning("%s: cannot be read: %s", place, error)
            continue
        if header.protocol != PROTOCOL or header.parameters.get(RECORD) != record:
            continue
        if _folder_of(header.extra, header.roles) != folder:
            continue
        written = run.is_written
        state = stored_state(status.state, finished=status.finished, is_written=written)
        channel = next(iter(header.roles.values()), "")
        found = EarlierRun(run, state, written, channel)
    return found


def _folder_of(extra: Mapping[str, Any], roles: Mapping[str, str]) -> Path | None:
    """Return the folder that a run was told to read."""
    name = next(iter(roles.values()), "").partition("/")[0]
    told = extra.get("config", {}).get("instruments", {}).get(name)
    return None if told is None else folder_told(told["address"], told["simulated"])


def folder_told(address: str, simulated: Mapping[str, Any]) -> Path:
    """Return the folder of a cycler's records: its address, or where that lies."""
    path = Path(str(simulated.get("folder") or address))
    return path if path.is_dir() or not path.suffix else path.parent
