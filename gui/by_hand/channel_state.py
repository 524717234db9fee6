"""Whose a channel is and for how long: free, lent to a run, by hand and safe in N s."""

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gui.by_hand.channels import ChannelRow, left_text
from gui.by_hand.readout import Sign
from gui.by_hand.request_form import button
from gui.link.link import Link
from labctl.api.answers import Accepted
from labctl.clock import SystemClock

EVERY_MS = 500


class ChannelState(QWidget):
    """Shape, words, the way to the run that has it, and Connect."""

    run_wanted = pyqtSignal(str)
    connected = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._row: ChannelRow | None = None
        self._clock = SystemClock()
        self.sign = Sign("State of the channel")
        self.connect_button = button("Connect", self._open, "Connect the instrument")
        self.run_button = button("Open the run", self._show_run)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.sign, 1)
        row.addWidget(self.run_button)
        row.addWidget(self.connect_button)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._tell)
        self._tell()

    def show_row(self, row: ChannelRow | None) -> None:
        """Show a channel's state."""
        self._row = row
        self._tell()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Count down while this is seen."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Rest."""
        self._timer.stop()
        super().hideEvent(event)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.sign.restyle()

    def _tell(self) -> None:
        row = self._row
        self.setVisible(row is not None)
        if row is None:
            return
        left = left_text(row.by_hand, self._clock.unix())
        self.sign.say(row.look, ", ".join(w for w in (row.state, left) if w))
        self.run_button.setVisible(bool(row.lent_to))
        self.connect_button.setVisible(not row.instrument.open and not row.lent_to)

    def _show_run(self) -> None:
        if self._row is not None and self._row.lent_to:
            self.run_wanted.emit(self._row.lent_to)

    def _open(self) -> None:
        if self._row is None:
            return
        name = self._row.instrument.name
        self.connect_button.setEnabled(False)
        self._link.ask(self, lambda s: s.open_instrument(name), self._opened, self._not)

    def _opened(self, _done: Accepted) -> None:
        self.connect_button.setEnabled(True)
        self.refused.emit("")
        self.connected.emit()

    def _not(self, why: str) -> None:
        self.connect_button.setEnabled(True)
        self.refused.emit(why)
        self.connected.emit()
