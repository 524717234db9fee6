"""What a person did last holds: made safe stays safe, what is seen is started."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.compose.blocks.block_editor import TEXT
from gui.compose.draft import Draft
from gui.compose.plan_files import saved
from gui.plot.figure_file import written
from gui.run.pace import AFTER_FAILURE, Pace
from gui.shell.window import MainWindow

Open = Callable[..., MainWindow]


def test_a_text_that_was_typed_just_now_is_what_start_means(
    qtbot: QtBot, open_window: Open, stand: Callable[..., RealStation]
) -> None:
    station = stand()
    composer = open_window(station).bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    composer.choose("sequence")
    composer.step_editing.open("steps")
    editor = composer.step_editing.editor
    editor.tabs.setCurrentIndex(TEXT)
    editor.text.type("- {do: rest, duration: 1 h}\n")
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    editor.text.field.setPlainText("- {do: rest, duration: 2 h}\n")
    composer.start()

    assert not composer.can_start  # it is checked first
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    composer.start()
    qtbot.waitUntil(lambda: bool(station.did("POST /runs")))
    started = [line.given["parameters"]["steps"] for line in station.did("POST /runs")]
    assert started == [[{"do": "rest", "duration": "2 h"}]]


def test_a_file_that_nobody_was_asked_about_is_not_replaced(
    empty: RealStation, tmp_path: Path
) -> None:
    said = list[str]()
    protocol = next(p for p in empty.client.protocols() if p.name == "cycling")
    draft = Draft(protocol, empty.client.samples()[0])
    there = tmp_path / "plan.yaml"
    there.write_text("mine", "utf-8")

    saved(tmp_path / "plan", draft, lambda text, _wrong: said.append(text))

    assert there.read_text("utf-8") == "mine"
    assert "plan.yaml is there already" in said[0]


def test_a_csv_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    assert written(tmp_path / "a.csv", "1\r\n", "1 reading") == "wrote a.csv: 1 reading"
    assert (tmp_path / "a.csv").read_bytes() == b"1\r\n"

    said = written(tmp_path / "none" / "a.csv", "1\r\n", "1 reading")

    assert "could not be written: No such file" in said
    assert "choose another folder" in said


@pytest.mark.parametrize("ended", [False, True])
def test_figures_that_came_to_nothing_are_asked_for_again(ended: bool) -> None:
    pace = Pace()
    pace.answered(10, 0.1, 0.0, ended=ended, failed=True)

    assert not pace.is_due(11, 0.9 * AFTER_FAILURE, ended=ended)
    assert pace.is_due(11, 1.1 * AFTER_FAILURE, ended=ended)
