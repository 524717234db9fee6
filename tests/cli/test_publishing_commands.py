"""From the shell: who measures, which run it is, and a crate of it."""

import dataclasses
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import eln_rules
import pytest
from shared_runs import SharedRuns, bench_file
from typer.testing import CliRunner

from labctl.cli.ordering import Words, make_order
from labctl.cli.tree import tree
from labctl.store.run_file.reader import RunFile

Labctl = Callable[..., str]


@pytest.fixture
def run(shared_runs: SharedRuns, tmp_path: Path) -> Path:
    return shared_runs.copy(tmp_path, "particle-iv", "particle-si").folder


def labctl(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(tree(), list(map(str, words)))
    said = f"{done.output}{done.exception or ''}"
    assert bool(done.exit_code) == bool(code), said
    return said


def uuid_of(run: Path) -> str:
    with RunFile(run) as file:
        return file.header.uuid


def test_a_run_says_its_uuid(run: Path) -> None:
    shown: dict[str, Any] = json.loads(labctl("runs", "show", run, "--json"))
    listed = json.loads(labctl("runs", "list", run.parent, "--json"))

    assert shown["uuid"] == listed["runs"][0]["uuid"] == uuid_of(run)
    assert f"uuid: {uuid_of(run)}" in labctl("runs", "show", run)


def test_the_shell_says_who_measures() -> None:
    words = Words("particle-iv", "particle-si", [], "", [], True, "max", 0, None, None)
    named = dataclasses.replace(words, operator="Ada")

    assert make_order(words, bench_file()).operator == ""
    assert make_order(named, bench_file()).operator == "Ada"


def test_verify_compares_the_manifest_too(run: Path) -> None:
    good = json.loads(labctl("runs", "verify", run, "--json"))
    with (run / f"{run.name}.h5").open("ab") as file:
        file.write(b"\0")
    bad = labctl("runs", "verify", run, code=7)

    assert set(good["files"].values()) == {"same"}
    assert f"{run.name}.h5 is not what it was when the run was sealed" in bad


def test_a_notebook_s_archive_is_one_command(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.eln"
    said = labctl("runs", "export", run, run, "--format", "eln", "--out", out)

    assert "a.eln" in said
    assert eln_rules.complaints(out) == []
    with zipfile.ZipFile(out) as packed:
        names = [Path(name).name for name in packed.namelist()]
    assert "report.html" in names


def test_a_format_that_is_none_names_all_there_are(run: Path) -> None:
    assert "ro-crate, eln" in labctl("runs", "export", run, "-f", "elm", code=2)
