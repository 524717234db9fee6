"""A table of values: columns say how a row is written; rows are replaced whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PyQt6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PyQt6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui.look.colours import StateLook
from gui.look.icons import draw_look
from gui.look.palette import digits_font, theme

Row = TypeVar("Row")
Parent = QModelIndex()
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column."""

    title: str
    text: Callable[[Row], str]
    number: bool = False
    """Right-aligned, in digits of equal width."""
    stretch: bool = False
    look: Callable[[Row], StateLook | None] | None = None
    """Shape drawn before the text."""
    colour: Callable[[Row], str | None] | None = None
    tick: bool = False
    """With a box to tick; `TableModel.ticked` holds the keys."""
    tip: Callable[[Row], str] | None = None
    """Tool tip, where it is more than the text."""


class TableModel(QAbstractTableModel, Generic[Row]):
    """Rows of one kind."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Any],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = columns
        self._key = key
        self._digits = digits_font(9)
        self.rows: list[Row] = []
        self.ticked: list[Any] = []
        """Keys of ticked rows, in the order of ticking."""

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows; equal keys in equal places keep the selection."""
        new = list(rows)
        if new == self.rows:
            return
        if [self._key(r) for r in new] == [self._key(r) for r in self.rows]:
            self.rows = new
            if new:
                last = self.index(len(new) - 1, len(self._columns) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.rows = new
        self.endResetModel()

    def row_of(self, key: Any) -> int:
        """Return where a key is; -1 if it is not."""
        return next((k for k, r in enumerate(self.rows) if self._key(r) == key), -1)

    def rowCount(self, parent: QModelIndex = Parent) -> int:  # noqa: N802
        """Return how many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = Parent) -> int:  # noqa: N802
        """Return how many columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if self._columns[section].number else LEFT
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Say what can be ticked."""
        found = super().flags(index)
        if index.isValid() and self._columns[index.column()].tick:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        return found

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: PLR0911
        """Return text, tool tip, alignment, font, colour, shape or tick."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], self._columns[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and column.tip is not None:
            return column.tip(row)
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.number else LEFT
        if role == Qt.ItemDataRole.FontRole and column.number:
            return self._digits
        if role == Qt.ItemDataRole.ForegroundRole and column.colour is not None:
            colour = column.colour(row)
            return QColor(colour) if colour else None
        if role == Qt.ItemDataRole.DecorationRole and column.look is not None:
            look = column.look(row)
            return None if look is None else look_icon(look)
        if role == Qt.ItemDataRole.CheckStateRole and column.tick:
            on = self._key(row) in self.ticked
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        return None

    def setData(  # noqa: N802
        self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Tick or untick."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        key = self._key(self.rows[index.row()])
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self.ticked.append(key)
        elif key in self.ticked:
            self.ticked.remove(key)
        self.dataChanged.emit(index, index, [role])
        return True


class Table(QTableView, Generic[Row]):
    """A quiet table: whole rows, no grid, columns that fit."""

    def __init__(
        self, name: str, model: TableModel[Row], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows = model
        model.setParent(self)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setIconSize(QSize(14, 14))
        self.setTabKeyNavigation(False)
        down = self.verticalHeader()
        across = self.horizontalHeader()
        if down is None or across is None:
            raise AssertionError("a table has headers")
        down.hide()
        down.setDefaultSectionSize(self.fontMetrics().height() + 10)
        down.setMinimumSectionSize(16)
        across.setHighlightSections(False)
        across.setMinimumSectionSize(36)
        across.setStretchLastSection(False)
        self.nothing = ""
        """What it says while it has no rows."""

    def say_when_empty(self, text: str) -> None:
        """Write a sentence where the rows would be, while there are none."""
        self.nothing = text

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        room = self.viewport()
        if room is None or self.rows.rows or not self.nothing:
            return
        painter = QPainter(room)
        painter.setPen(QColor(theme().muted))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(room.rect().adjusted(8, 10, -8, -8), int(flags), self.nothing)

    def fit_columns(self, *widths: int) -> None:
        """Give widths in characters; 0 stretches."""
        header = self.horizontalHeader()
        if header is None:
            return
        character = self.fontMetrics().averageCharWidth()
        for k, width in enumerate(widths):
            if width:
                header.setSectionResizeMode(k, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(k, width * character + 18)
            else:
                header.setSectionResizeMode(k, QHeaderView.ResizeMode.Stretch)

    @property
    def current(self) -> Row | None:
        """The selected row; None if none is."""
        index = self.currentIndex()
        rows = self.rows.rows
        return (
            rows[index.row()] if index.isValid() and index.row() < len(rows) else None
        )


_ICONS: dict[tuple[str, StateLook], QIcon] = {}


def look_icon(look: StateLook) -> QIcon:
    """Return a state's shape as an icon in the theme's colour."""
    t = theme()
    icon = _ICONS.get((t.name, look))
    if icon is None:
        pixmap = QPixmap(QRect(0, 0, 28, 28).size())
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        box = QRectF(3, 3, 22, 22)
        draw_look(painter, look, box, QColor(t.states[look].stroke))
        painter.end()
        icon = QIcon(pixmap)
        _ICONS[t.name, look] = icon
    return icon
