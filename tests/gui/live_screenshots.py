"""Pictures of the window on a real station of the simulated bench, as it works.

Run ``python tests/gui/live_screenshots.py [FOLDER]``. A station's process is started,
three runs are composed and started in the window, and each is drawn while it goes on.
On an X server (QT_QPA_PLATFORM=xcb) the pictures are of what stands on the screen.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from PyQt6.QtWidgets import QApplication
from screenshots import pause

from gui.link.connector import Connector
from gui.link.link import Link
from gui.look.palette import apply_theme, wanted
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl.api.discovery import find
from labctl.api.states import LIVE
from labctl.clock import SystemClock, stopwatch

SPEED = "1000"
SIZE = (1440, 860)
RUNS = (
    ("formation-cycling", "formation", "V, I – t", "delithiation at C/20"),
    ("insitu-eis", "insitu-eis", "Impedance", "delithiation at C/5"),
    ("hall-effect", "hall", "Hall", "field off"),
)
"""Protocol, picture, view, and the step from which on it is worth a picture."""
PATIENCE = 240.0


def main(folder: Path) -> None:
    """Start everything, take the pictures, end everything."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "runs"
        try:
            take(app, data, folder)
        finally:
            station = find(data)
            if station is not None:
                station.shutdown(stop_runs=True)
                until(lambda: find(data) is None)


def take(app: QApplication, data: Path, folder: Path) -> None:
    """Compose, start and draw; prints how long a newcomer would have waited."""
    begun = stopwatch()
    apply_theme(app, wanted("light", app))
    connector = Connector(data, ("--simulate", "--speed", SPEED, "--no-live-view"))
    connector.may_start = True
    settings = Settings(theme="light", width=SIZE[0], height=SIZE[1])
    window = MainWindow(Link(connector), connector, settings=settings)
    window.show()
    window.link.start()
    started: dict[str, str] = {}
    for protocol, *_ in RUNS:
        composer = window.bench.composer
        until(lambda: window.bench.composer.can_start)
        composer.choose(protocol)
        until(lambda: window.bench.composer.can_start)
        before = set(_live(window))
        composer.start()
        until(lambda before=before: bool(set(_live(window)) - before))  # type: ignore[misc]
        started[protocol] = next(iter(set(_live(window)) - before))
        say(f"{protocol} goes on after {stopwatch() - begun:.1f} s")
    for protocol, name, view, step in (RUNS[2], RUNS[0], RUNS[1]):
        run = started[protocol]
        window.bench.open_run(run)
        until(lambda r=run, s=step: _is_at(window, r, s))  # type: ignore[misc]
        tabs = window.bench.run_view.tabs
        until(lambda v=view: v in _titles(window))  # type: ignore[misc]
        titles = _titles(window)
        tabs.setCurrentIndex(titles.index(view))
        until(lambda: _is_drawn(window))
        pause(1.0)
        picture(window, folder / f"live-{name}.png")
    window.close()


def picture(window: MainWindow, path: Path) -> None:
    """Write what is seen."""
    screen = window.screen()
    if QApplication.platformName() == "xcb" and screen is not None:
        screen.grabWindow(window.winId()).save(str(path))
    else:
        window.grab().save(str(path))
    say(f"wrote {path}")


def say(text: str) -> None:
    """Write a line to whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _is_at(window: MainWindow, run: str, step: str) -> bool:
    """Return whether a run has come to a step, or is over."""
    state = window.link.state
    found = [r for r in state.runs if r.run == run] if state else []
    return bool(found) and (found[0].state not in LIVE or step in found[0].step_label)


def _titles(window: MainWindow) -> list[str]:
    tabs = window.bench.run_view.tabs
    return [tabs.tabText(k) for k in range(tabs.count())]


def _is_drawn(window: MainWindow) -> bool:
    """Return whether the view that is seen has points."""
    view = window.bench.run_view
    seen = view.tabs.currentWidget()
    if seen is view.live_plot and view.live_plot is not None:
        drawn = view.live_plot.tracks[0].measured.xData
        return drawn is not None and len(drawn) > 1
    return any(tab is seen and bool(tab.figures) for tab in view.figure_tabs)


def _live(window: MainWindow) -> list[str]:
    return [r.run for r in window.link.state.runs] if window.link.state else []


def until(done: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    clock = SystemClock()
    while not done():
        pause(0.05)
        assert clock.now() < PATIENCE, "it did not happen"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/live"))
