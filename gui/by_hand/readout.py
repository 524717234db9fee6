"""Large digits of equal width under the name of what they say."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.look.colours import StateLook
from gui.look.palette import digits_font, theme
from gui.parts.inputs import caption
from gui.parts.table import look_icon

LARGE = 19.0


class Readout(QWidget):
    """One quantity; never wider than its place."""

    def __init__(
        self, name: str, points: float = LARGE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._digits = QLabel("–")
        self._digits.setFont(digits_font(points, bold=True))
        self._digits.setAccessibleName(name)
        self._digits.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._digits.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        self._digits.setMinimumWidth(80)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(caption(name))
        box.addWidget(self._digits)

    @property
    def text(self) -> str:
        """What it says."""
        return self._digits.text()

    def say(self, text: str) -> None:
        """Show what is measured now."""
        self._digits.setEnabled(True)
        if text != self._digits.text():
            self._digits.setText(text)
            self._digits.setAccessibleDescription(text)

    def fade(self) -> None:
        """Leave the last reading, pale: it is not of now."""
        self._digits.setEnabled(False)
        self._digits.setAccessibleDescription(f"last reading: {self.text}")


class Sign(QWidget):
    """A state's shape and its words."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape = QLabel()
        self._words = QLabel()
        self._words.setAccessibleName(name)
        self._words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._shape, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words, 1)
        self._look: StateLook | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def say(self, look: StateLook, text: str) -> None:
        """Show a state."""
        self._look = look
        self._words.setText(text)
        self._words.setAccessibleDescription(text)
        self._shape.setPixmap(look_icon(look).pixmap(14, 14))
        self._words.setStyleSheet(
            f"color: {theme().states[look].text}; font-weight: 600;"
        )

    def restyle(self) -> None:
        """Take the theme's colours."""
        if self._look is not None:
            self.say(self._look, self._words.text())
