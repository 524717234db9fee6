"""The station at a glance: one painted widget for all tiles.

Busy channels are tiles (rows of one line above 16); free ones stand below as chips, in
as many columns as their names leave room for where they are many.
Shape, word and colour say the state, in this order. Arrow keys move, Enter opens; while
a number is asked for, tiles carry theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.bench.sparks import Sparks
from gui.bench.tile_painter import TilePainter
from gui.look.go_to import Digits
from gui.run.states import COMPACT_ABOVE, Tile

GAP = 8
LEAST_WIDTH = 218
ROW = 30
CHIP = 26
CHIP_WIDTH = 132
"""With room for a word beside the name."""
CHIP_GAP = 4
MANY = 16
"""Free channels above which a chip has the width of the longest name."""


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
    """Channel and run (empty if free)."""
    opened = pyqtSignal(str)
    """A free channel was activated: a run is to be composed for it."""
    numbered = pyqtSignal(int)
    """The number of a channel was typed."""
    focus_placed = pyqtSignal(QRectF)
    """Where the tile is that keys act on, after it moved."""

    def __init__(self, sparks: Sparks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sparks = sparks
        self._tiles: list[Tile] = []
        self._placed: list[Placed] = []
        self._focus = ""
        self._hover = ""
        self._stale = False
        self._numbers: Mapping[str, int] = {}
        self._digits: Digits | None = None
        self._painter = TilePainter(self.font())
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

    def focus_channel(self, channel: str) -> None:
        """Put the focus on a channel's tile."""
        if any(tile.key == channel for tile in self._tiles):
            self._focus = channel
            self._describe()
            self._tell_place()
            self.update()

    def ask_number(self, numbers: Mapping[str, int], count: int) -> None:
        """Show the numbers of channels, and wait for one of so many to be typed."""
        self._numbers, self._digits = numbers, Digits(count)
        self.setFocus()
        self.update()

    @property
    def is_asking(self) -> bool:
        """Whether a number is waited for."""
        return self._digits is not None

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
                tile = placed.tile
                self._painter.paint(
                    painter,
                    tile,
                    placed.box,
                    placed.size,
                    self._sparks.of(tile.run),
                    chosen=tile.key == self._focus,
                    keyed=self.hasFocus(),
                    hover=tile.key == self._hover,
                )
                if self._digits is not None and tile.key in self._numbers:
                    number = str(self._numbers[tile.key])
                    self._painter.paint_number(painter, number, placed.box)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Move with the arrows, open with Enter or Space."""
        if event is None or not self._placed:
            return
        key = event.key()
        if self._digits is not None and self._typed(key):
            return
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._choose(self._focus, activate=True)
        elif key in _MOVES:
            self._move(*_MOVES[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802
        """Wait for no number any longer."""
        self._end_asking()
        super().focusOutEvent(event)

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

    # ---- numbers

    def _typed(self, key: int) -> bool:
        """Take a key while a number is waited for; True if it was for the number."""
        digits = self._digits
        if digits is None:
            return False
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
            number = digits.press(key - Qt.Key.Key_0)
            if number is not None:
                self.numbered.emit(number)
            if digits.done:
                self._end_asking()
            return True
        self._end_asking()
        return key == Qt.Key.Key_Escape

    def _end_asking(self) -> None:
        if self._digits is not None:
            self._digits = None
            self.update()

    # ---- placing

    def _place(self) -> None:
        width = max(self.width(), LEAST_WIDTH)
        large = [t for t in self._tiles if _size(t) == "tile"]
        chips = [t for t in self._tiles if _size(t) == "chip"]
        compact = len(large) > COMPACT_ABOVE
        columns = max(1, int((width - GAP) // (LEAST_WIDTH + GAP)))
        cell = (width - GAP) / columns - GAP
        tall = ROW if compact else self._painter.height
        placed, y = [], float(GAP)
        for k, tile in enumerate(large):
            column, row = k % columns, k // columns
            box = QRectF(
                GAP + column * (cell + GAP), GAP + row * (tall + GAP), cell, tall
            )
            placed.append(Placed(tile, box, "row" if compact else "tile"))
            y = box.bottom() + GAP
        least = CHIP_WIDTH
        if len(chips) > MANY:
            least = max(self._painter.chip_width(tile.channel) for tile in chips)
        chip_columns = max(1, int((width - 2 * GAP + CHIP_GAP) // (least + CHIP_GAP)))
        cell = (width - 2 * GAP + CHIP_GAP) / chip_columns - CHIP_GAP
        for k, tile in enumerate(chips):
            column, row = k % chip_columns, k // chip_columns
            x = GAP + column * (cell + CHIP_GAP)
            box = QRectF(x, y + row * (CHIP + CHIP_GAP), cell, CHIP)
            placed.append(Placed(tile, box, "chip"))
        self._placed = placed
        bottom = max((p.box.bottom() for p in placed), default=0.0)
        self.setMinimumHeight(int(bottom) + GAP)

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
        self._tell_place()
        self.update()
        if tile is None:
            return
        self.chosen.emit(tile.channel, tile.run)
        if activate and tile.is_free:
            self.opened.emit(tile.channel)

    def _tell_place(self) -> None:
        here = next((p for p in self._placed if p.tile.key == self._focus), None)
        if here is not None:
            self.focus_placed.emit(here.box)

    def _describe(self) -> None:
        tile = self.focused
        self.setAccessibleDescription(tile.spoken if tile else "no channels")


def _size(tile: Tile) -> str:
    return "tile" if tile.run or tile.needs_you else "chip"


def _any_live(tiles: list[Tile]) -> bool:
    return any(tile.live for tile in tiles)


_MOVES: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
