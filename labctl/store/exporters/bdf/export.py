"""Hand a run on in the Battery Data Format (Battery Data Alliance, ontology 1.3.0).

One file holds one cell's time series, its spectra among them in the order of time; the
header row holds the preferred labels ``Quantity / unit``. `records` writes what they
belong to beside it. Terms of `EVERY_VERSION` are valid in the released vocabulary
(0.1.0) and in 1.3.0; the others are extras that the older one passes over. Positive
current charges the test object, as in the run file. A second channel on the same cell
and what is worked out cycle by cycle are not part of the table; the records say so.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from labctl.data import Column
from labctl.errors import StoreError
from labctl.store.exporters.arrow_door import missing, write_parquet
from labctl.store.exporters.bdf.merged_rows import merged
from labctl.store.exporters.bdf.records import write_records
from labctl.store.exporters.csv_files import number_rows, write_rows
from labctl.store.exporters.delivery import Delivery, delivery, same_content, word_of
from labctl.store.header import dumps
from labctl.store.run_file.reader import RunFile, Table

REQUIRED = ("test_time_second", "voltage_volt", "current_ampere")
EVERY_VERSION: Mapping[str, str] = {
    "test_time_second": "Test Time / s",
    "voltage_volt": "Voltage / V",
    "current_ampere": "Current / A",
    "unix_time_second": "Unix Time / s",
    "cycle_count": "Cycle Count / 1",
    "step_count": "Step Count / 1",
    "ambient_temperature_celsius": "Ambient Temperature / degC",
    "charging_capacity_ah": "Charging Capacity / Ah",
    "discharging_capacity_ah": "Discharging Capacity / Ah",
    "net_capacity_ah": "Net Capacity / Ah",
    "cumulative_capacity_ah": "Cumulative Capacity / Ah",
    "charging_energy_wh": "Charging Energy / Wh",
    "discharging_energy_wh": "Discharging Energy / Wh",
    "net_energy_wh": "Net Energy / Wh",
    "cumulative_energy_wh": "Cumulative Energy / Wh",
    "power_watt": "Power / W",
    "internal_resistance_ohm": "Internal Resistance / ohm",
    "ambient_pressure_pa": "Ambient Pressure / Pa",
    "applied_pressure_pa": "Applied Pressure / Pa",
}
"""Machine name -> preferred label."""
SINCE_1_3: Mapping[str, str] = {
    "step_id": "Step ID",
    "step_time_second": "Step Time / s",
    "step_record_index": "Step Record Index / 1",
    "record_index": "Record Index / 1",
    **{
        f"{scope}_{sense}_{quantity}": f"{scope.title()} {sense.title()} {label}"
        for scope in ("step", "cycle")
        for sense in ("charging", "discharging", "net", "cumulative")
        for quantity, label in (
            ("capacity_ah", "Capacity / Ah"),
            ("energy_wh", "Energy / Wh"),
        )
    },
    "dc_internal_resistance_ohm": "DC Internal Resistance / ohm",
    "ac_internal_resistance_ohm": "AC Internal Resistance / ohm",
    "frequency_hertz": "Frequency / Hz",
    "real_impedance_ohm": "Real Impedance / ohm",
    "imaginary_impedance_ohm": "Imaginary Impedance / ohm",
    "absolute_impedance_ohm": "Absolute Impedance / ohm",
    "phase_degree": "Phase / deg",
    "surface_temperature_celsius": "Surface Temperature / degC",
    "surface_pressure_pa": "Surface Pressure / Pa",
}
LABELS: Mapping[str, str] = {**EVERY_VERSION, **SINCE_1_3}
NOBODY = "LAB"
"""Stands for the institution of a run that does not say it."""
NUMBERS = range(1, 1000)
"""What stands last in a file's name."""


def export_bdf(
    run: RunFile,
    directory: Path,
    *,
    institution: str = "",
    parquet: bool = False,
    replace: bool = False,
) -> list[Path]:
    """Write the table and its records; return both paths.

    Named ``Institution__Cell__YYYYMMDD_XXX.bdf.csv`` (or ``.bdf.parquet``), XXX being
    the first number that is free or has this very content: nothing is overwritten, and
    `replace` means nothing. ``institution``: empty takes the run's, or `NOBODY`.
    StoreError: the run has no time, voltage and current; pyarrow is not installed.
    """
    table, columns = table_of(run)
    whose = run.header.lab.get("institution") or {}
    institution = institution or str(whose.get("name", "")) or NOBODY
    kind = "parquet" if parquet else "csv"
    with delivery(directory, replace=replace) as goods:
        draft = goods.file(f"draft.bdf.{kind}")
        heads = [LABELS[column.name] for column in columns]
        if parquet:
            about = {"labctl": dumps({"run": run.header.run_id})}
            write_parquet(draft, table, columns, heads, about)
        else:
            names = [column.name for column in columns]
            write_rows(draft, heads, number_rows(table, names))
        notes = goods.file("draft.bdf.metadata.json")
        write_records(run, columns, LABELS, institution, notes)
        _rename(goods, _names(run, institution, kind))
    return goods.paths


def table_of(run: RunFile) -> tuple[Table, list[Column]]:
    """Return the rows of one cell in the order of time, and the columns BDF knows.

    StoreError: no time, voltage or current.
    """
    recorded = [s for s in ("timeseries", "eis") if run.rows.get(s)]
    known: dict[str, Column] = {
        column.name: column
        for name in recorded
        for column in (*run.header.stream(name).columns, *MORE.get(name, ()))
    }
    if lacking := [name for name in REQUIRED if name not in known]:
        raise StoreError(
            f"run {run.header.run_id} has no {', '.join(lacking)}; the Battery Data "
            "Format needs time, voltage and current: export it as csv"
        )
    columns = [known[name] for name in LABELS if name in known]
    table = merged(run, recorded, columns)
    return table, [each for each in columns if _has_values(table, each)]


def _has_values(table: Table, column: Column) -> bool:
    """Tell whether a column must or can be written; one without a value need not."""
    return column.name in REQUIRED or not missing(table[column.name]).all()


MORE: Mapping[str, tuple[Column, ...]] = {
    "eis": (
        Column("absolute_impedance_ohm", "ohm", "Absolute Impedance / ohm"),
        Column("phase_degree", "deg", "Phase / deg"),
    )
}
"""What follows from real and imaginary part."""


def _names(run: RunFile, institution: str, kind: str) -> Iterator[Sequence[str]]:
    header = run.header
    cell = str(header.sample.get("name") or header.run_id)
    day = "undated"
    if not math.isnan(header.started_unix):
        day = datetime.fromtimestamp(header.started_unix, UTC).strftime("%Y%m%d")
    stem = f"{word_of(institution)}__{word_of(cell)}__{day}"
    for number in NUMBERS:
        whole = f"{stem}_{number:03d}.bdf"
        yield f"{whole}.{kind}", f"{whole}.metadata.json"


def _rename(goods: Delivery, choices: Iterator[Sequence[str]]) -> None:
    """Give the drafts the first names that are free, or that are theirs already."""
    drafts = tuple(goods.names)
    for names in choices:
        pairs = list(zip(drafts, names, strict=True))
        if all(
            same_content(goods, draft, name) or not (goods.directory / name).exists()
            for draft, name in pairs
        ):
            for draft, name in pairs:
                (goods.workplace / draft).rename(goods.workplace / name)
            goods.names[:] = names
            return
    raise StoreError(f"{goods.directory}: 999 files of this cell and day are there")
