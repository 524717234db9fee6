"""The form of a protocol or a step, made from its schema; rare groups are folded away.

A folded group in which something is wrong opens by itself and says so on its fold.
"""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.parts.form import Resolved
from gui.parts.form_fields import FieldGroup, FormField, grouped
from gui.parts.inputs import FieldRow, caption, clear

FOLDED = frozenset({FieldGroup.ADVANCED, FieldGroup.RECORDING, FieldGroup.SERIES})
ROOM_BELOW = 36
"""Pixels beneath a field for what it says."""


class ParameterForm(QScrollArea):
    """Rows by group."""

    edited = pyqtSignal(str, str)
    """Name of a field and what stands in it, with every keystroke."""
    opened = pyqtSignal(str)
    """Name of a field that is edited in a panel of its own."""
    made = pyqtSignal()
    """The rows are others now."""

    def __init__(self, parent: QWidget | None = None, *, captions: bool = True) -> None:
        super().__init__(parent)
        self.rows: dict[str, FieldRow] = {}
        self.folds: dict[FieldGroup, Fold] = {}
        self._captions = captions
        inside = QWidget()
        inside.setObjectName("clear")
        self._form = QVBoxLayout(inside)
        self._form.setContentsMargins(0, 0, 6, 0)
        self._form.setSpacing(2)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Parameters")

    def show_fields(
        self, fields: Sequence[FormField], texts: Mapping[str, str]
    ) -> None:
        """Replace the form."""
        clear(self._form)
        self.rows = {}
        self.folds = {}
        for group, members in grouped(fields):
            area = QWidget()
            inner = QVBoxLayout(area)
            inner.setContentsMargins(0, 0, 0, 4)
            inner.setSpacing(3)
            for one in members:
                row = FieldRow(one, area)
                row.set_text(texts.get(one.name, ""))
                row.edited.connect(self._tell)
                row.opened.connect(self.opened)
                inner.addWidget(row)
                self.rows[one.name] = row
            if group in FOLDED:
                fold = Fold(group, len(members), area)
                self.folds[group] = fold
                self._form.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeft)
            elif self._captions:
                self._form.addWidget(caption(group))
            self._form.addWidget(area)
        self._form.addStretch(1)
        self.made.emit()

    def show_resolved(
        self, found: Mapping[str, Resolved], complaints: Mapping[str, str]
    ) -> None:
        """Say what each text came to; the station's complaints win."""
        wrong: dict[FieldGroup, int] = dict.fromkeys(self.folds, 0)
        for name, one in found.items():
            row = self.rows[name]
            row.show_resolved(one, complaints.get(name, ""))
            if row.field.group in wrong:
                wrong[row.field.group] += row.is_wrong
        for group, count in wrong.items():
            self.folds[group].show_wrong(count)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Keep the field in sight that a person types into."""
        super().resizeEvent(event)
        inside, typed_into = self.widget(), QApplication.focusWidget()
        if inside is None or typed_into is None:
            return
        if inside.isAncestorOf(typed_into):
            self.ensureWidgetVisible(typed_into, 0, ROOM_BELOW)

    def focus_first(self) -> None:
        """Put the keyboard into the first field."""
        for row in self.rows.values():
            row.focus()
            return

    def type(self, name: str, text: str) -> None:
        """Type into a field, as a person would."""
        self.rows[name].set_text(text)
        self._tell(name)

    def _tell(self, name: str) -> None:
        self.edited.emit(name, self.rows[name].text)


class Fold(QPushButton):
    """Shows a group that is rarely needed, or hides it."""

    def __init__(self, group: FieldGroup, count: int, area: QWidget) -> None:
        super().__init__()
        self._name = f"{group} ({count})"
        self._wrong = 0
        self.setObjectName("link")
        self.setCheckable(True)
        self.setText(f"{self._name} …")
        self.setAccessibleName(f"Show {group} parameters")
        self.toggled.connect(area.setVisible)
        area.hide()

    def show_wrong(self, count: int) -> None:
        """Say how many fields are to be fixed; open once there are some."""
        if count and not self._wrong:
            self.setChecked(True)
        if count != self._wrong:
            self._wrong = count
            more = f" · {count} to fix" if count else " …"
            self.setText(self._name + more)
