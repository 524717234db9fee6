"""How long a run of ten million rows takes from the click to its first plot.

``python tests/benchmarks/window/open_finished.py [ROWS]`` writes such a run through
journal and seal, starts a station on its folder, opens the real window on it and waits
until the voltage is painted. Wanted: 1.5 s at most. Prints, never fails.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
from PyQt6.QtWidgets import QApplication

from gui.link.connector import Connector
from gui.link.link import Link
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl import plugins
from labctl.api.discovery import find
from labctl.clock import SystemClock, stopwatch
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Batch
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

STARTED = 1_760_000_000.0
BLOCK = 50_000
PERIOD = 7200.0
"""s of one cycle."""


def main(rows: int) -> None:
    """Write, open, print."""
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "runs" / "20261010-090000-long")
        begun = stopwatch()
        write(folder, rows)
        written = stopwatch()
        seal(folder)
        size = folder.sealed.stat().st_size / 1e6
        print(
            f"{rows:.0e} rows: written in {written - begun:.0f} s, sealed in "
            f"{stopwatch() - written:.0f} s, {size:.0f} MB"
        )
        show(folder)


def write(folder: RunFolder, rows: int) -> None:
    """Write a run of two-hour cycles with a row a second."""
    kind = plugins.protocol("formation-cycling")
    header = RunHeader(
        run_id=folder.run_id,
        title="A run of months",
        protocol="formation-cycling",
        streams=(TIMESERIES, CYCLES),
        parameters_given={},
        parameters={},
        sample={"name": "si-long", "kind": "half_cell"},
        roles={"cell": "vsp300/1"},
        instruments={},
        plots=kind.plots,
        started_unix=STARTED,
        simulated=True,
        operator="",
        versions={},
        extra={"envelope": {"voltage_volt": [0.0, 1.6]}},
    )
    random = np.random.default_rng(1)
    journal = Journal.create(folder.journal, header)
    journal.set_status("running")
    for first in range(0, rows, BLOCK):
        t = np.arange(first, min(first + BLOCK, rows), dtype=float)
        volts = 0.6 + 0.5 * np.sin(2 * np.pi * t / PERIOD)
        known = {
            "test_time_second": t,
            "unix_time_second": STARTED + t,
            "voltage_volt": volts + random.normal(0, 1e-4, len(t)),
            "current_ampere": 1e-3 * np.sign(np.cos(2 * np.pi * t / PERIOD)),
            "cycle_count": (t // PERIOD).astype("i8") + 1,
        }
        blank = {"i8": np.zeros(len(t), "i8"), "f8": np.zeros(len(t))}
        columns = {
            c.name: known.get(c.name, blank[c.dtype]) for c in TIMESERIES.columns
        }
        journal.append(Batch("timeseries", columns))
        journal.commit()
    journal.finish("completed", {}, STARTED + rows)
    journal.close()


def show(folder: RunFolder) -> None:
    """Open the window on a station and click the run."""
    data = folder.path.parent
    words = ["serve", "--simulate", "--no-live-view", "--data", str(data)]
    server = subprocess.Popen(
        [sys.executable, "-m", "labctl", *words],
        cwd=data.parent,
        stderr=subprocess.DEVNULL,
    )
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    try:
        until(app, lambda: find(data) is not None)
        window = MainWindow(Link(Connector(data)), settings=Settings(theme="light"))
        window.show()
        window.link.start()
        until(app, lambda: bool(window.runs.shown))
        until(app, lambda: window.bench.composer.can_start)
        for how in ("first", "again"):
            print(f"{how}: {opened(app, window, folder.run_id):.2f} s to the plot")
            window.bench.run_view.show_run("")
        window.close()
    finally:
        server.terminate()
        server.wait(60)


def opened(app: QApplication, window: MainWindow, run: str) -> float:
    """Return how long the run takes to be seen, in s."""
    begun = stopwatch()
    window.runs.run_wanted.emit(run)

    def is_drawn() -> bool:
        plot = window.bench.run_view.live_plot
        drawn = plot.tracks[0].measured.xData if plot is not None else None
        return drawn is not None and len(drawn) > 1000

    until(app, is_drawn)
    window.grab()
    return stopwatch() - begun


def until(app: QApplication, done: Callable[[], bool], most: float = 120.0) -> None:
    """Let the window work until something is so."""
    clock = SystemClock()
    while not done():
        app.processEvents()
        clock.sleep(0.002)
        assert clock.now() < most, "it did not happen"


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000)
