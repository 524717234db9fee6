"""What the window costs; prints, never fails.

Run ``python tests/benchmarks/window/gui_costs.py``.
CPU time of this thread, so that a busy machine changes little. Wanted: 64 tiles in
25 ms a frame; a curve of ten million points in 10 ms a redraw; flat memory.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2] / "gui"))
sys.path.insert(0, str(Path(__file__).parents[2] / "wires"))
sys.path.insert(0, str(Path(__file__).parents[2] / "shared"))
sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
import psutil
from PyQt6.QtWidgets import QApplication, QWidget
from values import summary

from gui.bench.sparks import Sparks
from gui.bench.tiles import TileGrid
from gui.look.colours import LIGHT
from gui.look.palette import apply_theme
from gui.plot.axis import Span, follow
from gui.plot.plotting import Plot, add_line, give
from gui.run.states import tile_of
from gui.run.windows import curve
from labctl.data import Columns
from labctl.thinning.pyramid import Pyramid

FRAMES = 40


def main() -> None:
    """Measure and print."""
    app = QApplication(sys.argv[:1])
    apply_theme(app, LIGHT)
    for count in (16, 64):
        print(f"{count} tiles: {tiles(count):.1f} ms CPU a frame")
    for rows in (10**6, 10**7):
        fetch, redraw = long_curve(rows)
        print(
            f"{rows:.0e} points: window {fetch:.2f} ms at the station, "
            f"redraw {redraw:.1f} ms CPU"
        )
    print(f"memory over 20 000 refreshes: {growth(20_000):+.1f} B a refresh")


def cpu(act: Callable[[], object], times: int = FRAMES) -> float:
    """Return the median CPU time of this thread in ms."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append(time.thread_time() - start)
    return 1e3 * float(np.median(taken))


def tiles(count: int) -> float:
    """Return what a frame of tiles costs; every value changes in every frame."""
    sparks = Sparks()
    runs = [summary(f"r{k}", "si", {"cell": f"vsp300/{k}"}) for k in range(count)]
    for k, run in enumerate(runs):
        sparks.seed(run.run, list(range(120)), np.sin(np.arange(120) + k).tolist())
    grid = TileGrid(sparks)
    grid.resize(1900, 1000)
    grid.show()
    step = [0]

    def frame() -> None:
        step[0] += 1
        last = {"voltage_volt": 3 + step[0] * 1e-3, "current_ampere": 1e-3}
        now = [run.model_copy(update={"last": last}) for run in runs]
        grid.show_tiles([tile_of(run, f"s/{k}", 0, False) for k, run in enumerate(now)])
        painted(grid)

    return cpu(frame)


def long_curve(rows: int) -> tuple[float, float]:
    """Return what the newest window costs at the station, and its redraw here."""
    pyramid = Pyramid(("test_time_second", "voltage_volt"))
    rng = np.random.default_rng(1)
    for begin in range(0, rows, 500_000):
        t = np.arange(begin, min(begin + 500_000, rows), dtype=float)
        v = 3.7 + 0.3 * np.sin(t / 5e4) + rng.normal(0, 0.02, len(t))
        pyramid.add({"test_time_second": t, "voltage_volt": v})

    def window() -> Columns:
        return pyramid.window(
            "test_time_second", ("voltage_volt",), -np.inf, np.inf, 2000
        )

    plot = Plot("bench")
    plot.resize(1000, 500)
    plot.show()
    line = add_line(plot, "#0072b2")
    shown = [follow(None, Span(3.3, 4.1))]

    def redraw() -> None:
        x, y = curve(window(), "test_time_second", "voltage_volt")
        give(line, x, y)
        plot.show_x(Span(0, rows))
        plot.show_y(follow(shown[0], Span(float(y.min()), float(y.max()))))
        painted(plot)

    return cpu(window), cpu(redraw)


def growth(refreshes: int) -> float:
    """Return by how many bytes a refresh the process grows."""
    plot = Plot("bench")
    plot.resize(600, 300)
    plot.show()
    line = add_line(plot, "#0072b2")
    x = np.arange(2000, dtype=float)
    y = np.sin(x / 50)

    def refresh(k: int) -> None:
        give(line, x, y + k % 7)
        plot.show_y(Span(-2, 9))
        painted(plot)

    for k in range(1000):
        refresh(k)
    before = psutil.Process().memory_info().rss
    for k in range(refreshes):
        refresh(k)
    return float(psutil.Process().memory_info().rss - before) / refreshes


def painted(widget: QWidget) -> None:
    """Paint a whole widget now, as a screen would see it."""
    widget.grab()


if __name__ == "__main__":
    main()
