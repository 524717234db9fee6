"""A question beneath a button, never a dialog: what, why, do it or not."""

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from gui.parts.inputs import Line


class AskBar(QFrame):
    """Asks for a reason, then acts; Escape takes it back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._act: Callable[[str], None] | None = None
        self._must = ""
        self._what = QLabel()
        self.reason = Line("Reason")
        self.reason.setPlaceholderText("reason")
        self.reason.textChanged.connect(self._check)
        self.reason.returnPressed.connect(self._do)
        self._yes = QPushButton("Do it")
        self._yes.setObjectName("primary")
        self._yes.clicked.connect(self._do)
        self._no = QPushButton("Cancel")
        self._no.setAccessibleName("Cancel")
        self._no.clicked.connect(self.hide)
        box = QHBoxLayout(self)
        box.setContentsMargins(10, 6, 10, 6)
        box.addWidget(self._what)
        box.addWidget(self.reason, 1)
        box.addWidget(self._yes)
        box.addWidget(self._no)
        self.hide()

    @property
    def text(self) -> str:
        """What is asked."""
        return self._what.text()

    def ask(
        self, what: str, button: str, act: Callable[[str], None], must_type: str = ""
    ) -> None:
        """Ask; ``must_type`` is a word that must be typed for what cannot be undone."""
        self._act, self._must = act, must_type
        self._what.setText(what)
        self._yes.setText(button)
        self._yes.setAccessibleName(button)
        self.reason.clear()
        self.reason.setPlaceholderText(
            f"type {must_type} to confirm" if must_type else "reason (optional)"
        )
        self._check()
        self.show()
        self.reason.setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Escape takes the question back."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _check(self) -> None:
        typed = self.reason.text().strip()
        self._yes.setEnabled(not self._must or typed == self._must)

    def _do(self) -> None:
        if self._yes.isEnabled() and self._act is not None:
            self.hide()
            self._act(self.reason.text().strip())
