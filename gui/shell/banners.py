"""What must be said above everything: lost link, STOP ALL, a fault of the window.

Banners are no dialogs: they wait for nobody and go away by themselves when it is over.
"""

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.link.link_state import Answering, LinkStatus
from gui.shell.stop_lines import stop_text
from labctl.api.models import StopReport
from labctl.clock import stopwatch

STARTING = "Starting the station; this takes a few seconds …"
PATIENCE = 20.0
"""s after which a start that brought nothing may be asked for again."""


class Banner(QFrame):
    """One line with buttons."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alarm")
        self.setAccessibleName(name)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(12, 6, 8, 6)
        self._box.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Show a text; an empty one hides the banner."""
        self._text.setText(text)
        self.setVisible(bool(text))

    def button(self, text: str, act: Callable[[], None]) -> QPushButton:
        """Add a button."""
        made = QPushButton(text)
        made.setAccessibleName(text)
        made.clicked.connect(lambda _on: act())
        self._box.addWidget(made)
        return made


class Banners(QWidget):
    """All banners, one below the other."""

    restart_wanted = pyqtSignal()
    """The station's process is to be started again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.link = Banner("Link to the station")
        self._restart = self.link.button("Start the station", self.start_station)
        self._begun: float | None = None
        """When a person asked for a start, until the station answers."""
        self.stop = Banner("Stop all")
        self._seen_stop = 0.0
        self._stop: StopReport | None = None
        self.stop.button("Close", self._close_stop)
        self.fault = Banner("Fault of this window")
        self._fault_text = ""
        self.fault.button("Copy report", self._copy)
        self.fault.button("Close", lambda: self.fault.say(""))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        for banner in (self.link, self.stop, self.fault):
            box.addWidget(banner)

    def show_link(self, status: LinkStatus, *, dead: bool, can_start: bool) -> None:
        """Say that the station does not answer; ``dead``: its process is gone."""
        text = status.text
        if status.answering is Answering.THERE:
            self._begun = None
        if self._is_beginning:
            text, dead = STARTING, False
        if dead and status.answering is Answering.LOST:
            text = (
                "The station's process has stopped. Its guard makes outputs safe; runs "
                "that were going on can be resumed after a restart."
            )
        self._restart.setVisible(can_start and dead)
        self.link.say(text)

    def show_stop(self, report: StopReport | None) -> None:
        """Say what came of STOP ALL, until it is closed."""
        self._stop = report
        seen = report is None or report.asked_unix <= self._seen_stop
        self.stop.say("" if seen or report is None else stop_text(report))

    def show_fault(self, text: str) -> None:
        """Say that this window stumbled."""
        self._fault_text = text
        last = text.strip().splitlines()[-1] if text.strip() else "unknown"
        self.fault.say(
            f"A view failed and goes on without this: {last}. Runs are not affected."
        )

    @property
    def _is_beginning(self) -> bool:
        return self._begun is not None and stopwatch() - self._begun < PATIENCE

    def start_station(self) -> None:
        """Ask for the station's process, and say that it is on its way."""
        self._begun = stopwatch()
        self._restart.hide()
        self.link.say(STARTING)
        self.restart_wanted.emit()

    def _close_stop(self) -> None:
        if self._stop is not None:
            self._seen_stop = self._stop.asked_unix
        self.stop.say("")

    def _copy(self) -> None:
        board = QGuiApplication.clipboard()
        if board is not None:
            board.setText(self._fault_text)
