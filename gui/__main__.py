"""Open the window: ``python -m gui``, or `labctl gui`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from gui.link.connector import Connector
from gui.link.link import Link
from gui.look import settings as remembered
from gui.look.palette import apply_theme, wanted
from gui.shell.faults import Faults
from gui.shell.window import SIMULATED_SPEED, MainWindow

BEAT_MS = 200
"""Python sees Ctrl-C only when it runs; without a timer it would not."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and return its exit code; runs go on after it is closed."""
    given = _parser().parse_args(argv)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("labctl")
    file = remembered.place()
    settings = remembered.load(file)
    if given.theme:
        settings.theme = given.theme
    apply_theme(app, wanted(settings.theme, app))
    connector = Connector(given.data, _words(given))
    connector.may_start = given.simulate or given.real
    link = Link(connector)
    window = MainWindow(
        link,
        connector,
        settings=settings,
        settings_file=file,
        real=given.real or Path("config.yaml").exists(),
    )
    faults = Faults(window.fault.emit)
    faults.install()
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    signal.signal(signal.SIGTERM, lambda *_: app.quit())
    beat = QTimer()
    beat.timeout.connect(lambda: None)
    beat.start(BEAT_MS)
    link.start()
    if settings.maximised or not _fits(window):
        window.showMaximized()
    else:
        window.show()
    code = app.exec()
    window.close()
    return code


def _fits(window: MainWindow) -> bool:
    """Whether the screen shows the whole window, STOP ALL with it."""
    screen = window.screen()
    return screen is None or window.size() == window.size().boundedTo(
        screen.availableSize()
    )


def _words(given: argparse.Namespace) -> tuple[str, ...]:
    """Return what follows `labctl serve` should a station have to be started."""
    words: list[str] = []
    if given.simulate:
        words += ["--simulate", "--speed", given.speed]
    if given.config:
        words += ["--config", str(given.config)]
    return tuple(words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labctl gui", description="Open the desktop window of a station."
    )
    parser.add_argument(
        "--data", type=Path, default=Path("runs"), help="folder of the runs"
    )
    parser.add_argument("--config", type=Path, help="configuration of the station")
    parser.add_argument(
        "--simulate", action="store_true", help="start a simulated bench if none runs"
    )
    parser.add_argument(
        "--real", action="store_true", help="start the configured bench if none runs"
    )
    parser.add_argument(
        "--speed", default=SIMULATED_SPEED, help="of the simulated bench's clock"
    )
    parser.add_argument("--theme", choices=remembered.THEMES)
    return parser


if __name__ == "__main__":
    sys.exit(main())
