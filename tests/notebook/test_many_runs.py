"""Many runs as one table, and as views of DuckDB that are never out of date."""

import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import labctl
from labctl.data import RECOGNISED_AS, Result
from labctl.errors import OperatorError
from labctl.notebook import cache, cycles, duckdb_views
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.imported_from import ImportedFrom
from labctl.store.journal.journal import Journal

Write = Callable[..., RunFolder]


@pytest.fixture
def data(tmp_path: Path, write: Write) -> Path:
    """Return a folder with two runs; the second gave back less."""
    folder = tmp_path / "runs"
    folder.mkdir()
    write(folder / "run-1", (-3.6, 3.24, -3.6, 3.564))
    write(folder / "run-2", (-3.6, 2.88))
    return folder


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the samples whose cycles were worked out, as they are."""
    seen: list[str] = []
    whole = cycles.cycles_table

    def counted(rows: Any, sample: Any, steps: Any, accuracy: Any) -> Any:
        seen.append(sample.name)
        return whole(rows, sample, steps, accuracy)

    monkeypatch.setattr("labctl.notebook.run.cycles_table", counted)
    return seen


def efficiencies(data: Path) -> list[tuple[str, int, float]]:
    sql = "SELECT run, cycle_count, round(coulombic_efficiency_percent, 6) FROM cycles"
    view = labctl.runs(data).duckdb()
    return list(view.sql(f"{sql} ORDER BY ALL").fetchall())


def test_runs_are_a_table_with_results_and_uncertainties(data: Path) -> None:
    frame = labctl.runs(data).to_pandas()

    assert frame["run"].tolist() == ["run-1", "run-2"]
    assert frame["initial_coulombic_efficiency"].tolist() == [90.0, 90.0]
    assert frame["initial_coulombic_efficiency_uncertainty"].tolist() == [0.15, 0.15]
    assert frame["carrier"].tolist() == ["n", "n"]
    assert frame["retention_quality"].tolist() == ["absent", "absent"]
    assert frame.attrs["units"]["initial_coulombic_efficiency"] == "%"
    assert labctl.runs(data).to_polars()["sample"].to_list() == ["A17", "A17"]


def test_runs_are_found_by_place_name_and_what_they_are(data: Path) -> None:
    found = labctl.runs(data)

    assert found[-1].id == "run-2"
    assert found["run-1"].id == "run-1"
    assert len(found[:1]) == 1
    assert len(found.where(sample="A1*", protocol="cycling")) == 2
    assert len(found.where(state="failed")) == 0
    with pytest.raises(KeyError, match="run-1, run-2"):
        found["run-3"]
    assert "90.00 ± 0.15 %" in repr(found)
    assert "run-2" in found._repr_html_()


def test_a_run_that_cannot_be_read_is_said_and_the_others_are_there(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / "run-2" / "journal.sqlite").write_bytes(b"no longer a journal")
    found = labctl.runs(data)

    assert [line.id for line in found.lines] == ["run-1"]
    assert "run-2" in str(*found.unreadable)
    assert "run-2" in caplog.text
    assert "1 could not be read" in found._repr_html_()


def test_views_have_runs_results_cycles_and_rows(data: Path) -> None:
    view = labctl.runs(data).duckdb("timeseries")

    assert efficiencies(data) == [
        ("run-1", 1, 90.0),
        ("run-1", 2, 99.0),
        ("run-2", 1, 80.0),
    ]
    counted = "SELECT run, count(*), max(voltage_volt) FROM timeseries GROUP BY run"
    assert [row[:2] for row in view.sql(f"{counted} ORDER BY run").fetchall()] == [
        ("run-1", 80),
        ("run-2", 40),
    ]
    (absent,) = view.sql(
        "SELECT value, reason FROM results WHERE name = 'retention' AND run = 'run-1'"
    ).fetchall()
    assert absent == (None, "one cycle says nothing of ageing")
    assert view.sql(
        "SELECT count(*) FROM runs WHERE state = 'completed'"
    ).fetchall() == [(2,)]
    # missing is null, not NaN or -1
    assert view.sql(
        "SELECT count(technique_index), count(net_capacity_ah) FROM timeseries"
    ).fetchall() == [(0, 0)]


def test_cycles_are_worked_out_once(data: Path, worked_out: list[str]) -> None:
    before = efficiencies(data)
    assert len(worked_out) == 2

    assert efficiencies(data) == before
    assert len(worked_out) == 2
    assert labctl.runs(data)[:1].duckdb().sql("SELECT * FROM cycles").fetchall()
    assert efficiencies(data) == before
    assert len(worked_out) == 2  # a part of the runs does not forget the others


def test_a_run_that_changed_is_worked_out_anew(
    data: Path, write: Write, worked_out: list[str]
) -> None:
    efficiencies(data)
    shutil.rmtree(data / "run-2")
    write(data / "run-2", (-3.6, 1.8))

    assert efficiencies(data)[-1] == ("run-2", 1, 50.0)
    assert len(worked_out) == 3


def test_rows_of_a_run_that_changed_are_those_of_now(data: Path, write: Write) -> None:
    sql = "SELECT count(*) FROM timeseries WHERE run = 'run-2'"
    assert labctl.runs(data).duckdb("timeseries").sql(sql).fetchall() == [(40,)]
    shutil.rmtree(data / "run-2")
    write(data / "run-2", (-3.6, 1.8, -3.6, 1.8))

    assert labctl.runs(data).duckdb("timeseries").sql(sql).fetchall() == [(80,)]
    assert len(list((data / cache.FOLDER).glob("run-2.*.parquet"))) == 1


def test_a_run_that_is_gone_is_gone_from_the_views(data: Path) -> None:
    efficiencies(data)
    shutil.rmtree(data / "run-1")

    assert efficiencies(data) == [("run-2", 1, 80.0)]


def test_a_damaged_cache_is_made_anew(data: Path) -> None:
    before = efficiencies(data)
    (kept,) = (data / cache.FOLDER).glob("cycles-*.parquet")
    kept.write_bytes(b"PAR1 no more")

    assert efficiencies(data) == before
    assert kept.read_bytes() != b"PAR1 no more"


def test_a_folder_that_cannot_be_written_is_no_hindrance(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    before = efficiencies(data)
    shutil.rmtree(data / cache.FOLDER)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        assert efficiencies(data) == before
        view = labctl.runs(data).duckdb("eis")
        assert view.sql("SELECT count(*) FROM eis").fetchall() == [(12,)]

    assert not (data / cache.FOLDER).exists()


def test_a_stream_that_no_run_has_is_refused(data: Path) -> None:
    with pytest.raises(OperatorError, match="none of these runs has rows of 'iv'"):
        labctl.runs(data).duckdb("iv")


def test_the_cache_is_no_run(data: Path) -> None:
    efficiencies(data)

    assert len(labctl.runs(data)) == 2


def test_a_stamp_sees_a_file_of_the_same_size_that_was_written_later(
    data: Path,
) -> None:
    file = data / "run-1" / "run-1.h5"
    before = cache.stamp(data / "run-1")
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))

    assert cache.stamp(data / "run-1") != before


def test_films_and_cells_stand_in_one_view(data: Path, film: Path) -> None:
    found = labctl.runs(data)
    lines = (*found.lines, *labctl.runs(film).lines)
    view = duckdb_views.connection(lines, ())

    assert view.sql("SELECT count(DISTINCT run) FROM cycles").fetchall() == [(2,)]
    assert view.sql("SELECT count(*) FROM runs").fetchall() == [(3,)]


@pytest.fixture
def old(tmp_path: Path, cycled: Path) -> Path:
    """Return a folder with an imported run without a date, beside one with a date."""
    source = ImportedFrom("old.mpt", "EC-Lab")
    header = RunHeader(
        "undated-1", "Old", "imported", (), started_unix=math.nan, imported=source
    )
    with Journal.create(RunFolder(tmp_path / "undated-1").journal, header) as journal:
        taken = {RECOGNISED_AS: Result("cycling, insitu-eis", "")}
        journal.finish("completed", taken, math.nan)
    return cycled.parent


def test_a_run_without_a_date_comes_first_and_has_none(old: Path) -> None:
    found = labctl.runs(old)

    assert [line.id for line in found.lines] == ["undated-1", "run-1"]
    assert "–" in repr(found)
    assert found[0].started is None
    assert found.to_pandas()["started"].isna().tolist() == [True, False]
    assert found.to_polars()["started"].is_null().to_list() == [True, False]
    sql = "SELECT count(*) FROM runs WHERE started IS NULL"
    assert found.duckdb().sql(sql).fetchall() == [(1,)]


def test_an_imported_run_is_found_by_what_it_was_taken_for(old: Path) -> None:
    found = labctl.runs(old).where(protocol="insitu-eis")

    assert [line.id for line in found.lines] == ["undated-1"]
    assert "old.mpt" in repr(found)


def test_where_nothing_matches_the_latest_says_so(old: Path) -> None:
    with pytest.raises(IndexError, match="no runs"):
        labctl.runs(old).where(sample="nobody")[-1]


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (lambda runs: runs, "run-1"),
        (lambda runs: runs[0].tables, "timeseries"),
        (lambda runs: runs[0].table(), "voltage_volt"),
        (lambda runs: runs[0].results, "initial_coulombic_efficiency"),
        (lambda runs: runs[0].figures, "capacity"),
    ],
)
def test_a_notebook_completes_the_names_between_brackets(
    data: Path, of: Callable[[Any], Any], name: str
) -> None:
    found = of(labctl.runs(data))

    assert name in found._ipython_key_completions_()
