"""The samples that can be measured, and the label of a new one."""

import re

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.link.link import Link
from gui.look.si_text import words
from gui.parts.form import Resolved, referred, resolve
from gui.parts.form_fields import FormField, fields_of, typed
from gui.parts.inputs import FieldRow, Line, panel
from gui.parts.table import Column, Table, TableModel
from labctl.api.answers import SampleOut
from labctl.sample import Sample

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
"""What the station takes; a name becomes part of the names of folders."""
NAMES = "letters, digits, . _ and - only, at most 40, the first a letter or a digit"
UNCERTAIN = ("uncertainty", "simulated_as")
"""Fields whose names contain this stand at the end."""


class SamplesPage(QWidget):
    """List on the left, label on the right."""

    kept = pyqtSignal()
    """A label was written at the station."""
    said = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._samples: list[SampleOut] = []
        fields = fields_of(Sample.model_json_schema())
        self.fields: list[FormField] = sorted(
            fields, key=lambda f: any(word in f.name for word in UNCERTAIN)
        )
        columns: list[Column[SampleOut]] = [
            Column("Sample", lambda s: s.name),
            Column("Kind", lambda s: words(s.kind)),
            Column("Title", lambda s: s.title),
            Column("", lambda s: "simulated" if s.simulated else ""),
        ]
        self.table = Table("Samples", TableModel(columns, lambda s: s.name), self)
        self.table.fit_columns(28, 12, 0, 10)
        self.table.clicked.connect(lambda _i: self.choose())
        self.table.activated.connect(lambda _i: self.choose())
        self._rows: dict[str, FieldRow] = {}
        self._build()

    def load(self) -> None:
        """Fetch the list anew."""
        self._link.ask(self, lambda s: s.samples(), self._take, self.said.emit)

    def type(self, name: str, text: str) -> None:
        """Type into a field, as a person would."""
        self._rows[name].set_text(text)
        self._check()

    def said_of(self, name: str) -> str:
        """Return what a field says of its text."""
        return self._rows[name].said

    def save(self) -> None:
        """Keep the label at the station."""
        if not self._save.isEnabled():
            return
        texts = self._texts()
        label = {
            f.name: found.given
            for f in self.fields
            if texts[f.name].strip()
            and (found := resolve(f, texts[f.name], texts, referred(texts))).ok
        }
        name = texts["name"].strip()
        self._link.ask(
            self, lambda s: s.keep_sample(name, label), self._saved, self._refused
        )

    def _take(self, found: list[SampleOut]) -> None:
        self._samples = found
        self._filter()

    def _filter(self) -> None:
        wanted = self._search.text().lower().split()
        self.table.rows.show_rows(
            [
                s
                for s in self._samples
                if all(w in f"{s.name} {s.kind} {s.title}".lower() for w in wanted)
            ]
        )

    def choose(self) -> None:
        """Show the selected row."""
        sample = self.table.current
        if sample is None:
            return
        for field in self.fields:
            known = field.name in sample.label
            value = typed(field, sample.label[field.name]) if known else field.default
            self._rows[field.name].set_text(value)
        self._check()

    def _new(self) -> None:
        for field in self.fields:
            self._rows[field.name].set_text(field.default)
        self._check()
        self._rows["name"].focus()

    def _texts(self) -> dict[str, str]:
        return {name: row.text for name, row in self._rows.items()}

    def _check(self) -> None:
        texts = self._texts()
        ok = True
        for field in self.fields:
            found = resolve(field, texts[field.name], texts, referred(texts))
            if field.name == "name" and not texts["name"].strip():
                found = Resolved(ok=False, shown="needs a name")
            elif field.name == "name" and not NAME.fullmatch(texts["name"].strip()):
                found = Resolved(ok=False, shown=NAMES)
            self._rows[field.name].show_resolved(found)
            ok &= found.ok
        self._save.setEnabled(ok)

    def _saved(self, sample: SampleOut) -> None:
        self._said.setText(f"{sample.name} is kept at the station.")
        self.load()
        self.kept.emit()

    def _refused(self, why: str) -> None:
        self._said.setText(why)

    def _build(self) -> None:
        self._search = Line("Search samples")
        self._search.setPlaceholderText("Search samples")
        self._search.textChanged.connect(lambda _t: self._filter())
        new = QPushButton("New sample")
        new.setAccessibleName("New sample")
        new.clicked.connect(lambda _on: self._new())
        head = QHBoxLayout()
        head.addWidget(self._search, 1)
        head.addWidget(new)
        # From the outside in: every change of parent styles all that is inside anew.
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        split = QSplitter()
        box.addWidget(split)
        left = QWidget(split)
        left_box = QVBoxLayout(left)
        left_box.setContentsMargins(0, 0, 0, 0)
        left_box.addLayout(head)
        left_box.addWidget(panel(self.table), 1)
        split.addWidget(left)
        split.addWidget(self._label(split))
        split.setSizes([640, 440])
        split.setChildrenCollapsible(False)
        self._check()

    def _label(self, parent: QWidget) -> QFrame:
        right = QFrame(parent)
        area = QScrollArea(right)
        inside = QWidget(area.viewport())
        inside.setObjectName("clear")
        form = QVBoxLayout(inside)
        form.setSpacing(3)
        for field in self.fields:
            row = FieldRow(field, inside)
            row.set_text(field.default)
            row.edited.connect(lambda _n: self._check())
            form.addWidget(row)
            self._rows[field.name] = row
        form.addStretch(1)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Label of the sample")
        self._said = QLabel("Only what is known before the measurement belongs here.")
        self._said.setObjectName("muted")
        self._said.setWordWrap(True)
        self._save = QPushButton("Save label")
        self._save.setObjectName("primary")
        self._save.setAccessibleName("Save the label")
        self._save.clicked.connect(lambda _on: self.save())
        right.setObjectName("panel")
        right_box = QVBoxLayout(right)
        right_box.addWidget(area, 1)
        right_box.addWidget(self._said)
        right_box.addWidget(self._save)
        return right
