"""Runs made of other programs' files: nothing is invented, nothing is in the way."""

import math
from pathlib import Path

import pytest
import yaml

import labctl
from drivers.twins.world import catalogue
from labctl.session.importing.one_file import import_file

HEAD = "EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\n{titles}\n"


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """Return a folder with two imported runs: one of rest alone, one of two cycles."""
    label = tmp_path / "A17.yaml"
    given = {**catalogue.label("si"), "name": "A17"}
    label.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    rest = HEAD.format(technique="Open Circuit Voltage", titles="time/s\tEwe/V")
    rest += "".join(f"{second}\t0.35\n" for second in range(0, 200, 10))
    cycles = HEAD.format(
        technique="Galvanostatic Cycling with Potential Limitation",
        titles="time/s\tEwe/V\tI/mA\thalf cycle",
    )
    start = 0
    for half, (seconds, current) in enumerate(
        ((3600, -1), (3200, 1), (3200, -1), (3100, 1))
    ):
        cycles += "".join(
            f"{start + s}\t{0.3 + 1e-5 * s}\t{current}\t{half}\n"
            for s in range(0, seconds + 1, 100)
        )
        start += seconds + 1
    for name, text in (("rest", rest), ("cycles", cycles)):
        path = tmp_path / f"{name}.mpt"
        path.write_text(text, "latin-1")
        import_file(path, label, tmp_path / "runs", zone="UTC")
    return tmp_path / "runs"


def test_a_current_that_is_not_in_the_file_stays_unknown(imported: Path) -> None:
    rest = next(run for run in labctl.runs(imported) if run.table().rows == 20)
    frame = rest.table().to_polars()

    assert frame["voltage_volt"].null_count() == 0
    assert frame["current_ampere"].null_count() == 20
    assert rest.cycles.rows == 0
    assert math.isnan(rest.table()["current_ampere"][0])


def test_a_start_that_no_file_says_is_none(imported: Path) -> None:
    found = labctl.runs(imported)

    assert [run.started for run in found] == [None, None]
    assert found.to_pandas()["started"].isna().all()
    assert found.to_polars()["started"].null_count() == 2
    assert "–" in found._repr_html_()
    assert "–" in found[0]._repr_html_()
    started = found.duckdb().sql("SELECT count(started) FROM runs").fetchall()
    assert started == [(0,)]


def test_cycles_of_another_program_are_cycles(imported: Path) -> None:
    cell = next(run for run in labctl.runs(imported) if run.table().rows > 20)
    percent = cell.cycles["coulombic_efficiency_percent"]

    assert percent == pytest.approx([100 * 32 / 36, 100 * 31 / 32], rel=2e-3)
    assert "capacity" in cell.figures
