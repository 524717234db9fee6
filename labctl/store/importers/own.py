"""Read back what labctl itself handed on: CSV of a stream, and sealed run files.

The rows come back as they were. A CSV says no more than its rows; of a run file the
sample, the instruments and the protocol come along as facts. What is not read back:
steps, events, results, and streams other than ``timeseries`` and ``eis``.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from labctl.columns import DELTA, HALL, IV, MAGNET, unit_of
from labctl.errors import StoreError
from labctl.store.importers.bdf.read import foreign
from labctl.store.importers.bdf.vocabulary import LEFT_OUT, is_known
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)
from labctl.store.importers.plain_csv import read_plain
from labctl.store.run_file.reader import RunFile, Table

PROGRAM: Final = "labctl"
READ: Final = ("timeseries", "eis")
OTHERS: Final = frozenset(
    column.name
    for stream in (IV, DELTA, HALL, MAGNET)
    for column in stream.columns
    if not is_known(column.name)
)
"""Columns of films, particles and magnets."""
_TITLE = re.compile(r"([a-z][a-z0-9_]*)(?: \[([^\]]*)\])?\Z")


def read_csv(path: Path) -> ForeignFile:
    """Read ``<run>_timeseries.csv`` or ``<run>_eis.csv``. StoreError."""
    table = read_plain(path)
    names = {}
    for title in (*table.columns, *table.texts):
        match = _TITLE.match(title)
        if match is not None and match[1] in OTHERS:
            raise StoreError(
                f"{path}: its column {match[1]} is of no cell; of labctl's exports "
                "<run>_timeseries.csv and <run>_eis.csv are imported"
            )
        if match is None or not is_known(match[1]):
            continue
        unit = unit_of(match[1])
        if unit and (match[2] or "") != unit:
            raise StoreError(
                f"{path}:1: {match[1]} is in {match[2] or 'no unit'}, labctl writes "
                f"it in {unit}: export the run again"
            )
        names[title] = match[1]
    found = set(names.values())
    if not found & {"voltage_volt", "frequency_hertz"}:
        raise StoreError(
            f"{path}: holds neither voltages nor spectra; of labctl's "
            "exports <run>_timeseries.csv and <run>_eis.csv are imported"
        )
    return foreign(path, PROGRAM, table, {}, names, needed=("test_time_second",))


def read_run(path: Path) -> ForeignFile:
    """Read a sealed run file that was copied from elsewhere. StoreError."""
    try:
        return _read_run(path)
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as e:
        raise StoreError(
            f"{path}: the run file is damaged ({e}); copy it again, or seal it again "
            "from the journal beside it"
        ) from e


def _read_run(path: Path) -> ForeignFile:
    with RunFile(path) as run:
        header = run.header
        tables = {name: _table(run.table(name)) for name in READ if run.rows.get(name)}
        if not tables:
            streams = ", ".join(name for name, rows in run.rows.items() if rows)
            raise StoreError(
                f"{path}: run {header.run_id} has no rows of a cell (it has "
                f"{streams or 'none'}); copy its folder into the folder of runs instead"
            )
        unix = header.started_unix
        known = np.isfinite(unix) and unix > 0
        return ForeignFile(
            path,
            PROGRAM,
            tables.get("timeseries", EMPTY),
            tables.get("eis", EMPTY),
            technique=header.protocol,
            started=datetime.fromtimestamp(unix, UTC) if known else None,
            facts=_facts(header.run_id, header.sample, header.instruments)
            | ({"operator": header.operator} if header.operator else {})
            | ({"simulated": True} if header.simulated else {}),
            untaken=tuple(
                name for name, rows in run.rows.items() if rows and name not in READ
            ),
        )


def _table(table: Table) -> ForeignTable:
    columns = {}
    for name in table:
        if name in LEFT_OUT:
            continue
        values = table[name]
        missing = values.dtype.kind == "i"
        numbers = values.astype(np.float64)
        if missing:
            numbers[values == -1] = np.nan
        if not np.isnan(numbers).all():
            columns[name] = ForeignColumn(numbers, name)
    return ForeignTable(columns)


def _facts(
    run: str, sample: Mapping[str, Any], instruments: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    facts: dict[str, Any] = {"run": run}
    if sample.get("name"):
        facts["cell"] = sample["name"]
    for name, about in instruments.items():
        facts["instrument"] = str(about.get("model") or name)
        if about.get("serial"):
            facts["serial"] = str(about["serial"])
        break
    return facts
