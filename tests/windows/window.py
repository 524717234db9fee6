"""Open labctl's window as `labctl gui` does, look at it, and close it.

``python tests/windows/window.py DATA`` finds the station whose runs lie in DATA. Says
what the window shows; exit code 1 if it shows nothing or does not find the station.
The platform plug-in is named here because Wine hands on no variable that begins with
QT_ from Linux.
"""

import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

import gui.__main__ as program
from gui.shell.window import MainWindow

LOOK_MS = 250
LOOKS = 120
"""Until half a minute is over."""
STATION = "battery-bench"
"""Stands in the title once the window has heard from it."""
FEWEST_COLOURS = 8
"""An empty picture has one."""


class Watched(QApplication):
    """The application, looked at from within and quit once the window is there."""

    def exec(self) -> int:  # type: ignore[override]
        """Run until the window was seen; return 1 if it was not."""
        self._looks, self._code = 0, 1
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(LOOK_MS)
        super().exec()
        return self._code

    def _look(self) -> None:
        self._looks += 1
        windows = [
            each
            for each in self.topLevelWidgets()
            if isinstance(each, MainWindow) and each.isVisible()
        ]
        titles = [each.windowTitle() for each in windows]
        found = any(STATION in title for title in titles)
        if not found and self._looks < LOOKS:
            return
        for window in windows:
            picture = window.grab().toImage().scaled(160, 100)
            colours = {
                picture.pixel(x, y)
                for x in range(picture.width())
                for y in range(picture.height())
            }
            size = f"{window.width()} x {window.height()}"
            title = ascii(window.windowTitle())
            print(f"{self.platformName()}: {title}, {size}, {len(colours)} colours")  # noqa: T201
            self._code = 0 if found and len(colours) >= FEWEST_COLOURS else 1
        self.quit()


if __name__ == "__main__":
    program.QApplication = Watched  # type: ignore[attr-defined]
    sys.exit(program.main(["--data", sys.argv[1]]))
