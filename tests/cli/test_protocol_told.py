"""What `labctl protocol show` says of a protocol's series over temperatures."""

import json
import sys

import pytest

from labctl.cli import app


def show(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["labctl", "protocol", "show", *words])
    return app.run_app()


def test_the_series_has_a_section_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, "peis") == 0

    own, series = capsys.readouterr().out.split("at several temperatures")
    assert "temperatures" not in own
    assert "settle_band" in series
    assert "25.00 °C" in series


@pytest.mark.parametrize(
    "name",
    [
        "channel-by-hand",  # its steps come from a person
        "watched",  # and from another program
    ],
)
def test_whose_steps_come_from_others_has_none(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, name, "--json") == 0

    assert json.loads(capsys.readouterr().out)["series"] is None


def test_with_temperatures_it_needs_a_chamber(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--sample", "qms-0.7", "--set", "temperatures=10 °C; 45 °C")

    assert show(monkeypatch, "peis", *words) == 0

    said = capsys.readouterr().out
    assert "chamber, a chamber that heats to 45 °C, cools to 10 °C" in said


def test_a_schedule_says_whose_currents_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, "formation-cycling", "--for", "wbcs3000") == 0

    said = capsys.readouterr()
    assert said.out.startswith("formation-cycling of qms-0.7 for wbcs3000;")
    assert "no --sample was named" in said.err
    assert "not of yours" in said.err


def test_what_cannot_be_entered_is_told_by_its_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--for", "wbcs3000", "--sample", "qms-0.7")

    assert show(monkeypatch, "peis", *words) == 3

    said = capsys.readouterr().err
    assert "spectrum: impedance (EIS) cannot be entered" in said
    assert "techniques[" not in said


@pytest.mark.parametrize("name", ["k2460", "neware/1-1-1"])
def test_who_takes_a_schedule_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, "formation-cycling", "--for", name) == 2

    said = capsys.readouterr().err
    assert "wbcs3000 takes one" in said
    assert "…" not in said
