"""Hand a run on as Apache Parquet: one typed file a stream, units on every column.

Columns have labctl's machine names; a column's metadata hold ``unit`` and
``long_name`` (of an imported run also ``origin``, ``source_title`` and ``rule``), the
file's hold ``labctl``: a JSON object that says whose rows these are.
"""

from pathlib import Path

from labctl.clock import iso
from labctl.store.exporters.arrow_door import write_parquet
from labctl.store.exporters.delivery import delivery, word_of
from labctl.store.header import dumps, finite_facts
from labctl.store.run_file.reader import RunFile


def export_parquet(
    run: RunFile, directory: Path, *, replace: bool = False
) -> list[Path]:
    """Write ``<run id>_<stream>.parquet`` for each stream with rows; return the paths.

    StoreError: a file cannot be written; pyarrow is not installed.
    """
    header = run.header
    with delivery(directory, replace=replace) as goods:
        for stream in header.streams:
            table = run.table(stream.name)
            if not table.rows:
                continue
            path = goods.file(f"{word_of(header.run_id)}_{stream.name}.parquet")
            names = [column.name for column in stream.columns]
            about = {
                "labctl": dumps(finite_facts(_about(run, stream.name, stream.title)))
            }
            origins = [_origin(run, stream.name, name) for name in names]
            write_parquet(path, table, stream.columns, names, about, origins)
    return goods.paths


def _origin(run: RunFile, stream: str, column: str) -> dict[str, str]:
    """Return where a column of an imported run is from; nothing of our own."""
    imported = run.header.imported
    origin = imported and imported.origin(stream, column)
    if not origin:
        return {}
    return {
        "origin": str(origin.origin),
        "source_title": origin.title,
        "rule": origin.rule,
    }


def _about(run: RunFile, stream: str, title: str) -> dict[str, object]:
    header, status = run.header, run.status
    return {
        "run": header.run_id,
        "uuid": header.uuid,
        "stream": stream,
        "title": title,
        "protocol": header.protocol,
        "parameters": dict(header.parameters),
        "sample": dict(header.sample),
        "instruments": {
            name: {key: about.get(key, "") for key in ("vendor", "model", "serial")}
            for name, about in header.instruments.items()
        },
        "started_at": iso(header.started_unix),
        "state": status.state,
        "finished": status.finished,
        "simulated": header.simulated,
        "operator": header.operator,
        "orcid": header.orcid,
        "lab": dict(header.lab),
        "software": dict(header.versions),
        "sign": "positive current charges the test object",
    }
