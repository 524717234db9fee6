"""The figure of several runs: eight in hues and dashes, the rest grey, named by hover.

The run that is chosen in the list lies in front. One that the mouse points at is named
and comes forward too, so that grey ones can be told apart.
"""

from typing import Any

import numpy as np
from PyQt6.QtCore import QPointF, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPixmap
from PyQt6.QtSvg import QSvgGenerator
from PyQt6.QtWidgets import QGraphicsView, QLabel, QToolTip, QWidget

from gui.look.palette import theme
from gui.look.si_text import plain
from gui.parts.legend import Entry
from gui.plot.axis import Span
from gui.plot.figure_curves import MOST_POINTS
from gui.plot.figure_view import FigureView
from gui.plot.strokes import FEW, SYMBOLS, Stroke, dress
from labctl.api.comparison import RECIPES, Asked, Overlay
from labctl.api.figures import Figure
from labctl.data import Array
from labctl.drawing.palette import DASHES, HUES, look

MOST_HUES = 8
"""Runs that have a colour; more cannot be told apart by it."""
NEAR = 14.0
"""Pixels within which the mouse means a curve."""
EMPTY = Span(0.0, 1.0)
"""What the axes show while there is nothing."""
TWICE = 2
"""Pixels of a picture for one of the screen."""


