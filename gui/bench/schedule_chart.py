"""Channels against the days to come: one painted widget that scrolls.

Arrow keys move over channels and their runs, Enter opens, plus and minus change how
many days are seen.
"""

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from gui.bench.schedule import Bar, Part, Row, Schedule
from gui.bench.schedule_painter import (
    AXIS,
    ROW,
    Scale,
    SchedulePainter,
    bar_boxes,
)
from gui.look.palette import theme

DAY = 86400.0
OLD = 0.45
"""Opacity of what the station said before it fell silent."""
SPANS = (1, 3, 14)
"""Days that can be seen at once."""


class ScheduleChart(QAbstractScrollArea):
    """Paints a schedule and says what a person opened."""

    opened = pyqtSignal(str)
    """A run."""
    channel_wanted = pyqtSignal(str)
    """A free channel: a run is to be composed for it."""
    moved = pyqtSignal(str)
    """What keys act on now, in words."""
    zoomed = pyqtSignal(int)
    """Days that are seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schedule = Schedule(0.0, (), ())
        self._row = 0
        self._bar = ""
        self._days = SPANS[1]
        self._stale = False
        self._painter = SchedulePainter(self.font())
        self.setAccessibleName("Schedule of the channels")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)

    @property
    def days(self) -> int:
        """How many days are seen."""
        return self._days

    @property
    def row(self) -> Row | None:
        """The channel that keys act on."""
        rows = self._schedule.rows
        return rows[self._row] if self._row < len(rows) else None

    @property
    def bar(self) -> Bar | None:
        """The bar that keys act on; None if the channel has none in sight."""
        row = self.row
        bars = row.bars if row is not None else ()
        return next((bar for bar in bars if bar.key == self._bar), None)

    @property
    def height_wanted(self) -> int:
        """Pixels that hold all rows."""
        return AXIS + len(self._schedule.rows) * ROW + 4

    def show_schedule(self, schedule: Schedule) -> None:
        """Show another moment."""
        first = not self._schedule.rows
        self._schedule = schedule
        self._row = max(0, min(self._row, len(schedule.rows) - 1))
        if first or self.bar is None:
            self._bar = self._current_bar()
        self._fit()
        self._say()

    def show_stale(self, *, stale: bool) -> None:
        """Grey what is old, or no longer."""
        if stale != self._stale:
            self._stale = stale
            self._viewport().update()

    def see(self, days: int) -> None:
        """Show so many days."""
        if days == self._days:
            return
        self._days = days
        self._viewport().update()
        self.zoomed.emit(days)

    def choose(self, channel: str) -> None:
        """Put the keys on a channel."""
        channels = [row.channel for row in self._schedule.rows]
        if channel in channels:
            self._go(channels.index(channel))

    # ---- events

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the rows in sight."""
        painter = QPainter(self._viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self._scale()
        height, width = self._viewport().height(), self._viewport().width()
        painter.fillRect(0, 0, width, height, QColor(theme().panel))
        painter.setOpacity(OLD if self._stale else 1.0)
        bottom = min(float(height), float(self.height_wanted))
        self._painter.axis(painter, scale, bottom)
        self._painter.now_line(painter, scale, bottom)
        painter.setClipRect(QRectF(0, AXIS, width, height - AXIS))
        for k, row in enumerate(self._schedule.rows):
            box = self._box(k)
            if box.bottom() < AXIS or box.top() > height:
                continue
            chosen = k == self._row
            self._painter.row(
                painter,
                row,
                box,
                scale,
                chosen=chosen and self.hasFocus(),
                chosen_bar=self._bar if chosen else "",
            )

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Move, open, zoom."""
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _ROWS:
            self._go(self._row + _ROWS[key])
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._along(1 if key == Qt.Key.Key_Right else -1)
        elif key in _ZOOMS:
            at = SPANS.index(self._days) + _ZOOMS[key]
            self.see(SPANS[max(0, min(at, len(SPANS) - 1))])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._open()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Choose what is under the mouse."""
        if event is not None:
            self._choose_at(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Open what is under the mouse."""
        if event is not None and self._choose_at(event.position()):
            self._open()

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802
        """Show the whole words as a tool tip."""
        if isinstance(event, QHelpEvent):
            row, bar = self._at(QPointF(event.pos()))
            if row is not None:
                text = bar.words if bar is not None else row.spoken
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Fit the scroll bar."""
        super().resizeEvent(event)
        self._fit()

    # ---- where things are

    def _scale(self) -> Scale:
        names, words = self._painter.widths(self._schedule)
        right = max(self._viewport().width() - words, names + 100)
        return Scale(names, right, self._schedule.now, self._days * DAY)

    def _box(self, index: int) -> QRectF:
        bar = self.verticalScrollBar()
        down = bar.value() if bar is not None else 0
        return QRectF(0, AXIS + index * ROW - down, self._viewport().width(), ROW)

    def _at(self, point: QPointF) -> tuple[Row | None, Bar | None]:
        for k, row in enumerate(self._schedule.rows):
            box = self._box(k)
            if point.y() > AXIS and box.contains(point):
                bars = bar_boxes(row, box.y(), self._scale())
                return row, next((b for b, p in bars if p.contains(point)), None)
        return None, None

    def _fit(self) -> None:
        scroll = self.verticalScrollBar()
        if scroll is not None:
            room = self._viewport().height()
            scroll.setRange(0, max(self.height_wanted - room, 0))
            scroll.setPageStep(room)
            scroll.setSingleStep(ROW)
        self._viewport().update()

    def _viewport(self) -> QWidget:
        found = self.viewport()
        if found is None:
            raise AssertionError("a scroll area has a viewport")
        return found

    # ---- moving

    def _choose_at(self, point: QPointF) -> bool:
        row, bar = self._at(point)
        if row is None:
            return False
        self._go(self._schedule.rows.index(row))
        if bar is not None:
            self._bar = bar.key
            self._say()
        return True

    def _go(self, index: int) -> None:
        rows = self._schedule.rows
        if not rows:
            return
        self._row = max(0, min(index, len(rows) - 1))
        self._bar = self._current_bar()
        scroll = self.verticalScrollBar()
        box = self._box(self._row)
        if scroll is not None and box.top() < AXIS:
            scroll.setValue(scroll.value() - int(AXIS - box.top()))
        elif scroll is not None and box.bottom() > self._viewport().height():
            over = int(box.bottom() - self._viewport().height()) + 1
            scroll.setValue(scroll.value() + over)
        self._say()

    def _along(self, step: int) -> None:
        row = self.row
        keys = [bar.key for bar in row.bars] if row is not None else []
        if not keys:
            return
        at = keys.index(self._bar) + step if self._bar in keys else 0
        self._bar = keys[max(0, min(at, len(keys) - 1))]
        self._say()

    def _current_bar(self) -> str:
        """Return the bar that goes on now, else the first one that waits."""
        bars = self.row.bars if self.row is not None else ()
        now = next((bar.key for bar in bars if bar.part is Part.RUN), "")
        return now or next((b.key for b in bars if b.part is Part.QUEUED), "")

    def _open(self) -> None:
        row, bar = self.row, self.bar
        if bar is not None and bar.part is not Part.QUEUED:
            self.opened.emit(bar.key)
        elif row is not None:
            self.channel_wanted.emit(row.channel)

    def _say(self) -> None:
        row, bar = self.row, self.bar
        text = row.spoken if row is not None else "no channels"
        if bar is not None:
            text = f"{text}. {bar.words}"
        self.setAccessibleDescription(text)
        self.moved.emit(text)
        self._viewport().update()


_ROWS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -8,
    Qt.Key.Key_PageDown: 8,
    Qt.Key.Key_Home: -10_000,
    Qt.Key.Key_End: 10_000,
}
_ZOOMS = {Qt.Key.Key_Plus: -1, Qt.Key.Key_Equal: -1, Qt.Key.Key_Minus: 1}
