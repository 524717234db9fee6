"""The steps as YAML text: to read, to change, to paste a whole plan into."""

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QTextCharFormat, QTextCursor
from PyQt6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from gui.compose.blocks.block_data import from_data, to_data
from gui.compose.blocks.blocks import Blocks
from gui.compose.blocks.shapes import Language
from gui.look.palette import digits_font, repolish, theme
from gui.look.plain_words import spoken
from labctl.documents.hardened_yaml import load
from labctl.documents.writing import write_yaml
from labctl.errors import RefusedError

PAUSE_MS = 300
"""After a keystroke, before the text is read."""


class BlockText(QWidget):
    """A plain text field, and the first line of it that is not understood."""

    understood = pyqtSignal(object)
    """Blocks that the text now says."""
    refused = pyqtSignal(str)
    """Why it cannot be taken over; the blocks stay as they were."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language: Language | None = None
        self.field = QPlainTextEdit()
        self.field.setAccessibleName("Steps as YAML text")
        self.field.setFont(digits_font(9))
        self.field.setTabChangesFocus(True)
        self.field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._said = QLabel()
        self._said.setObjectName("resolved")
        self._said.setWordWrap(True)
        self._said.setAccessibleName("Steps as YAML text: result")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.read)
        self.field.textChanged.connect(self._pause.start)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.field, 1)
        box.addWidget(self._said)

    @property
    def is_refused(self) -> bool:
        """Whether it holds a text that could not be taken over."""
        return self._said.objectName() == "wrong"

    @property
    def said(self) -> str:
        """What the text came to."""
        return self._said.text()

    def show_blocks(self, language: Language, blocks: Blocks) -> None:
        """Write blocks as text."""
        self._language = language
        self.field.blockSignals(True)
        self.field.setPlainText(write_yaml(to_data(language, blocks)) if blocks else "")
        self.field.blockSignals(False)
        self._pause.stop()
        self._say("", 0)

    def type(self, text: str) -> None:
        """Put a text in, as a person would paste it."""
        self.field.setPlainText(text)
        self.read()

    def settle(self) -> None:
        """Read now what is still waiting for the pause."""
        if self._pause.isActive():
            self.read()

    def read(self) -> None:
        """Take over what the text says, or say why not."""
        self._pause.stop()
        if self._language is None:
            return
        text = self.field.toPlainText()
        try:
            written = load(text if text.strip() else "[]", "")
        except RefusedError as error:
            self._refuse(str(error), error.complaints[0].line or 1)
            return
        top = self._language.top.name
        inside = list(written.given) == [top]
        data = written.given[top] if inside else written.data
        before = (top,) if inside else ()
        blocks, troubles = from_data(self._language, [] if data is None else data)
        if troubles:
            place, what = troubles[0]
            line = written.line_of((*before, *place))
            where = spoken((top, *place)) if place else ""
            more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
            named = f"{where}: " if where else ""
            self._refuse(f"line {line}: {named}{what}{more}", line)
            return
        self._say("", 0)
        self.understood.emit(blocks)

    def _refuse(self, why: str, line: int) -> None:
        self._say(why, line)
        self.refused.emit(why)

    def _say(self, why: str, line: int) -> None:
        self._said.setText(why or "The list follows the text, and the text the list.")
        name = "wrong" if why else "muted"
        if self._said.objectName() != name:
            self._said.setObjectName(name)
            repolish(self._said)
        self._mark(line)

    def _mark(self, line: int) -> None:
        """Shade a line; 0 none."""
        document = self.field.document()
        if line < 1 or document is None:
            self.field.setExtraSelections([])
            return
        shade = QTextEdit.ExtraSelection()
        shade.cursor = QTextCursor(document.findBlockByNumber(line - 1))
        shade.format.setBackground(QColor(theme().alarm_panel))
        full = QTextCharFormat.Property.FullWidthSelection
        shade.format.setProperty(full, True)
        self.field.setExtraSelections([shade])
