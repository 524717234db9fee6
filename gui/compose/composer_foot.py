"""What Start waits for, and Dry run, Queue, Start."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.compose.readiness import Readiness
from gui.look.palette import repolish
from gui.parts.inputs import Button


class ComposerFoot(QWidget):
    """A sentence and three buttons; a note that stays until it is put away."""

    dry_run = pyqtSignal()
    queue = pyqtSignal()
    start = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setAccessibleName("Note")
        self._away = QPushButton("Close note")
        self._away.setObjectName("link")
        self._away.clicked.connect(lambda _on: self.note(""))
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setAccessibleName("Checks")
        self._dry = QPushButton("Dry run")
        self._dry.setCheckable(True)
        self._dry.setToolTip("What would be done, step by step (Ctrl+D)")
        self._dry.clicked.connect(lambda _on: self.dry_run.emit())
        self._queue = Button("Queue")
        self._queue.setAccessibleName("Put into the queue")
        self._queue.setToolTip("Let it wait for its channel (Ctrl+Shift+Enter)")
        self._queue.clicked.connect(lambda _on: self.queue.emit())
        self._start = Button("Start")
        self._start.setObjectName("primary")
        self._start.setAccessibleName("Start the run")
        self._start.setToolTip("Start the run (Ctrl+Enter)")
        self._start.clicked.connect(lambda _on: self.start.emit())
        buttons = QHBoxLayout()
        for button, share in ((self._dry, 1), (self._queue, 1), (self._start, 2)):
            buttons.addWidget(button, share)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self._note)
        box.addWidget(self._away)
        box.addWidget(self._said)
        box.addLayout(buttons)
        self.note("")

    @property
    def text(self) -> str:
        """What Start waits for, or that nothing is in its way."""
        return self._said.text()

    @property
    def note_text(self) -> str:
        """The note; empty if there is none."""
        return self._note.text()

    @property
    def can_start(self) -> bool:
        """Whether Start may be pressed."""
        return self._start.isEnabled()

    @property
    def can_queue(self) -> bool:
        """Whether Queue may be pressed."""
        return self._queue.isEnabled()

    def show_readiness(self, ready: Readiness) -> None:
        """Allow what may be done, and say what is in the way of the rest."""
        self._said.setText(ready.text)
        self._start.setEnabled(ready.start)
        self._queue.setEnabled(ready.queue)

    def show_dry(self, *, on: bool, may: bool = True) -> None:
        """Say whether the list of steps is seen, and whether it may be."""
        self._dry.setChecked(on)
        self._dry.setEnabled(on or may)

    def say(self, text: str) -> None:
        """Say something else until the next check."""
        self._said.setText(text)

    def note(self, text: str, wrong: bool = False) -> None:
        """Say something that stays until it is put away."""
        self._note.setObjectName("wrong" if wrong else "muted")
        repolish(self._note)
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._away.setVisible(bool(text))
