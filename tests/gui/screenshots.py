"""Draw the window in all its states into PNG files, for people to look at.

Run ``python tests/gui/screenshots.py [FOLDER] [NAME …]``; offscreen unless
QT_QPA_PLATFORM says otherwise, larger with QT_SCALE_FACTOR=1.5 or 2. Nothing is
compared: fonts differ between platforms.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from fake_station import FakeStation
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from gui.link.link import Link
from gui.look.settings import Settings
from gui.shell.window import MainWindow

SIZES = ((1280, 720), (1920, 1080))
THEMES = ("light", "dark")
SCENARIOS = ("empty", "one", "sixteen", "alarm", "lost", "first", "stop", "unsafe")
TABS = ("charge", "differential", "capacity", "impedance", "steps", "results")


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
        shots[f"tab-{tab}"] = lambda t=tab: one_tab(t)  # type: ignore[misc]
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


def open_on(
    station: FakeStation | None, size: tuple[int, int], theme: str
) -> MainWindow:
    """Open a window and let it draw."""

    def connect() -> FakeStation:
        if station is None:
            raise OSError("no station")
        return station

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
    known = {"lost": "few", "stop": "few", "one": "few", "unsafe": "sixteen"}
    station = FakeStation(known.get(scenario, scenario))
    run = list(station.fake_runs)[2] if scenario == "unsafe" else ""
    if scenario == "unsafe":
        station.leave_on(run, "vsp300: no answer within 5 s; the link is down")
        station.doubts["vmp3/8"] = "the guard: no answer within 15 s"
        if size == SIZES[1]:
            more = [c.name for c in station.state().channels[:9]]
            station.doubts |= dict.fromkeys(more, "the guard: no answer")
    window = open_on(station, size, theme)
    if scenario == "unsafe":
        window.bench.open_run(run)
        pause(0.8)
    if scenario == "lost":
        station.gone = True
        pause(3.2)
    if scenario == "stop":
        station.stop_all("")
        pause(0.8)
    return window


def one_tab(name: str) -> MainWindow:
    """Return the window with one view of a run."""
    window = open_on(FakeStation("few"), (1440, 860), "light")
    view = window.bench.run_view
    titles = [view.tabs.tabText(k).lower() for k in range(view.tabs.count())]
    known = {"charge": "q–v", "differential": "dq/dv", "capacity": "capacity · ce"}
    view.tabs.setCurrentIndex(titles.index(known.get(name, name)))
    pause(1.0)
    return window


def bench(kind: str) -> MainWindow:
    """Return the window on a Hall or an I–V run."""
    station = FakeStation("few")
    window = open_on(station, (1440, 860), "dark" if kind == "iv" else "light")
    window.bench.open_run(next(r for r in station.fake_runs if kind in r))
    pause(1.0)
    return window


def one_page(index: int) -> MainWindow:
    """Return the window on another page."""
    station = FakeStation("sixteen")
    window = open_on(station, (1440, 860), "light")
    window.header.pages.setCurrentIndex(index)
    pause(0.5)
    if index == 1:
        for run in list(station.fake_runs)[:3]:
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
