"""Make a run of a file that another program wrote, so that old cells can be compared.

The run has the columns, the results and the report of one that labctl recorded; its
header says where each column came from. Nothing is measured and nothing is switched
on. It is put together in a folder of its own and appears among the runs whole.
"""

import hashlib
import logging
import math
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from labctl import plugins
from labctl.analysis.cells.recognition import Measurement
from labctl.clock import SystemClock
from labctl.data import Array, Batch, EndReason, Result
from labctl.documents.plan import read_label, sample_of
from labctl.engine.states import RunState
from labctl.errors import OperatorError, StoreError
from labctl.sample import Sample
from labctl.session.importing.charges import charges_of
from labctl.session.importing.columns import ImportedStream, streams_of
from labctl.session.importing.label import differences
from labctl.session.importing.likeness import likeness_of
from labctl.session.importing.place import ImportPlace
from labctl.session.importing.refusals import refuse_counts, refuse_time
from labctl.session.importing.started import start_of, told_of, zone_of
from labctl.session.importing.steps import ImportedSteps, rows_by_step, steps_of
from labctl.session.names import run_id
from labctl.session.view import JournalView
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.imported_from import ImportedFrom
from labctl.store.importers.readers import read
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import seal

log = logging.getLogger(__name__)

PROTOCOL = "imported"
PACKAGES = ("labctl-bench", "h5py", "numpy", "scipy")
COMMIT_ROWS = 200_000
"""Rows that are kept in memory before they are written."""
CHUNK = 1 << 20
"""Bytes read at once to tell a file's content."""


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What a person says about the files to be imported."""

    sample: Sample
    zone: ZoneInfo | None = None
    """In which the files' local times are; None: that of this PC."""
    started: datetime | None = None
    """When the test began, of files that do not say it."""
    technique: Measurement | None = None
    """What was measured; None: the rows tell."""

    @classmethod
    def of(
        cls, label: Path, zone: str = "", started: str = "", technique: str = ""
    ) -> "ImportOrder":
        """Read what was typed. RefusedError: the label; OperatorError: the rest."""
        return cls(
            sample_of(read_label(label)),
            zone_of(zone) if zone else None,
            told_of(started) if started else None,
            measurement_of(technique) if technique else None,
        )


def measurement_of(told: str) -> Measurement:
    """Return what a person says was measured. OperatorError: nothing that is known."""
    try:
        return Measurement(told)
    except ValueError:
        raise OperatorError(
            f"--technique {told}: labctl knows no such measurement; there are "
            f"{', '.join(Measurement)}"
        ) from None


def import_file(
    path: Path,
    label: Path,
    out: Path,
    *,
    zone: str = "",
    started: str = "",
    technique: str = "",
) -> Path:
    """Read ``path`` and return the folder of the run that was made.

    ``label`` is the sample's file, ``out`` the folder of runs. StoreError: a kind of
    file that is not known, or one that cannot be read.
    """
    order = ImportOrder.of(label, zone, started, technique)
    with ImportPlace(out) as place:
        return place.publish(make_run(path, order, place.fresh()).path)


def content_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes. StoreError: it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(CHUNK):
                digest.update(block)
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    return digest.hexdigest()


def make_run(
    path: Path, order: ImportOrder, folder: Path, sha256: str = ""
) -> RunFolder:
    """Make the whole run in a folder of its own within ``folder`` and return it.

    StoreError: the file cannot be read, or its time goes back.
    """
    file = read(path)
    refuse_time(file)
    refuse_counts(file)
    start, remarks = start_of(file, order.zone, order.started)
    charges = charges_of(file)
    steps = steps_of(file, charges)
    streams = streams_of(file, start, charges, steps)
    source = ImportedFrom(
        path.name.encode("utf-8", "replace").decode(),  # names need not be text
        file.program,
        file.technique,
        sha256 or content_of(path),
        start,
        {each.stream.name: each.origins for each in streams},
        file.untaken,
        (*file.remarks, *remarks, *charges.remarks),
        _plain(file.facts),
        file.settings,
        likeness_of(file),
    )
    header = _header(order, source, streams)
    place = RunFolder(folder / header.run_id)
    with Journal.create(place.journal, header) as journal:
        _fill(journal, streams, steps)
        now = SystemClock().unix()
        for event in differences(file, order.sample):
            journal.event(event, 0.0, now)
        journal.settle()
        end = max(each.ended for each in steps.steps)
        ended = now if math.isnan(start.unix) else start.unix + end
        results = _results(header, order.sample, place)
        journal.finish(str(EndReason.COMPLETED), results, ended)
    seal(place)
    return place


