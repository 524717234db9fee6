"""An order's check and forecast, asked once the person pauses; only the last counts."""

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from gui.link.link import Lane, Link
from labctl.api.answers import Checked, ForecastOut
from labctl.api.requests import OrderIn

PAUSE_MS = 250


class Rehearsal(QObject):
    """What the station says to the order that is being composed."""

    checked = pyqtSignal()
    """`check` has come."""
    foreseen = pyqtSignal()
    """`forecast` has come."""
    asking = pyqtSignal()
    """The order is on its way to the twins."""
    unforeseen = pyqtSignal(str)
    """Why there is no forecast; empty while the order cannot be read."""
    unanswered = pyqtSignal(str)
    """Why there is no check."""

    def __init__(
        self, link: Link, order: Callable[[], OrderIn | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._order = order
        """Returns None while there is nothing that can be asked."""
        self.check: Checked | None = None
        """None until it has come."""
        self.forecast: ForecastOut | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.ask)

    def begin_anew(self) -> None:
        """Forget what was said, and ask after the pause."""
        self.check, self.forecast = None, None
        self._pause.start()

    def hurry(self) -> None:
        """Ask at once if a question is waiting for the pause."""
        if self._pause.isActive():
            self.ask()

    def ask(self) -> None:
        """Ask now."""
        self._pause.stop()
        order = self._order()
        if order is None:
            self.unforeseen.emit("")
            return
        self.forecast = None
        self._link.ask(
            self,
            lambda s: s.check(order),
            self._take_check,
            self.unanswered.emit,
            key="check",
        )
        self.asking.emit()
        self._link.ask(
            self,
            lambda s: s.forecast(order),
            self._take_forecast,
            self.unforeseen.emit,
            key="forecast",
            lane=Lane.FORECAST,
        )

    def _take_check(self, found: Checked) -> None:
        self.check = found
        self.checked.emit()

    def _take_forecast(self, found: ForecastOut) -> None:
        self.forecast = found
        self.foreseen.emit()
