"""What a window can do to eight runs: nothing.

``python tests/benchmarks/window/window_and_runs.py``: eight cells are cycled on a
simulated bench while a window is absent, open, frozen (SIGSTOP), killed and opened
again; last the station is killed. Prints, for each phase, how far apart the runs' polls
came at most, how many rows came, and how long a window took to show all runs, and to
say that the station is gone. Wanted: no difference between the phases; 2 s for each of
the last two.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
import psutil
from PyQt6.QtWidgets import QApplication

from gui.link.connector import Connector
from gui.link.link import Link
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl.api.client import StationClient
from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.clock import SystemClock, stopwatch

RUNS = 8
PHASE = 20.0
"""s; the station tells the longest gap of the last ten."""


def main() -> None:
    """Go through the phases and print."""
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "runs"
        words = ["serve", "--simulate", "--speed", "20", "--no-live-view"]
        server = subprocess.Popen(
            [sys.executable, "-m", "labctl", *words, "--data", str(data)],
            cwd=place,
            stderr=subprocess.DEVNULL,
        )
        try:
            phases(data)
            reopen(data, server)
        finally:
            server.kill()
            server.wait()


def phases(data: Path) -> None:
    """Look at the runs without a window, and with one that is used ill."""
    clock = SystemClock()
    while (station := find(data)) is None:
        clock.sleep(0.1)
    for k in range(RUNS):
        sample = ("si", "qms-0.7")[k % 2]
        parameters = {"formation_rate": "C/2", "record_every": "20 s"}
        order = OrderIn(
            protocol="formation-cycling", sample=sample, parameters=parameters
        )
        station.start(order)
    while not all(r.rows > 20 and r.expected_duration for r in station.state().runs):
        clock.sleep(0.2)
    look(station, "no window")
    window = subprocess.Popen(
        [sys.executable, "-m", "gui", "--data", str(data), "--theme", "light"],
        stderr=subprocess.DEVNULL,
    )
    seen = psutil.Process(window.pid)
    while not any(c.status == "ESTABLISHED" for c in seen.net_connections("tcp")):
        clock.sleep(0.1)
    look(station, "window open")
    window.send_signal(signal.SIGSTOP)
    look(station, "window frozen")
    window.kill()
    window.wait()
    look(station, "window killed")
    station.close()


def look(station: StationClient, phase: str) -> None:
    """Print what one phase was like for the runs."""
    clock = SystemClock()
    before = {r.run: r.rows for r in station.state().runs}
    gaps: list[float] = []
    while clock.now() < PHASE:
        clock.sleep(0.5)
        if clock.now() > PHASE / 2:  # by then the phase before is forgotten
            gaps += [r.slowest_poll for r in station.state().runs]
    rows = [r.rows - before[r.run] for r in station.state().runs]
    print(
        f"{phase:14} polls at most {np.median(gaps) * 1e3:.0f} ms apart in the "
        f"median of looks, {max(gaps) * 1e3:.0f} ms ever; rows {min(rows)}–{max(rows)} "
        f"a run, {sum(rows)} in all"
    )


def reopen(data: Path, server: "subprocess.Popen[bytes]") -> None:
    """Print how long a window takes to show all, and to miss its station."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    begun = stopwatch()
    window = MainWindow(Link(Connector(data)), settings=Settings(theme="light"))
    window.show()
    window.link.start()
    shown = until(app, lambda: sum(t.live for t in window.bench.grid.tiles) == RUNS)
    print(f"a window shows {RUNS} runs after {shown - begun:.2f} s")
    live = window.bench.run_view
    drawn = until(app, lambda: live.live_plot is not None and bool(_points(window)))
    print(f"and draws the first one after {drawn - begun:.2f} s")
    begun = stopwatch()
    server.send_signal(signal.SIGKILL)
    said = until(app, window.banners.link.isVisible)
    print(f"a killed station is said after {said - begun:.2f} s")
    print(f"  {window.banners.link.text}")
    window.close()


def _points(window: MainWindow) -> int:
    plot = window.bench.run_view.live_plot
    drawn = plot.tracks[0].measured.xData if plot is not None else None
    return 0 if drawn is None else len(drawn)


def until(app: QApplication, done: Callable[[], bool], most: float = 60.0) -> float:
    """Let the window work until something is so; return when it was."""
    clock = SystemClock()
    while not done():
        app.processEvents()
        clock.sleep(0.002)
        assert clock.now() < most, "it did not happen"
    return stopwatch()


if __name__ == "__main__":
    main()
