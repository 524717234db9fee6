"""How the schedule is painted: its axis of time, its rows, its bars.

What has passed has a thick foot, what is expected is pale, what nobody can know is
hatched. Names stand in the text's colour on tints pale enough to read them.
"""

import math
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from gui.bench.schedule import Bar, Part, Row, Schedule, ticks
from gui.look.icons import draw_look
from gui.look.palette import theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
MIDDLE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
AXIS = 24
ROW = 24
PAST = 0.08
"""Share of the axis that lies before now."""
LEAST = 46.0
"""Pixels of a bar whose length nobody knows."""
FOOT = 3.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Where moments are, in pixels."""

    left: float
    right: float
    now: float
    span: float
    """s from the left edge to the right one."""

    @property
    def begin(self) -> float:
        """The first moment that is seen."""
        return self.now - PAST * self.span

    def x(self, unix: float) -> float:
        """Return where a moment is."""
        return self.left + (unix - self.begin) / self.span * (self.right - self.left)


def bar_boxes(row: Row, top: float, scale: Scale) -> list[tuple[Bar, QRectF]]:
    """Return where a row's bars are; those out of sight are left out."""
    placed: list[tuple[Bar, QRectF]] = []
    edge = scale.left
    for bar in row.bars:
        left = max(scale.x(bar.begin), edge)
        right = scale.x(bar.end)
        if not bar.sure:
            right = max(right + LEAST / 2, left + LEAST)
        right = min(right, scale.right)
        if right - left < 1 or left >= scale.right:
            continue
        placed.append((bar, QRectF(left, top + 2, right - left, ROW - 4)))
        edge = right + 1
    return placed


