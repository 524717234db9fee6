"""Which colour and mark is which series: one painted line above a plot."""

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols

from gui.palette import theme

GAP, MARK = 14, 18


@dataclass(frozen=True, slots=True)
class Entry:
    """One series, or a whole family with its ramp."""

    text: str
    colours: tuple[str, ...]
    """One, or the stops of a ramp."""
    points: bool = False
    dashed: bool = False
    symbol: str = "o"
    """Of the markers, by pyqtgraph's name."""


class Legend(QWidget):
    """Paints the entries in one line, as many as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self.setAccessibleName("Legend")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Replace what is shown."""
        if entries != self._entries:
            self._entries = entries
            texts = ", ".join(entry.text for entry in entries)
            self.setAccessibleDescription(texts)
            self.setToolTip(texts)
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line of text."""
        return QSize(100, self.fontMetrics().height() + 4)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw mark and text of each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, x, height = self.fontMetrics(), 4.0, self.height()
        for entry in self._entries:
            width = metrics.horizontalAdvance(entry.text)
            if x + MARK + width > self.width():
                painter.setPen(QColor(theme().muted))
                painter.drawText(QRectF(x, 0, 20, height), _MIDDLE, "…")
                break
            self._mark(painter, entry, x, height / 2)
            painter.setPen(QColor(theme().muted))
            painter.drawText(
                QRectF(x + MARK + 4, 0, width + 4, height), _MIDDLE, entry.text
            )
            x += MARK + 4 + width + GAP

    @staticmethod
    def _mark(painter: QPainter, entry: Entry, x: float, y: float) -> None:
        if len(entry.colours) > 1:
            ramp = QLinearGradient(x, y, x + MARK, y)
            for k, stop in enumerate(entry.colours):
                ramp.setColorAt(k / (len(entry.colours) - 1), QColor(stop))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ramp)
            painter.drawRoundedRect(QRectF(x, y - 3, MARK, 6), 2, 2)
            return
        colour = QColor(entry.colours[0])
        if entry.points:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.save()
            painter.translate(x + MARK / 2, y)
            painter.scale(7.0, 7.0)
            painter.drawPath(Symbols[entry.symbol])
            painter.restore()
            return
        style = Qt.PenStyle.DashLine if entry.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 2, style))
        painter.drawLine(QPointF(x, y), QPointF(x + MARK, y))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
