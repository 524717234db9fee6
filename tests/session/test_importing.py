"""Old cells: another program's file becomes a run with results and a report."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml

from drivers.twins.world import catalogue
from labctl.data import Level, Quality, Result
from labctl.errors import StoreError
from labctl.report.of_run import read_report
from labctl.session.importing.one_file import import_file
from labctl.store.run_file.reader import RunFile
from labctl.verdicts.cycling import COMPLETE, OWN_CHARGE

CE = "coulombic_efficiency"
Rows = list[tuple[float, ...]]

HEAD = """EC-Lab ASCII FILE
Nb header lines : 5

Galvanostatic Cycling with Potential Limitation
time/s\tEwe/V\tI/mA\thalf cycle
"""


@pytest.fixture
def label(tmp_path: Path) -> Path:
    path = tmp_path / "A17.yaml"
    given = {**catalogue.label("si"), "name": "A17"}
    path.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    return path


def test_two_cycles_of_an_old_cell_give_the_usual_numbers(
    tmp_path: Path, label: Path
) -> None:
    rows: list[str] = []
    start = 0
    halves = ((3600, -1), (3200, 1), (3200, -1), (3100, 1))
    for half, (seconds, current) in enumerate(halves):
        rows += [
            f"{start + s}\t{0.3 + 1e-5 * s}\t{current}\t{half}"
            for s in range(0, seconds + 1, 100)
        ]
        start += seconds + 1
    path = tmp_path / "old.mpt"
    path.write_text(HEAD + "\n".join(rows) + "\n", "latin-1")

    folder = import_file(path, label, tmp_path / "runs")

    with RunFile(folder) as run:
        found = run.results["initial_coulombic_efficiency"]
        assert found.value == pytest.approx(100 * 3200 / 3600, rel=2e-3)
        assert run.header.protocol == "imported"
        assert run.header.parameters["source"] == "old.mpt"
        assert run.header.sample["name"] == "A17"
    names = [figure.name for figure in read_report(folder).figures]
    assert "capacity" in names


def imported(tmp_path: Path, label: Path, rows: Rows) -> Mapping[str, Result]:
    """Return the results of a file with rows of time, voltage, current, half cycle."""
    path = tmp_path / "old.mpt"
    lines = ["\t".join(f"{x:.17g}" for x in row) for row in rows]
    path.write_text(HEAD + "\n".join(lines) + "\n", "latin-1")
    with RunFile(import_file(path, label, tmp_path / "runs")) as run:
        return run.results


def rows_of(cycles: int) -> Rows:
    """Return like cycles that take and give 1 mAh, one row every 100 s."""
    return [
        (
            3600.0 * half + s,
            0.01 + abs(s / 3600 - 1 + half % 2),
            2 * (half % 2) - 1,
            half,
        )
        for half in range(2 * cycles)
        for s in range(100, 3601, 100)
    ]


def test_a_half_cycle_that_ends_far_from_the_others_is_left_out(
    tmp_path: Path, label: Path
) -> None:
    found = imported(tmp_path, label, rows_of(4)[:-15])

    assert found["capacity_retention"].value == pytest.approx(100.0)
    assert "cycle 4" in found["capacity_retention"].reason


def test_one_cycle_alone_does_not_say_that_it_reached_its_end(
    tmp_path: Path, label: Path
) -> None:
    found = imported(tmp_path, label, rows_of(1)[:-15])

    efficiency = found["initial_coulombic_efficiency"]
    assert efficiency.verdicts == (COMPLETE.code,)
    assert efficiency.quality is Quality.SUSPECT


def test_a_current_that_is_no_number_is_not_a_rest(tmp_path: Path, label: Path) -> None:
    rows = rows_of(3)
    for k in range(40, 50):  # within the first delithiation
        rows[k] = (*rows[k][:2], math.nan, rows[k][3])

    assert "rows are missing" in imported(tmp_path, label, rows)[CE].reason


def test_a_time_that_runs_back_is_refused_with_its_row(
    tmp_path: Path, label: Path
) -> None:
    rows = rows_of(3)
    rows[50:] = [(row[0] - 3000.0, *row[1:]) for row in rows[50:]]

    with pytest.raises(StoreError, match=r"old\.mpt: .*goes back from .* at row 51"):
        imported(tmp_path, label, rows)


def test_a_time_that_a_sum_rounded_down_is_no_time_that_runs_back(
    tmp_path: Path, label: Path
) -> None:
    rows = rows_of(3)
    before = rows[50][0]  # a step ends where the next begins, as sums have it
    rows.insert(51, (math.nextafter(before, 0.0), *rows[50][1:]))

    assert imported(tmp_path, label, rows)[CE].value is not None


@pytest.mark.parametrize("count", ["0.5", "1e30"])
def test_a_count_that_is_no_whole_number_is_refused(
    tmp_path: Path, label: Path, count: str
) -> None:
    path = tmp_path / "odd.bdf.csv"
    head = "Test Time / s,Voltage / V,Current / A,Cycle Count / 1"
    path.write_text(f"{head}\n0,3,0,\n1,3,1,{count}\n")

    with pytest.raises(StoreError, match=r"odd.*row 2: Cycle Count / 1 is .* no whole"):
        import_file(path, label, tmp_path / "runs")


def test_a_file_of_another_kind_is_refused(tmp_path: Path, label: Path) -> None:
    other = tmp_path / "old.xyz"
    other.write_text("nothing that anybody knows")

    with pytest.raises(
        StoreError, match=r"not a file that can be imported.*EC-Lab text"
    ):
        import_file(other, label, tmp_path)


def test_rows_without_a_current_stay_and_stay_missing(
    tmp_path: Path, label: Path
) -> None:
    path = tmp_path / "old.mpt"
    rows = ["0\t3.0\tXXX\t0", "10\t3.1\t\t0", "20\t3.2\tNaN\t0"]
    path.write_text(HEAD + "\n".join(rows) + "\n", "latin-1")

    with RunFile(import_file(path, label, tmp_path / "runs")) as run:
        assert np.isnan(run.table("timeseries")["current_ampere"]).tolist() == 3 * [
            True
        ]
        assert np.isnan(run.table("timeseries")["net_capacity_ah"]).all()


FACTS = """EC-Lab ASCII FILE
Nb header lines : 7

