"""Exports: what other programs read is what the run holds."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import EIS, TIMESERIES
from labctl.data import Batch, Stream
from labctl.documents.spreadsheet import safe_text
from labctl.errors import StoreError
from labctl.store.exporters.bdf import export_bdf
from labctl.store.exporters.csv_files import export_csv
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile

Rows = Callable[[Stream, int, int], Batch]

VALIDATE = """
import sys, pandas, bdf
read = pandas.read_parquet if sys.argv[1].endswith("parquet") else pandas.read_csv
report = bdf.validate_df(read(sys.argv[1]), report=True, raise_on_error=True)
assert report["ok"], report
"""


@pytest.fixture
def run(finished: RunFolder) -> Iterator[RunFile]:
    with RunFile(finished.path) as run:
        yield run


def test_csv_holds_every_number_exactly(run: RunFile, folder: RunFolder) -> None:
    paths = export_csv(run, folder.path / "csv")
    with paths[0].open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)

    assert [path.stem for path in paths] == [
        "run_1_timeseries",
        "run_1_eis",
        "run_1_steps",
        "run_1_events",
    ]
    at = head.index("voltage_volt [V]")
    expected = run.table("timeseries")["voltage_volt"]
    assert np.array_equal([float(row[at]) for row in rows], expected)


def test_missing_values_are_empty_cells(
    journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    gaps = {"voltage_volt": np.array([np.nan, 1.0]), "half_cycle": np.array([-1, 2])}
    journal.append(make_rows(TIMESERIES, 0, 2).with_columns(gaps))
    journal.commit()
    with RunFile(folder.journal) as run:
        path = export_csv(run, folder.path, ["timeseries"])[0]
    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)

    assert (first["voltage_volt [V]"], first["half_cycle"]) == ("", "")
    assert (second["voltage_volt [V]"], second["half_cycle"]) == ("1.0", "2")


@pytest.mark.parametrize("text", ["=cmd", "+1", "-1", "@sum", "\t=a", "\r=a"])
def test_text_that_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_steps_and_events_are_disarmed_too(run: RunFile, folder: RunFolder) -> None:
    *_, steps, events = export_csv(run, folder.path)

    assert ",'=charge," not in steps.read_text("utf-8").splitlines()[0]
    assert "'=charge" in steps.read_text("utf-8")
    assert "'+1 étape" in events.read_text("utf-8")


@pytest.mark.parametrize("parquet", [False, True])
def test_the_format_s_own_validator_accepts_the_export(
    run: RunFile, folder: RunFolder, parquet: bool
) -> None:
    pytest.importorskip("pandas")
    if parquet:
        pytest.importorskip("pyarrow")
    path, _ = export_bdf(run, folder.path / "bdf", parquet=parquet)
    # in a process of its own: the package takes seconds to load and warns a lot
    done = subprocess.run(
        [sys.executable, "-c", VALIDATE, str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    if "No module named 'bdf'" in done.stderr:
        pytest.skip("batterydf is not installed")

    assert done.returncode == 0, done.stderr
    assert "Non-monotonic" not in done.stdout


def test_names_follow_the_format_s_pattern(run: RunFile, folder: RunFolder) -> None:
    first = export_bdf(run, folder.path / "bdf", institution="U Cam")
    second = export_bdf(run, folder.path / "bdf", institution="U Cam")

    assert [path.name for path in first] == [
        "U-Cam__QMS-0.7__20251009_001.bdf.csv",
        "U-Cam__QMS-0.7__20251009_001.bdf.metadata.json",
    ]
    assert second[0].name == "U-Cam__QMS-0.7__20251009_002.bdf.csv"


def test_the_sidecar_says_whose_data_these_are(
    run: RunFile, folder: RunFolder, header: RunHeader
) -> None:
    _, sidecar = export_bdf(run, folder.path / "bdf")
    facts = json.loads(sidecar.read_text("utf-8"))

    assert facts["test"]["id"] == header.run_id
    assert facts["test"]["status"] == "completed"
    assert facts["columns"]["Voltage / V"]["iri"].endswith("#voltage_volt")
    assert facts["results"]["initial_coulombic_efficiency"]["value"] == 92.5


def test_a_stream_without_current_is_refused_with_a_cure(
    tmp_path: Path,
) -> None:
    lone = Stream("iv", EIS.columns[:4])
    folder = RunFolder(tmp_path / "run-1")
    changed = RunHeader(run_id="run-1", title="", protocol="", streams=(lone,))
    Journal.create(folder.journal, changed).close()

    with RunFile(folder.journal) as run, pytest.raises(StoreError, match="as CSV"):
        export_bdf(run, folder.path, stream="iv")