def _header(
    order: ImportOrder,
    source: ImportedFrom,
    streams: tuple[ImportedStream, ImportedStream],
) -> RunHeader:
    kind, sample = plugins.protocol(PROTOCOL), order.sample
    given = {
        "source": source.file,
        "technique": source.technique,
        "technique_told": order.technique and str(order.technique),
        "imported": True,
    }
    unix = source.start.unix
    return RunHeader(
        run_id=run_id(PROTOCOL, sample.name, unix),
        title=f"{sample.title or sample.name}, imported from {source.file}",
        protocol=PROTOCOL,
        streams=tuple(each.stream for each in streams),
        parameters_given=given,
        parameters=given,
        sample=sample.model_dump(mode="json"),
        instruments=_instruments(source),
        plots=kind.plots,
        started_unix=unix,
        operator=str(source.facts.get("operator", "")),
        simulated=bool(source.facts.get("simulated")),
        uuid=str(uuid.uuid4()),
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        imported=source,
    )


def _instruments(source: ImportedFrom) -> Mapping[str, Mapping[str, Any]]:
    """Return what the file says of the instrument; nothing if it is silent."""
    names = {"instrument": "model", "serial": "serial", "channel": "channel"}
    said = {
        own: source.facts[name] for name, own in names.items() if name in source.facts
    }
    return {"source": {**said, "software": source.program}} if said else {}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that are known; one that is no number is none."""
    unknown = {k for k, v in facts.items() if isinstance(v, float) and math.isnan(v)}
    return {name: value for name, value in facts.items() if name not in unknown}


def _fill(
    journal: Journal,
    streams: tuple[ImportedStream, ImportedStream],
    steps: ImportedSteps,
) -> None:
    """Write all rows, step by step."""
    series, eis = streams
    last = steps.steps[-1]
    cycles = [each.columns["cycle_count"].max(initial=0) for each in streams]
    journal.set_status(
        RunState.RUNNING,
        test_time=last.ended,
        step_count=last.number,
        cycle_count=int(max(cycles)),
        label=last.payload["label"],
    )
    waiting = 0
    for step, of_eis in rows_by_step(steps):
        journal.begin_step(step.number, step.payload, step.began)
        for stream, rows in ((series, step.rows), (eis, of_eis)):
            if rows.stop > rows.start:
                journal.append(Batch(stream.stream.name, _part(stream.columns, rows)))
                waiting += rows.stop - rows.start
        journal.end_step(step.number, step.outcome, step.ended)
        if waiting >= COMMIT_ROWS:
            journal.settle()
            waiting = 0
    journal.settle()


def _part(columns: Mapping[str, Array], rows: slice) -> dict[str, Array]:
    return {name: column[rows] for name, column in columns.items()}


def _results(
    header: RunHeader, sample: Sample, folder: RunFolder
) -> Mapping[str, Result]:
    kind = plugins.protocol(PROTOCOL)
    protocol = kind(kind.parameters_model.model_validate(header.parameters), sample)
    with JournalReader(folder.journal) as reader:
        try:
            return protocol.results(JournalView(sample, reader))
        except Exception as error:
            log.exception("%s: the results could not be worked out", header.run_id)
            return {"results": Result.absent("", f"{type(error).__name__}: {error}")}
