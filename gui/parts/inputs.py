"""Inputs that never change by accident and never change what was typed.

The wheel is ignored without focus (over an unfocused box it would change a current); a
text that cannot be read stays as it is, with the reason beneath.
"""

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.look.palette import repolish, theme
from gui.parts.form import Resolved
from gui.parts.form_fields import FieldKind, FormField
from gui.parts.lines import Lines

MAY_GROW = QSizePolicy.Policy.Preferred


class Choice(QComboBox):
    """A closed choice; the wheel moves it only while it has the focus."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the arrow, which the style sheet takes away."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme()
        painter.setPen(QPen(QColor(t.muted if self.isEnabled() else t.border), 1.5))
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolyline(
            QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])
        )

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """Pass the wheel on unless this has the focus."""
        if event is None or not self.hasFocus():
            if event is not None:
                event.ignore()
            return
        super().wheelEvent(event)


class Button(QPushButton):
    """A button that has the keyboard again once it may be pressed again.

    Qt hands the keyboard of what is disabled to whatever comes next, so that the next
    Space or letter would go into a field that nobody chose.
    """

    _had_keyboard = False

    def setEnabled(self, enabled: bool) -> None:  # noqa: N802
        """Allow it to be pressed, or not."""
        if self.isEnabled() and not enabled and self.hasFocus():
            self._had_keyboard = True
            self.clearFocus()
        super().setEnabled(enabled)
        if enabled and self._had_keyboard:
            self._had_keyboard = False
            if QApplication.focusWidget() is None:
                self.setFocus()


class Line(QLineEdit):
    """A line of text; focusing it selects what stands in it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)

    def mark(self, *, wrong: bool) -> None:
        """Frame it in the alarm's colour, or no longer."""
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            repolish(self)


class FieldRow(QWidget):
    """One parameter: name, input, what it comes to or why it was refused."""

    edited = pyqtSignal(str)
    """Name of the field; with every keystroke."""
    opened = pyqtSignal(str)
    """Name of a field that is edited in a panel of its own."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.label = QLabel(field.label)
        self.label.setWordWrap(True)
        self.label.setMinimumWidth(24)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, MAY_GROW)
        self.label.setToolTip(f"{field.help}\n{field.name}".strip())
        self.input = self._make_input()
        self.input.setAccessibleDescription(field.help)
        self.input.setToolTip(field.help)
        self._said = QLabel()
        self._said.setObjectName("resolved")
        self._said.setWordWrap(True)
        self._said.setAccessibleName(f"{field.label}: result")
        self._said.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 1, 0, 1)
        box.setSpacing(0)
        if isinstance(self.input, Lines):
            box.addWidget(self.label)
            box.addWidget(self.input)
        else:
            line_box = QHBoxLayout()
            line_box.setContentsMargins(0, 0, 0, 0)
            line_box.addWidget(self.label, 5)
            line_box.addWidget(self.input, 6)
            box.addLayout(line_box)
        box.addWidget(self._said)

    @property
    def text(self) -> str:
        """What stands in it."""
        if isinstance(self.input, Choice):
            return self.input.currentText()
        if isinstance(self.input, Lines):
            return self.input.toPlainText()
        return self.input.text() if isinstance(self.input, Line) else ""

    @property
    def said(self) -> str:
        """What it says the text came to."""
        return self._said.text()

    @property
    def is_wrong(self) -> bool:
        """Whether what stands in it was refused."""
        return self._said.objectName() == "wrong"

    def set_text(self, text: str) -> None:
        """Put something in without telling anybody; the cursor stays if it can."""
        if text == self.text:
            return
        self.input.blockSignals(True)
        if isinstance(self.input, Choice):
            self.input.setCurrentText(text)
        elif isinstance(self.input, Lines):
            self.input.setPlainText(text)
            self.input.fit()
        elif isinstance(self.input, Line):
            self.input.setText(text)
        self.input.blockSignals(False)

    def focus(self) -> None:
        """Put the keyboard here."""
        self.input.setFocus()

    def show_resolved(self, found: Resolved, complaint: str = "") -> None:
        """Say what the text came to; the station's complaint wins."""
        wrong = bool(complaint) or not found.ok
        text = complaint or found.shown
        self._said.setText(text)
        self._said.setVisible(bool(text) and text != "none")
        name = "wrong" if wrong else "resolved"
        if self._said.objectName() != name:
            self._said.setObjectName(name)
            repolish(self._said)
        if isinstance(self.input, Line | Lines):
            self.input.mark(wrong=wrong)

    def _make_input(self) -> "Line | Lines | Choice | QPushButton":
        field = self.field
        if field.kind is FieldKind.BLOCKS:
            button = QPushButton(f"Edit {field.label.lower()} …")
            button.clicked.connect(lambda _on: self.opened.emit(field.name))
            return button
        if field.kind in {FieldKind.CHOICE, FieldKind.BOOLEAN}:
            choice = Choice(field.label, self)
            choice.addItems(list(field.choices))
            choice.currentTextChanged.connect(self._tell)
            return choice
        if field.kind is FieldKind.LINES:
            lines = Lines(field.label, self)
            lines.setPlaceholderText(" or ".join(field.examples[:1]) or "one a line")
            lines.textChanged.connect(self._tell)
            return lines
        line = Line(field.label, self)
        example = " or ".join(field.examples[:2])
        such = f"such as {example}" if example else ""
        line.setPlaceholderText("none" if field.optional else such)
        line.textEdited.connect(self._tell)
        return line

    def _tell(self) -> None:
        self.edited.emit(self.field.name)


