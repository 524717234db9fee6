"""A window that is open for months: what was looked at leaves nothing behind."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.run.run_view import RunView
from gui.shell.window import MainWindow

Open = Callable[..., MainWindow]


def test_looking_at_one_run_after_the_other_makes_the_window_no_larger(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    view = window.bench.run_view
    state = window.link.state
    assert state is not None
    pair = [run.run for run in state.runs[:2]]

    def look(times: int) -> None:
        for run in pair * times:
            window.bench.open_run(run)
            qtbot.waitUntil(partial(_is_shown, view, run))

    def widgets() -> Counter[str]:
        return Counter(type(w).__name__ for w in view.findChildren(QWidget))

    look(2)
    before = widgets()
    look(4)

    qtbot.waitUntil(lambda: widgets() == before)


@pytest.mark.parametrize("overlay", ["command line", "schedule"])
def test_what_had_the_keyboard_may_be_gone_when_it_is_given_back(
    qtbot: QtBot, open_window: Open, few: RealStation, overlay: str
) -> None:
    window = open_window(few)
    had = QLineEdit(window.bench)
    had.show()
    had.setFocus()
    qtbot.waitUntil(had.hasFocus)
    line, strip = window.commands.line, window.bench.schedule
    is_line = overlay == "command line"
    (window.commands.open if is_line else window.bench.toggle_schedule)()
    seen = line if is_line else strip
    qtbot.waitUntil(seen.isVisible)

    sip.delete(had)
    (line.close_line if is_line else strip.close_strip)()

    assert not seen.isVisible()


def _is_shown(view: RunView, run: str) -> bool:
    return view.run == run and view.tabs.count() > 3
