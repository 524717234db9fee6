"""What stands between this machine and a measurement, each with its cure."""

import sys
from pathlib import Path

import pytest

from labctl.cli import app
from labctl.cli.doctor import sleeps_after

POWERCFG = """
    Power Setting GUID: 29f6c1db-86da-48c5-9fdb-f2b67b1f44da  (Sleep after)
      Minimum Possible Setting: 0x00000000
      Maximum Possible Setting: 0xffffffff
      Possible Settings units: Seconds
    Current AC Power Setting Index: {}
    Current DC Power Setting Index: 0x00000384
"""


def doctor(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["labctl", "doctor", *words])
    return app.run_app()


@pytest.mark.parametrize(
    ("index", "seconds"), [("0x00000000", 0), ("0x00000708", 1800)]
)
def test_the_setting_for_mains_counts_not_that_for_the_battery(
    index: str, seconds: int
) -> None:
    assert sleeps_after(POWERCFG.format(index)) == seconds


def test_an_answer_that_says_nothing_is_not_taken_for_never() -> None:
    assert sleeps_after("") is None


def test_a_windows_without_powercfg_gets_its_other_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setenv("PATH", str(tmp_path))

    code = doctor(tmp_path, monkeypatch)

    said = capsys.readouterr().out
    assert code == 0, said
    assert "sleep: unknown" in said
    assert "EClib can be loaded here" in said


def test_a_sound_machine_is_told_so_and_nothing_is_left_behind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = doctor(tmp_path, monkeypatch)

    said = capsys.readouterr().out
    assert code == 0, said
    assert "a durable commit" in said
    assert list(tmp_path.iterdir()) == []


def test_a_broken_configuration_is_named_with_its_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "config.yaml").write_text("statoin: {name: b}\ninstruments: {}\n")

    code = doctor(tmp_path, monkeypatch)

    said = capsys.readouterr().out
    assert code == 1
    assert "BAD  configuration" in said
    assert "config.yaml:1 statoin" in said
