"""Foreign readers on exported files: columns by the names that each reader gives.

``python file_readers.py JOBS ANSWERS``: reads a JSON list of [function, path], writes a
JSON list of {"columns": …} or {"error": …}. Numbers are float64, exactly.
"""

import importlib
import json
import sys
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Columns = dict[str, list[float]]


def yadg_mpt(path: Path) -> Columns:
    """``extract("eclab.mpt", path, locale="en_GB", timezone="UTC")``."""
    reader: Any = importlib.import_module("yadg.extractors")
    tree = reader.extract(
        "eclab.mpt", path, locale="en_GB", timezone="UTC"
    ).to_dataset()
    about = json.loads(tree.attrs["original_metadata"])
    if not about["params"]:
        raise ValueError("no parameters were found")
    kept = [name for name in tree.data_vars if not name.endswith("_uncertainty")]
    return {name: _floats(tree[name].values) for name in (*kept, "uts")}


def galvani_mpt(path: Path) -> Columns:
    """``galvani.BioLogic.MPTfile(path)``."""
    reader: Any = importlib.import_module("galvani.BioLogic")
    table, _ = reader.MPTfile(str(path))
    return {name: _floats(table[name]) for name in table.dtype.names}


def impedance_biologic(path: Path) -> Columns:
    """``impedance.preprocessing.readBioLogic(path)``."""
    reader: Any = importlib.import_module("impedance.preprocessing")
    return _spectrum(*reader.readBioLogic(str(path)))


def impedance_zplot(path: Path) -> Columns:
    """``impedance.preprocessing.readZPlot(path)``."""
    reader: Any = importlib.import_module("impedance.preprocessing")
    return _spectrum(*reader.readZPlot(str(path)))


def pyimpspec(path: Path) -> Columns:
    """``pyimpspec.parse_data(path)``: one data set."""
    reader: Any = importlib.import_module("pyimpspec")
    (data,) = reader.parse_data(path)
    return _spectrum(data.get_frequencies(), data.get_impedances())


def batterydf_0_1(path: Path) -> Columns:
    """``bdf.read(path)``, then ``bdf.validate_df`` without a complaint."""
    bdf: Any = importlib.import_module("bdf")
    table = bdf.read(path, validate=True)
    report = bdf.validate_df(table, report=False, raise_on_error=True)
    if not report["ok"] or report["missing"]:
        raise ValueError(report)
    return {name: _floats(table[name].to_numpy()) for name in table.columns}


def batterydf_0_2(path: Path) -> Columns:
    """``bdf.read(path)`` with the records of the sidecar, then ``bdf.validate_df``."""
    bdf: Any = importlib.import_module("bdf")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        table, metadata = bdf.read(path)
        report = bdf.validate_df(table)
    complaints = [*report["missing"], *report["extras"], *report["derived"]["issues"]]
    if complaints:
        raise ValueError(complaints)
    (person,) = metadata.battinfo_test.contributor
    if not person.same_as or "labctl" not in metadata.extras:
        raise ValueError("the records of the sidecar did not arrive")
    return {name: _floats(table[name].to_numpy()) for name in table.columns}


def cellpy(path: Path) -> Columns:
    """``cellpy.get(path, instrument="batmo_bdf")``, with a summary of the cycles."""
    reader: Any = importlib.import_module("cellpy")
    cell = reader.get(path, instrument="batmo_bdf", mass=1.0)
    raw, summary = cell.data.raw, cell.data.summary
    columns = {
        name: _floats(raw[name].to_numpy())
        for name in ("test_time", "cycle_index", "current", "voltage")
    }
    for name in ("charge_capacity", "discharge_capacity"):
        columns[f"summary {name}"] = _floats(summary[name].to_numpy())
    return columns


def pyarrow(path: Path) -> Columns:
    """``pyarrow.parquet.read_table(path)``."""
    reader: Any = importlib.import_module("pyarrow.parquet")
    table = reader.read_table(path)
    for field in table.schema:
        if b"unit" not in field.metadata:
            raise ValueError(f"{field.name} has no unit")
    return {
        name: _floats(table[name].to_numpy(zero_copy_only=False))
        for name in table.column_names
    }


def pandas(path: Path) -> Columns:
    """``pandas.read_parquet(path)``, or ``read_csv``."""
    reader: Any = importlib.import_module("pandas")
    read = reader.read_csv if path.suffix == ".csv" else reader.read_parquet
    kwargs = {"float_precision": "round_trip"} if path.suffix == ".csv" else {}
    table = read(path, **kwargs)
    return {name: _floats(table[name].to_numpy()) for name in table.columns}


def polars(path: Path) -> Columns:
    """``polars.read_parquet(path)``."""
    reader: Any = importlib.import_module("polars")
    table = reader.read_parquet(path)
    return {name: _floats(table[name].to_numpy()) for name in table.columns}


def duckdb(path: Path) -> Columns:
    """``duckdb.from_parquet(path)``."""
    reader: Any = importlib.import_module("duckdb")
    table = reader.from_parquet(str(path)).fetchnumpy()
    return {name: _floats(values) for name, values in table.items()}


def _spectrum(frequency: Any, impedance: Any) -> Columns:
    return {
        "f": _floats(frequency),
        "Re Z": _floats(impedance.real),
        "Im Z": _floats(impedance.imag),
    }


def _floats(values: Any) -> list[float]:
    """Return numbers; what is masked or null is NaN, what is no number is left out."""
    numpy: Any = importlib.import_module("numpy")
    if isinstance(values, numpy.ma.MaskedArray):
        values = values.astype(float).filled(float("nan"))
    try:
        found: list[float] = numpy.asarray(values, dtype=float).tolist()
    except (TypeError, ValueError):
        return []
    return found


READERS: Mapping[str, Any] = {
    one.__name__: one
    for one in (
        *(yadg_mpt, galvani_mpt, impedance_biologic, impedance_zplot, pyimpspec),
        *(batterydf_0_1, batterydf_0_2, cellpy, pyarrow, pandas, polars, duckdb),
    )
}


def main(jobs: Path, answers: Path) -> None:
    """Do every job; a reader that fails says so and the next one goes on."""
    found = []
    for name, path in json.loads(jobs.read_text()):
        try:
            found.append({"columns": READERS[name](Path(path))})
        except Exception as error:  # noqa: BLE001  (whatever a foreign reader raises)
            said = traceback.format_exc(limit=-3)
            found.append({"error": f"{type(error).__name__}: {error}\n{said}"})
        answers.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
