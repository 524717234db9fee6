"""The first start: no station answers, and what one can do about it."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

WELCOME = (
    "The simulated bench has two potentiostats with fourteen cells, a probe station "
    "and a Hall bench. It runs the same drivers and protocols as a real one, faster "
    "than real time, and needs no hardware."
)
REAL = (
    "A real bench is described in config.yaml: which instruments stand on it, and who "
    "may play which role. “labctl doctor” finds what is connected."
)


class StartPage(QWidget):
    """Try the simulated bench, or attach to a real one."""

    simulate = pyqtSignal()
    attach = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("No station yet")
        title.setObjectName("title")
        self._said = QLabel("")
        self._said.setObjectName("wrong")
        self._said.setWordWrap(True)
        self._try = QPushButton("Try the simulated bench")
        self._try.setObjectName("primary")
        self._try.setAccessibleName("Try the simulated bench")
        self._try.clicked.connect(lambda _on: self.simulate.emit())
        self._real = QPushButton("Start the station of config.yaml")
        self._real.setAccessibleName("Start the station of config.yaml")
        self._real.clicked.connect(lambda _on: self.attach.emit())
        card = QFrame()
        card.setObjectName("panel")
        card.setFixedWidth(560)
        box = QVBoxLayout(card)
        box.setContentsMargins(32, 28, 32, 28)
        box.setSpacing(12)
        box.addWidget(title)
        for text, button in ((WELCOME, self._try), (REAL, self._real)):
            label = QLabel(text)
            label.setWordWrap(True)
            box.addWidget(label)
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self._said)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card)
        row.addStretch(1)
        page = QVBoxLayout(self)
        page.addStretch(1)
        page.addLayout(row)
        page.addStretch(2)

    def offer_real(self, there: bool) -> None:
        """Whether there is a config.yaml to start from."""
        self._real.setEnabled(there)

    def wait(self, text: str) -> None:
        """Say that the station is being started, or why it is not."""
        self._said.setText(text)
