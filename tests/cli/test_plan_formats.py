"""Protocols of another program, in and out, from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from labctl.cli import app

METHOD: list[dict[str, Any]] = [
    {"step": "tag", "tag": "cycles"},
    {"step": "constant_current", "rate_C": "D/2", "until_voltage_V": 0.01},
    {"step": "constant_current", "rate_C": "C/2", "until_voltage_V": 1.2},
    {"step": "loop", "loop_to": "cycles", "cycle_count": 3},
]
FILE: dict[str, Any] = {
    "sample": {"name": "A17", "capacity_mAh": 2.0},
    "record": {"time_s": 10},
    "safety": {"max_voltage_V": 1.5},
    "method": METHOD,
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(json.dumps(FILE))
    return tmp_path


def labctl(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["labctl", *words])
    return app.run_app()


@pytest.mark.usefixtures("here")
def test_what_was_imported_can_be_checked_and_exported_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("protocol", "import", "p.json", "--longest", "5 h", "-o", "p.yaml")
    assert labctl(monkeypatch, *words) == 0
    assert labctl(monkeypatch, "check", "p.yaml", "--simulate", "-s", "si") == 0
    capsys.readouterr()

    assert labctl(monkeypatch, "protocol", "export", "p.yaml", "--sample", "si") == 0
    again = json.loads(capsys.readouterr().out)

    assert [step["step"] for step in again["method"]] == [s["step"] for s in METHOD]
    assert again["method"][1]["current_mA"] == pytest.approx(-1.0)
    assert again["safety"]["max_voltage_V"] == 1.5


def test_a_file_that_is_there_is_left_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "p.yaml").write_text("mine")
    words = ("protocol", "import", "p.json", "--longest", "5 h", "-o", "p.yaml")

    assert labctl(monkeypatch, *words) == 2
    assert "is there already" in capsys.readouterr().err
    assert (here / "p.yaml").read_text() == "mine"


@pytest.mark.usefixtures("here")
def test_a_step_without_an_end_in_time_is_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert labctl(monkeypatch, "protocol", "import", "p.json") == 3

    told = capsys.readouterr().err
    assert "p.json method[1]: has no until_time_s" in told
    assert "--longest '30 h'" in told


@pytest.mark.usefixtures("here")
def test_a_format_that_nobody_knows_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("protocol", "import", "p.json", "--format", "unicylcer")

    assert labctl(monkeypatch, *words) == 2
    assert "Did you mean unicycler?" in capsys.readouterr().err
