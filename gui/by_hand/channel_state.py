"""Whose a channel is: free, lent to a run, by hand; the way there, and Connect."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gui.by_hand.channels import ChannelRow
from gui.by_hand.readout import Sign
from gui.by_hand.request_form import button
from gui.link.link import Link
from labctl.api.answers import Accepted


class ChannelState(QWidget):
    """Shape, words, the way to the run that has it, and Connect."""

    run_wanted = pyqtSignal(str)
    connected = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._row: ChannelRow | None = None
        self.sign = Sign("State of the channel")
        self.connect_button = button("Connect", self._open, "Connect the instrument")
        self.run_button = button("Open the run", self._show_run)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.sign, 1)
        row.addWidget(self.run_button)
        row.addWidget(self.connect_button)
        self.show_row(None)

    def show_row(self, row: ChannelRow | None) -> None:
        """Show a channel's state."""
        self._row = row
        self.setVisible(row is not None)
        if row is not None:
            self.sign.say(row.look, row.state)
            self.run_button.setVisible(bool(row.lent_to))
            idle = not row.instrument.open and not row.lent_to
            self.connect_button.setVisible(idle)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.sign.restyle()

    def _show_run(self) -> None:
        if self._row is not None and self._row.lent_to:
            self.run_wanted.emit(self._row.lent_to)

    def _open(self) -> None:
        if self._row is None:
            return
        name = self._row.instrument.name
        self.connect_button.setEnabled(False)
        self._link.ask(
            self, lambda s: s.open_instrument(name), self._opened, self._done
        )

    def _opened(self, _accepted: Accepted) -> None:
        self._done("")

    def _done(self, why: str) -> None:
        self.connect_button.setEnabled(True)
        self.refused.emit(why)
        self.connected.emit()
