"""Who an instrument says it is, where it stands, and what a channel of it plays."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.channels import ChannelRow

NAMES = ("Maker", "Model", "Serial", "Firmware", "Address", "Plays")


class ChannelIdentity(QWidget):
    """The channel's name, then a line a fact; what is not known is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = QLabel()
        self._name.setObjectName("title")
        self._form = QFormLayout()
        self._form.setVerticalSpacing(1)
        self._facts: dict[str, QLabel] = {}
        for name in NAMES:
            fact = QLabel()
            fact.setWordWrap(True)
            fact.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            fact.setAccessibleName(name)
            title = QLabel(name)
            title.setObjectName("muted")
            self._form.addRow(title, fact)
            self._facts[name] = fact
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._name)
        box.addLayout(self._form)

    @property
    def texts(self) -> dict[str, str]:
        """What it says, by name."""
        return {name: fact.text() for name, fact in self._facts.items()}

    def show_row(self, row: ChannelRow) -> None:
        """Show a channel."""
        self._name.setText(row.channel)
        known = row.instrument.identity
        texts = {
            "Maker": known.get("maker", ""),
            "Model": known.get("model", "") or f"driver {row.instrument.driver}",
            "Serial": known.get("serial", ""),
            "Firmware": known.get("firmware", ""),
            "Address": row.instrument.address,
            "Plays": row.plays,
        }
        for name, fact in self._facts.items():
            fact.setText(texts[name])
            self._form.setRowVisible(fact, bool(texts[name]))
