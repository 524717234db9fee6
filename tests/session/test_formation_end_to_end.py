"""From the wire of a simulated VSP-300 to numbers read with h5py alone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from shared_runs import SharedRuns

LABCTL = [sys.executable, "-m", "labctl"]


def labctl(*words: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*LABCTL, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


def run(sample: str, folder: Path, *more: str) -> dict[str, Any]:
    words = ("run", "formation-cycling", "--simulate", "--sample", sample, "--json")
    answer: dict[str, Any] = json.loads(labctl(*words, *more, cwd=folder).stdout)
    return answer


@pytest.fixture(scope="module", params=["si", "qms-0.7"])
def done(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("bench")
    return request.param, run(request.param, folder)


TRUTHS = {
    # undoped silicon: 87.4 % initial efficiency, 3080 mAh/g
    "si": (87.4, 3080.0),
    # 0.7 at% sulfur: 92.5 %, 3350 mAh/g
    "qms-0.7": (92.5, 3350.0),
}


def test_the_answer_names_status_file_and_results(
    done: tuple[str, dict[str, Any]],
) -> None:
    sample, answer = done

    assert answer["status"] == "completed"
    assert answer["sample"] == sample
    assert Path(answer["file"]).is_file()
    assert set(answer["results"]["capacity_retention"]) >= {
        "value",
        "unit",
        "uncertainty",
        "quality",
        "reason",
    }


def test_the_truth_of_the_cell_is_found_again(
    done: tuple[str, dict[str, Any]],
) -> None:
    sample, answer = done
    efficiency, capacity = TRUTHS[sample]
    results = answer["results"]

    assert results["initial_coulombic_efficiency"]["value"] == pytest.approx(
        efficiency, abs=0.2
    )
    assert results["first_delithiation_capacity"]["value"] == pytest.approx(
        capacity, rel=0.005
    )
    assert results["first_lithiation_capacity"]["value"] == pytest.approx(
        capacity / (efficiency / 100), rel=0.005
    )


def test_the_sealed_file_alone_gives_the_same_numbers(
    done: tuple[str, dict[str, Any]],
) -> None:
    sample, answer = done
    efficiency, capacity = TRUTHS[sample]
    with h5py.File(answer["file"]) as file:
        rows = file["entry/timeseries"]
        half = rows["half_cycle"][...]
        time = rows["test_time_second"][...]
        current = rows["current_ampere"][...]
        grams = 1e3 * file["entry/sample/active_mass"][()]
    charge = [
        np.trapezoid(current[half == k], time[half == k]) / 3.6 / grams for k in (0, 1)
    ]

    assert -charge[1] / charge[0] * 100 == pytest.approx(efficiency, abs=0.2)
    assert charge[1] == pytest.approx(capacity, rel=0.005)


def test_the_sealed_file_says_what_it_is(done: tuple[str, dict[str, Any]]) -> None:
    _, answer = done
    with h5py.File(answer["file"]) as file:
        entry = file["entry"]

        assert file.attrs["default"] == "entry"
        assert entry.attrs["default"] == "plot"
        for column in entry["timeseries"].values():
            assert "units" in column.attrs
        assert "vsp300" in entry["instrument"]
        assert "results" in entry


def test_journal_and_file_agree_row_by_row(done: tuple[str, dict[str, Any]]) -> None:
    _, answer = done

    words = ("runs", "verify", answer["file"], "--json")
    checked = json.loads(labctl(*words, cwd=Path(answer["folder"])).stdout)

    assert checked["ok"]


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    first = run("si", tmp_path, "--set", "cycles=0")
    second = run("si", tmp_path, "--set", "cycles=0")

    assert first["results"] == second["results"]


def test_a_plan_with_two_mistakes_hears_of_both(tmp_path: Path) -> None:
    words = ("--set", "cycles=-3", "--set", "rate=5", "--set", "lower_voltage=5 A")

    refused = labctl(
        "run", "formation-cycling", "--simulate", *words, cwd=tmp_path, code=3
    )

    for parameter in ("cycles", "rate", "lower_voltage"):
        assert parameter in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_a_window_beyond_the_sample_is_refused_with_the_cure(tmp_path: Path) -> None:
    words = ("--sample", "si", "--set", "formation_upper_voltage=4.2 V")

    refused = labctl(
        "check", "formation-cycling", "--simulate", *words, cwd=tmp_path, code=3
    )

    assert "4.2 V exceeds the limit of sample si" in refused.stderr


def test_the_reports_of_two_runs_are_laid_over_each_other(
    tmp_path: Path, shared_runs: SharedRuns
) -> None:
    samples = ("si", "qms-0.7")
    runs = [str(shared_runs("formation-cycling", s, cycles=1).folder) for s in samples]

    labctl("report", *runs, "--csv", "numbers", cwd=tmp_path)

    page = (tmp_path / "report.html").read_text()
    assert "2 runs compared" in page
    assert "qms-0.7" in page
    assert (tmp_path / "numbers" / "comparison-formation-cycling-capacity.csv").exists()


@pytest.mark.parametrize("sample", ["lco", "si-lco", "qms-0.7-lco"])
def test_every_kind_of_cell_is_formed_from_how_it_was_assembled(
    sample: str, tmp_path: Path
) -> None:
    answer = run(sample, tmp_path, "--set", "cycles=0")

    assert answer["status"] == "completed"
    found = answer["results"]["initial_coulombic_efficiency"]["value"]
    assert 80.0 < found < 100.2  # lco loses nothing; an ammeter's zero is in it twice
