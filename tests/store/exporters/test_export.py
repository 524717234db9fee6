"""Exports: what other programs read is what the run holds."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import EIS, TIMESERIES
from labctl.data import Batch, Stream
from labctl.documents.spreadsheet import safe_text
from labctl.errors import StoreError
from labctl.store.exporters.bdf.export import export_bdf
from labctl.store.exporters.csv_files import export_csv
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile

Rows = Callable[[Stream, int, int], Batch]


@pytest.fixture
def run(finished: RunFolder) -> Iterator[RunFile]:
    with RunFile(finished.path) as run:
        yield run


def test_csv_holds_every_number_exactly(run: RunFile, folder: RunFolder) -> None:
    paths = export_csv(run, folder.path / "csv")
    with paths[0].open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)

    assert [path.stem for path in paths] == [
        "run-1_timeseries",
        "run-1_eis",
        "run-1_steps",
        "run-1_events",
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


def test_names_follow_the_format_s_pattern(run: RunFile, folder: RunFolder) -> None:
    paths = export_bdf(run, folder.path / "bdf", institution="U Cam")

    assert [path.name for path in paths] == [
        "U-Cam__QMS-0.7__20251009_001.bdf.csv",
        "U-Cam__QMS-0.7__20251009_001.bdf.metadata.json",
    ]


def test_the_sidecar_holds_records_and_our_own_facts_under_extras(
    run: RunFile, folder: RunFolder, header: RunHeader
) -> None:
    _, sidecar = export_bdf(run, folder.path / "bdf")
    facts = json.loads(sidecar.read_text("utf-8"))

    assert set(facts) - {"extras"} <= {
        "battinfo_test",
        "battinfo_cell",
        "battinfo_channel",
        "battinfo_equipment",
        "battinfo_test_protocol",
    }
    test = facts["battinfo_test"]["test"]
    assert test["identifier"] == header.run_id
    assert (test["status"], test["kind"]) == ("completed", "formation")
    assert facts["battinfo_equipment"]["equipment"]["serial_number"] == "0815"
    ours = facts["extras"]["labctl"]
    assert ours["columns"]["Voltage / V"]["iri"].endswith("#voltage_volt")
    assert ours["results"]["initial_coulombic_efficiency"]["value"] == 92.5


def test_spectra_stand_among_the_rows_in_the_order_of_time(
    run: RunFile, folder: RunFolder
) -> None:
    path, _ = export_bdf(run, folder.path / "bdf")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    times = [float(row["Test Time / s"]) for row in rows]
    assert times == sorted(times)
    assert len(rows) == run.rows["timeseries"] + run.rows["eis"]
    sines = [row for row in rows if row["Frequency / Hz"]]
    imaginary = [float(row["Imaginary Impedance / ohm"]) for row in sines]
    assert imaginary == run.table("eis")["imaginary_impedance_ohm"].tolist()
    sizes = [float(row["Absolute Impedance / ohm"]) for row in sines]
    real = run.table("eis")["real_impedance_ohm"]
    assert np.array_equal(sizes, np.hypot(real, imaginary))
    assert {row["Net Capacity / Ah"] for row in sines} == {""}


def test_a_run_without_current_is_refused_with_a_cure(tmp_path: Path) -> None:
    lone = Stream("timeseries", EIS.columns[:4])
    folder = RunFolder(tmp_path / "run-1")
    changed = RunHeader(run_id="run-1", title="", protocol="", streams=(lone,))
    with Journal.create(folder.journal, changed) as journal:
        journal.append(Batch("timeseries", {c.name: np.ones(2) for c in lone.columns}))
        journal.commit()

    with RunFile(folder.journal) as run, pytest.raises(StoreError, match="as csv"):
        export_bdf(run, folder.path)
