"""Runs that a dead process left without an end."""

import logging
from collections.abc import Iterator
from pathlib import Path

from labctl.api.models import RunSummary
from labctl.api.run_summary import unsafe_channels
from labctl.engine.recorder import LONGEST_GAP
from labctl.engine.states import RunState, stored_state
from labctl.errors import OperatorError, StoreError
from labctl.service.bench.live_run import About
from labctl.store.folder import RunFolder, list_runs
from labctl.store.header import RunHeader
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import Status

log = logging.getLogger(__name__)


def find_interrupted(data: Path, run: str = "") -> Iterator[RunSummary]:
    """Yield the runs without an end that nobody writes any more; ``run`` alone."""
    for folder in list_runs(data):
        if run and folder.run_id != run:
            continue
        if not folder.journal.exists() or folder.is_written:
            continue
        try:
            with JournalReader(folder.journal) as reader:
                if reader.finished:
                    continue
                yield _summary(reader.header, reader.status, reader)
        except StoreError as error:
            log.warning("%s cannot be read: %s", folder.path, error)


def state_of(folder: Path) -> RunState:
    """Return where a run stands by its journal; OperatorError: there is no such run."""
    place = RunFolder(folder)
    if not place.journal.exists():
        raise OperatorError(f"this station has no run {folder.name!r}")
    with JournalReader(place.journal) as reader:
        status = reader.status
    return stored_state(
        status.state, finished=status.finished, is_written=place.is_written
    )


def about_of(folder: Path) -> About:
    """Return what is known of a run from its journal."""
    with JournalReader(RunFolder.of(folder).journal) as reader:
        return _about(reader.header)


def _about(header: RunHeader) -> About:
    return About(
        run=header.run_id,
        protocol=header.protocol,
        title=header.title,
        sample=str(header.sample.get("name", "")),
        channels=dict(header.roles),
        kind=str(header.sample.get("kind", "")),
        simulated=header.simulated,
        operator=header.operator,
        started_unix=header.started_unix,
    )


def _summary(header: RunHeader, status: Status, reader: JournalReader) -> RunSummary:
    about = _about(header)
    return RunSummary(
        run=about.run,
        protocol=about.protocol,
        title=about.title,
        sample=about.sample,
        channels=about.channels,
        state=RunState.INTERRUPTED,
        reason="its process ended without a word; resume, finish or discard it",
        asked="",
        step_count=status.step_count,
        step_label=status.label,
        technique="",
        cycle=status.cycle_count,
        test_time=status.test_time,
        rows=sum(reader.rows_stored.values()),
        last={},
        started_unix=header.started_unix,
        ended_unix=status.unix,
        expected_duration=None,
        simulated=about.simulated,
        operator=about.operator,
        uuid=header.uuid,
        trouble="",
        longest_gap=float(status.fields.get(LONGEST_GAP, 0.0)),
        unsafe=unsafe_channels(status.unsafe, header.roles),
    )
