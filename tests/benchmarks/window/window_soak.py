"""Whether the window grows: a hundred thousand refreshes of all that is seen.

``python tests/benchmarks/window/window_soak.py [REFRESHES]``: a new state with new
readings for every tile, new points for the live plot, new rows in the tables, over and
over, tab by tab. Prints memory as it goes and the slope over the second half; wanted:
flat, well below 20 bytes a refresh. Never fails.
"""

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2] / "gui"))
sys.path.insert(0, str(Path(__file__).parents[2] / "wires"))
sys.path.insert(0, str(Path(__file__).parents[2] / "shared"))
sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
import psutil
from PyQt6.QtWidgets import QApplication
from real_station import RealStation, few_runs

from gui.link.link import Link
from gui.look.colours import LIGHT
from gui.look.palette import apply_theme
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl.clock import SystemClock, stopwatch

LOOKS = 20
"""How often memory is read."""


def main(refreshes: int) -> None:
    """Refresh and print."""
    with tempfile.TemporaryDirectory() as folder, RealStation(Path(folder)) as station:
        few_runs(station)
        soak(station, refreshes)


def soak(station: RealStation, refreshes: int) -> None:
    """Let the cells go on a second for each refresh."""
    app = QApplication(sys.argv[:1])
    apply_theme(app, LIGHT)
    link = Link(station.connect)
    window = MainWindow(link, settings=Settings(theme="light", width=1280, height=720))
    window.show()
    window._timer.stop()  # the loop below refreshes
    link.start()
    clock = SystemClock()
    while not window.bench.composer.can_start:
        app.processEvents()
        assert clock.now() < 20
    link._timer.stop()
    tabs = window.bench.run_view.tabs
    process = psutil.Process()
    done, used = [], []
    begun = stopwatch()
    for k in range(1, refreshes + 1):
        station.clock.go_on(1.0)
        link._poll()
        window.bench.refresh()
        while link._polling or any(link._busy):
            app.processEvents()
        if k % (refreshes // LOOKS) == 0:
            gc.collect()
            done.append(k)
            used.append(process.memory_info().rss)
            rate = k / (stopwatch() - begun)
            print(f"{k:7} refreshes, {used[-1] / 1e6:.2f} MB, {rate:.0f}/s", flush=True)
            tabs.setCurrentIndex((tabs.currentIndex() + 1) % tabs.count())
    half = len(done) // 2
    slope = np.polyfit(done[half:], used[half:], 1)[0]
    print(f"second half: {slope:+.1f} B a refresh")
    window.close()


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000)
