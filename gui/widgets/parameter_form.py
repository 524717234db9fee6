"""The form of a protocol, made from its schema; rare groups are folded away."""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.models.form import Resolved
from gui.models.form_fields import FormField, Group, grouped
from gui.widgets.inputs import FieldRow, caption, clear

FOLDED = frozenset({Group.ADVANCED, Group.RECORDING})


class ParameterForm(QScrollArea):
    """Rows by group."""

    edited = pyqtSignal(str, str)
    """Name of a field and what stands in it, with every keystroke."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, FieldRow] = {}
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
        for group, members in grouped(fields):
            area = QWidget()
            inner = QVBoxLayout(area)
            inner.setContentsMargins(0, 0, 0, 4)
            inner.setSpacing(3)
            for one in members:
                row = FieldRow(one, area)
                row.set_text(texts.get(one.name, ""))
                row.edited.connect(self._tell)
                inner.addWidget(row)
                self.rows[one.name] = row
            if group in FOLDED:
                self._form.addWidget(
                    _fold(f"{group} ({len(members)}) …", str(group), area),
                    0,
                    Qt.AlignmentFlag.AlignLeft,
                )
            else:
                self._form.addWidget(caption(group))
            self._form.addWidget(area)
        self._form.addStretch(1)

    def show_resolved(
        self, found: Mapping[str, Resolved], complaints: Mapping[str, str]
    ) -> None:
        """Say what each text came to; the station's complaints win."""
        for name, one in found.items():
            self.rows[name].show_resolved(one, complaints.get(name, ""))

    def type(self, name: str, text: str) -> None:
        """Type into a field, as a person would."""
        self.rows[name].set_text(text)
        self._tell(name)

    def _tell(self, name: str) -> None:
        self.edited.emit(name, self.rows[name].text)


def _fold(text: str, name: str, area: QWidget) -> QPushButton:
    fold = QPushButton(text)
    fold.setObjectName("link")
    fold.setCheckable(True)
    fold.setAccessibleName(f"Show {name} parameters")
    fold.toggled.connect(area.setVisible)
    area.hide()
    return fold
