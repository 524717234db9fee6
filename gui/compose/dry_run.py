"""What would be done, step by step, before anything is switched on."""

from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.compose.dry_rows import DryRow, dry_rows, dry_text
from gui.parts.inputs import caption
from gui.parts.table import Column, Table, TableModel
from labctl.api.answers import Checked, ForecastOut


class DryRun(QWidget):
    """The forecast's steps as a list; the first one is said."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns: list[Column[DryRow]] = [
            Column("Step", lambda r: r.label),
            Column("Begins at", lambda r: r.begins),
            Column("Lasts", lambda r: r.lasts),
        ]
        self.table = Table("Dry run", TableModel(columns, lambda r: r.number), self)
        self.table.fit_columns(0, 13, 11)
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setAccessibleName("Dry run: what is done first")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(caption("Dry run"))
        box.addWidget(self._said)
        box.addWidget(self.table, 1)

    @property
    def text(self) -> str:
        """What it says above the list."""
        return self._said.text()

    def wait(self, why: str) -> None:
        """Show no steps, and why."""
        self.table.rows.show_rows([])
        self._said.setText(why)

    def show_forecast(self, found: ForecastOut, checked: Checked | None) -> None:
        """Show every step."""
        self.table.rows.show_rows(dry_rows(found))
        self._said.setText(dry_text(found, checked))
