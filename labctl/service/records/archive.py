"""Runs on the disk, read for clients in a worker process: lists, details, windows.

The journal is asked where there is one, else the sealed file; for rows it is the other
way round, since a sealed file gives parts of columns. A crash of HDF5 here costs one
answer and no run.
"""

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labctl.api.answers import (
    RunDetail,
    RunEvent,
    RunList,
    StepOut,
    StreamOut,
)
from labctl.api.models import RunSummary
from labctl.api.run_search import RunOrder, in_order, read_search
from labctl.api.run_summary import headline, unsafe_channels
from labctl.data import Array, Columns, Result
from labctl.engine.recorder import LONGEST_GAP
from labctl.engine.states import RunState, stored_state
from labctl.errors import OperatorError, StoreError
from labctl.store.folder import RunFolder, list_runs
from labctl.store.header import RunHeader
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.reader import RunFile
from labctl.thinning.finished_rows import FinishedRows
from labctl.thinning.pyramid import Pyramid

SUMMARIES = 20_000
"""Summaries kept in memory, 5.5 kB each; of more runs than this, every list would read
all of them anew."""
PYRAMIDS = 4
"""Thinned tables kept in memory."""
_summaries: OrderedDict[tuple[str, int], RunSummary] = OrderedDict()
_pyramids: OrderedDict[tuple[str, int, str, tuple[str, ...]], Pyramid] = OrderedDict()
_overviews: OrderedDict[tuple[str, int, str], Mapping[str, Array] | None] = (
    OrderedDict()
)


def run_list(
    data: Path,
    search: str,
    limit: int,
    offset: int,
    order: RunOrder = RunOrder.STARTED,
    ascending: bool = False,
) -> RunList:
    """Return a page of the runs that a search keeps, sorted; see `read_search`.

    OperatorError: the search cannot be read.
    """
    wanted = read_search(search)
    if wanted.problem:
        raise OperatorError(f"search: {wanted.problem}")
    found = in_order(
        [run for run in _all(data) if wanted.keeps(run)], order, ascending=ascending
    )
    return RunList(total=len(found), runs=found[offset : offset + limit])


def detail(folder: Path) -> RunDetail:
    """Return everything about a run but its rows."""
    with opened(folder) as file:
        header, rows = file.header, file.rows
        envelope = header.extra.get("envelope", {})
        return RunDetail(
            summary=_summary(RunFolder(folder), file),
            folder=str(folder),
            sample=dict(header.sample),
            parameters_given=dict(header.parameters_given),
            parameters=dict(header.parameters),
            instruments={k: dict(v) for k, v in header.instruments.items()},
            versions=dict(header.versions),
            streams=[
                StreamOut(
                    name=stream.name,
                    title=stream.title,
                    columns=list(stream.columns),
                    rows=rows.get(stream.name, 0),
                )
                for stream in header.streams
            ],
            plots=list(header.plots),
            envelope=dict(envelope),
        )


def steps(folder: Path, after: int, limit: int) -> list[StepOut]:
    """Return the steps with a count above ``after``."""
    with opened(folder) as file:
        records = [s for s in file.steps if s.step_count > after][:limit]
    return [
        StepOut(
            step_count=s.step_count,
            label=s.label,
            kind=str(s.payload.get("kind", "")),
            cycle=int(s.payload.get("cycle", 0)),
            began=s.began,
            ended=s.ended,
            reason="" if s.outcome is None else str(s.outcome.reason),
            condition="" if s.outcome is None else s.outcome.condition,
            duration=None if s.outcome is None else s.outcome.duration,
            charge=None if s.outcome is None else s.outcome.charge,
            energy=None if s.outcome is None else s.outcome.energy,
            rows=None if s.outcome is None else s.outcome.rows,
        )
        for s in records
    ]


def events(folder: Path, after: int, limit: int) -> list[RunEvent]:
    """Return the events with a number above ``after``."""
    with opened(folder) as file:
        records = [e for e in file.events if e.number > after][:limit]
    return [
        RunEvent(
            number=e.number,
            level=e.event.level,
            code=e.event.code,
            text=e.event.text,
            test_time=e.test_time,
            unix=e.unix,
        )
        for e in records
    ]


def results(folder: Path) -> dict[str, Result]:
    """Return the results as they stand."""
    with opened(folder) as file:
        return dict(file.results)


def rows(
    folder: Path, stream: str, after: int, limit: int
) -> tuple[int, int, tuple[str, ...], Array]:
    """Return first row, rows in all, columns, and rows after a cursor: (n, columns)."""
    with RunFile(folder) as file:
        table = file.table(stream)
        names = tuple(table)
        first = min(after, table.rows)
        parts = [
            np.asarray(table.part(name, first, first + limit), float) for name in names
        ]
        return first, table.rows, names, np.stack(parts, axis=1)


