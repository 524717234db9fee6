"""What stands where no run is shown: a sentence, and ways to begin."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

BEGINNINGS = (
    ("formation-cycling", "Form a cell and cycle it", "coulombic efficiency, capacity"),
    ("insitu-eis", "Impedance while a current flows", "at 1C and 3C, second channel"),
    ("gitt", "Diffusivity by GITT", "pulse by pulse, against composition"),
    ("hall-effect", "Hall effect of a film", "carrier type, density, mobility"),
    ("particle-iv", "I–V of a single particle", "conductance within ±3 V"),
)
"""Protocol, what it does, what comes of it."""
SENTENCE = (
    "Choose a tile to see what a channel does, or begin a run: the form on the right "
    "is filled in, run on the twins and checked before anything is switched on."
)


WIDTH = 500
"""Pixels of the lines, so that they read well in a wide window too."""


class EmptyRun(QWidget):
    """Offers a few protocols; choosing one fills the composer."""

    wanted = pyqtSignal(str)
    """A protocol was chosen, by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("No run is shown")
        title.setObjectName("title")
        begin = QGridLayout()
        begin.setHorizontalSpacing(14)
        begin.setVerticalSpacing(8)
        begin.setColumnStretch(1, 1)
        for row, (protocol, does, brings) in enumerate(BEGINNINGS):
            button = QPushButton(does)
            button.setObjectName("begin")
            button.setAccessibleName(does)
            button.setAccessibleDescription(brings)
            button.setToolTip(f"Compose a run of {protocol}")
            button.clicked.connect(lambda _on, name=protocol: self.wanted.emit(name))
            begin.addWidget(button, row, 0)
            begin.addWidget(_muted(brings), row, 1)
        inside = QWidget()
        inside.setFixedWidth(WIDTH)
        box = QVBoxLayout(inside)
        box.setSpacing(8)
        box.addWidget(title)
        box.addWidget(_muted(SENTENCE))
        box.addSpacing(10)
        box.addLayout(begin)
        page = QVBoxLayout(self)
        page.addStretch(2)
        page.addWidget(inside, 0, Qt.AlignmentFlag.AlignHCenter)
        page.addStretch(3)


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("muted")
    label.setWordWrap(True)
    return label
