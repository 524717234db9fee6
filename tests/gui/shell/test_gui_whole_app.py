"""The window and a real station's process, on the simulated bench."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.link.connector import Connector
from gui.link.link import Link
from gui.look.settings import Settings
from gui.run.states import Tile
from gui.shell.window import MainWindow
from labctl.api.client import StationClient
from labctl.api.discovery import find, find_or_start
from labctl.api.requests import OrderIn
from labctl.api.states import RunState
from labctl.clock import SystemClock

pytestmark = pytest.mark.slow
WORDS = ("--simulate", "--speed", "200", "--no-live-view")
W = TypeVar("W", bound=QWidget)
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
def open_real(qtbot: QtBot) -> Iterator[Callable[[Path, bool], MainWindow]]:
    """Return what opens a window on a folder; True starts a station there."""
    opened: list[MainWindow] = []

    def open_on(data: Path, start: bool) -> MainWindow:
        connector = Connector(data, WORDS)
        connector.may_start = start
        window = MainWindow(
            Link(connector), connector, settings=Settings(theme="light")
        )
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


def _start(qtbot: QtBot, window: MainWindow, protocol: str) -> str:
    """Compose a run, wait for the checks and click Start."""
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=LONG)
    composer.choose(protocol)
    qtbot.waitUntil(lambda: composer.can_start, timeout=LONG)
    before = _runs(window)
    _click(_named(composer, QPushButton, "Start the run"))
    qtbot.waitUntil(lambda: len(_runs(window)) > len(before), timeout=LONG)
    run = next(run for run in _runs(window) if run not in before)
    qtbot.waitUntil(lambda: window.bench.run_view.run == run, timeout=LONG)
    return run


def _named(inside: QWidget, kind: type[W], name: str) -> W:
    """Return the widget that a screen reader calls ``name``."""
    return next(w for w in inside.findChildren(kind) if w.accessibleName() == name)


def _click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]


def _runs(window: MainWindow) -> list[str]:
    return [r.run for r in window.link.state.runs] if window.link.state else []


def _wait_for_end(pid: int) -> None:
    """Wait until a station has ended; one that this process started stays a zombie."""
    clock = SystemClock()
    while psutil.pid_exists(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        assert clock.now() < LONG / 1000, "the station did not end"
        clock.sleep(0.05)


def test_a_newcomer_has_three_kinds_of_run_going_within_a_minute(
    qtbot: QtBot, open_real: Callable[[Path, bool], MainWindow], data: Path
) -> None:
    window = open_real(data, False)
    qtbot.waitUntil(window.start_page.isVisible, timeout=LONG)
    _click(_named(window.start_page, QPushButton, "Try the simulated bench"))
    qtbot.waitUntil(lambda: window.link.state is not None, timeout=LONG)

    cell = _start(qtbot, window, "formation-cycling")
    spectra = _start(qtbot, window, "insitu-eis")
    film = _start(qtbot, window, "hall-effect")

    view = window.bench.run_view
    for run in (cell, spectra):
        window.bench.open_run(run)
        qtbot.waitUntil(lambda: _points(window) > 2, timeout=LONG)
    window.bench.open_run(film)
    qtbot.waitUntil(lambda: any(tab.figures for tab in view.figure_tabs), timeout=LONG)
    assert {_state(window, run) for run in (cell, spectra)} == {RunState.RUNNING}


def test_a_killed_station_is_said_and_a_restart_offers_to_resume(
    qtbot: QtBot, open_real: Callable[[Path, bool], MainWindow], data: Path
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


def test_a_window_that_freezes_or_dies_costs_eight_runs_nothing(
    qtbot: QtBot, open_real: Callable[[Path, bool], MainWindow], data: Path
) -> None:
    find_or_start(data, WORDS).close()
    first = subprocess.Popen(
        [sys.executable, "-m", "gui", "--data", str(data), "--theme", "light"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.DEVNULL,
    )
    seen = psutil.Process(first.pid)
    qtbot.waitUntil(
        lambda: any(c.status == "ESTABLISHED" for c in seen.net_connections("tcp")),
        timeout=LONG,
    )
    with find_or_start(data, ()) as station:
        runs = [station.start(_order(seed)).run for seed in range(RUNS)]
        try:
            _wait_for_rows(qtbot, station, runs)
            first.send_signal(signal.SIGSTOP)
            _wait_for_rows(qtbot, station, runs)
        finally:
            first.kill()
            first.wait()
        _wait_for_rows(qtbot, station, runs)

        window = open_real(data, False)
        qtbot.waitUntil(lambda: sum(t.live for t in _tiles(window)) == RUNS)

        assert {r.state for r in station.state().runs} == {RunState.RUNNING}
        for run in runs:
            rows = station.window(run, "timeseries", ["current_ampere"], px=4000)
            time = rows.columns["test_time_second"]
            flows = np.abs(rows.columns["current_ampere"]) > 0
            gaps = np.diff(time[flows])
            assert len(gaps) > 20
            # every row that the recording rule asks for, and no later than it asks
            assert gaps.max() <= RECORD_EVERY * 1.001


RUNS = 8
RECORD_EVERY = 20.0
"""s of test time between two rows."""


def _order(seed: int) -> OrderIn:
    parameters = {"rest": "1 s", "record_every": f"{RECORD_EVERY} s"}
    return OrderIn(
        protocol="formation-cycling", sample="si", parameters=parameters, seed=seed
    )


def _wait_for_rows(qtbot: QtBot, station: StationClient, runs: list[str]) -> None:
    """Wait until every run has ten more rows on the disk."""
    before = {r.run: r.rows for r in station.state().runs}

    def came() -> bool:
        now = {r.run: r.rows for r in station.state().runs}
        return all(now[run] >= before.get(run, 0) + 10 for run in runs)

    qtbot.waitUntil(came, timeout=LONG)


def _tiles(window: MainWindow) -> list[Tile]:
    return window.bench.grid.tiles


def _points(window: MainWindow) -> int:
    """Return how many points of the voltage are drawn."""
    plot = window.bench.run_view.live_plot
    drawn = plot.tracks[0].measured.xData if plot is not None else None
    return 0 if drawn is None else len(drawn)


def _rows(window: MainWindow, run: str) -> int:
    state = window.link.state
    return next((r.rows for r in state.runs if r.run == run), 0) if state else 0


def _state(window: MainWindow, run: str) -> RunState | None:
    state = window.link.state
    found = [r for r in state.runs if r.run == run] if state else []
    return found[0].state if found else None
