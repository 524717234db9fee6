"""What `labctl check` says, for people and for programs."""

import json
import sys
from pathlib import Path

import pytest

from labctl.cli import app
from labctl.cli.app import offered
from labctl.errors import Complaint


def check(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["labctl", "check", *words, "--simulate"])
    return app.run_app()


ON_A_SOURCE_METER = ("peis", "--role", "cell=k2460/cell")


def test_a_refusal_is_one_object_with_its_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, tmp_path, *ON_A_SOURCE_METER, "--json") == 3

    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["complaints"][0]["role"] == "cell"
    assert "vsp300/1" in told["complaints"][0]["offers"]


def test_a_refusal_ends_with_what_one_types_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, tmp_path, *ON_A_SOURCE_METER) == 3

    told = capsys.readouterr().err
    assert "k2460/cell measures no impedance by a sine of voltage" in told
    assert "could do it: --role cell=vsp300/1 (or vsp300/2" in told
    assert told.endswith("the sample has to be connected there.\n")


def test_what_is_needed_stands_beside_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, tmp_path, "formation-cycling", "-s", "si") == 0

    told = capsys.readouterr().out
    assert "needed: holds a current, drives 1.07 mA" in told


def test_what_nobody_could_ask_is_typed_as_it_is_printed() -> None:
    perhaps = tuple(f"neware/1-1-{n}" for n in range(1, 9))
    complaint = Complaint(("channels", "cell"), "no", role="cell", perhaps=perhaps)

    said = next(iter(offered([complaint])))

    assert said.startswith("could, for all one knows: --role cell=neware/1-1-1 (or ")
    assert said.endswith(" and 2 more)")
