"""The window and a real station's process, on the simulated bench."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.connector import Connector
from gui.link import Link
from gui.settings import Settings
from gui.window import Window
from labctl.service.discover import find
from labctl.service.models import RunState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WORDS = ("--simulate", "--speed", "200", "--no-live-view")
LONG = 60_000
"""ms; a station starts in a few seconds on a quiet machine."""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose station, if there is one, is ended afterwards."""
    yield tmp_path
    client = find(tmp_path)
    if client is not None:
        with client:
            pid = client.address.pid
            client.shutdown(stop_runs=True)
        _wait_for_end(pid)


@pytest.fixture
def open_real(qtbot: QtBot) -> Iterator[Callable[[Path, bool], Window]]:
    """Return what opens a window on a folder; True starts a station there."""
    opened: list[Window] = []

    def open_on(data: Path, start: bool) -> Window:
        connector = Connector(data, WORDS)
        connector.may_start = start
        window = Window(Link(connector), connector, settings=Settings(theme="light"))
        opened.append(window)
        window.show()
        window.link.start()
        if start:
            qtbot.waitUntil(lambda: window.link.state is not None, timeout=LONG)
        return window

    yield open_on
    for window in opened:
        window.close()
        window.deleteLater()


def _start(qtbot: QtBot, window: Window, protocol: str) -> str:
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=LONG)
    composer.choose(protocol)
    qtbot.waitUntil(lambda: composer.can_start, timeout=LONG)
    before = _runs(window)
    composer.start()
    qtbot.waitUntil(lambda: len(_runs(window)) > len(before), timeout=LONG)
    return next(run for run in _runs(window) if run not in before)


def _runs(window: Window) -> list[str]:
    return [r.run for r in window.link.state.runs] if window.link.state else []


def _wait_for_end(pid: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WAIT, str(pid)], stdout=subprocess.DEVNULL
    ) as waiting:
        waiting.wait(60)


_WAIT = """
import sys, psutil
try:
    psutil.Process(int(sys.argv[1])).wait(30)
except psutil.Error:
    pass
"""


def test_a_newcomer_has_a_cell_and_a_film_running_within_a_minute(
    qtbot: QtBot, open_real: Callable[[Path, bool], Window], data: Path
) -> None:
    window = open_real(data, False)
    qtbot.waitUntil(window.start_page.isVisible, timeout=LONG)
    window.simulate()
    qtbot.waitUntil(lambda: window.link.state is not None, timeout=LONG)

    cell = _start(qtbot, window, "formation-cycling")
    film = _start(qtbot, window, "hall-effect")

    window.bench.open_run(cell)
    view = window.bench.run_view
    qtbot.waitUntil(lambda: view.live_plot is not None, timeout=LONG)
    plot = view.live_plot
    assert plot is not None
    measured = plot.tracks[0].measured
    qtbot.waitUntil(
        lambda: measured.xData is not None and len(measured.xData) > 2, timeout=LONG
    )
    window.bench.open_run(film)
    qtbot.waitUntil(lambda: view.run == film and bool(view.figure_tabs), timeout=LONG)
    qtbot.waitUntil(lambda: any(tab.figures for tab in view.figure_tabs), timeout=LONG)


def test_a_killed_station_is_said_and_a_restart_offers_to_resume(
    qtbot: QtBot, open_real: Callable[[Path, bool], Window], data: Path
) -> None:
    window = open_real(data, True)
    run = _start(qtbot, window, "formation-cycling")
    state = window.link.state
    assert state is not None
    qtbot.waitUntil(lambda: _rows(window, run) > 0, timeout=LONG)

    os.kill(state.station.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: "has stopped" in window.banners.link.text, timeout=LONG)
    window.restart()
    qtbot.waitUntil(lambda: _state(window, run) is RunState.INTERRUPTED, timeout=LONG)
    window.bench.open_run(run)
    head = window.bench.run_view.head

    qtbot.waitUntil(lambda: head.hold_button.text() == "Resume", timeout=LONG)


def test_a_killed_window_costs_no_run(
    qtbot: QtBot, open_real: Callable[[Path, bool], Window], data: Path
) -> None:
    first = subprocess.Popen(
        [sys.executable, "-m", "gui", "--data", str(data), *_WINDOW_WORDS],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.DEVNULL,
    )
    qtbot.waitUntil(lambda: find(data) is not None, timeout=LONG)
    first.kill()
    first.wait()

    window = open_real(data, False)

    qtbot.waitUntil(lambda: window.link.state is not None, timeout=LONG)
    run = _start(qtbot, window, "formation-cycling")
    assert _state(window, run) in {RunState.STARTING, RunState.RUNNING}


_WINDOW_WORDS = ("--simulate", "--speed", "200", "--theme", "light")


def _rows(window: Window, run: str) -> int:
    state = window.link.state
    return next((r.rows for r in state.runs if r.run == run), 0) if state else 0


def _state(window: Window, run: str) -> RunState | None:
    state = window.link.state
    found = [r for r in state.runs if r.run == run] if state else []
    return found[0].state if found else None
