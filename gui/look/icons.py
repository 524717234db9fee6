"""Shapes of states and signs of buttons, drawn as paths: fonts lack many of them."""

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from gui.look.colours import StateLook

SIZES = (16, 24, 32, 48)


def draw_look(painter: QPainter, look: StateLook, box: QRectF, colour: QColor) -> None:
    """Draw a state's shape into a box; painter state is kept."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = max(1.5, box.width() / 7)
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    path, filled = _shape(look, box, width)
    painter.setPen(Qt.PenStyle.NoPen if filled else pen)
    painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


def _shape(look: StateLook, box: QRectF, width: float) -> tuple[QPainterPath, bool]:
    """Return the path, and whether it is filled."""
    inner = box.adjusted(width, width, -width, -width)
    x, y, w, h = inner.x(), inner.y(), inner.width(), inner.height()
    path = QPainterPath()
    if look is StateLook.CHARGING:
        path.addPolygon(_polygon((x, y + h), (x + w / 2, y), (x + w, y + h)))
        path.closeSubpath()
        return path, True
    if look is StateLook.DISCHARGING:
        path.addPolygon(_polygon((x, y), (x + w / 2, y + h), (x + w, y)))
        path.closeSubpath()
        return path, True
    if look is StateLook.HOLD:
        path.addRoundedRect(QRectF(x, y + h * 0.32, w, h * 0.36), 1, 1)
        return path, True
    if look is StateLook.REST:
        path.addEllipse(inner)
    elif look is StateLook.SWEEP:
        path.moveTo(x, y + h / 2)
        path.cubicTo(x + w / 4, y - h / 2, x + w / 4, y - h / 2, x + w / 2, y + h / 2)
        path.cubicTo(
            x + 3 * w / 4, y + 1.5 * h, x + 3 * w / 4, y + 1.5 * h, x + w, y + h / 2
        )
    elif look is StateLook.NEEDS_YOU:
        path.addPolygon(_polygon((x, y + h), (x + w / 2, y), (x + w, y + h)))
        path.closeSubpath()
        path.moveTo(x + w / 2, y + h * 0.42)
        path.lineTo(x + w / 2, y + h * 0.66)
        path.moveTo(x + w / 2, y + h * 0.84)
        path.lineTo(x + w / 2, y + h * 0.85)
    elif look is StateLook.FINISHED:
        path.moveTo(x, y + h * 0.55)
        path.lineTo(x + w * 0.36, y + h * 0.9)
        path.lineTo(x + w, y + h * 0.1)
    elif look is StateLook.FREE:
        path.addRoundedRect(inner, 1.5, 1.5)
    else:
        path.moveTo(x, y)
        path.lineTo(x + w, y + h)
        path.moveTo(x + w, y)
        path.lineTo(x, y + h)
    return path, False


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(*point) for point in points])


def sign(name: str, colour: str) -> QIcon:
    """Return a button's icon: play, pause, skip, stop, plus, search and so on."""
    icon = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colour), size / 10)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        if name in _FILLED:
            painter.setBrush(QColor(colour))
        painter.scale(1, 1)
        painter.drawPath(_sign_path(name, float(size)))
        painter.end()
        icon.addPixmap(pixmap)
    return icon


_FILLED = frozenset({"play", "skip", "stop", "pause"})


def _sign_path(name: str, s: float) -> QPainterPath:
    path = QPainterPath()
    for stroke in _STROKES[name]:
        if len(stroke) == 1:
            x, y, r = stroke[0]  # a circle
            path.addEllipse(QPointF(x * s, y * s), r * s, r * s)
            continue
        path.moveTo(stroke[0][0] * s, stroke[0][1] * s)
        for point in stroke[1:]:
            path.lineTo(point[0] * s, point[1] * s)
    return path


_STROKES: dict[str, tuple[tuple[tuple[float, ...], ...], ...]] = {
    "play": (((0.28, 0.2), (0.8, 0.5), (0.28, 0.8), (0.28, 0.2)),),
    "pause": (
        ((0.3, 0.22), (0.38, 0.22), (0.38, 0.78), (0.3, 0.78), (0.3, 0.22)),
        ((0.62, 0.22), (0.7, 0.22), (0.7, 0.78), (0.62, 0.78), (0.62, 0.22)),
    ),
    "skip": (
        ((0.22, 0.22), (0.62, 0.5), (0.22, 0.78), (0.22, 0.22)),
        ((0.76, 0.22), (0.78, 0.22), (0.78, 0.78), (0.76, 0.78), (0.76, 0.22)),
    ),
    "stop": (((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75), (0.25, 0.25)),),
    "plus": (((0.5, 0.2), (0.5, 0.8)), ((0.2, 0.5), (0.8, 0.5))),
    "search": (((0.43, 0.43, 0.24),), ((0.61, 0.61), (0.82, 0.82))),
    "down": (((0.28, 0.4), (0.5, 0.62), (0.72, 0.4)),),
    "right": (((0.4, 0.28), (0.62, 0.5), (0.4, 0.72)),),
    "export": (
        ((0.5, 0.16), (0.5, 0.62)),
        ((0.3, 0.42), (0.5, 0.62), (0.7, 0.42)),
        ((0.2, 0.82), (0.8, 0.82)),
    ),
    "report": (
        ((0.26, 0.14), (0.74, 0.14), (0.74, 0.86), (0.26, 0.86), (0.26, 0.14)),
        ((0.38, 0.36), (0.62, 0.36)),
        ((0.38, 0.52), (0.62, 0.52)),
        ((0.38, 0.68), (0.52, 0.68)),
    ),
    "pin": (((0.5, 0.36, 0.2),), ((0.5, 0.56), (0.5, 0.86))),
    "fit": (
        ((0.2, 0.38), (0.2, 0.2), (0.38, 0.2)),
        ((0.62, 0.2), (0.8, 0.2), (0.8, 0.38)),
        ((0.8, 0.62), (0.8, 0.8), (0.62, 0.8)),
        ((0.38, 0.8), (0.2, 0.8), (0.2, 0.62)),
    ),
    "follow": (
        ((0.18, 0.5), (0.66, 0.5)),
        ((0.48, 0.3), (0.68, 0.5), (0.48, 0.7)),
        ((0.82, 0.2), (0.82, 0.8)),
    ),
    "moon": (
        ((0.62, 0.16), (0.42, 0.3), (0.36, 0.52), (0.46, 0.72), (0.66, 0.82),
         (0.44, 0.86), (0.24, 0.7), (0.18, 0.48), (0.28, 0.26), (0.62, 0.16)),
    ),
    "folder": (
        ((0.16, 0.76), (0.16, 0.26), (0.4, 0.26), (0.48, 0.36), (0.84, 0.36),
         (0.84, 0.76), (0.16, 0.76)),
    ),
}  # fmt: skip
"""Strokes on a square of side 1; a stroke of one triple is a circle (x, y, r)."""