class Elided(QLabel):
    """A label that gives way: it never sets the width of its window."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)
        self.setText(text)

    @property
    def full_text(self) -> str:
        """The text without the dots."""
        return self._full

    def setText(self, text: str | None) -> None:  # noqa: N802
        """Show as much of a text as there is room for."""
        self._full = text or ""
        self.setAccessibleName(self._full)
        self._fit()

    def event(self, event: QEvent | None) -> bool:
        """Fit again when the size or the font changes."""
        done = super().event(event)
        if event is not None and event.type() in _FITTING:
            self._fit()
        return done

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(
            self._full, Qt.TextElideMode.ElideRight, max(self.width() - 2, 24)
        )
        if shown != self.text():
            super().setText(shown)


_FITTING = frozenset(
    {QEvent.Type.Resize, QEvent.Type.FontChange, QEvent.Type.StyleChange}
)


class Refusal(QLabel):
    """Why what was asked for is not done; takes no room while there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wrong")
        self.setWordWrap(True)
        self.hide()

    def say(self, why: str) -> None:
        """Say why; empty: nothing is wrong any longer."""
        self.setText(why)
        self.setVisible(bool(why))


def caption(text: str) -> QLabel:
    """Return a small heading."""
    label = QLabel(text.upper())
    label.setObjectName("caption")
    label.setAccessibleName(text)
    return label


def label_of(text: str) -> QLabel:
    """Return the label of a choice; short ones are equally wide, so that they align."""
    label = QLabel(text)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance("Protocol  "))
    return label


def panel(inner: QWidget) -> QFrame:
    """Return a widget in a frame with round corners."""
    frame = QFrame()
    frame.setObjectName("panel")
    box = QVBoxLayout(frame)
    box.setContentsMargins(1, 1, 1, 1)
    box.addWidget(inner)
    return frame


def focus_again(before: QWidget | None) -> None:
    """Give the keyboard back to what had it, if that is still there and seen."""
    if before is not None and not sip.isdeleted(before) and before.isVisible():
        before.setFocus()


def clear(box: QObject | None) -> None:
    """Empty a layout; its widgets are deleted."""
    from PyQt6.QtWidgets import QLayout  # noqa: PLC0415

    if not isinstance(box, QLayout):
        return
    while box.count():
        item = box.takeAt(0)
        if item is None:
            continue
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif item.layout() is not None:
            clear(item.layout())