class OverlayView(FigureView):
    """Draws an `Overlay`."""

    pointed = pyqtSignal(str)
    """Run that the mouse points at; empty if none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Overlay | None = None
        self._front = ""
        self._pointed = ""
        self._chip = QLabel("SIMULATED", self)
        self._chip.setObjectName("chip")
        self._chip.hide()
        self.plot.scene().sigMouseMoved.connect(self._moved)

    def show_overlay(self, shown: Overlay) -> None:
        """Draw another one, whole."""
        self.shown = shown
        self._pointed = ""
        self._shape = ()
        self.fit()
        self.show_figure(shown.figure, simulated=shown.simulated > 0)
        self.fit()
        if not shown.figure.series:
            self.plot.show_x(EMPTY)
            self.plot.show_y(EMPTY)
        self.emphasise(self._front)
        some = f"{shown.simulated} OF {len(shown.asked.runs)} "
        every = shown.simulated == len(shown.asked.runs)
        self._chip.setText(f"{'' if every else some}SIMULATED")
        self._chip.setVisible(shown.simulated > 0)
        self._place_chip()

    def emphasise(self, run: str) -> None:
        """Bring a run to the front."""
        self._front = run
        self._dress()

    @property
    def ranges(self) -> tuple[Span, Span]:
        """What is seen of the abscissa and of the ordinate; decades on log axes."""
        x, y = self.plot.getViewBox().viewRange()
        return Span(*x), Span(*y)

    def strokes(self, figure: Figure) -> list[Stroke]:
        """Return hue and dash by the order of ticking; grey beyond the eighth."""
        owners = self.shown.owners if self.shown else ()
        ranks = {run: k for k, run in enumerate(dict.fromkeys(owners))}
        return [
            self._stroke(owner, ranks[owner])
            for owner, _ in zip(owners, figure.series, strict=True)
        ]

    def most_points(self, at: int) -> int:
        """Thin what only its dashes tell from another run of the same hue."""
        owners = list(dict.fromkeys(self.shown.owners)) if self.shown else []
        rank = owners.index(self.shown.owners[at]) if self.shown else 0
        return FEW if len(HUES) <= rank < MOST_HUES else MOST_POINTS

    def entries(self, figure: Figure) -> tuple[Entry, ...]:
        """Return the coloured series, then how many runs are grey."""
        owners = self.shown.owners if self.shown else ()
        coloured = set(list(dict.fromkeys(owners))[:MOST_HUES])
        found = []
        for k, (series, stroke) in enumerate(
            zip(figure.series, self.strokes(figure), strict=True)
        ):
            if owners[k] in coloured:
                dashed = bool(stroke.dash) and (
                    len(series.x) <= FEW or self.most_points(k) == FEW
                )
                ink = (stroke.colour,)
                found.append(
                    Entry(series.name, ink, series.points, dashed, stroke.symbol)
                )
        grey = len(set(owners)) - len(coloured)
        if grey:
            points = any(s.points for s in figure.series)
            found.append(Entry(f"{grey} more, grey", (theme().muted,), points))
        return tuple(found)

    def make_note(self) -> QLabel:
        """Return a note that is never cut: a picture has no tool tips."""
        note = QLabel()
        note.setWordWrap(True)
        return note

    def save_png(self, path: str) -> bool:
        """Write a picture at twice the screen's size."""
        pixmap = QPixmap(self.size() * TWICE)
        pixmap.setDevicePixelRatio(TWICE)
        pixmap.fill(QColor(theme().panel))
        self.render(pixmap, flags=QWidget.RenderFlag.DrawChildren)
        return pixmap.save(path, "PNG")

    def save_svg(self, path: str) -> None:
        """Write a drawing: lines and letters, no pixels."""
        generator = QSvgGenerator()
        generator.setFileName(path)
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        if self.shown is not None:
            mark = "SIMULATED: " if self.shown.simulated else ""
            generator.setTitle(mark + self.shown.figure.title)
            generator.setDescription(self.shown.figure.note)
        self.plot.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        for curve in self._curves:
            curve.curve.setSegmentedLineMode("off")
            curve.scatter.setData(useCache=False)
        painter = QPainter(generator)
        painter.fillRect(self.rect(), QColor(theme().panel))
        self.render(painter, flags=QWidget.RenderFlag.DrawChildren)
        painter.end()
        self.plot.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.restyle()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Keep the chip in its corner."""
        super().resizeEvent(event)
        self._place_chip()

    def _stroke(self, owner: str, rank: int) -> Stroke:
        mean = bool(self.shown and self.shown.asked.mean)
        front = mean or owner in {self._front, self._pointed}
        if rank >= MOST_HUES:
            colour = theme().text if front else theme().muted
            return Stroke(colour, front=front, behind=not front)
        dash = DASHES[rank % len(DASHES)]
        inked = look(rank % len(HUES), 0).colour
        return Stroke(
            inked.dark if theme().name == "dark" else inked.light,
            SYMBOLS[rank % len(SYMBOLS)],
            tuple(float(part) for part in dash.split()),
            front=front,
        )

    def _dress(self) -> None:
        if self.figure is None:
            return
        for curve, series, stroke in zip(
            self._curves, self.figure.series, self.strokes(self.figure), strict=True
        ):
            dress(curve, stroke, points=series.points)

    def _place_chip(self) -> None:
        self._chip.adjustSize()
        self._chip.move(self.width() - self._chip.width() - 8, 4)

    def _moved(self, place: QPointF) -> None:
        """Name the curve under the mouse."""
        found = self._nearest(place) if self.shown else None
        owner = found[0] if found else ""
        if owner != self._pointed:
            self._pointed = owner
            self._dress()
            self.pointed.emit(owner)
        if found:
            where = self.plot.viewport().mapToGlobal(self.plot.mapFromScene(place))
            QToolTip.showText(where, found[1], self.plot)
        else:
            QToolTip.hideText()

    def _nearest(self, place: QPointF) -> tuple[str, str] | None:
        """Return run and words of the nearest point; None if none is near."""
        if self.shown is None or self.figure is None:
            return None
        box = self.plot.getViewBox()
        rect = box.sceneBoundingRect()
        if not rect.contains(place):
            return None
        (left, right), (low, high) = box.viewRange()
        best, least = None, NEAR
        for owner, series in zip(self.shown.owners, self.figure.series, strict=True):
            x, y = np.asarray(series.x, float), np.asarray(series.y, float)
            u = (_scaled(x, self.figure.x_log) - left) / (right - left)
            v = (_scaled(y, self.figure.y_log) - low) / (high - low)
            away = np.hypot(
                rect.left() + u * rect.width() - place.x(),
                rect.bottom() - v * rect.height() - place.y(),
            )
            away = np.where(np.isfinite(away), away, np.inf)
            k = int(away.argmin()) if away.size else -1
            if k >= 0 and away[k] < least:
                least = float(away[k])
                best = (owner, f"{series.name}: {plain(x[k], 5)}, {plain(y[k], 5)}")
        return best


def nothing(asked: Asked) -> Overlay:
    """Return what is seen while no run is ticked: the axes."""
    recipe = RECIPES[asked.recipe]
    labels = (recipe.x_label.format(""), recipe.y_label.format(""))
    return Overlay(
        asked=asked,
        figure=Figure(
            "overlay", recipe.title, *labels, x_log=recipe.x_log, y_log=recipe.y_log
        ),
        owners=(),
        simulated=0,
        names={},
        averages=[],
        differences=[],
    )


def _scaled(values: Array, log: bool) -> Array:
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Array = np.log10(values)
    return logs
