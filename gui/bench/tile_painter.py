"""How one tile is painted: as a tile, as a row of one line, or as a chip."""

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPolygonF

from gui.bench.sparks import Spark
from gui.look.icons import draw_look
from gui.look.palette import digits_font, theme
from gui.run.states import Tile

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


CHIP_SIGN, CHIP_EDGE = 24, 6
"""Pixels before and behind the text of a chip."""


class TilePainter:
    """Paints tiles in the theme's colours; holds the fonts."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._small = digits_font(9)
        self._large = digits_font(14, bold=True)

    @property
    def height(self) -> float:
        """Height of a whole tile."""
        line = QFontMetrics(self._font).height()
        return 4 * line + QFontMetrics(self._large).height() + 20

    def chip_width(self, channel: str) -> int:
        """Return the width of a chip that shows the whole name of a channel."""
        name = QFontMetrics(self._font).horizontalAdvance(channel)
        return CHIP_SIGN + name + CHIP_EDGE + 1

    def paint(
        self,
        painter: QPainter,
        tile: Tile,
        box: QRectF,
        size: str,
        spark: Spark,
        *,
        chosen: bool,
        keyed: bool,
        hover: bool,
    ) -> None:
        """Paint one tile.

        Parameters
        ----------
        size
            ``tile``, ``row`` or ``chip``.
        spark
            Its last readings.
        chosen, keyed, hover
            Whether it is the chosen one, whether keys act on it, whether the mouse is
            over it.
        """
        t = theme()
        ink = t.states[tile.look]
        background = t.alarm_panel if tile.needs_you else t.panel
        if size == "chip":
            background = t.window
        if hover or (chosen and not tile.needs_you):
            background = t.selected if chosen else t.raised
        border = t.accent if chosen and keyed else t.border
        if tile.needs_you:
            border = t.alarm
        painter.setPen(QColor(border))
        painter.setBrush(QColor(background))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if size == "chip":
            self._paint_chip(painter, tile, box)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ink.stroke))
        painter.drawRoundedRect(QRectF(box.x(), box.y(), 4, box.height()), 2, 2)
        if size == "row":
            self._paint_row(painter, tile, box.adjusted(10, 0, -8, 0))
        else:
            self._paint_tile(painter, tile, box.adjusted(12, 7, -9, -8), spark)

    def paint_number(self, painter: QPainter, number: str, box: QRectF) -> None:
        """Paint a channel's number over its tile, where it hides no word."""
        t = theme()
        painter.setFont(self._large)
        wide = QFontMetrics(self._large).horizontalAdvance(number) + 14.0
        tall = min(box.height() - 4, QFontMetrics(self._large).height() + 4.0)
        across = box.x() + box.width() * (0.5 if box.height() < 2 * tall else 0.82)
        plate = QRectF(across - wide / 2, box.center().y() - tall / 2, wide, tall)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.accent))
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor(t.on_accent))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, number)
        painter.setFont(self._font)

    def _paint_chip(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        t = theme()
        draw_look(
            painter,
            tile.look,
            QRectF(box.x() + 6, box.center().y() - 6, 12, 12),
            QColor(t.states[tile.look].stroke),
        )
        inner = box.adjusted(CHIP_SIGN, 0, -CHIP_EDGE, 0)
        word = tile.word if tile.word != "free" else tile.detail or "free"
        used = _text(painter, inner, tile.channel, t.text, LEFT)
        beside = inner.adjusted(used + 8, 0, 0, 0)
        wide = painter.fontMetrics().horizontalAdvance(word)
        if word != "free" or wide <= beside.width():  # its sign says that, too
            _text(painter, beside, word, t.muted, RIGHT)

    def _paint_row(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        t = theme()
        ink = t.states[tile.look]
        shape = QRectF(box.x(), box.center().y() - 7, 14, 14)
        draw_look(painter, tile.look, shape, QColor(ink.stroke))
        rest = box.adjusted(22, 0, 0, 0)
        used = _text(painter, rest, tile.channel, t.text, LEFT, bold=True)
        painter.setFont(self._small)
        number = _text(painter, rest, tile.primary, t.text, RIGHT)
        painter.setFont(self._font)
        middle = rest.adjusted(used + 8, 0, -number - 8, 0)
        word = tile.word if tile.needs_you else f"{tile.sample}  {tile.word}"
        _text(painter, middle, word, ink.text if tile.needs_you else t.muted, LEFT)
        self._bar(painter, tile, QRectF(box.x(), box.bottom() - 3, box.width(), 2))

    def _paint_tile(
        self, painter: QPainter, tile: Tile, box: QRectF, spark: Spark
    ) -> None:
        t = theme()
        ink = t.states[tile.look]
        line = float(QFontMetrics(self._font).height())
        head = QRectF(box.x(), box.y(), box.width(), line)
        draw_look(
            painter,
            tile.look,
            QRectF(box.right() - 15, box.y(), 15, 15),
            QColor(ink.stroke),
        )
        channel = tile.channel + (
            f" +{tile.more_channels}" if tile.more_channels else ""
        )
        sample = head.adjusted(0, 0, -20, 0)
        used = _text(painter, sample, tile.sample, t.text, LEFT, bold=True)
        _text(painter, sample.adjusted(used + 8, 0, 0, 0), channel, t.muted, LEFT)
        large = QFontMetrics(self._large).height()
        number = QRectF(box.x(), head.bottom() + 3, box.width() * 0.62, large)
        painter.setFont(self._large)
        _text(painter, number, tile.primary, t.text, LEFT)
        painter.setFont(self._small)
        share = 0.62 if tile.live else 1.0  # what came of it needs the whole width
        below = QRectF(box.x(), number.bottom(), box.width() * share, line)
        _text(painter, below, tile.secondary, t.muted, LEFT)
        painter.setFont(self._font)
        room = QRectF(
            box.x() + box.width() * 0.64,
            head.bottom() + 6,
            box.width() * 0.36,
            large + (line - 8 if tile.live else -8),
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
