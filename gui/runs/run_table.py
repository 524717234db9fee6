"""The table of runs: Space ticks, X excludes, Enter opens, the header sorts."""

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractItemView, QWidget

from gui.look.palette import theme
from gui.look.si_text import iso_text, lasting
from gui.parts.table import Column, Table, TableModel
from gui.runs.run_rows import shape_of, state_word
from labctl.api.models import RunSummary
from labctl.api.run_search import RunOrder

ORDERS = (
    RunOrder.SAMPLE,
    RunOrder.PROTOCOL,
    RunOrder.STARTED,
    RunOrder.LASTED,
    RunOrder.CYCLES,
    RunOrder.STATE,
    RunOrder.REASON,
    RunOrder.RESULT,
)
"""What each column is sorted by."""
LARGE_FIRST = frozenset({RunOrder.STARTED, RunOrder.LASTED, RunOrder.CYCLES})
"""Sorted from the top when chosen first."""
UP, DOWN = "↑", "↓"
HINT = "Click to sort, again to turn round; Ctrl+← → and Ctrl+↑ ↓ do it by keyboard"


class RunModel(TableModel[RunSummary]):
    """Runs, those ticked, and those of them that are left out of the comparison."""

    def __init__(self) -> None:
        self.excluded: set[str] = set()
        self._sorted, self._arrow = -1, ""
        columns: list[Column[RunSummary]] = [
            Column("Sample", self._sample, tick=True, colour=self._colour),
            Column("Protocol", lambda r: r.protocol),
            Column("Started", lambda r: iso_text(r.started_unix), number=True),
            Column("Lasted", lambda r: lasting(r.test_time), number=True),
            Column("Cycles", lambda r: str(r.cycle or ""), number=True),
            Column("State", state_word, look=shape_of),
            Column("Why", lambda r: r.reason),
            Column("Result", lambda r: r.headline),
        ]
        super().__init__(columns, lambda r: r.run)

    def headerData(  # noqa: N802, D102
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        across = orientation is Qt.Orientation.Horizontal
        if across and role == Qt.ItemDataRole.ToolTipRole:
            return HINT
        found = super().headerData(section, orientation, role)
        if across and role == Qt.ItemDataRole.DisplayRole:
            return f"{found} {self._arrow}" if section == self._sorted else found
        return found

    def show_order(self, section: int, *, ascending: bool) -> None:
        """Mark the column that the rows are sorted by."""
        self._sorted, self._arrow = section, UP if ascending else DOWN
        across = Qt.Orientation.Horizontal
        self.headerDataChanged.emit(across, 0, self.columnCount() - 1)

    def repaint_ticks(self) -> None:
        """Tell the view that ticks or exclusions changed."""
        if self.rows:
            last = self.index(len(self.rows) - 1, 0)
            self.dataChanged.emit(
                self.index(0, 0), last, [Qt.ItemDataRole.CheckStateRole]
            )

    def _sample(self, run: RunSummary) -> str:
        return f"{run.sample} (excluded)" if run.run in self.excluded else run.sample

    def _colour(self, run: RunSummary) -> str | None:
        return theme().muted if run.run in self.excluded else None


class RunTable(Table[RunSummary]):
    """Sorts at the station: what is not loaded yet has its place too."""

    opened = pyqtSignal()
    tick_wanted = pyqtSignal()
    exclude_wanted = pyqtSignal()
    tick_all_wanted = pyqtSignal()
    sort_wanted = pyqtSignal()

    def __init__(self, model: RunModel, parent: QWidget | None = None) -> None:
        super().__init__("Runs", model, parent)
        self._model = model
        self.order = RunOrder.STARTED
        self.ascending = False
        self.setAccessibleDescription(
            "Space ticks, Ctrl+A ticks all, X excludes, Enter opens; " + HINT
        )
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.fit_columns(19, 19, 20, 15, 8, 15, 24, 0)
        header = self.horizontalHeader()
        if header is not None:
            header.setSectionsClickable(True)
            header.sectionClicked.connect(self._clicked)
        self.doubleClicked.connect(self._double)
        self._show_order()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Tick, open, exclude, sort."""
        if event is None:
            return
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        key = Qt.Key(event.key())
        if ctrl and key in _TURNS:
            self._turn(key)
        elif ctrl and key == Qt.Key.Key_A:
            self.tick_all_wanted.emit()
        elif not ctrl and key in _ACTS:
            getattr(self, _ACTS[key]).emit()
        else:
            super().keyPressEvent(event)

    def sort_by(self, order: RunOrder, *, ascending: bool) -> None:
        """Ask for another order."""
        self.order, self.ascending = order, ascending
        self._show_order()
        self.sort_wanted.emit()

    def _clicked(self, section: int) -> None:
        order = ORDERS[section]
        turned = order is self.order
        ascending = not self.ascending if turned else order not in LARGE_FIRST
        self.sort_by(order, ascending=ascending)

    def _turn(self, key: Qt.Key) -> None:
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.sort_by(self.order, ascending=key == Qt.Key.Key_Up)
            return
        step = 1 if key == Qt.Key.Key_Right else -1
        order = ORDERS[(ORDERS.index(self.order) + step) % len(ORDERS)]
        self.sort_by(order, ascending=order not in LARGE_FIRST)

    def _show_order(self) -> None:
        self._model.show_order(ORDERS.index(self.order), ascending=self.ascending)

    def _double(self, _index: QModelIndex) -> None:
        self.opened.emit()


_TURNS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})
_ACTS = {
    Qt.Key.Key_Space: "tick_wanted",
    Qt.Key.Key_X: "exclude_wanted",
    Qt.Key.Key_Return: "opened",
    Qt.Key.Key_Enter: "opened",
}
