"""Which channel plays which role; automatic takes the first that is free.

A busy channel may be chosen too: the run then waits in the queue.
"""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QPushButton, QVBoxLayout, QWidget

from gui.compose.draft import AUTOMATIC
from gui.compose.readiness import channel_choices
from gui.look.si_text import words
from gui.parts.inputs import Choice, clear, label_of
from labctl.api.models import Channel

FEW = 2
"""More roles than that are folded away."""


class ChannelChooser(QWidget):
    """One choice a role."""

    chosen = pyqtSignal(str, str)
    """Role and channel; an empty channel is automatic."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: dict[str, Choice] = {}
        self._area = QWidget()
        self._form = QFormLayout(self._area)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._fold = QPushButton("Channels …")
        self._fold.setObjectName("link")
        self._fold.setCheckable(True)
        self._fold.setAccessibleName("Show the channels")
        self._fold.toggled.connect(self._area.setVisible)
        self._fold.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self._area)

    def show_cast(
        self,
        cast: Mapping[str, str] | None,
        wanted: Mapping[str, str],
        channels: Sequence[Channel],
    ) -> None:
        """Offer the channels of every role; a run waits for a busy one in the queue.

        ``cast`` is what the station chose; None while it has not been asked.
        """
        roles = list(self._boxes) if cast is None else list(cast)
        if roles != list(self._boxes):
            self._remake(roles)
        for role, box in self._boxes.items():
            first = (cast or {}).get(role, "")
            box.blockSignals(True)
            box.clear()
            box.addItem(f"automatic ({first})" if first else "automatic", AUTOMATIC)
            for channel, how in channel_choices(channels, role).items():
                box.addItem(f"{channel} ({how.mark})" if how.mark else channel, channel)
                box.setItemData(box.count() - 1, how.why, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(max(box.findData(wanted.get(role, AUTOMATIC)), 0))
            box.blockSignals(False)

    def _remake(self, roles: Sequence[str]) -> None:
        clear(self._form)
        self._boxes = {}
        for role in roles:
            box = Choice(f"Channel for {words(role)}")
            box.activated.connect(lambda _k, r=role: self._tell(r))
            self._form.addRow(label_of(words(role).capitalize()), box)
            self._boxes[role] = box
        many = len(roles) > FEW
        self._fold.setVisible(many)
        self._fold.setText(f"Channels for {len(roles)} roles …")
        self._area.setVisible(not many or self._fold.isChecked())

    def _tell(self, role: str) -> None:
        self.chosen.emit(role, str(self._boxes[role].currentData() or AUTOMATIC))
