"""The sealed file: plain HDF5, right to the last bit, open on the right plot."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from labctl.columns import TIMESERIES
from labctl.data import Batch, Result, Stream
from labctl.errors import OperatorError, StoreError
from labctl.figures.figure import Plot
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal, seal_apart
from labctl.store.run_file.verify import verify

Rows = Callable[[Stream, int, int], Batch]


@pytest.fixture
def sealed(finished: RunFolder) -> RunFolder:
    seal(finished)
    return finished


def test_the_sealed_file_opens_plainly_and_holds_every_row(
    sealed: RunFolder, make_rows: Rows
) -> None:
    expected = make_rows(TIMESERIES, 0, 500).columns
    with h5py.File(sealed.sealed) as file:
        group = file["entry/timeseries"]

        assert all(np.array_equal(group[name][:], expected[name]) for name in expected)
        assert len(file["entry/eis/frequency_hertz"]) == 61


def test_every_column_says_its_unit_and_name(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed) as file:
        for stream in ("timeseries", "eis"):
            for dataset in file["entry"][stream].values():
                assert dataset.attrs["units"]
                assert dataset.attrs["long_name"]
        assert file["entry/timeseries/voltage_volt"].attrs["units"] == "V"


def test_what_was_known_at_the_start_is_readable_with_h5py_alone(
    sealed: RunFolder, header: RunHeader
) -> None:
    with h5py.File(sealed.sealed) as file:
        entry = file["entry"]

        assert entry["title"].asstr()[()] == header.title
        assert entry["start_time"].asstr()[()] == "2025-10-09T08:53:20.000+00:00"
        assert entry["end_time"].asstr()[()] == "2025-10-09T09:01:40.000+00:00"
        assert entry["protocol/name"].asstr()[()] == "formation-cycling"
        assert entry["protocol/parameters/rate"][()] == 0.05
        assert entry["protocol/parameters/window"].attrs["units"] == "V"
        given = json.loads(entry["protocol/parameters_given_json"].asstr()[()])
        assert given == {"rate": "C/20", "cycles": 2}
        assert entry["sample/active_mass"][()] == 1.2e-6
        assert entry["sample/active_mass"].attrs["units"] == "kg"
        assert entry["instrument/vsp300_1/serial"].asstr()[()] == "0815"
        ranges = entry["instrument/vsp300_1/settings/ranges"].asstr()[:]
        assert ranges.tolist() == ["1 mA", "100 µA"]
        assert entry["versions/labctl"].asstr()[()] == "0.1.0"
        assert file.attrs["labctl_schema"] == 1


def test_steps_events_and_status_are_columns(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed) as file:
        steps, events = file["entry/steps"], file["entry/events"]

        assert steps["step_count"][:].tolist() == [1, 2]
        assert steps["label"].asstr()[:].tolist() == ["=charge", "=charge"]
        assert steps["end_reason"].asstr()[0] == "condition"
        assert steps["first_row_timeseries"][:].tolist() == [0, 250]
        assert events["text"].asstr()[:].tolist() == ["+1 étape", "+1 étape"]
        assert file["entry/status/state"].asstr()[()] == "completed"
        assert file["entry/status/rows_committed"][()] == 561


def test_results_say_value_unit_quality_and_reason(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed) as file:
        results = file["entry/results"]
        efficiency = results["initial_coulombic_efficiency"]

        assert results.attrs["NX_class"] == "NXprocess"
        assert (efficiency["value"][()], efficiency["uncertainty"][()]) == (92.5, 0.1)
        assert efficiency["value"].attrs["units"] == "%"
        assert efficiency["budget/mass"][()] == 0.1
        assert results["carrier/value"].asstr()[()] == "n"
        assert np.isnan(results["conductivity/value"][()])
        assert results["conductivity/reason"].asstr()[()] == "the pellet broke"
        assert results["retention/table/cycle"][:].tolist() == [1.0, 2.0]


def test_no_text_but_two_times_has_variable_length(sealed: RunFolder) -> None:
    """Validators want times so; nothing is added to a file that is sealed."""
    variable = []

    def look(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset):
            kind = h5py.check_string_dtype(node.dtype)
            if kind is not None and kind.length is None:
                variable.append(name)

    with h5py.File(sealed.sealed) as file:
        file.visititems(look)

    assert variable == ["entry/end_time", "entry/start_time"]


@pytest.mark.filterwarnings("ignore")
def test_silx_and_nexusformat_open_on_the_default_plot(sealed: RunFolder) -> None:
    nxdata = pytest.importorskip("silx.io.nxdata")
    nexus = pytest.importorskip("nexusformat.nexus")
    with h5py.File(sealed.sealed) as file:
        found = nxdata.get_default(file)

        assert (found.signal_name, found.axes_names) == (
            "Voltage / V",
            ["Test Time / s"],
        )
        assert len(found.signal) == 500
    plottable = nexus.nxload(str(sealed.sealed)).plottable_data
    assert plottable.nxsignal.nxname == "voltage_volt"


def test_the_default_plot_is_one_that_has_rows(
    folder: RunFolder, header: RunHeader, make_rows: Rows
) -> None:
    swapped = replace(header, plots=(header.plots[1], header.plots[0]))
    with Journal.create(folder.journal, swapped) as journal:
        journal.append(make_rows(TIMESERIES, 0, 3))
    seal(folder)
    with h5py.File(folder.sealed) as file:
        assert file["entry"].attrs["default"] == "plot"


def test_a_plot_called_like_a_stream_finds_another_name(
    folder: RunFolder, header: RunHeader
) -> None:
    plot = Plot("eis", "Spectra", "eis", "frequency_hertz", ("voltage_volt",), True)
    Journal.create(folder.journal, replace(header, plots=(plot,))).close()
    seal(folder)
    with h5py.File(folder.sealed) as file:
        group = file["entry/eis_plot"]

        assert group.attrs["signal"] == "voltage_volt"
        assert json.loads(group.attrs["SILX_style"])["axes_scale_type"] == ["log"]


def test_verify_says_that_all_rows_are_the_same(sealed: RunFolder) -> None:
    report = verify(sealed.path)

    assert report.ok
    assert report.rows["timeseries"] == 500
    assert report.summary() == "all 569 rows are the same, 2 files as they were sealed"


def test_verify_finds_one_changed_value(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed, "r+") as file:
        file["entry/timeseries/voltage_volt"][321] += 1e-12
    report = verify(sealed.path)

    assert not report.ok
    assert "1 values differ, first voltage_volt in row 321" in report.summary()


def test_verify_finds_a_missing_row(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed, "r+") as file:
        for dataset in file["entry/eis"].values():
            dataset.resize((60,))

    assert (
        "eis: 61 rows in the journal, 60 in the file" in verify(sealed.path).summary()
    )


def test_verify_finds_a_changed_event(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed, "r+") as file:
        file["entry/events/code"][1] = b"xxxx"

    assert "events" in verify(sealed.path).summary()


def test_verify_finds_a_byte_flipped_on_the_disk(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed) as file:
        chunk = file["entry/timeseries/current_ampere"].id.get_chunk_info(0)
    raw = bytearray(sealed.sealed.read_bytes())
    raw[chunk.byte_offset + chunk.size // 2] ^= 1
    sealed.sealed.write_bytes(raw)
    report = verify(sealed.path)

    assert "timeseries" in report.summary()
    assert not report.ok


def test_a_run_that_is_not_sealed_cannot_be_verified(finished: RunFolder) -> None:
    with pytest.raises(StoreError, match="not sealed yet"):
        verify(finished.path)


@pytest.mark.parametrize("what", ["sealed", "journal", "folder", "copy"])
def test_every_form_of_a_run_reads_the_same(
    sealed: RunFolder, header: RunHeader, tmp_path: Path, what: str
) -> None:
    copy = tmp_path / "elsewhere.h5"
    copy.write_bytes(sealed.sealed.read_bytes())
    path = {
        "sealed": sealed.sealed,
        "journal": sealed.journal,
        "folder": sealed.path,
        "copy": copy,
    }[what]
    with RunFile(path) as run, JournalReader(sealed.journal) as truth:
        assert run.header == header
        assert run.rows == {"timeseries": 500, "eis": 61}
        assert run.table("timeseries")["voltage_volt"][-1] == 499 * 0.5 + 8
        assert (run.steps, run.events) == (truth.steps, truth.events)
        assert run.results == truth.results
        assert run.status == truth.status


def test_a_run_that_went_on_after_sealing_is_read_from_the_journal(
    sealed: RunFolder, make_rows: Rows
) -> None:
    with Journal.open(sealed.journal) as journal:
        journal.append(make_rows(TIMESERIES, 500, 1))
    with RunFile(sealed.path) as run:
        assert (run.path, run.rows["timeseries"]) == (sealed.journal, 501)


def test_sealing_again_replaces_the_file(sealed: RunFolder, make_rows: Rows) -> None:
    with Journal.open(sealed.journal) as journal:
        journal.append(make_rows(TIMESERIES, 500, 1))
        journal.finish("stopped", {"x": Result(1.0, "V")}, 2e9)
    seal(sealed)
    with h5py.File(sealed.sealed) as file:
        assert len(file["entry/timeseries/voltage_volt"]) == 501
        assert list(file["entry/results"]) == ["x"]


def test_a_run_that_was_never_finished_can_be_sealed(
    journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 3))
    journal.close()
    seal(folder)

    assert verify(folder.path).ok


def test_sealing_apart_leaves_the_same_file(finished: RunFolder) -> None:
    seal_apart(finished)
    names = sorted(path.name for path in finished.path.iterdir())

    locks = ["seal.lock", "writer.lock"]
    assert names == ["journal.sqlite", "manifest-sha256.txt", "run-1.h5", *locks]
    assert verify(finished.path).ok


def test_sealing_apart_says_what_went_wrong(finished: RunFolder) -> None:
    finished.journal.write_bytes(b"nothing")

    with pytest.raises(StoreError, match="not a journal that can be read"):
        seal_apart(finished)


def test_a_file_that_is_no_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    h5py.File(path, "w").close()

    with pytest.raises(StoreError, match="not a run file of labctl"):
        RunFile(path)
    with pytest.raises(OperatorError, match="no run lies there"):
        RunFile(tmp_path / "nowhere")


def test_a_run_file_of_a_later_schema_is_refused(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed, "r+") as file:
        file.attrs["labctl_schema"] = 99

    with pytest.raises(StoreError, match="schema 99"):
        RunFile(sealed.sealed)


def test_the_script_in_the_documentation_works(
    sealed: RunFolder, tmp_path: Path
) -> None:
    page = Path(__file__).parents[2] / "docs/reference/run-file.md"
    scripts = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    script = tmp_path / "read.py"
    script.write_text(scripts[0], "utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(sealed.sealed)],
        check=True,
        capture_output=True,
        text=True,
    )

    assert "initial_coulombic_efficiency = 92.5 %" in done.stdout


@pytest.mark.parametrize("why", ["no answer", "no answer " * 1000])
def test_what_was_left_on_stands_in_every_file(journal: Journal, why: str) -> None:
    journal.set_status("failed", fields={"unsafe": {"cell": why}})
    journal.finish("failed", {}, 1_760_000_500.0, "no answer")
    folder = RunFolder.of(journal.path)
    seal(folder)

    with RunFile(folder.journal) as file:
        assert file.status.unsafe == {"cell": why}
    with RunFile(folder.sealed) as file:
        assert list(file.status.unsafe) == ["cell"]


def test_a_file_of_before_says_nothing_of_what_was_left_on(sealed: RunFolder) -> None:
    with h5py.File(sealed.sealed, "r+") as file:
        del file["entry/status/unsafe_json"]

    with RunFile(sealed.sealed) as file:
        assert file.status.unsafe == {}
