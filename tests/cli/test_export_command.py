"""``labctl runs export``: which formats fit a run, and that nothing is overwritten."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from labctl.cli import export as command
from labctl.cli.tree import tree
from labctl.columns import EIS, HALL, IV, MONITOR, TIMESERIES
from labctl.data import Batch, Stream
from labctl.store.exporters import formats
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal


def made(tmp_path: Path, *streams: Stream, over: bool = True, rows: int = 3) -> Path:
    """Return the folder of a run with so many rows in each stream."""
    folder = RunFolder(tmp_path / "run-1")
    header = RunHeader(
        run_id="run-1",
        title="",
        protocol="peis",
        streams=streams,
        sample={"name": "A 17"},
        started_unix=1.76e9,
    )
    with Journal.create(folder.journal, header) as journal:
        for stream in streams if rows else ():
            columns = {
                c.name: np.zeros(rows, np.int64) if c.dtype == "i8" else np.arange(rows)
                for c in stream.columns
            }
            journal.append(Batch(stream.name, columns))
        journal.commit()
        if over:
            journal.finish("completed", {}, 1.76e9 + 60)
    return folder.path


def export(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(tree(), ["runs", "export", *map(str, words)])
    said = done.output + str(done.exception or "")
    assert done.exit_code == code or (code and done.exit_code), said
    return said


def _paths(said: str) -> list[str]:
    return [line for line in said.splitlines() if "/" in line]


def test_the_command_names_the_formats_there_are() -> None:
    assert tuple(formats.FORMATS) == command.FORMATS


def test_a_hall_run_is_offered_the_formats_that_fit(tmp_path: Path) -> None:
    said = export(made(tmp_path, IV, HALL), "--format", "bdf", code=1)

    assert "3 iv, 3 hall rows, nothing for bdf: export it as csv or parquet" in said


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_exporting_twice_leaves_the_same_files(tmp_path: Path, kind: str) -> None:
    run, out = made(tmp_path, TIMESERIES, EIS), tmp_path / "out"

    first = _paths(export(run, "-f", kind, "-o", out))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    second = _paths(export(run, "-f", kind, "-o", out))

    assert second == first
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert len(before) == len(first) == len(set(first))


def test_other_content_is_replaced_only_when_told(tmp_path: Path) -> None:
    run, out = made(tmp_path, EIS), tmp_path / "out"
    export(run, "-f", "zview", "-o", out)
    (path,) = out.iterdir()
    kept = path.read_bytes()
    path.write_text("mine")

    assert "--force" in export(run, "-f", "zview", "-o", out, code=2)
    assert path.read_text() == "mine"
    export(run, "-f", "zview", "-o", out, "--force")

    assert path.read_bytes() == kept


def test_another_run_of_the_cell_gets_the_next_number(tmp_path: Path) -> None:
    first = made(tmp_path / "a", TIMESERIES)
    second = made(tmp_path / "b", TIMESERIES, rows=4)

    said = [
        export(run, "-f", "bdf", "-o", tmp_path / "out", "--institution", "U")
        for run in (first, second, first)
    ]

    assert "U__A-17__20251009_001.bdf.csv" in said[0]
    assert "U__A-17__20251009_002.bdf.csv" in said[1]
    assert said[2] == said[0]
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_run_that_goes_on_is_exported_as_it_is_and_says_so(tmp_path: Path) -> None:
    said = export(made(tmp_path, TIMESERIES, over=False), "-o", tmp_path / "out")

    assert "not over: exported are the 3 rows" in said


def test_what_a_format_does_not_hold_is_said(tmp_path: Path) -> None:
    said = export(made(tmp_path, TIMESERIES, MONITOR), "-f", "bdf", "-o", tmp_path)

    assert "not in bdf: monitor (3 rows); csv and parquet hold them" in said


def test_a_run_without_rows_is_refused(tmp_path: Path) -> None:
    assert "no rows yet" in export(made(tmp_path, TIMESERIES, rows=0), code=2)


def test_an_unknown_format_is_answered_with_those_there_are(tmp_path: Path) -> None:
    assert "parquet" in export(made(tmp_path, TIMESERIES), "-f", "xlsx", code=2)


def test_a_folder_that_cannot_be_written_is_no_defect_of_labctl(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    run = made(tmp_path, TIMESERIES)

    said = export(run, "-o", tmp_path / "file" / "out", code=1)

    assert "cannot be written" in said
    assert "choose another folder" in said


def test_parquet_columns_carry_unit_and_name_and_the_file_its_run(
    tmp_path: Path,
) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    export(made(tmp_path, TIMESERIES), "-f", "parquet", "-o", tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "run-1_timeseries.parquet")

    voltage = table.schema.field("voltage_volt")
    assert voltage.type == arrow.float64()
    assert voltage.metadata[b"unit"] == b"V"
    assert voltage.metadata[b"long_name"] == b"Voltage / V"
    assert table.schema.field("cycle_count").type == arrow.int64()
    assert b'"run": "run-1"' in table.schema.metadata[b"labctl"]


def test_without_pyarrow_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", absent)

    said = export(made(tmp_path, TIMESERIES), "-f", "parquet", code=1)

    assert "pip install 'labctl-bench[parquet]'" in said
