"""The readings that a person kept: their table, V/I against field, their CSV."""

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.by_hand.hand_form import button
from gui.by_hand.kept_readings import Kept, csv_text, ratio_figure
from gui.look.si_text import NOTHING, value_text
from gui.parts.inputs import caption
from gui.parts.table import Column, Table, TableModel
from gui.plot.figure_view import FigureView
from gui.runs.view_file import written


class KeptPanel(QWidget):
    """Rows, plot, export."""

    said = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept: list[Kept] = []
        self.simulated = False
        columns: list[Column[Kept]] = [
            Column("#", lambda k: str(k.number), number=True),
            Column("Contacts", lambda k: k.configuration.short),
            Column("Field", lambda k: _text(k.field, "T"), number=True),
            Column("Current", lambda k: value_text(k.current, "A"), number=True),
            Column("Voltage", lambda k: value_text(k.voltage, "V", 5), number=True),
            Column("V/I", _ratio_text, number=True),
        ]
        self.table = Table("Readings kept", TableModel(columns, lambda k: k.number))
        self.table.fit_columns(3, 10, 13, 12, 13, 0)
        self.view = FigureView()
        """V/I against field; stands where the panel puts it."""
        self.export_button = button(
            "Export CSV", self._export_as, "Export the readings kept as CSV"
        )
        self.forget_button = button(
            "Forget all", self.forget, "Forget the readings kept"
        )
        head = QHBoxLayout()
        head.addWidget(caption("Readings kept"), 1)
        head.addWidget(self.export_button)
        head.addWidget(self.forget_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.addLayout(head)
        box.addWidget(self.table, 1)
        self._show()

    def keep(self, reading: Kept) -> None:
        """Add a reading."""
        self.kept.append(reading)
        self._show()
        self.table.scrollToBottom()

    def forget(self) -> None:
        """Forget all readings."""
        self.kept = []
        self._show()

    def export(self, path: Path) -> None:
        """Write the readings as CSV."""
        text = csv_text(self.kept, simulated=self.simulated)
        self.said.emit(written(path, text, f"{len(self.kept)} readings"))

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.view.restyle()

    def _show(self) -> None:
        self.table.rows.show_rows(self.kept)
        self.view.show_figure(ratio_figure(self.kept), simulated=self.simulated)
        self.view.fit()
        for one in (self.export_button, self.forget_button):
            one.setEnabled(bool(self.kept))

    def _export_as(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the readings kept", "hall-by-hand.csv", "CSV (*.csv)"
        )
        if name:
            self.export(Path(name))


def _text(value: float | None, unit: str) -> str:
    return NOTHING if value is None else value_text(value, unit, 4)


def _ratio_text(kept: Kept) -> str:
    return "in compliance" if kept.limited else value_text(kept.ratio, "Ω", 5)
