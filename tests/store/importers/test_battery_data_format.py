"""Tables with the Battery Data Format's terms, in every form that its readers write."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store.importers.bdf.records import sidecars
from labctl.store.importers.bdf.vocabulary import term_of
from labctl.store.importers.foreign import ForeignFile, ForeignTable
from labctl.store.importers.readers import format_of, read

HEAD = "Test Time / s,Voltage / V,Current / A"
LABELS = ("Test Time / s", "Voltage / V", "Current / A", "Unix Time / s", "Step ID")
NAMES = (
    *("test_time_second", "voltage_volt", "current_ampere"),
    *("unix_time_second", "step_id"),
)
ROWS = ((0.0, 3.0, 0.0, 1.7e9, 1.0), (10.0, 3.25, 5e-4, 1.7e9 + 10, 2.0))
TEXT = "\n".join(",".join(str(x) for x in row) for row in ROWS) + "\n"


def write(folder: Path, name: str, data: bytes | str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def numbers(table: ForeignTable, name: str) -> list[float]:
    """Return a column."""
    values = table.numbers(name)
    assert values is not None
    return [float(each) for each in values]


def right(file: ForeignFile) -> None:
    """Compare with `ROWS`."""
    for k, name in enumerate(NAMES):
        assert numbers(file.timeseries, name) == [row[k] for row in ROWS], name
    assert file.started == datetime.fromtimestamp(1.7e9, UTC)
    assert not file.remarks


FORMS: dict[str, bytes | str] = {
    "Lab__C1__20240115_001.csv": ",".join(LABELS) + "\n" + TEXT,
    "x.bdf": ",".join(LABELS) + "\n" + TEXT,
    "x.bdf.csv": ",".join(NAMES) + "\r\n" + TEXT.replace("\n", "\r\n"),
    "bom.bdf.csv": "\ufeff" + ",".join(LABELS) + "\n" + TEXT,
    "quoted.bdf.csv": ",".join(f'"{x}"' for x in LABELS) + "\n" + TEXT,
    "blanks.bdf.csv": ", ".join(x.upper() for x in LABELS) + "\n" + TEXT,
    "voltage first.csv": "voltage_volt,current_ampere,step_id,"
    "unix_time_second,test_time_second\n3.0,0.0,1,1700000000,0\n"
    "3.25,0.0005,2,1700000010,10\n",
    "cr.bdf.csv": (",".join(LABELS) + "\n" + TEXT).replace("\n", "\r"),
    "x.bdf.csv.gz": gzip.compress((",".join(LABELS) + "\n" + TEXT).encode()),
    "lines.bdf.json": "\n".join(
        json.dumps(dict(zip(LABELS, row, strict=True))) for row in ROWS
    ),
    "records.bdf.json": json.dumps(
        [dict(zip(LABELS, row, strict=True)) for row in ROWS]
    ),
    "columns.bdf.json": json.dumps(
        {label: [row[k] for row in ROWS] for k, label in enumerate(LABELS)}
    ),
    "x.bdf.ndjson": "\n".join(
        json.dumps(dict(zip(NAMES, row, strict=True))) for row in ROWS
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    right(read(write(tmp_path, name, FORMS[name])))


@pytest.mark.parametrize(
    ("kind", "write_as"), [("parquet", "write_table"), ("feather", "write_feather")]
)
def test_arrow_gives_the_same_rows(tmp_path: Path, kind: str, write_as: str) -> None:
    arrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip(f"pyarrow.{kind}")
    columns = {label: [row[k] for row in ROWS] for k, label in enumerate(LABELS)}
    getattr(writer, write_as)(arrow.table(columns), str(tmp_path / f"x.bdf.{kind}"))

    right(read(tmp_path / f"x.bdf.{kind}"))


def test_a_damaged_table_of_arrow_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")

    with pytest.raises(StoreError, match="is damaged"):
        read(write(tmp_path, "x.bdf.parquet", b"PAR1 and nothing else"))


def test_gaps_are_missing_and_words_are_named(tmp_path: Path) -> None:
    text = (
        "Test Time / s,Voltage / V,Current / A,Step Type,Power / W\n"
        "0,3.0,,REST,\n1,3.1,1e-3,CC_CHG,\n"
    )
    file = read(write(tmp_path, "x.bdf.csv", text))

    assert np.isnan(numbers(file.timeseries, "current_ampere")[0])
    assert "power_watt" not in file.timeseries
    assert file.untaken == ("Power / W", "Step Type")


def test_rows_with_a_frequency_are_spectra(tmp_path: Path) -> None:
    head = f"{HEAD},Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm"
    text = f"{head}\n0,3,0,,,\n1,3,0,1e5,10,-2\n2,3,0,1e4,12,-5\n"

    file = read(write(tmp_path, "x.bdf.csv", text))

    assert numbers(file.timeseries, "test_time_second") == [0]
    assert "frequency_hertz" not in file.timeseries
    assert numbers(file.eis, "imaginary_impedance_ohm") == [-2, -5]
    assert numbers(file.eis, "spectrum_id") == [0, 0]
    assert file.eis["spectrum_id"].rule == "spectrum-from-frequency-order"


TERMS = [
    ("Test Time / ms", "test_time_second", 1e-3),
    ("Step Capacity / Ah", "step_cumulative_capacity_ah", 1.0),
    ("Cycle Charging Capacity / Ah", "cycle_charging_capacity_ah", 1.0),
    ("net energy / wh", "net_energy_wh", 1.0),
    ("Surface Temperature T1 / degC", "temperature_t1_celsius", 1.0),
    ("Half Cycle / 1", "half_cycle", 1.0),
]


@pytest.mark.parametrize(("title", "name", "factor"), TERMS)
def test_a_term_is_what_its_version_says(title: str, name: str, factor: float) -> None:
    term = term_of(title)

    assert term is not None
    assert (term.name, term.factor) == (name, factor)


@pytest.mark.parametrize(
    "title", ["Step Index / 1", "Voltage / mV", "Current", "Voltage", "", "Time / s"]
)
def test_what_is_no_term_or_has_two_meanings_is_none(title: str) -> None:
    assert term_of(title) is None


def test_a_step_index_is_said_not_to_be_taken(tmp_path: Path) -> None:
    text = "Test Time / s,Voltage / V,Current / A,Step Index / 1\n0,3,0,4\n"

    file = read(write(tmp_path, "x.bdf.csv", text))

    assert file.untaken == ("Step Index / 1",)
    assert any("Step Index" in each for each in file.remarks)


REFUSED = [
    (f"{HEAD},Voltage / V\n0,3,0,3\n", ":1: a title stands twice: Voltage / V"),
    (f"{HEAD},voltage_volt\n0,3,0,3\n", "are both voltage_volt"),
    ("Test Time / s,Voltage / V\n0,3\n", "has no numbers of current_ampere"),
    ("Test Time / s,Voltage / V,I/A\n0,3,1\n", "has no numbers of current_ampere"),
    (f"{HEAD}\n0,3,0\n1,3,x\n", ":3: 'x' is no number of Current / A"),
    (f"{HEAD}\n0,3,0\n1,3\n2,3,0\n", ":3: 2 cells, there are 3 titles"),
    (f"{HEAD}\n0,3,0,7\n", ":2: 4 cells, there are 3 titles"),
    (f"{HEAD}\n", "no row of data"),
    ("", "there are no titles"),
    (f"{HEAD},Unix Time / s\n0,3,0,1.7e12\n", "label milliseconds"),
    (f"{HEAD},Unix Time / s\n1e308,3,0,1.7e9\n", "which is no second of our time"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_read_surely_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(StoreError) as raised:
        read(write(tmp_path, "x.bdf.csv", text))

    assert says in str(raised.value)


def test_a_last_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    file = read(write(tmp_path, "x.bdf.csv", f"{HEAD}\n0,3,0\n1,3"))

    assert file.timeseries.rows == 1
    assert file.remarks == ("the last line was cut short and is left out",)


def test_what_no_double_holds_is_no_number(tmp_path: Path) -> None:
    inside = write(tmp_path, "x.bdf.csv", f"{HEAD}\n0,3,0\n1,inf,1e999\n")
    rows = [
        dict(zip(LABELS, row, strict=False)) for row in ((0, 3, 0), (1, 10**400, 0))
    ]
    whole = write(tmp_path, "x.bdf.json", json.dumps(rows))

    csv, of_json = read(inside), read(whole)

    for file in (csv, of_json):
        assert np.array_equal(
            numbers(file.timeseries, "voltage_volt"), [3, np.nan], equal_nan=True
        )
    assert "1 rows of Voltage / V are infinite: no number" in csv.remarks


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(f"{HEAD}\n0,3,0\n".encode())

    with pytest.raises(StoreError, match="cannot be unpacked"):
        read(write(tmp_path, "x.bdf.csv.gz", data[:-9]))


RECORDS = {
    "battinfo_test": {
        "test": {"name": "Ageing", "kind": "cycling", "started_at": 1_700_000_000}
    },
    "battinfo_cell": {"cell_instance": {"name": "C1"}},
    "battinfo_equipment": [{"equipment": {"name": "VSP-300", "serial_number": "7"}}],
}


@pytest.mark.parametrize("place", [0, 1])
def test_the_sidecar_says_whose_rows_these_are(tmp_path: Path, place: int) -> None:
    path = write(tmp_path, "x.bdf.csv", f"{HEAD}\n0,3,0\n")
    sidecars(path)[place].write_text(json.dumps(RECORDS))

    file = read(path)

    assert file.started == datetime.fromtimestamp(1_700_000_000, UTC)
    assert file.technique == "cycling"
    assert file.facts == {
        "cell": "C1",
        "instrument": "VSP-300",
        "serial": "7",
        "comment": "Ageing",
    }


def test_a_sidecar_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.bdf.csv", f"{HEAD}\n0,3,0\n")
    write(tmp_path, "x.bdf.metadata.json", "{")

    with pytest.raises(StoreError, match=r"x\.bdf\.metadata\.json: is no JSON"):
        read(path)


@given(st.text(alphabet='0123456789.,-"\n\r eE', max_size=200))
def test_any_rows_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: str
) -> None:
    path = write(tmp_path_factory.getbasetemp(), "any.bdf.csv", f"{HEAD}\n{rows}")
    try:
        read(path)
    except StoreError:
        return


@given(st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=9))
def test_any_json_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = write(tmp_path_factory.getbasetemp(), "any.bdf.json", json.dumps(value))
    try:
        read(path)
    except StoreError:
        return


SNIFFED = [
    ("x.csv", "Test Time / s,Voltage / V\n", "Battery Data Format"),
    ("x.csv", "test_time_second [s],voltage_volt [V]\n", "labctl CSV"),
    ("x.csv", "test_time_second,voltage_volt\n", "Battery Data Format"),
    ("x.csv", "Test Time (s),Voltage (V)\n", None),
    ("x.bdf.csv", "anything\n", "Battery Data Format"),
    ("x.h5", "anything\n", None),
]


@pytest.mark.parametrize(("name", "text", "kind"), SNIFFED)
def test_a_head_tells_the_kind(
    tmp_path: Path, name: str, text: str, kind: str | None
) -> None:
    found = format_of(write(tmp_path, name, text))

    assert (found and found.name) == kind


def test_a_title_that_is_no_text_is_refused(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "cell.bdf.parquet"
    writer.write_table(arrow.table({each: [1.0, 2.0] for each in LABELS}), path)
    path.write_bytes(path.read_bytes().replace(b"Voltage / V", b"\xfeoltage / V"))

    with pytest.raises(StoreError, match=r"damaged: 'utf-8' codec can't decode"):
        read(path)
