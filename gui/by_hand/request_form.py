"""What a person may ask, as the protocol offers it: a choice, its fields, a button."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.look.si_text import sentence
from gui.parts.form import Referred, Resolved, resolve
from gui.parts.form_fields import FormField, fields_of
from gui.parts.inputs import Button, Choice, FieldRow, Refusal, clear

NOBODY = Referred()
FOR_BUTTONS = frozenset({"here", "keep", "safe", "end"})
"""Requests that have a button of their own."""


class RequestForm(QWidget):
    """One request at a time; texts of the same name and unit stay."""

    wanted = pyqtSignal(str, object)
    """Request and its values, as a person wrote them."""
    edited = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._fields: list[FormField] = []
        self._allowed = False
        self.rows: dict[str, FieldRow] = {}
        self.choice = Choice("What to do")
        self.choice.currentTextChanged.connect(lambda _t: self._show_fields())
        self.button = button("Do it", self.ask)
        self.button.setObjectName("primary")
        self.wrong = Refusal()
        self._box = QVBoxLayout()
        self._box.setSpacing(2)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        box.addLayout(named("Do", self.choice))
        box.addLayout(self._box)
        box.addLayout(beside(self.button))
        box.addWidget(self.wrong)

    @property
    def request(self) -> str:
        """The request that is chosen."""
        return str(self.choice.currentData() or "")

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: row.text for name, row in self.rows.items()}

    @property
    def is_complete(self) -> bool:
        """Whether every text can be read."""
        return all(found.ok for found in self._resolved().values())

    def offer(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        """Offer the requests of a protocol; each is a JSON schema."""
        wanted = {k: v for k, v in schemas.items() if k not in FOR_BUTTONS}
        if wanted == self._schemas:
            return
        self._schemas = dict(wanted)
        self.choice.blockSignals(True)
        self.choice.clear()
        for name in wanted:
            self.choice.addItem(sentence(name.replace("-", " ")), name)
        self.choice.blockSignals(False)
        self._show_fields()

    def choose(self, request: str) -> None:
        """Choose a request."""
        self.choice.setCurrentIndex(self.choice.findData(request))

    def type(self, name: str, text: str) -> None:
        """Type into a field, as a person would."""
        self.rows[name].set_text(text)
        self._read()

    def ask(self) -> None:
        """Ask for what is chosen, if every text can be read."""
        found = self._resolved()
        if not (self._allowed and all(one.ok for one in found.values())):
            return
        self.wrong.say("")
        given = {
            name: one.given
            for name, one in found.items()
            if one.given is not None and self.rows[name].text.strip()
        }
        self.wanted.emit(self.request, given)

    def refuse(self, why: Mapping[str, str]) -> None:
        """Say, at its field where it has one, why something cannot be done."""
        rest = [text for name, text in why.items() if name not in self.rows]
        for name, row in self.rows.items():
            if name in why:
                row.show_resolved(Resolved(ok=False, shown=why[name]))
        self.wrong.say("  ".join(rest))

    def allow(self, *, allowed: bool) -> None:
        """Let the form be used, or not."""
        self._allowed = allowed = allowed and bool(self._schemas)
        self.choice.setEnabled(allowed)
        for row in self.rows.values():
            row.setEnabled(allowed)
        self._enable()

    def _show_fields(self) -> None:
        """Replace the fields; what was typed under the same name and unit stays."""
        before = {f.name: (f.unit, self.rows[f.name].text) for f in self._fields}
        schema = self._schemas.get(self.request, {})
        self._fields = fields_of(schema)
        clear(self._box)
        self.rows = {}
        for one in self._fields:
            row = FieldRow(one, self)
            unit, text = before.get(one.name, ("", one.default))
            row.set_text(text if unit == one.unit and text else one.default)
            row.setToolTip(one.help)
            row.edited.connect(lambda _name: self._read())
            row.setEnabled(self._allowed)
            self._box.addWidget(row)
            self.rows[one.name] = row
        about = " ".join(str(schema.get("description", "")).split())
        self.button.setToolTip(about)
        self.button.setText(sentence(self.request.replace("-", " ")) or "Do it")
        self.button.setAccessibleName(about or "Do it")
        self.wrong.say("")
        self._read(quiet=True)

    def _resolved(self) -> dict[str, Resolved]:
        texts = self.texts
        return {f.name: resolve(f, texts[f.name], texts, NOBODY) for f in self._fields}

    def _read(self, *, quiet: bool = False) -> None:
        for name, found in self._resolved().items():
            row = self.rows[name]
            if row.text.strip() or not quiet:
                row.show_resolved(found)
        self._enable()
        self.edited.emit()

    def _enable(self) -> None:
        self.button.setEnabled(self._allowed and self.is_complete)


def button(text: str, act: Callable[[], object], tip: str = "") -> QPushButton:
    """Return a button that says what it does."""
    made = Button(text)
    made.setAccessibleName(tip or text)
    made.setToolTip(tip)
    made.clicked.connect(lambda _on: act())
    return made


def beside(*widgets: QWidget) -> QHBoxLayout:
    """Return a row of widgets."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
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


def refill(choice: Choice, names: Sequence[str]) -> None:
    """Offer other names; the one that was chosen stays if it is among them."""
    if list(names) == [choice.itemText(k) for k in range(choice.count())]:
        return
    chosen = choice.currentText()
    choice.blockSignals(True)
    choice.clear()
    choice.addItems(list(names))
    if chosen in names:
        choice.setCurrentText(chosen)
    choice.blockSignals(False)
