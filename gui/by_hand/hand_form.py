"""A few fields, named, and buttons that wait until every text can be read."""

from collections.abc import Callable, Mapping, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.by_hand.hand_fields import Amounts, amounts
from gui.parts.form_fields import FormField
from gui.parts.inputs import Button, FieldRow, clear


class HandForm(QWidget):
    """Rows of fields; what they come to is said while typing."""

    edited = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, FieldRow] = {}
        self.buttons: list[QPushButton] = []
        self._fields: list[FormField] = []
        self._hints: dict[str, QLabel] = {}
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)

    @property
    def amounts(self) -> Amounts:
        """What the texts come to."""
        return amounts(self._fields, self.texts)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: row.text for name, row in self.rows.items()}

    def show_fields(self, fields: Sequence[FormField]) -> None:
        """Replace the fields; texts of the same name and unit stay."""
        if list(fields) == self._fields:
            return
        before = self._fields
        self._fields = list(fields)
        if [_looks(one) for one in fields] == [_looks(one) for one in before]:
            self._rebound()
        else:
            self._rebuild({one.name: one.unit for one in before})
        self._read(quiet=True)

    def waits(self, button: QPushButton) -> None:
        """Disable a button while a text cannot be read."""
        self.buttons.append(button)

    def type(self, name: str, text: str) -> None:
        """Type into a field, as a person would."""
        self.rows[name].set_text(text)
        self._read()

    def allow(self, *, allowed: bool) -> None:
        """Let the fields be used, or not."""
        for row in self.rows.values():
            row.setEnabled(allowed)
        ok = self.amounts.ok
        for button in self.buttons:
            button.setEnabled(allowed and ok)

    def _rebound(self) -> None:
        """Take other bounds; what a person types in meanwhile keeps the keyboard."""
        for one in self._fields:
            self.rows[one.name].field = one
            if one.name in self._hints:
                self._hints[one.name].setText(one.help)

    def _rebuild(self, units: Mapping[str, str]) -> None:
        kept = self.texts
        clear(self._box)
        self.rows, self._hints = {}, {}
        for one in self._fields:
            row = FieldRow(one, self)
            same = units.get(one.name) == one.unit
            row.set_text(kept[one.name] if same else one.default)
            row.edited.connect(lambda _name: self._read())
            self._box.addWidget(row)
            if one.help:
                self._hints[one.name] = _hint(one.help)
                self._box.addWidget(self._hints[one.name])
            self.rows[one.name] = row

    def _read(self, *, quiet: bool = False) -> None:
        found = self.amounts
        for name, one in found.found.items():
            row = self.rows[name]
            if row.text.strip() or not quiet:
                row.show_resolved(one)
        for button in self.buttons:
            button.setEnabled(found.ok and self.isEnabled())
        self.edited.emit()


def button(text: str, act: Callable[[], object], tip: str = "") -> QPushButton:
    """Return a button that says what it does."""
    made = Button(text)
    made.setAccessibleName(tip or text)
    made.setToolTip(tip)
    made.clicked.connect(lambda _on: act())
    return made


def beside(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Return a row of widgets."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return row


def named(text: str, widget: QWidget) -> QHBoxLayout:
    """Return a widget with its name beside it, aligned with the fields."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 1, 0, 1)
    label = QLabel(text)
    label.setBuddy(widget)
    row.addWidget(label, 5)
    row.addWidget(widget, 6)
    return row


def _looks(one: FormField) -> tuple[object, ...]:
    """Return what decides how a field's row is made."""
    return one.name, one.label, one.kind, one.unit, bool(one.help)


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("muted")
    label.setWordWrap(True)
    label.setStyleSheet("font-size: 8.5pt;")
    return label
