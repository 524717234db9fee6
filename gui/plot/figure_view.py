"""Draws a `labctl.figures.figure.Figure`: the same value that the report draws."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.look.palette import theme
from gui.parts.inputs import Elided
from gui.parts.legend import Entry, Legend
from gui.plot.axis import Span, follow, least_across, span_of, with_margin
from gui.plot.bounds import Envelope
from gui.plot.figure_curves import (
    MOST_POINTS,
    bars,
    drawn,
    has_band,
    legend_of,
    seen_of,
    strokes_of,
)
from gui.plot.plotting import Plot, add_line, add_points, give
from gui.plot.stops import Stops
from gui.plot.strokes import FEW, Stroke, add_band_about, dress, give_band
from labctl.api.figures import Figure
from labctl.data import Array

DOUBT = "⚠"
AXES = 7
"""So many parts of a figure's shape say what its axes are."""


class FigureView(QWidget):
    """One figure: title, legend, plot, note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self._curves: list[Any] = []
        self._bands: dict[int, Any] = {}
        self._bars: dict[int, Any] = {}
        self._envelope: Envelope = {}
        self._shape: tuple[Any, ...] = ()
        self._x: Span | None = None
        self._y: Span | None = None
        self._right: Span | None = None
        self._held = False
        self._title = Elided()
        self._title.setObjectName("name")
        self._legend = Legend()
        self._note = self.make_note()
        self._note.setObjectName("muted")
        self.plot = Plot("Plot")
        self.stops = Stops(self.plot)
        self._second: Any = None
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 4, 6, 4)
        box.setSpacing(2)
        box.addWidget(self._title)
        box.addWidget(self._legend)
        box.addWidget(self.plot, 1)
        box.addWidget(self._note)
        self.plot.getViewBox().sigRangeChangedManually.connect(self._hold)
        self.plot.scene().sigMouseClicked.connect(self._clicked)

    @property
    def curves(self) -> list[Any]:
        """What is drawn, one a series."""
        return self._curves

    @property
    def bars(self) -> dict[int, Any]:
        """Error bars, by the place of their series."""
        return self._bars

    def show_figure(
        self,
        figure: Figure,
        *,
        simulated: bool = False,
        envelope: Envelope | None = None,
    ) -> None:
        """Show a figure; a view that a person chose stays.

        ``envelope``: column -> bounds, drawn where they are near what is seen.
        """
        self.figure = figure
        self._envelope = envelope or {}
        self._title.setText(figure.title)
        self.plot.setAccessibleName(figure.title)
        self.plot.setAccessibleDescription(f"{figure.y_label} against {figure.x_label}")
        doubts = (f"{DOUBT} {each}" for each in figure.doubts)
        said = " ".join(filter(None, (*doubts, figure.note)))
        self._note.setText(said)
        self._note.setToolTip(said)
        self._note.setVisible(bool(said))
        self.plot.hatched = simulated
        shape = _shape_of(figure)
        if shape[:AXES] != self._shape[:AXES]:
            self._held = False
            self._x = self._y = self._right = None
        if shape != self._shape:
            self._rebuild(figure)
            self._shape = shape
        for k, (curve, series) in enumerate(
            zip(self._curves, figure.series, strict=True)
        ):
            banded = k in self._bands
            most = len(series.x) if banded else self.most_points(k)
            x, y = drawn(figure, series, most)
            give(curve, x, y)
            if banded and series.error is not None:
                give_band(self._bands[k], x, y, series.error)
            strokes = bars(figure, series)
            if k in self._bars and strokes is not None:
                give(self._bars[k], *strokes)
        if not self._held:
            self._range(figure)
        self._show_legend(figure)

    def strokes(self, figure: Figure) -> list[Stroke]:
        """Return how each series is drawn."""
        return strokes_of(figure)

    def entries(self, figure: Figure) -> tuple[Entry, ...]:
        """Return what the legend says."""
        return legend_of(figure)

    def most_points(self, _at: int) -> int:
        """Return how many points of a series are drawn; more are thinned."""
        return MOST_POINTS

    def make_note(self) -> QLabel:
        """Return the label beneath the plot."""
        return Elided()

    def fit(self) -> None:
        """Show everything."""
        self._held = False
        self._x = self._y = self._right = None
        if self.figure is not None:
            self._range(self.figure)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.plot.restyle()
        self.stops.clear()
        self._shape = ()
        if self.figure is not None:
            self.show_figure(
                self.figure, simulated=self.plot.hatched, envelope=self._envelope
            )

    def _rebuild(self, figure: Figure) -> None:
        for curve in (*self._curves, *self._bars.values()):
            (curve.getViewBox() or self.plot).removeItem(curve)
        for band in self._bands.values():
            self.plot.removeItem(band)
        self._curves, self._bands, self._bars = [], {}, {}
        item = self.plot.getPlotItem()
        item.setLogMode(x=figure.x_log, y=figure.y_log)
        item.getAxis("right").setLogMode(x=False, y=False)
        self.plot.label("bottom", figure.x_label)
        self.plot.label("left", figure.y_label)
        self.plot.getViewBox().setAspectLocked(figure.equal_scale)
        self._make_second(figure)
        for k, (series, stroke) in enumerate(
            zip(figure.series, self.strokes(figure), strict=True)
        ):
            add = add_points if series.points else add_line
            curve = add(self.plot, stroke.colour)
            self._curves.append(curve)
            if bars(figure, series) is not None:
                self._bars[k] = add_line(self.plot, stroke.colour)
            for made in (curve, *([self._bars[k]] if k in self._bars else [])):
                if series.right:
                    self.plot.removeItem(made)
                    self._second.addItem(made)
                made.setLogMode(figure.x_log, figure.y_log and not series.right)
            if has_band(series):
                self._bands[k] = add_band_about(self.plot, stroke.colour)
            dress(curve, stroke, points=series.points)

    def _show_legend(self, figure: Figure) -> None:
        entries = self.entries(figure)
        if self.stops.shown:
            entries = (*entries, Entry("hard stop", (theme().limit,)))
        self._legend.show_entries(entries)
        self._legend.setVisible(bool(entries))

    def _make_second(self, figure: Figure) -> None:
        item = self.plot.getPlotItem()
        item.showAxis("right", show=bool(figure.right_label))
        if not figure.right_label:
            return
        self.plot.label("right", figure.right_label)
        if self._second is None:
            self._second = pg.ViewBox(enableMenu=False)
            self._second.disableAutoRange()
            item.scene().addItem(self._second)
            item.getAxis("right").linkToView(self._second)
            self._second.setXLink(item.getViewBox())
            item.getViewBox().sigResized.connect(self._place_second)
        self._place_second()

    def _place_second(self) -> None:
        rect: QRectF = self.plot.getViewBox().sceneBoundingRect()
        self._second.setGeometry(rect)

    def _range(self, figure: Figure) -> None:
        across = [_axis(drawn(figure, s)[0], figure.x_log) for s in figure.series]
        left, right = (
            [
                part
                for s in figure.series
                if s.right is own
                for part in seen_of(figure, s)
            ]
            for own in (False, True)
        )
        x = span_of(*across)
        y = span_of(*(_axis(values, figure.y_log) for values in left))
        beside = span_of(*right)
        if x is not None:
            least = 1e-12 if figure.x_log else least_across(x)
            self._x = follow(self._x, x, least)
        if y is not None:
            self._y = follow(self._y, y)
        spans = {"bottom": self._x, "left": self._y}
        known = {side: span for side, span in spans.items() if span is not None}
        seen = self.stops.show(figure, self._envelope, known)
        if x is not None:
            self.plot.show_x(seen["bottom"])
        if y is not None and not figure.equal_scale:
            self.plot.show_y(seen["left"])
        elif x is not None and y is not None:
            self._equal(with_margin(x), with_margin(y))
        if beside is not None and self._second is not None:
            self._right = follow(self._right, beside)
            self._second.setYRange(self._right.low, self._right.high, padding=0)

    def _equal(self, x: Span, y: Span) -> None:
        rect = QRectF(x.low, y.low, x.size, y.size)
        self.plot.getViewBox().setRange(rect, padding=0)

    def _hold(self) -> None:
        self._held = True

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.fit()


def _shape_of(figure: Figure) -> tuple[Any, ...]:
    return (
        figure.name,
        figure.x_log,
        figure.y_log,
        figure.equal_scale,
        figure.x_label,
        figure.y_label,
        figure.right_label,
        theme().name,
        tuple(
            (
                *(s.name, s.points, s.right, s.shade, s.group),
                s.error is None,
                len(s.x) <= FEW,
            )
            for s in figure.series
        ),
    )


def _axis(values: Array, log: bool) -> Array:
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Array = np.log10(np.where(values > 0, values, math.nan))
    return logs
