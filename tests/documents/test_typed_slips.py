"""Slips of the pen are found at `labctl check`, at what was typed, not hours later."""

import sys
from pathlib import Path

import pytest

from labctl.cli import app

CELL = """\
name: A17
kind: half_cell
active_mass: 1.19 mg
area: 1.131 cm²
first_step: lithiation
one_c: 3350 mAh/g
simulated_as: qms-0.7
"""


def check(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    """Return the exit code of ``labctl check`` on formation cycling."""
    monkeypatch.chdir(folder)
    line = ["labctl", "check", "formation-cycling", "--simulate", *words]
    monkeypatch.setattr(sys, "argv", line)
    return app.run_app()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # 1.07 A: the bench allows 400 mA
        (["--sample", "si", "--set", "rate=500C"], ("--set rate: ", "400 mA")),
        # mega for milli
        (["--sample", "si", "--set", "rate=0.5 MA"], ("--set rate: ", "500 kA")),
        # an instrument that is no potentiostat, a channel that is not there, none
        (["--sample", "si", "--role", "cell=k2450"], ("role cell: k2450", "vsp300/1")),
        (["--sample", "si", "--role", "cell=vsp300/9"], ("role cell: ", "vsp300/1")),
        (["--sample", "si", "--role", "cell=vsp300"], ("role cell: ", "vsp300/1")),
        # another spelling, a longer name
        (["--sample", "SI"], ("Did you mean si?",)),
        (["--sample", "silicon"], ("Did you mean si?",)),
    ],
)
def test_what_could_never_run_is_refused_where_it_was_typed(
    words: list[str],
    said: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check(monkeypatch, tmp_path, *words) in {2, 3}

    told = capsys.readouterr().err
    for part in said:
        assert part in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        # g for mg: 1.05 g/cm²
        ("active_mass: 1.19 g", "sample A17 active_mass: 1.05 g/cm²"),
        # nobody says whether the half cell is lithiated first
        ("", "sample A17 first_step: nothing says"),
    ],
)
def test_a_label_that_can_hardly_be_meant_is_asked_back(
    line: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = line.partition(":")[0] or "first_step"
    kept = [each for each in CELL.splitlines() if not each.startswith(f"{key}:")]
    (tmp_path / "A17.yaml").write_text("\n".join([*kept, line]), "utf-8")

    assert check(monkeypatch, tmp_path, "--sample", "A17.yaml") == 3
    assert said in capsys.readouterr().err


def test_a_list_without_brackets_is_answered_with_brackets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["rate-capability", "--simulate", "--sample", "si", "--set"]
    line = ["labctl", "check", *words, "rates=C/5,C/2"]
    monkeypatch.setattr(sys, "argv", line)

    assert app.run_app() == 3
    assert "Write `[C/5,C/2]`." in capsys.readouterr().err


def test_a_plan_finds_its_label_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "A17.yaml").write_text(CELL, "utf-8")
    (tmp_path / "plan.yaml").write_text(
        "protocol: formation-cycling\nsample: cells/A17.yaml\n", "utf-8"
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    line = ["labctl", "check", "../plan.yaml", "--simulate"]
    monkeypatch.setattr(sys, "argv", line)

    assert app.run_app() == 0
