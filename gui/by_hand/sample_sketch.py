"""A square sample, contacts 1-2-3-4 counter-clockwise, and what each is wired to."""

import math
from collections.abc import Mapping

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.look.palette import theme

SIDE = 150
CORNERS = {1: (0.0, 1.0), 2: (1.0, 1.0), 3: (1.0, 0.0), 4: (0.0, 0.0)}
"""Contact -> corner of the unit square, x to the right and y downwards."""
RADIUS = 9.0


class SampleSketch(QWidget):
    """Painted; filled contacts drive the current, rings read the voltage."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._leads: dict[int, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Contacts of the sample")

    def show_contacts(self, leads: Mapping[int, str]) -> None:
        """Show which lead sits at which contact."""
        self._leads = {n: lead for n, lead in leads.items() if n in CORNERS}
        said = ", ".join(f"contact {n}: {lead}" for n, lead in sorted(leads.items()))
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for the square and its letters."""
        return QSize(SIDE + 80, SIDE)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the sample, the current's way, and the contacts."""
        t = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = min(self.height() - 44.0, self.width() - 110.0)
        square = QRectF((self.width() - size) / 2, 22.0, size, size)
        painter.setPen(QPen(QColor(t.border), 1.5))
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(square, 3, 3)
        at = {n: _corner(square, *CORNERS[n]) for n in CORNERS}
        place = {lead: at[n] for n, lead in self._leads.items()}
        if {"I+", "I−"} <= place.keys():
            pen = QPen(QColor(self._current_ink), 2)
            _arrow(painter, place["I+"], place["I−"], pen)
        if {"V+", "V−"} <= place.keys():
            painter.setPen(QPen(QColor(self._voltage_ink), 1.5, Qt.PenStyle.DotLine))
            painter.drawLine(place["V+"], place["V−"])
        for number, corner in at.items():
            self._contact(painter, number, corner)
        painter.end()

    def _contact(self, painter: QPainter, number: int, place: QPointF) -> None:
        t = theme()
        lead = self._leads.get(number, "")
        drives = lead.startswith("I")
        ink = QColor(self._current_ink if drives else self._voltage_ink)
        painter.setPen(QPen(ink, 2))
        painter.setBrush(ink if drives else QColor(t.panel))
        circle = QRectF(place.x() - RADIUS, place.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
        painter.drawEllipse(circle)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(t.panel if drives else t.text))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(number))
        right = CORNERS[number][0] > 0
        x = place.x() + 14 if right else place.x() - 14 - 40
        box = QRectF(x, place.y() - 12, 40, 24)
        side = Qt.AlignmentFlag.AlignLeft if right else Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(t.text))
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, lead)

    @property
    def _current_ink(self) -> str:
        return theme().accent

    @property
    def _voltage_ink(self) -> str:
        return "#e6b23c" if theme().name == "dark" else "#a97400"


def _corner(square: QRectF, x: float, y: float) -> QPointF:
    return QPointF(
        square.left() + x * square.width(), square.top() + y * square.height()
    )


def _arrow(painter: QPainter, begin: QPointF, end: QPointF, pen: QPen) -> None:
    painter.setPen(pen)
    painter.drawLine(begin, end)
    angle = math.atan2(end.y() - begin.y(), end.x() - begin.x())
    middle = (begin + end) / 2
    wings = [
        middle - 9 * QPointF(math.cos(angle + turn), math.sin(angle + turn))
        for turn in (-0.45, 0.45)
    ]
    painter.setBrush(pen.color())
    painter.setPen(Qt.PenStyle.NoPen)
    tip = middle + 4 * QPointF(math.cos(angle), math.sin(angle))
    painter.drawPolygon(QPolygonF([tip, *wings]))