class SchedulePainter:
    """Paints a schedule in the theme's colours."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._bold = QFont(font)
        self._bold.setBold(True)
        self._small = QFont(font)
        self._small.setPointSizeF(max(font.pointSizeF() - 1, 7))

    def widths(self, schedule: Schedule) -> tuple[float, float]:
        """Return what the names on the left and the words on the right need."""
        bold, plain = QFontMetricsF(self._bold), QFontMetricsF(self._font)
        names = [bold.horizontalAdvance(row.channel) for row in schedule.rows]
        words = [plain.horizontalAdvance(row.words) for row in schedule.rows]
        return max(names, default=40.0) + 20, min(max(words, default=60.0), 220.0) + 16

    def axis(self, painter: QPainter, scale: Scale, height: float) -> None:
        """Paint the hours and days above, and their lines through all rows."""
        t = theme()
        painter.setFont(self._small)
        metrics = QFontMetricsF(self._small)
        found = ticks(scale.begin, scale.begin + scale.span)
        for moment, _, day in found:
            x = scale.x(moment)
            painter.setPen(QPen(QColor(t.border), 1.5 if day else 0.6))
            painter.drawLine(QPointF(x, AXIS - 4), QPointF(x, height))
        taken = [scale.x(scale.now)]
        days = [(moment, label) for moment, label, day in found if day]
        if len(days) > FEW_DAYS:
            days = [(moment, label.rpartition(" ")[0]) for moment, label in days]
        widest = max((metrics.horizontalAdvance(d) for _, d in days), default=1.0) + 10
        room = (scale.right - scale.left) / scale.span * 86400.0
        hours = [(moment, label) for moment, label, day in found if not day]
        for moment, text in [*days[:: math.ceil(widest / room)], *hours]:
            x, half = scale.x(moment), metrics.horizontalAdvance(text) / 2
            if any(abs(x - other) < half + HALF_DATE for other in taken):
                continue
            if not scale.left <= x - half <= x + half <= scale.right + 4:
                continue
            is_day = (moment, text) in days
            if is_day:
                taken.append(x)
            painter.setPen(QColor(t.text if is_day else t.muted))
            box = QRectF(x - half - 1, 0, 2 * half + 2, AXIS - 4)
            painter.drawText(box, MIDDLE, text)
        painter.setFont(self._font)

    def now_line(self, painter: QPainter, scale: Scale, height: float) -> None:
        """Paint where now is."""
        t = theme()
        x = scale.x(scale.now)
        painter.setPen(QPen(QColor(t.text), 1.4))
        painter.drawLine(QPointF(x, AXIS - 5), QPointF(x, height))
        painter.setFont(self._bold)
        box = QRectF(x - 20, 0, 40, AXIS - 4)
        painter.fillRect(box, QColor(t.panel))
        painter.drawText(box, MIDDLE, "now")
        painter.setFont(self._font)

    def row(
        self,
        painter: QPainter,
        row: Row,
        box: QRectF,
        scale: Scale,
        *,
        chosen: bool,
        chosen_bar: str,
    ) -> None:
        """Paint one channel; ``chosen_bar`` is the key of the bar that keys act on."""
        t = theme()
        if chosen:
            painter.fillRect(box, _tint(QColor(t.accent), 0.14))
        painter.setFont(self._bold)
        painter.setPen(QColor(t.text))
        _text(painter, QRectF(box.x() + 8, box.y(), scale.left - 14, ROW), row.channel)
        painter.setFont(self._font)
        for bar, place in bar_boxes(row, box.y(), scale):
            self._bar(painter, bar, place, scale, chosen=bar.key == chosen_bar)
        free_now = row.free is not None and row.free <= scale.now
        colour = t.good if free_now else t.text
        painter.setPen(QColor(t.alarm if row.needs_you else colour))
        words = QRectF(scale.right + 10, box.y(), box.right() - scale.right - 14, ROW)
        _text(painter, words, row.words)

    def _bar(
        self, painter: QPainter, bar: Bar, box: QRectF, scale: Scale, *, chosen: bool
    ) -> None:
        t = theme()
        ink = QColor(t.states[bar.look].stroke)
        now = min(max(scale.x(scale.now), box.left()), box.right())
        past = QRectF(box.left(), box.y(), now - box.left(), box.height())
        ahead = QRectF(now, box.y(), box.right() - now, box.height())
        painter.fillRect(past, _tint(ink, 0.26))
        painter.fillRect(ahead, _tint(ink, 0.12))
        if not bar.sure:
            painter.fillRect(ahead, QBrush(_tint(ink, 0.6), _HATCH))
        foot = QRectF(past.x(), past.bottom() - FOOT, past.width(), FOOT)
        painter.fillRect(foot, ink)
        style = (
            Qt.PenStyle.SolidLine
            if bar.part is not Part.QUEUED
            else (Qt.PenStyle.DashLine)
        )
        width = 2.0 if chosen else 1.0
        painter.setPen(QPen(QColor(t.accent) if chosen else ink, width, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        if box.width() > SIGN:
            mark = QRectF(box.x() + 4, box.center().y() - 6, 12, 12)
            draw_look(painter, bar.look, mark, ink)
            self._name(painter, bar, box.adjusted(20, 0, -3, -1), ahead)

    def _name(self, painter: QPainter, bar: Bar, room: QRectF, ahead: QRectF) -> None:
        """Write the name behind the line of now, if there is room."""
        t = theme()
        metrics = QFontMetricsF(self._font)
        wide = metrics.horizontalAdvance(bar.title)
        if ahead.left() > room.left() and ahead.width() > wide + 10:
            room = QRectF(ahead.left() + 6, room.y(), ahead.width() - 8, room.height())
        shown = metrics.elidedText(bar.title, Qt.TextElideMode.ElideRight, room.width())
        if len(shown) < NAME and shown != bar.title:
            return
        if not bar.sure:  # letters are not read on a hatch
            back = QRectF(
                room.x() - 1,
                room.center().y() - metrics.height() / 2,
                min(metrics.horizontalAdvance(shown) + 3, room.width()),
                metrics.height(),
            )
            painter.fillRect(back, QColor(t.panel))
        painter.setPen(QColor(t.text))
        painter.drawText(room, LEFT, shown)


FEW_DAYS = 5
"""More days than these are written without their month."""
SIGN = 20.0
"""Pixels from which a bar holds its sign."""
HALF_DATE = 20.0
"""Pixels that a date, or now, takes on each side."""
NAME = 4
"""Fewer letters of a name say nothing."""
_HATCH = Qt.BrushStyle.BDiagPattern


def _tint(colour: QColor, strength: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(strength)
    return made


def _text(painter: QPainter, box: QRectF, text: str) -> None:
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, LEFT, shown)
