"""Draw the window in all its states into PNG files, for people to look at.

Run ``python tests/gui/screenshots.py [FOLDER] [NAME …]``; offscreen unless
QT_QPA_PLATFORM says otherwise, larger with QT_SCALE_FACTOR=1.5 or 2. Nothing is
compared: fonts differ between platforms.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "wires"))
sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))
sys.path.insert(0, str(Path(__file__).parents[2]))

from past_runs import PastRuns
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication
from real_station import CELLS, QUICK, RealStation, few_runs, raise_alarm
from shared_runs import SharedRuns

from gui.link.link import Link
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl.api.client import StationClient

SAMPLES = ("qms-0.7", "si", "lco", "qms-0.3", "si-lco")
SIZES = ((1280, 720), (1920, 1080))
THEMES = ("light", "dark")
SCENARIOS = ("empty", "one", "sixteen", "alarm", "lost", "first", "stop", "unsafe")
TABS = ("q–v", "dq/dv", "capacity · ce", "impedance", "steps", "results")
standing = contextlib.ExitStack()
"""The stations of one picture."""


def main(folder: Path, wanted: list[str]) -> None:
    """Draw the matrix, then the tabs and pages once each."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    shots: dict[str, Callable[[], MainWindow]] = {}
    for scenario in SCENARIOS:
        for size in SIZES:
            for theme in THEMES:
                name = f"{scenario}-{size[0]}-{theme}"
                shots[name] = lambda s=scenario, z=size, t=theme: matrix(s, z, t)  # type: ignore[misc]
    for tab in TABS:
        shots[f"tab-{tab.partition('/')[0]}"] = lambda t=tab: one_tab(t)  # type: ignore[misc]
    for kind in ("hall", "iv"):
        shots[f"bench-{kind}"] = lambda k=kind: bench(k)  # type: ignore[misc]
    for page in range(1, 5):
        shots[f"page-{page}"] = lambda p=page: one_page(p)  # type: ignore[misc]
    for name, make in shots.items():
        if wanted and not any(word in name for word in wanted):
            continue
        window = make()
        pause(0.1)
        window.grab().save(str(folder / f"{name}.png"))
        window.close()
        window.deleteLater()
        app.processEvents()
        standing.close()


def folder() -> Path:
    """Return a folder that goes when the picture is drawn."""
    return Path(standing.enter_context(tempfile.TemporaryDirectory()))


def stand() -> RealStation:
    """Return a station with nothing on it."""
    return standing.enter_context(RealStation(folder()))


def open_on(
    station: RealStation | None, size: tuple[int, int], theme: str
) -> MainWindow:
    """Open a window and let it draw."""

    def connect() -> StationClient:
        if station is None:
            raise OSError("no station")
        return station.connect()

    link = Link(connect)
    window = MainWindow(
        link, settings=Settings(theme=theme, width=size[0], height=size[1]), real=True
    )
    window.choose_theme(theme)
    window.show()
    link.start()
    if station is not None:
        until(lambda: link.state is not None)
        until(lambda: window.bench.composer.can_start)
    pause(0.9)
    return window


def matrix(scenario: str, size: tuple[int, int], theme: str) -> MainWindow:
    """Return the window in one of the states."""
    if scenario == "first":
        return open_on(None, size, theme)
    station = stand()
    if scenario in {"sixteen", "unsafe"}:
        full(station)
    elif scenario != "empty":
        few_runs(station)
    if scenario == "alarm":
        station.started.append(station.started[1])
        raise_alarm(station)
    if scenario == "unsafe":
        station.stays_on()
        station.end(station.started[2])
        wide = size == SIZES[1]
        for channel in CELLS[5:] if wide else CELLS[-1:]:
            station.bench.outputs.doubt(channel, "the guard: no answer within 15 s")
    window = open_on(station, size, theme)
    if scenario == "unsafe":
        window.bench.open_run(station.started[2])
        pause(0.8)
    if scenario == "lost":
        station.line.is_cut = True
        pause(3.2)
    if scenario == "stop":
        station.client.stop_all()
        pause(0.8)
    return window


def full(station: RealStation) -> None:
    """Let cells of several kinds go on, one of them held, one at its end."""
    for channel, sample in zip(CELLS, SAMPLES * 3, strict=False):
        station.start(channel=channel, sample=sample, **QUICK)
    station.go_on(4 * 3600.0)
    station.client.hold(station.started[5], "check the temperature")
    station.end(station.started[6])
    station.start("hall-effect", "film-qms-0.7", sweep_points=5)
    station.go_on(100.0)


def one_tab(title: str) -> MainWindow:
    """Return the window with one view of an ended run."""
    station = standing.enter_context(PastRuns(folder(), SharedRuns(folder())))
    kind = "insitu-eis" if title == "impedance" else "formation-cycling"
    run = station.finished(kind)
    window = open_on(station, (1440, 860), "light")
    view = window.bench.run_view
    window.bench.open_run(run)
    until(lambda: view.tabs.count() > 5)
    titles = [view.tabs.tabText(k).lower() for k in range(view.tabs.count())]
    view.tabs.setCurrentIndex(titles.index(title))
    pause(1.0)
    return window


def bench(kind: str) -> MainWindow:
    """Return the window on a Hall or an I–V run."""
    station = stand()
    few_runs(station)
    window = open_on(station, (1440, 860), "dark" if kind == "iv" else "light")
    window.bench.open_run(next(r for r in station.started if kind in r))
    pause(1.0)
    return window


def one_page(index: int) -> MainWindow:
    """Return the window on another page."""
    station = stand()
    full(station)
    window = open_on(station, (1440, 860), "light")
    window.header.pages.setCurrentIndex(index)
    pause(0.5)
    if index == 1:
        for run in station.started[:3]:
            window.runs.tick(run)
    if index == 2:
        window.instruments.table.selectRow(6)
        window.instruments.choose()
    if index == 3:
        window.samples.table.selectRow(0)
        window.samples.choose()
    pause(0.8)
    return window


def pause(seconds: float) -> None:
    """Let the window work."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def until(done: Callable[[], bool], most: float = 10.0) -> None:
    """Let the window work until something is so."""
    for _ in range(int(most * 20)):
        if done():
            return
        pause(0.05)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0] if given else "build/screenshots"), given[1:])
