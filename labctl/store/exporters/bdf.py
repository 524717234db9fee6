"""Hand a run on in the Battery Data Format (Battery Data Alliance, ontology 1.3.0).

One file holds one cell's time series; the header row holds the preferred labels
``Quantity / unit``; a sidecar ``x.bdf.metadata.json`` says what they belong to. Labels
of `EVERY_VERSION` are valid in the released vocabulary (0.1.0) and in 1.3.0; those of
`SINCE_1_3` are extras that the older one passes over. Positive current charges the
test object, as in the run file.
"""

import importlib
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from labctl.clock import iso
from labctl.data import Column
from labctl.errors import StoreError
from labctl.store.exporters.csv_files import number_rows, write_rows
from labctl.store.run_file.reader import RunFile

ONTOLOGY = "https://w3id.org/battery-data-alliance/ontology/battery-data-format#"
REQUIRED = ("test_time_second", "voltage_volt", "current_ampere")
EVERY_VERSION = (
    *REQUIRED,
    "unix_time_second",
    "cycle_count",
    "step_count",
    "ambient_temperature_celsius",
    "charging_capacity_ah",
    "discharging_capacity_ah",
    "net_capacity_ah",
    "cumulative_capacity_ah",
    "charging_energy_wh",
    "discharging_energy_wh",
    "net_energy_wh",
    "cumulative_energy_wh",
    "power_watt",
    "internal_resistance_ohm",
    "ambient_pressure_pa",
    "applied_pressure_pa",
)
SINCE_1_3 = (
    "step_time_second",
    "step_net_capacity_ah",
    "cycle_charging_capacity_ah",
    "cycle_discharging_capacity_ah",
    "surface_temperature_celsius",
)
STATUS = {"completed": "completed", "running": "running", "created": "planned"}
"""labctl's state -> BattINFO's test status; anything else was aborted."""


def export_bdf(
    run: RunFile,
    directory: Path,
    *,
    stream: str = "timeseries",
    institution: str = "LAB",
    parquet: bool = False,
) -> list[Path]:
    """Write the stream and its sidecar; return both paths.

    Named ``Institution__Cell__YYYYMMDD_XXX.bdf.csv`` (or ``.bdf.parquet``), XXX being
    the first number that is free. StoreError: the stream lacks time, voltage or
    current; pyarrow is not installed.
    """
    columns = _columns(run, stream)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = "parquet" if parquet else "csv"
    path = _free_path(run, directory, institution, suffix)
    if parquet:
        _write_parquet(run, stream, columns, path)
    else:
        heads = [column.long_name for column in columns]
        names = [column.name for column in columns]
        write_rows(path, heads, number_rows(run.table(stream), names))
    sidecar = path.with_name(f"{path.name.removesuffix(suffix)}metadata.json")
    facts = _metadata(run, columns, institution)
    sidecar.write_text(json.dumps(facts, indent=2, ensure_ascii=False), "utf-8")
    return [path, sidecar]


def _columns(run: RunFile, name: str) -> list[Column]:
    stream = run.header.stream(name)
    own = {column.name: column for column in stream.columns}
    if missing := [each for each in REQUIRED if each not in own]:
        raise StoreError(
            f"stream {name} has no {', '.join(missing)}; the Battery Data Format "
            "needs time, voltage and current: export it as CSV"
        )
    return [own[each] for each in (*EVERY_VERSION, *SINCE_1_3) if each in own]


def _free_path(run: RunFile, directory: Path, institution: str, suffix: str) -> Path:
    header = run.header
    cell = str(header.sample.get("name") or header.run_id)
    began = header.started_unix
    day = "undated"
    if not math.isnan(began):
        day = datetime.fromtimestamp(began, UTC).strftime("%Y%m%d")
    stem = f"{_word(institution)}__{_word(cell)}__{day}"
    for number in range(1, 1000):
        path = directory / f"{stem}_{number:03d}.bdf.{suffix}"
        if not path.exists():
            return path
    raise StoreError(f"{directory}: 999 files of {stem} are there; choose another")


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.") or "unnamed"


def _write_parquet(
    run: RunFile, stream: str, columns: list[Column], path: Path
) -> None:
    try:
        pyarrow: Any = importlib.import_module("pyarrow")
        writer: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as e:
        raise StoreError(
            "parquet needs pyarrow, which is not installed: "
            "pip install pyarrow, or export CSV"
        ) from e
    table = run.table(stream)
    data = {}
    for column in columns:
        values = table[column.name]
        missing = np.isnan(values) if values.dtype.kind == "f" else values == -1
        data[column.long_name] = pyarrow.array(values, mask=missing)
    writer.write_table(pyarrow.table(data), path)


def _metadata(
    run: RunFile, columns: list[Column], institution: str
) -> dict[str, object]:
    header, status = run.header, run.status
    return {
        "format": "Battery Data Format",
        "ontology": "1.3.0",
        "institution": institution,
        "cell": dict(header.sample),
        "test": {
            "id": header.run_id,
            "name": header.title,
            "kind": "other" if "cycling" not in header.protocol else "cycling",
            "status": STATUS.get(status.state, "aborted"),
            "protocol": header.protocol,
            "parameters": dict(header.parameters),
            "started_at": None
            if math.isnan(header.started_unix)
            else iso(header.started_unix),
            "ended_at": iso(status.unix)
            if status.finished and not math.isnan(header.started_unix)
            else None,
            "operator": header.operator,
            "simulated": header.simulated,
        },
        "instruments": {name: dict(each) for name, each in header.instruments.items()},
        "software": dict(header.versions),
        "sign": "positive current charges the test object",
        "columns": {
            column.long_name: {"iri": f"{ONTOLOGY}{column.name}", "unit": column.unit}
            for column in columns
        },
        "results": {name: each.to_json() for name, each in run.results.items()},
    }
