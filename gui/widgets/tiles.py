"""The station at a glance: one painted widget for all tiles.

Busy seats are tiles (rows of one line above 16); free ones stand below as chips. Shape,
word and colour say the state, in this order. Arrow keys move, Enter opens.
"""

from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.icons import draw_look
from gui.models.sparks import Spark, Sparks
from gui.models.tiles import COMPACT_ABOVE, Tile
from gui.palette import digits_font, theme

GAP = 8
LEAST_WIDTH = 218
ROW = 30
CHIP = 26
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Placed:
    """A tile and where it is."""

    tile: Tile
    box: QRectF
    size: str
    """``tile``, ``row`` or ``chip``."""


class TileGrid(QWidget):
    """Paints the tiles and says which one a person chose."""

    chosen = pyqtSignal(str, str)
    """Seat and run (empty if free)."""
    opened = pyqtSignal(str)
    """A free seat was activated: a run is to be composed for it."""

    def __init__(self, sparks: Sparks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sparks = sparks
        self._tiles: list[Tile] = []
        self._placed: list[Placed] = []
        self._focus = ""
        self._hover = ""
        self._stale = False
        self._small = digits_font(9)
        self._large = digits_font(14, bold=True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Station tiles")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    @property
    def tiles(self) -> list[Tile]:
        """What is shown."""
        return self._tiles

    @property
    def focused(self) -> Tile | None:
        """The tile that keys act on."""
        return next((t for t in self._tiles if t.key == self._focus), None)

    def show_tiles(self, tiles: list[Tile], *, stale: bool = False) -> None:
        """Show tiles; stale ones are greyed."""
        if tiles == self._tiles and stale == self._stale and not _any_live(tiles):
            return
        moved = [(t.key, _size(t)) for t in tiles] != [
            (t.key, _size(t)) for t in self._tiles
        ]
        self._tiles, self._stale = tiles, stale
        if tiles and self.focused is None:
            self._focus = tiles[0].key
        if moved or len(self._placed) != len(tiles):
            self._place()
        else:
            boxes = {p.tile.key: p for p in self._placed}
            self._placed = [
                Placed(t, boxes[t.key].box, boxes[t.key].size) for t in tiles
            ]
        self._describe()
        self.update()

    def focus_seat(self, seat: str) -> None:
        """Put the focus on a seat's tile."""
        if any(tile.key == seat for tile in self._tiles):
            self._focus = seat
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as two tiles."""
        return QSize(2 * LEAST_WIDTH + 3 * GAP, max(self.minimumHeight(), 200))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Place again."""
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw what is visible."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._stale:
            painter.setOpacity(0.45)
        shown = QRectF(event.rect()) if event else QRectF(self.rect())
        for placed in self._placed:
            if placed.box.intersects(shown):
                self._paint(painter, placed)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Move with the arrows, open with Enter or Space."""
        if event is None or not self._placed:
            return
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._choose(self._focus, activate=True)
        elif key in _MOVES:
            self._move(*_MOVES[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Choose the tile under the mouse."""
        placed = self._at(event.position()) if event else None
        if placed is not None:
            self._choose(placed.tile.key, activate=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Open the tile under the mouse."""
        placed = self._at(event.position()) if event else None
        if placed is not None:
            self._choose(placed.tile.key, activate=True)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Raise the tile under the mouse."""
        placed = self._at(event.position()) if event else None
        hover = placed.tile.key if placed else ""
        if hover != self._hover:
            self._hover = hover
            self.update()

    def event(self, event: QEvent | None) -> bool:
        """Show a tile's whole text as a tool tip."""
        if isinstance(event, QHelpEvent):
            placed = self._at(QPointF(event.pos()))
            if placed is not None:
                tile = placed.tile
                text = "\n".join(x for x in (tile.spoken, tile.detail, tile.run) if x)
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)

    # ---- placing

    def _place(self) -> None:
        width = max(self.width(), LEAST_WIDTH)
        large = [t for t in self._tiles if _size(t) == "tile"]
        chips = [t for t in self._tiles if _size(t) == "chip"]
        compact = len(large) > COMPACT_ABOVE
        columns = max(1, int((width - GAP) // (LEAST_WIDTH + GAP)))
        cell = (width - GAP) / columns - GAP
        tall = ROW if compact else self._tall()
        placed, y = [], float(GAP)
        for k, tile in enumerate(large):
            column, row = k % columns, k // columns
            box = QRectF(
                GAP + column * (cell + GAP), GAP + row * (tall + GAP), cell, tall
            )
            placed.append(Placed(tile, box, "row" if compact else "tile"))
            y = box.bottom() + GAP
        chip_columns = max(1, int((width - GAP) // (132 + GAP)))
        cell = (width - GAP) / chip_columns - GAP
        for k, tile in enumerate(chips):
            column, row = k % chip_columns, k // chip_columns
            box = QRectF(GAP + column * (cell + GAP), y + row * (CHIP + 6), cell, CHIP)
            placed.append(Placed(tile, box, "chip"))
        self._placed = placed
        bottom = max((p.box.bottom() for p in placed), default=0.0)
        self.setMinimumHeight(int(bottom) + GAP)

    def _tall(self) -> float:
        line = QFontMetrics(self.font()).height()
        return 4 * line + QFontMetrics(self._large).height() + 20

    def _at(self, point: QPointF) -> Placed | None:
        return next((p for p in self._placed if p.box.contains(point)), None)

    def _move(self, across: int, down: int) -> None:
        here = next((p for p in self._placed if p.tile.key == self._focus), None)
        if here is None:
            return
        keys = [p.tile.key for p in self._placed]
        if across:
            index = keys.index(here.tile.key) + across
            self._focus = keys[max(0, min(index, len(keys) - 1))]
        else:
            middle = here.box.center()
            beyond = [
                p
                for p in self._placed
                if (p.box.center().y() - middle.y()) * down > 4  # noqa: PLR2004
            ]
            if beyond:
                nearest = min(
                    beyond,
                    key=lambda p: (
                        abs(p.box.center().y() - middle.y()),
                        abs(p.box.center().x() - middle.x()),
                    ),
                )
                self._focus = nearest.tile.key
        self._choose(self._focus, activate=False)

    def _choose(self, key: str, *, activate: bool) -> None:
        self._focus = key
        tile = self.focused
        self._describe()
        self.update()
        if tile is None:
            return
        self.chosen.emit(tile.seat, tile.run)
        if activate and tile.is_free:
            self.opened.emit(tile.seat)

    def _describe(self) -> None:
        tile = self.focused
        self.setAccessibleDescription(tile.spoken if tile else "no seats")

    # ---- painting

    def _paint(self, painter: QPainter, placed: Placed) -> None:
        t, tile, box = theme(), placed.tile, placed.box
        focused = tile.key == self._focus
        ink = t.states[tile.look]
        background = t.alarm_panel if tile.needs_you else t.panel
        if placed.size == "chip":
            background = t.window
        if tile.key == self._hover or (focused and not tile.needs_you):
            background = t.selected if focused else t.raised
        border = t.accent if focused and self.hasFocus() else t.border
        if tile.needs_you:
            border = t.alarm
        painter.setPen(QColor(border))
        painter.setBrush(QColor(background))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if placed.size == "chip":
            self._paint_chip(painter, tile, box)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ink.stroke))
        painter.drawRoundedRect(QRectF(box.x(), box.y(), 4, box.height()), 2, 2)
        if placed.size == "row":
            self._paint_row(painter, tile, box.adjusted(10, 0, -8, 0))
        else:
            self._paint_tile(painter, tile, box.adjusted(12, 7, -9, -8))

    def _paint_chip(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        t = theme()
        draw_look(
            painter,
            tile.look,
            QRectF(box.x() + 6, box.center().y() - 6, 12, 12),
            QColor(t.states[tile.look].stroke),
        )
        inner = box.adjusted(24, 0, -6, 0)
        word = tile.word if tile.word != "free" else tile.detail or "free"
        used = _text(painter, inner, tile.seat, t.text, LEFT)
        _text(painter, inner.adjusted(used + 8, 0, 0, 0), word, t.muted, RIGHT)

    def _paint_row(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        t = theme()
        ink = t.states[tile.look]
        shape = QRectF(box.x(), box.center().y() - 7, 14, 14)
        draw_look(painter, tile.look, shape, QColor(ink.stroke))
        rest = box.adjusted(22, 0, 0, 0)
        used = _text(painter, rest, tile.seat, t.text, LEFT, bold=True)
        painter.setFont(self._small)
        number = _text(painter, rest, tile.primary, t.text, RIGHT)
        painter.setFont(self.font())
        middle = rest.adjusted(used + 8, 0, -number - 8, 0)
        word = tile.word if tile.needs_you else f"{tile.sample}  {tile.word}"
        _text(painter, middle, word, ink.text if tile.needs_you else t.muted, LEFT)
        self._bar(painter, tile, QRectF(box.x(), box.bottom() - 3, box.width(), 2))

    def _paint_tile(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        t = theme()
        ink = t.states[tile.look]
        line = float(QFontMetrics(self.font()).height())
        head = QRectF(box.x(), box.y(), box.width(), line)
        draw_look(
            painter,
            tile.look,
            QRectF(box.right() - 15, box.y(), 15, 15),
            QColor(ink.stroke),
        )
        seat = tile.seat + (f" +{tile.more_seats}" if tile.more_seats else "")
        sample = head.adjusted(0, 0, -20, 0)
        used = _text(painter, sample, tile.sample, t.text, LEFT, bold=True)
        _text(painter, sample.adjusted(used + 8, 0, 0, 0), seat, t.muted, LEFT)
        large = QFontMetrics(self._large).height()
        number = QRectF(box.x(), head.bottom() + 3, box.width() * 0.62, large)
        painter.setFont(self._large)
        _text(painter, number, tile.primary, t.text, LEFT)
        painter.setFont(self._small)
        below = QRectF(box.x(), number.bottom(), box.width() * 0.62, line)
        _text(painter, below, tile.secondary, t.muted, LEFT)
        painter.setFont(self.font())
        spark = self._sparks.of(tile.run)
        room = QRectF(
            box.x() + box.width() * 0.64,
            head.bottom() + 6,
            box.width() * 0.36,
            large + line - 8,
        )
        _spark(painter, spark, room, ink.stroke)
        word = QRectF(box.x(), below.bottom() + 1, box.width(), line)
        right = (
            f"{tile.left} left" if tile.left and tile.left[0].isdigit() else tile.left
        )
        taken = _text(painter, word, right, t.muted, RIGHT)
        _text(
            painter,
            word.adjusted(0, 0, -taken - 6, 0),
            tile.word,
            ink.text,
            LEFT,
            bold=True,
        )
        foot = QRectF(box.x(), word.bottom(), box.width(), line)
        _text(painter, foot, tile.detail, t.muted, LEFT)
        self._bar(painter, tile, QRectF(box.x(), box.bottom() + 1, box.width(), 3))

    @staticmethod
    def _bar(painter: QPainter, tile: Tile, room: QRectF) -> None:
        if tile.progress is None:
            return
        t = theme()
        painter.fillRect(room, QColor(t.border))
        done = QRectF(room.x(), room.y(), room.width() * tile.progress, room.height())
        painter.fillRect(done, QColor(t.states[tile.look].stroke))


def _size(tile: Tile) -> str:
    return "tile" if tile.run or tile.needs_you else "chip"


def _any_live(tiles: list[Tile]) -> bool:
    return any(tile.live for tile in tiles)


def _text(
    painter: QPainter,
    box: QRectF,
    text: str,
    colour: str,
    how: Qt.AlignmentFlag,
    *,
    bold: bool = False,
) -> float:
    """Draw one line, elided to its box; return its width in pixels."""
    if not text or box.width() < 8:  # noqa: PLR2004
        return 0.0
    before = painter.font()
    if bold:
        heavy = painter.font()
        heavy.setBold(True)
        painter.setFont(heavy)
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.setPen(QColor(colour))
    painter.drawText(box, how, shown)
    width = float(metrics.horizontalAdvance(shown))
    if bold:
        painter.setFont(before)
    return width


def _spark(painter: QPainter, spark: Spark, room: QRectF, colour: str) -> None:
    """Draw the last readings; nothing before there are two."""
    if len(spark.values) < 2 or room.width() < 8:  # noqa: PLR2004
        return
    t0, t1 = spark.times[0], spark.times[-1]
    low, high = min(spark.values), max(spark.values)
    wide = room.width() / ((t1 - t0) or 1.0)
    tall = room.height() / ((high - low) or 1.0)
    points = [
        QPointF(room.x() + (t - t0) * wide, room.bottom() - (v - low) * tall)
        for t, v in zip(spark.times, spark.values, strict=True)
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QColor(colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


_MOVES: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
