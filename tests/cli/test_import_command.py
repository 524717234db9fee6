"""``labctl runs import``: a line a file, what to do about the rest, an exit code."""

import json
from pathlib import Path

import pytest
import samples_ec_lab
import yaml
from typer.testing import CliRunner

from drivers.twins.world import catalogue
from labctl.cli.tree import tree

CUT = b"EC-Lab ASCII FILE\r\nNb header lines : 99\r\n"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    given = {**catalogue.label("si"), "name": "A17"}
    Path("A17.yaml").write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    Path("old").mkdir()
    samples_ec_lab.text(Path("old"))
    return Path("old")


def importing(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr."""
    said = CliRunner().invoke(
        tree(), ["runs", "import", "old", "--sample", "A17.yaml", *arguments]
    )
    return said.exit_code, said.stdout, said.stderr


def test_every_file_gets_a_line_and_the_zone_that_was_assumed_is_said(
    old: Path,
) -> None:
    code, out, err = importing()

    assert code == 0
    assert out.startswith(f"imported       {old / 'gcpl.mpt'}: runs")
    assert "1 imported" in err
    assert "--zone names another" in err


def test_a_refused_file_gives_its_own_exit_code(old: Path) -> None:
    (old / "cut.mpt").write_bytes(CUT)

    code, out, err = importing("--zone", "Asia/Seoul")

    assert code == 3
    assert f"refused        {old / 'cut.mpt'}" in out
    assert "1 imported, 1 refused" in err
    assert "--zone" not in err


def test_a_program_gets_one_object(old: Path) -> None:
    (old / "cut.mpt").write_bytes(CUT)
    (old / "notes.txt").write_text("nothing to see")

    _, out, _ = importing("--json")

    answer = json.loads(out)
    assert [each["fate"] for each in answer["files"]] == ["refused", "imported"]
    assert answer["other_kinds"] == [str(old / "notes.txt")]


def test_show_says_where_the_columns_are_from(old: Path) -> None:
    importing("--zone", "Asia/Seoul")
    (run,) = (each for each in Path("runs").iterdir() if each.name[0] != ".")

    said = CliRunner().invoke(tree(), ["runs", "show", str(run)]).stdout

    assert f"imported from {next(old.iterdir()).name} (EC-Lab)" in said
    assert (
        "began: 2024-01-15T09:00:00.000+09:00, as the file says in Asia/Seoul" in said
    )
    assert "absent in timeseries" not in said
