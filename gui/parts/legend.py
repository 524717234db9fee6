"""Which colour and mark is which series: painted above a plot, in a few lines."""

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import (
    QColor,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols

from gui.look.palette import theme

GAP, MARK, RAMP, BESIDE = 14, 18, 44, 4
MOST_LINES = 4
"""More would take the room of the plot; the tooltip has them all."""
DOT = 8.0


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
    until: str = ""
    """What stands behind a ramp."""

    @property
    def words(self) -> str:
        """The entry without its colours."""
        return f"{self.text} – {self.until}" if self.until else self.text


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: Entry
    x: float
    line: int


class Legend(QWidget):
    """Paints the entries, as many as fit into `MOST_LINES`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._lines = 1
        self.setAccessibleName("Legend")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Replace what is shown."""
        if entries != self._entries:
            self._entries = entries
            texts = ", ".join(entry.words for entry in entries)
            self.setAccessibleDescription(texts)
            self.setToolTip(texts)
            self._fold()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As many lines as the entries take at this width."""
        return QSize(100, self._lines * self._height + 4)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Fold the entries into the new width."""
        super().resizeEvent(event)
        self._fold()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw mark and text of each."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        placed = self._placed()
        for one in placed:
            self._draw(painter, one)
        if len(placed) < len(self._entries):
            painter.setPen(QColor(theme().muted))
            last = QRectF(0, (self._lines - 1) * self._height, self.width(), 0)
            last.setHeight(self._height)
            more = f"+ {len(self._entries) - len(placed)}"
            painter.drawText(last, _RIGHT, more)

    @property
    def _height(self) -> int:
        return self.fontMetrics().height() + 2

    def _fold(self) -> None:
        placed = self._placed()
        lines = placed[-1].line + 1 if placed else 1
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()

    def _placed(self) -> list[_Placed]:
        """Return where each entry stands; those that do not fit are left out."""
        x, line, placed = 4.0, 0, []
        for entry in self._entries:
            wide = self._wide(entry)
            if x > GAP and x + wide > self.width():
                x, line = 4.0, line + 1
            if line == MOST_LINES:
                break
            placed.append(_Placed(entry, x, line))
            x += wide + GAP
        return placed

    def _wide(self, entry: Entry) -> float:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(entry.text) + BESIDE
        if entry.until:
            return width + RAMP + BESIDE + metrics.horizontalAdvance(entry.until)
        return width + MARK

    def _draw(self, painter: QPainter, one: _Placed) -> None:
        entry, x, top = one.entry, one.x, one.line * self._height
        metrics, middle = self.fontMetrics(), top + self._height / 2
        if not entry.until:
            self._mark(painter, entry, x, middle)
            self._write(painter, entry.text, x + MARK + BESIDE, top)
            return
        self._write(painter, entry.text, x, top)
        x += metrics.horizontalAdvance(entry.text) + BESIDE
        ramp = QLinearGradient(x, middle, x + RAMP, middle)
        for k, stop in enumerate(entry.colours):
            ramp.setColorAt(k / max(len(entry.colours) - 1, 1), QColor(stop))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ramp)
        painter.drawRoundedRect(QRectF(x, middle - 3, RAMP, 6), 2, 2)
        self._write(painter, entry.until, x + RAMP + BESIDE, top)

    def _write(self, painter: QPainter, text: str, x: float, top: float) -> None:
        painter.setPen(QColor(theme().muted))
        width = self.fontMetrics().horizontalAdvance(text) + 4
        painter.drawText(QRectF(x, top, width, self._height), _MIDDLE, text)

    @staticmethod
    def _mark(painter: QPainter, entry: Entry, x: float, y: float) -> None:
        colour = QColor(entry.colours[0])
        if entry.points:
            place = QTransform.fromTranslate(x + MARK / 2, y).scale(DOT, DOT)
            painter.fillPath(place.map(Symbols[entry.symbol]), colour)
            return
        style = Qt.PenStyle.DashLine if entry.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 2, style))
        painter.drawLine(QPointF(x, y), QPointF(x + MARK, y))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
