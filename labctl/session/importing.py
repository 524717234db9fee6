"""Make a run of a file that another program wrote, so that old cells can be compared.

The run has the columns, the results and the report of one that labctl recorded; its
header says where it came from. Nothing is measured and nothing is switched on.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from labctl import plugins
from labctl.clock import SystemClock
from labctl.data import (
    IMPORTED,
    Array,
    Batch,
    EndReason,
    Outcome,
    Result,
    Stream,
)
from labctl.documents.plan import read_label, sample_of
from labctl.engine.states import RunState
from labctl.errors import LabctlError
from labctl.sample import Sample
from labctl.session.names import run_id
from labctl.session.view import JournalView
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import seal_apart

PROTOCOL = "imported"


def import_file(path: Path, label: Path, out: Path) -> Path:
    """Read ``path`` and return the folder of the run that was made.

    ``label`` is the sample's file, ``out`` the folder of runs. StoreError: a kind of
    file that is not known, or one that cannot be read.
    """
    sample = sample_of(read_label(label))
    file = read(path)
    streams = _streams(file)
    started = file.started
    unix = SystemClock().unix() if started is None else started.astimezone().timestamp()
    header = _header(path, file, sample, unix)
    folder = RunFolder(out / header.run_id)
    with Journal.create(folder.journal, header) as journal:
        _fill(journal, header, streams, unix)
        results = _results(header, sample, folder)
        journal.finish(str(EndReason.COMPLETED), results, unix + _end(streams))
    seal_apart(folder)
    return folder.path


def _header(path: Path, file: ForeignFile, sample: Sample, unix: float) -> RunHeader:
    kind = plugins.protocol(PROTOCOL)
    given = {"source": path.name, "technique": file.technique, "imported": True}
    return RunHeader(
        run_id=run_id(PROTOCOL, sample.name, unix),
        title=f"{sample.title or sample.name}, imported from {path.name}",
        protocol=PROTOCOL,
        streams=kind.streams,
        parameters_given=given,
        parameters=given,
        sample=sample.model_dump(mode="json"),
        plots=kind.plots,
        started_unix=unix,
        extra={"imported_header": list(file.settings)},
    )


def _fill(
    journal: Journal,
    header: RunHeader,
    streams: Mapping[str, Mapping[str, Array]],
    unix: float,
) -> None:
    """Write all rows as one step."""
    journal.set_status(RunState.RUNNING)
    journal.begin_step(1, {"label": header.title, "kind": IMPORTED}, 0.0)
    rows = 0
    for name, columns in streams.items():
        batch = _whole(header.stream(name), columns, unix)
        if len(batch):
            journal.append(batch)
            rows += len(batch)
    charge = _charge(streams["timeseries"])
    net = float(charge[-1]) if len(charge) else 0.0
    outcome = Outcome(
        EndReason.COMPLETED, duration=_end(streams), charge=net, rows=rows
    )
    journal.end_step(1, outcome, _end(streams))
    journal.commit()


def _streams(file: ForeignFile) -> dict[str, dict[str, Array]]:
    """Return the columns of both streams; what the file lacks is missing."""
    out: dict[str, dict[str, Array]] = {}
    for name, table in (("timeseries", file.timeseries), ("eis", file.eis)):
        n = table.rows
        columns = {each: table[each].values for each in table}
        columns.setdefault("test_time_second", np.empty(0))
        columns["instrument_time_second"] = columns["test_time_second"]
        columns.setdefault("current_ampere", np.full(n, np.nan))
        columns.setdefault("half_cycle", np.full(n, -1.0))
        columns.setdefault("cycle_count", np.full(n, -1.0))
        if "imaginary_impedance_ohm" in columns:
            minus = -columns["imaginary_impedance_ohm"]
            columns["minus_imaginary_impedance_ohm"] = minus
        out[name] = columns
    return {k: _measured(v) if k == "timeseries" else v for k, v in out.items()}


def _measured(rows: dict[str, Array]) -> dict[str, Array]:
    """Leave out rows whose current is not a number: it is missing, and no rest."""
    there = np.isfinite(rows["current_ampere"])
    if not there.any():
        return rows
    return {name: column[there] for name, column in rows.items()}


def _whole(stream: Stream, columns: Mapping[str, Array], unix: float) -> Batch:
    """Return every column of the stream; what the file lacks is missing."""
    time = columns["test_time_second"]
    known = {
        **columns,
        "unix_time_second": unix + time,
        "step_time_second": time,
        "step_count": np.ones(len(time)),
    }
    if stream.name == "timeseries":
        ampere_hours = _charge(columns) / 3600.0
        known["net_capacity_ah"] = ampere_hours
        known["step_net_capacity_ah"] = _since_half_cycle(columns, ampere_hours)
    return Batch(
        stream.name,
        {
            column.name: known[column.name].astype(column.dtype)
            if column.name in known
            else np.full(len(time), -1 if column.dtype == "i8" else np.nan).astype(
                column.dtype
            )
            for column in stream.columns
        },
    )


def _charge(columns: Mapping[str, Array]) -> Array:
    """Return the trapezoid of the current over time, C, shape (n,)."""
    time, current = columns["test_time_second"], columns["current_ampere"]
    if not len(time):
        return np.empty(0)
    parts = 0.5 * (current[1:] + current[:-1]) * np.diff(time)
    charge: Array = np.concatenate(([0.0], np.cumsum(np.nan_to_num(parts))))
    return charge


def _since_half_cycle(columns: Mapping[str, Array], net: Array) -> Array:
    half = columns["half_cycle"]
    first = np.flatnonzero(np.diff(half, prepend=-1) != 0)
    at = np.searchsorted(first, np.arange(len(half)), side="right") - 1
    since: Array = net - net[first][at] if len(net) else net
    return since


def _end(streams: Mapping[str, Mapping[str, Array]]) -> float:
    ends = [c["test_time_second"] for c in streams.values()]
    return max((float(t[-1]) for t in ends if len(t)), default=0.0)


def _results(
    header: RunHeader, sample: Sample, folder: RunFolder
) -> Mapping[str, Result]:
    kind = plugins.protocol(PROTOCOL)
    protocol = kind(kind.parameters_model.model_validate(header.parameters), sample)
    with JournalReader(folder.journal) as reader:
        try:
            return protocol.results(JournalView(sample, reader))
        except (LabctlError, ValueError) as error:
            return {"results": Result.absent("", f"{type(error).__name__}: {error}")}