Galvanostatic Cycling with Potential Limitation
Mass of active material : 2.000 mg
Electrode surface area : 1.539 cm²
time/s\tEwe/V\tI/mA\thalf cycle
"""


def test_a_mass_that_is_not_the_labels_is_said_and_the_labels_is_used(
    tmp_path: Path, label: Path
) -> None:
    path = tmp_path / "old.mpt"
    path.write_text(FACTS + "0\t3.0\t0\t0\n10\t3.1\t1\t0\n", "latin-1")

    with RunFile(import_file(path, label, tmp_path / "runs")) as run:
        said = {each.event.text: each.event.level for each in run.events}
        mass = run.header.sample["active_mass"]

    assert mass != pytest.approx(2e-6)
    warned = [
        text for text in said if text.startswith("active mass: the file says 2.0")
    ]
    assert warned
    assert "the label's is used" in warned[0]
    assert set(said.values()) == {Level.WARNING}


def test_a_count_that_the_currents_cannot_have_passed_makes_the_result_suspect(
    tmp_path: Path, label: Path
) -> None:
    head = HEAD.replace("half cycle", "half cycle\tdq/mA.h")
    rows = [(*row, 1.2 * row[2] / 36) for row in rows_of(3)]
    path = tmp_path / "old.mpt"
    lines = ["\t".join(f"{x:.9g}" for x in row) for row in rows]
    path.write_text(head + "\n".join(lines) + "\n", "latin-1")

    with RunFile(import_file(path, label, tmp_path / "runs")) as run:
        first = run.results["first_lithiation_capacity"]

    assert OWN_CHARGE.code in first.verdicts
    assert "1.2 mAh are counted" in first.reason
