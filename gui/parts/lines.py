"""A text of several lines, as high as it needs to be."""

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QWheelEvent
from PyQt6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from gui.look.palette import repolish

MOST = 6
"""Lines; more scroll."""
FRAME = 12
"""px around the text."""


class Lines(QPlainTextEdit):
    """Texts, one a line; Tab goes on to the next field."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        document = self.document()
        if document is not None:
            document.setDocumentMargin(1)
        self.textChanged.connect(self.fit)
        self.fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height of the text, between one line and a few."""
        lines = min(max(self.blockCount(), 1), MOST)
        high = QFontMetricsF(self.font()).lineSpacing() * lines + FRAME
        return QSize(120, int(high))

    def mark(self, *, wrong: bool) -> None:
        """Frame it in the alarm's colour, or no longer."""
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            repolish(self)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """Pass the wheel on unless there is something to scroll here."""
        bar = self.verticalScrollBar()
        if event is not None and (bar is None or bar.maximum() == 0):
            event.ignore()
            return
        super().wheelEvent(event)

    def fit(self) -> None:
        """Take the height that the text needs."""
        self.setFixedHeight(self.sizeHint().height())
