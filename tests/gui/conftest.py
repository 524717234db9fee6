"""What every test of the window stands on: no stray dialog, nothing left alive."""

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from past_runs import PastRuns
from PyQt6.QtCore import QEvent, QTimer
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot
from real_station import CELLS, QUICK, RealStation, few_runs
from shared_runs import SharedRuns
from written_runs import write_cells

from gui.link.link import Link
from gui.look.colours import LIGHT
from gui.look.palette import apply_theme, theme
from gui.look.settings import Settings
from gui.shell.window import MainWindow

HOURS = 2.0
PATIENCE = 20.0
"""s"""


@pytest.fixture(autouse=True)
def no_stray_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a modal dialog that nobody expects fail at once instead of hanging."""

    def refuse(*given: Any, **_named: Any) -> Any:
        said = [str(x) for x in given if isinstance(x, str)]
        raise AssertionError(f"a modal dialog opened: {said}")

    for kind in (QDialog, QMessageBox, QFileDialog, QInputDialog, QMenu):
        monkeypatch.setattr(kind, "exec", refuse)
    for name in ("information", "warning", "critical", "question", "about"):
        monkeypatch.setattr(QMessageBox, name, refuse)
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, refuse)


@pytest.fixture(autouse=True)
def nothing_left_alive(qapp: QApplication) -> Iterator[None]:
    """No window, timer or worker thread survives a test."""
    if theme() is not LIGHT or not qapp.styleSheet():
        apply_theme(qapp, LIGHT)
    yield
    for widget in _shown(qapp):
        widget.close()
    qapp.processEvents()
    ticking = [
        timer
        for widget in qapp.topLevelWidgets()
        for timer in widget.findChildren(QTimer)
        if timer.isActive() and widget.isVisible()
    ]
    for thread in _workers():  # a question that the station still works on
        thread.join(PATIENCE)
    threads = [t.name for t in _workers()]
    assert not ticking
    assert not threads, f"worker threads survive: {threads}"


def _workers() -> list[threading.Thread]:
    names = ("poll-", "ask-", "stop-")
    return [t for t in threading.enumerate() if t.name.startswith(names)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """Keep a picture of every window of a test that fails, while it still stands."""
    outcome: Any = yield
    app = QApplication.instance()
    if call.when != "call" or not outcome.get_result().failed:
        return
    if not isinstance(app, QApplication):
        return
    folder = Path(os.environ.get("LABCTL_SHOTS", "build/gui-failures"))
    folder.mkdir(parents=True, exist_ok=True)
    for k, widget in enumerate(_shown(app)):
        widget.grab().save(str(folder / f"{item.name[:80]}-{k}.png"))


def _shown(app: QApplication) -> list[QWidget]:
    return [w for w in app.topLevelWidgets() if w.isVisible()]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Callable[..., RealStation]]:
    """Return what starts a station of the test's own."""
    with contextlib.ExitStack() as standing:
        yield lambda **changes: standing.enter_context(
            RealStation(tmp_path / f"runs-{secrets.token_hex(2)}", **changes)
        )


@pytest.fixture
def station(stand: Callable[..., RealStation]) -> RealStation:
    """Return a bench with one cell that is being cycled since two hours."""
    made = stand()
    made.start(channel=CELLS[0], sample="qms-0.7", **QUICK)
    made.go_on(HOURS * 3600.0)
    return made


@pytest.fixture
def interrupted(station: RealStation, tmp_path: Path) -> Iterator[RealStation]:
    """Return what that bench finds when its process died."""
    with station.break_off(tmp_path / "after") as made:
        yield made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStation]:
    """Return a bench on which nothing goes on, for tests that only look."""
    with RealStation(tmp_path_factory.mktemp("empty")) as made:
        yield made


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStation]:
    """Return a bench with two cells, a film and an ended particle, to look at."""
    with RealStation(tmp_path_factory.mktemp("few")) as made:
        few_runs(made)
        yield made


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStation]:
    """Return a station of ten finished cells of two materials, to look at."""
    data = tmp_path_factory.mktemp("cells")
    write_cells(data)
    with RealStation(data) as made:
        yield made


@pytest.fixture(scope="session")
def past(
    tmp_path_factory: pytest.TempPathFactory, shared_runs: SharedRuns
) -> Iterator[PastRuns]:
    """Return a station of finished runs, to look at."""
    with PastRuns(tmp_path_factory.mktemp("past"), shared_runs) as made:
        yield made


@pytest.fixture
def link(station: RealStation) -> Iterator[Link]:
    """Return a link to the station; not polling yet."""
    made = Link(station.connect)
    yield made
    made.close()


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[..., MainWindow]]:
    """Return what opens a window on a station and waits until it shows its state."""
    opened: list[MainWindow] = []

    def open_on(
        station: RealStation,
        width: int = 1280,
        height: int = 720,
        wanted: str = "light",
    ) -> MainWindow:
        link = Link(station.connect)
        settings = Settings(theme=wanted, width=width, height=height)
        window = MainWindow(link, settings=settings)
        if wanted != theme().name:
            window.choose_theme(wanted)
        opened.append(window)
        window.show()
        link.start()
        qtbot.waitUntil(lambda: link.state is not None, timeout=5000)
        return window

    yield open_on
    for window in opened:
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
