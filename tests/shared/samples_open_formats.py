"""The Battery Data Format and what labctl itself hands on, as small as they get."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from foreign_samples import ForeignSample

from labctl.columns import EIS, TIMESERIES
from labctl.data import Batch, EndReason, Outcome
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

TERMS = {
    "Test Time / s": np.arange(6) * 10.0,
    "Voltage / V": 3.0 + np.arange(6) * 0.01,
    "Current / A": np.r_[0.0, np.full(5, 1e-3)],
    "Unix Time / s": 1.7e9 + np.arange(6) * 10.0,
    "Cycle Count / 1": np.zeros(6),
    "Net Capacity / Ah": np.arange(6) * 1e-2 / 3600,
}
OWN = {
    "test_time_second [s]": "Test Time / s",
    "voltage_volt [V]": "Voltage / V",
    "current_ampere [A]": "Current / A",
    "cycle_count [1]": "Cycle Count / 1",
    "net_capacity_ah [A*h]": "Net Capacity / Ah",
}


def _csv(path: Path, columns: dict[str, np.ndarray]) -> Path:
    rows = zip(*columns.values(), strict=True)
    lines = [
        ",".join(columns),
        *(",".join(repr(float(x)) for x in row) for row in rows),
    ]
    path.write_text("\n".join([*lines, ""]))
    return path


def battery_data_format(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a table of CSV."""
    kept = {name: v for name, v in TERMS.items() if name not in without}
    return _csv(folder / "cell.bdf.csv", kept)


def parquet(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a table of Parquet."""
    pyarrow: Any = importlib.import_module("pyarrow")
    kept = {name: v for name, v in TERMS.items() if name not in without}
    path = folder / "cell.bdf.parquet"
    importlib.import_module("pyarrow.parquet").write_table(pyarrow.table(kept), path)
    return path


def own_csv(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a stream as labctl exports it."""
    kept = {name: TERMS[term] for name, term in OWN.items() if name not in without}
    return _csv(folder / "run-1_timeseries.csv", kept)


def run_file(folder: Path, _without: frozenset[str] = frozenset()) -> Path:
    """Write a sealed run."""
    header = RunHeader(
        "run-1", "A run", "cycling", (TIMESERIES, EIS), started_unix=1.7e9
    )
    place = RunFolder(folder / header.run_id)
    values = {column.name: np.arange(6) for column in TIMESERIES.columns}
    with Journal.create(place.journal, header) as journal:
        journal.begin_step(1, {}, 0.0)
        journal.append(Batch("timeseries", values))
        journal.end_step(1, Outcome(EndReason.COMPLETED), 5.0)
        journal.finish("completed", {}, 1.7e9 + 5.0)
    seal(place)
    return place.sealed.rename(folder / "run-1.h5")


SAMPLES = {
    "labctl run file": ForeignSample(run_file),
    "labctl CSV": ForeignSample(own_csv, tuple(OWN)),
    "Battery Data Format": ForeignSample(battery_data_format, tuple(TERMS)),
    "Parquet with the terms of the Battery Data Format": ForeignSample(
        parquet, tuple(TERMS)
    ),
}
