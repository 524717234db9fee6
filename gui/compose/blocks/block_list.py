"""Steps as an indented list: one line in words each, what is wrong marked."""

from typing import Any

from PyQt6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QColor, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.compose.blocks.block_words import Row
from gui.look.colours import StateLook
from gui.look.icons import draw_look
from gui.look.palette import theme
from labctl.errors import Place

INDENT = 16
NUMBER = 22
"""px for a step's number."""
MARK = 18
"""px for the sign that something is wrong."""
PADDING = 4
Parent = QModelIndex()
WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
RowRole = Qt.ItemDataRole.UserRole


class RowModel(QAbstractListModel):
    """Rows of a list of blocks, replaced whole."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Take other rows; those in the same places keep the selection."""
        same = [r.place for r in rows] == [r.place for r in self.rows]
        if same:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = Parent) -> int:  # noqa: N802
        """Return how many lines."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the row itself, its text, or how it is read aloud."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.complaint or row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            wrong = f", to fix: {row.complaint}" if row.complaint else ""
            return f"level {row.depth + 1}: {row.text}{wrong}"
        return None


class BlockList(QListView):
    """The list; keys on it are told as ``pressed`` by name."""

    chosen = pyqtSignal()
    """Another row is the current one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RowModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_RowPainter(self))
        self.setAccessibleName("Steps")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(True)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda _new, _old: self.chosen.emit())

    @property
    def current(self) -> Row | None:
        """The selected line; None if there is none."""
        index = self.currentIndex()
        rows = self.rows.rows
        return rows[index.row()] if 0 <= index.row() < len(rows) else None

    def select(self, place: Place) -> None:
        """Choose a place without telling anybody; the last line if it is gone."""
        rows = self.rows.rows
        at = next((k for k, r in enumerate(rows) if r.place == place), len(rows) - 1)
        selection = self.selectionModel()
        if at < 0 or selection is None:
            return
        selection.blockSignals(True)
        index = self.rows.index(at)
        how = QItemSelectionModel.SelectionFlag.ClearAndSelect
        selection.setCurrentIndex(index, how)
        selection.blockSignals(False)
        self.scrollTo(index)
        self._repaint()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Leave moving by Alt and the arrows to the editor around."""
        alt = Qt.KeyboardModifier.AltModifier
        if event is not None and event.modifiers() & alt:
            event.ignore()
            return
        super().keyPressEvent(event)

    def _repaint(self) -> None:
        viewport = self.viewport()
        if viewport is not None:
            viewport.update()


class _RowPainter(QStyledItemDelegate):
    """Draws a row: its number, its text in as many lines as it needs, its mark."""

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> None:
        """Draw one row."""
        row = index.data(RowRole)
        if painter is None or not isinstance(row, Row):
            return
        t = theme()
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, QColor(t.selected))
            if option.state & QStyle.StateFlag.State_HasFocus:
                edge = QRect(option.rect.topLeft(), QSize(3, option.rect.height()))
                painter.fillRect(edge, QColor(t.accent))
        painter.setPen(QColor(t.border))
        for level in range(row.depth):
            x = option.rect.x() + NUMBER + 2 + level * INDENT
            painter.drawLine(x, option.rect.top(), x, option.rect.bottom())
        text = self._text_rect(option.rect, row)
        painter.setFont(option.font)
        if not row.heading:
            painter.setPen(QColor(t.muted))
            number = QRect(text.x() - NUMBER, text.y(), NUMBER - 6, text.height())
            place = row.place[-1]
            painter.drawText(
                number,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(int(place) + 1),
            )
        plain = t.muted if row.heading else t.text
        painter.setPen(QColor(t.alarm if row.complaint else plain))
        painter.drawText(text, WRAP, row.text)
        if row.complaint:
            box = QRectF(text.right() + 2, text.center().y() - 6, 12, 12)
            draw_look(painter, StateLook.NEEDS_YOU, box, QColor(t.alarm))
        painter.restore()

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QSize:
        """Return the height that the text needs at the width of the list."""
        row = index.data(RowRole)
        view = self.parent()
        if not isinstance(row, Row) or not isinstance(view, QListView):
            return super().sizeHint(option, index)
        viewport = view.viewport()
        width = viewport.width() if viewport is not None else 200
        inner = self._text_rect(QRect(0, 0, width, 10_000), row)
        high = option.fontMetrics.boundingRect(inner, int(WRAP), row.text).height()
        return QSize(width, high + 2 * PADDING)

    @staticmethod
    def _text_rect(rect: QRect, row: Row) -> QRect:
        left = row.depth * INDENT + NUMBER + PADDING
        return rect.adjusted(left, PADDING, -MARK, -PADDING)
