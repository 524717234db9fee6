"""Mean, uncertainty and deviation of the runs' results, and ratios of groups."""

from collections.abc import Sequence

from PyQt6.QtWidgets import QHeaderView, QLabel, QVBoxLayout, QWidget

from gui.look.colours import StateLook
from gui.parts.table import Column, Table, TableModel
from gui.parts.verdict import verdict_colour, verdict_look
from gui.runs.run_statistics import Averaged, Statistics

NOTHING = "Tick runs to see the means and ratios of their results."
DEVIATION, REMARKS = 6, 7
"""Columns that are hidden while they are empty."""
NONE_SHARED = "These runs have no number in common."


class StatisticsTable(QWidget):
    """The table, and a sentence on how it came about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns: list[Column[Averaged]] = [
            Column(
                "Verdict",
                lambda r: str(r.verdict),
                look=_look,
                colour=_colour,
                tip=lambda r: r.remarks,
            ),
            Column("Result", lambda r: r.quantity, tip=_spread),
            Column("Group", lambda r: r.group),
            Column("n", lambda r: r.n, number=True),
            Column("Mean ± u", lambda r: r.mean, number=True, tip=_spread),
            Column("Unit", lambda r: r.unit),
            Column("s", lambda r: r.deviation, number=True),
            Column("Remarks", lambda r: r.remarks),
        ]
        model = TableModel(columns, lambda r: (r.quantity, r.group, r.unit))
        self.table = Table("Statistics", model, self)
        header = self.table.horizontalHeader()
        for k in range(len(columns)):
            mode = QHeaderView.ResizeMode
            fit = mode.Stretch if k == REMARKS else mode.ResizeToContents
            if header is not None:
                header.setSectionResizeMode(k, fit)
        self.show_rows(())
        self._note = QLabel(NOTHING)
        self._note.setObjectName("muted")
        self._note.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 4, 6, 4)
        box.addWidget(self.table, 1)
        box.addWidget(self._note)

    @property
    def note(self) -> str:
        """The sentence."""
        return self._note.text()

    @property
    def rows(self) -> list[Averaged]:
        """What is shown."""
        return self.table.rows.rows

    def show_statistics(self, found: Statistics | None) -> None:
        """Show results; None when no run is ticked."""
        rows = () if found is None else found.rows
        self.show_rows(rows)
        if found is None:
            self._note.setText(NOTHING)
        else:
            self._note.setText(found.note if found.rows else NONE_SHARED)

    def show_rows(self, rows: Sequence[Averaged]) -> None:
        """Show rows; columns in which none of them has a word are hidden."""
        self.table.rows.show_rows(rows)
        self.table.setColumnHidden(DEVIATION, not any(row.deviation for row in rows))

    def say(self, why: str) -> None:
        """Say why there is nothing."""
        self.show_rows(())
        self._note.setText(why)


def _spread(row: Averaged) -> str:
    return f"{row.quantity}: {row.spread}"


def _look(row: Averaged) -> StateLook:
    return verdict_look(row.verdict)


def _colour(row: Averaged) -> str:
    return verdict_colour(row.verdict)
