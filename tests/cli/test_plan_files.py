"""Plan files with mistakes: every one is told at once, with its line."""

import sys
from pathlib import Path

import pytest

from labctl.cli import app

GOOD = "protocol: formation-cycling\nsample: qms-0.7\nparameters:\n"


def check(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of ``labctl check`` on a plan with this text."""
    (folder / "plan.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(folder)
    words = ["labctl", "check", "plan.yaml", "--simulate"]
    monkeypatch.setattr(sys, "argv", words)
    return app.run_app()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # a key of the plan, and two parameters
        (
            "smaple: x\n" + GOOD + "  cycles: 4:20\n  rate: 5\n",
            ("plan.yaml:1 smaple", "plan.yaml:5 cycles", "plan.yaml:6 rate"),
        ),
        # a channel that is not there, beside a parameter, and beside a key of the plan
        (
            GOOD + "  rate: 5\nchannels: {cell: vps300/3}\n",
            ("plan.yaml:4 rate", "cell: vps300/3 is on no instrument"),
        ),
        (
            "preset: half-cel\n" + GOOD + "  rate: 5\nchannels: {cell: vps300/3}\n",
            (":1 preset", ":5 rate", ":6 channels.cell: vps300/3 is on no instrument"),
        ),
        # what only the sample forbids has its line too
        (
            GOOD + "  lower_voltage: -1 V\n  upper_voltage: 9 V\n",
            ("plan.yaml:4 lower_voltage", "plan.yaml:5 upper_voltage"),
        ),
        # YAML 1.1 would read false, 260 and a text
        (
            GOOD + "  lower_voltage: no\n  cycles: 4:20\n  bogus: 1e-3\n",
            ("plan.yaml:4", "plan.yaml:5 cycles", "plan.yaml:6 bogus"),
        ),
        (GOOD + "  cycles: 4\n  cycles: 5\n", ("plan.yaml:5", "line 4")),
        ("protocol: [a, b]\nparameters: 5\n", ("plan.yaml:1", "plan.yaml:2")),
        (
            "protocol: formation-cycling\nchannels: {cell: 5}\n",
            ("plan.yaml:2 channels.cell",),
        ),
        ("", ("plan.yaml:1", "is empty")),
    ],
)
def test_every_mistake_is_told_at_once_with_its_line(
    text: str,
    told: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = check(text, tmp_path, monkeypatch)

    said = capsys.readouterr()
    assert code == 3
    assert said.out == ""
    for words in told:
        assert words in said.err


def test_a_plan_whose_parameters_are_commented_out_is_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(GOOD + "#  cycles: 4\n", tmp_path, monkeypatch) == 0


def test_a_check_says_its_limits_with_their_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(GOOD + "  cycles: 4\n", tmp_path, monkeypatch) == 0

    assert "limit on voltage: −10.0 mV … 1.55 V" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--role", "cell=vsp300/1", "--role", "cell=vsp300/2"],
            "--role cell: is both",
        ),
        (["--set", "cycles=3", "--set", "cycles=30"], "--set cycles: is both 3 and 30"),
    ],
)
def test_what_is_given_twice_is_refused_not_chosen_from(
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["labctl", "check", "formation-cycling", "--simulate", *words]
    monkeypatch.setattr(sys, "argv", command)

    assert app.run_app() == 2
    assert said in capsys.readouterr().err
