"""What `labctl.open` takes, gives and refuses."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import labctl
from labctl.engine.states import RunState
from labctl.errors import LabctlError, LinkError, OperatorError, StoreError
from labctl.notebook.collection import Runs
from labctl.notebook.run import Run


def test_folder_file_and_journal_open_the_same_run(formation: Path) -> None:
    folder = labctl.open_run(formation)
    file = labctl.open_run(formation / f"{formation.name}.h5")
    journal = labctl.open_run(formation / "journal.sqlite")

    volts = [run.table("timeseries")["voltage_volt"] for run in (folder, file, journal)]
    assert np.array_equal(volts[0], volts[1])
    assert np.array_equal(volts[0], volts[2])
    assert folder.path == file.path
    assert journal.path.name == "journal.sqlite"


def test_a_run_says_what_it_is(formation: Path) -> None:
    with labctl.open_run(formation) as run:
        assert (run.protocol, run.state) == ("formation-cycling", RunState.COMPLETED)
        assert run.sample.name == "si"
        assert run.parameters["cycles"] == 0
        assert run.started is not None
        assert run.started.tzinfo is not None
        assert run.steps
        assert "formation-cycling, sample si, completed" in repr(run)
        assert "<th" in run._repr_html_()


def test_texts_of_a_run_are_escaped_where_a_notebook_shows_them(
    cycled: Path,
) -> None:
    shown = labctl.open_run(cycled)
    object.__setattr__(shown.header, "run_id", "<script>")

    assert "<script>" not in shown._repr_html_()


def test_a_run_is_found_by_its_name_in_runs(
    cycled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cycled.parent / "runs").mkdir()
    cycled.rename(cycled.parent / "runs" / cycled.name)
    monkeypatch.chdir(cycled.parent)

    assert labctl.open_run(cycled.name).id == "run-1"
    assert [run.id for run in labctl.runs()] == ["run-1"]


def test_a_sealed_file_opens_wherever_it_was_copied_to(
    cycled: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone" / "for-a-colleague.h5"
    alone.parent.mkdir()
    shutil.copy(cycled / "run-1.h5", alone)

    assert labctl.open_run(alone).id == "run-1"
    assert isinstance(labctl.open(alone.parent), Runs)
    assert labctl.runs(alone.parent)[0].id == "run-1"


def test_a_folder_of_runs_is_a_table_of_them(cycled: Path) -> None:
    found = labctl.open(cycled.parent)

    assert isinstance(found, Runs)
    assert isinstance(found[0], Run)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "there is nothing; give a run's folder"),
        ("empty", "no run lies there"),
        ("old.mpr", "labctl runs import FILE"),
    ],
)
def test_what_is_no_run_is_refused_with_what_to_do(
    name: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE")

    with pytest.raises(OperatorError, match=says):
        labctl.open(tmp_path / name)


def test_a_file_that_was_cut_short_is_named(cycled: Path) -> None:
    file = cycled / "run-1.h5"
    file.write_bytes(file.read_bytes()[:1000])

    with pytest.raises(StoreError, match=r"run-1\.h5: .* cut short; copy it anew"):
        labctl.open(file)


def test_an_address_needs_a_token_or_the_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LABCTL_TOKEN", raising=False)

    with pytest.raises(OperatorError, match="data folder instead"):
        labctl.open("http://127.0.0.1:1/")


def test_a_station_that_does_not_answer_is_said() -> None:
    with pytest.raises(LinkError, match="does not answer"):
        labctl.open("http://127.0.0.1:1/", token="none")  # noqa: S106


def test_a_film_has_tables_and_results_but_no_cycles(film: Path) -> None:
    run = labctl.open_run(film)

    assert run.cycles.rows == 0
    assert run.spectra == ()
    assert run.table("hall").rows > 0
    assert str(run.results["carrier_type"]) == "n"


def test_figures_of_a_protocol_that_is_not_installed_are_said_to_be_missing(
    cycled: Path,
) -> None:
    run = labctl.open_run(cycled)
    object.__setattr__(run.header, "protocol", "of-another-package")

    assert "of-another-package" in run.figures.why
    assert "capacity" in run.figures


def test_what_is_not_there_is_said_with_what_is(formation: Path) -> None:
    run = labctl.open_run(formation)

    for ask, there in (
        (lambda: run.table("eiss"), "timeseries"),
        (lambda: run.table()["volts"], "voltage_volt"),
        (lambda: run.results["ice"], "initial_coulombic_efficiency"),
        (lambda: run.figures["nope"], "capacity"),
    ):
        with pytest.raises(KeyError, match=there) as caught:
            ask()
        assert isinstance(caught.value, LabctlError)


def test_importing_labctl_loads_nothing_of_the_notebook() -> None:
    script = "import sys, labctl; print([m for m in sys.modules if 'labctl.' in m])"
    said = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert said.stdout.strip() == "[]"


def test_spectra_come_in_the_order_of_measurement(cycled: Path) -> None:
    first, second = labctl.open_run(cycled).spectra

    assert (first.number, second.number, second.cycle) == (1, 2, 2)
    assert first.frequency.tolist() == [1e4, 1e2, 1.0]
    assert second.impedance[1] == 4.0 - 1.0j
    assert second.dc_current == pytest.approx(2e-3)
    assert second.dc_voltage == pytest.approx(0.3)