def window(
    folder: Path,
    stream: str,
    x: str,
    ys: tuple[str, ...],
    begin: float,
    end: float,
    pixels: int,
) -> Columns:
    """Return a window of a run that is not going on; see `Pyramid.window`."""
    made = stamp(RunFolder.of(folder))
    columns = tuple(dict.fromkeys(("test_time_second", x, *ys)))
    key = (str(folder), made, stream, columns)
    pyramid = _pyramids.get(key)
    if pyramid is not None:
        return pyramid.window(x, ys, begin, end, pixels)
    with RunFile(folder) as file:
        table = file.table(stream)
        odd = [name for name in (x, *ys) if name not in table]
        if odd:
            raise OperatorError(f"{stream} has no column {odd[0]}")
        overview = _overview(file, (str(folder), made, stream))
        if overview is not None:
            return FinishedRows(table, overview).window(x, ys, begin, end, pixels)
        kept = tuple(name for name in columns if name in table)
        pyramid = Pyramid(kept)
        if table.rows:
            pyramid.add({name: table[name] for name in kept})
    _keep(_pyramids, key, pyramid)
    return pyramid.window(x, ys, begin, end, pixels)


def forgotten(
    folder: Path,
    stream: str,
    x: str,
    ys: tuple[str, ...],
    rows: range,
    pixels: int,
) -> Columns:
    """Return a window of rows of a run that goes on, from its journal."""
    columns = tuple(dict.fromkeys(("test_time_second", x, *ys)))
    with JournalReader(RunFolder.of(folder).journal) as reader:
        table = reader.rows(stream, rows.start, rows.stop)
        total = reader.rows_stored[stream]
    kept = tuple(name for name in columns if name in table)
    pyramid = Pyramid(kept)
    pyramid.add({name: table[name] for name in kept})
    found = pyramid.window(x, ys, -math.inf, math.inf, pixels)
    return dataclasses.replace(
        found, first_row=rows.start + found.first_row, rows=total
    )


def _overview(file: RunFile, key: tuple[str, int, str]) -> Mapping[str, Array] | None:
    if key not in _overviews:
        _keep(_overviews, key, file.overview(key[2]))
    return _overviews[key]


def _keep(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    while len(known) > PYRAMIDS:
        known.popitem(last=False)


def stamp(folder: RunFolder) -> int:
    """Return what changes when the run's files do, ns; 0 if there are none.

    What another process commits stands in the journal's log at first, so that counts.
    """
    files = folder.journals
    logs = [each.with_name(f"{each.name}-wal") for each in files]
    return max(map(_modified, (folder.sealed, *files, *logs)))


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _all(data: Path) -> Iterator[RunSummary]:
    for folder in list_runs(data):
        key = (str(folder.path), stamp(folder))
        known = _summaries.get(key)
        if known is None:
            try:
                with opened(folder.path) as file:
                    known = _summary(folder, file)
            except (StoreError, OperatorError):
                continue
            if known.ended_unix is not None and known.state not in _PASSING:
                _summaries[key] = known
                if len(_summaries) > SUMMARIES:
                    _summaries.popitem(last=False)
        yield known


_PASSING = frozenset({RunState.RUNNING, RunState.INTERRUPTED})


def opened(folder: Path) -> RunFile:
    """Return a run, open to be read: its journal if there is one."""
    place = RunFolder.of(folder)
    return RunFile(place.journal if place.journal.exists() else place.sealed)


def _summary(folder: RunFolder, file: RunFile) -> RunSummary:
    header, status = file.header, file.status
    state = stored_state(
        status.state, finished=status.finished, is_written=folder.is_written
    )
    return RunSummary(
        run=header.run_id,
        protocol=header.protocol,
        title=header.title,
        sample=_name(header),
        channels=dict(header.roles),
        state=state,
        reason=status.reason,
        asked="",
        step_count=status.step_count,
        step_label=status.label,
        technique="",
        cycle=status.cycle_count,
        test_time=status.test_time,
        rows=sum(file.rows.values()),
        last={},
        started_unix=header.started_unix,
        ended_unix=status.unix if status.finished else None,
        expected_duration=None,
        simulated=header.simulated,
        operator=header.operator,
        uuid=header.uuid,
        trouble="",
        longest_gap=float(status.fields.get(LONGEST_GAP, 0.0)),
        unsafe=unsafe_channels(status.unsafe, header.roles),
        headline=headline(file.results),
    )


def _name(header: RunHeader) -> str:
    return str(header.sample.get("name", ""))
