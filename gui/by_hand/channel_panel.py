"""One channel: who the instrument is, whose it is, what may be done by hand."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.by_hand.channel_identity import ChannelIdentity
from gui.by_hand.channel_state import ChannelState
from gui.by_hand.channels import ChannelRow
from gui.by_hand.hand_controls import HandControls
from gui.link.link import Link
from gui.parts.inputs import Refusal, caption


class ChannelPanel(QFrame):
    """Identity, state, manual control."""

    run_wanted = pyqtSignal(str)
    changed = pyqtSignal()
    """The list may have become old."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._row: ChannelRow | None = None
        self.identity = ChannelIdentity()
        self.state = ChannelState(link)
        self.controls = HandControls(link)
        self._caption = caption("By hand")
        self._wrong = Refusal()
        self.state.run_wanted.connect(self.run_wanted)
        self.state.connected.connect(self.changed)
        self.state.refused.connect(self._wrong.say)
        self.controls.answered.connect(lambda _answer: self.changed.emit())
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 12, 14, 12)
        box.setSpacing(6)
        for part in (
            self.identity,
            self.state,
            self._wrong,
            self._caption,
            self.controls,
        ):
            box.addWidget(part)
        box.addStretch(1)
        self.hide()

    @property
    def can_drive(self) -> bool:
        """Whether the channel that is shown can be driven by hand now."""
        return self._row is not None and self._row.is_free and bool(self._row.alone)

    def show_row(self, row: ChannelRow | None) -> None:
        """Show a channel, or the same one as it is now."""
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            return
        self.identity.show_row(row)
        self.state.show_row(row)
        kind = row.alone
        for part in (self._caption, self.controls):
            part.setVisible(kind is not None)
        if kind is not None:
            channel = row.channel if row.is_free else ""
            self.controls.show_bench(kind, {kind.parts[0].role: channel})

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.state.restyle()
        self.controls.restyle()
