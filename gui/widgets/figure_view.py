"""Draws a `labctl.figure.Figure`: the same value that the report draws."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.models.axis import Span, follow, span_of, with_margin
from gui.models.loops import thinned
from gui.palette import theme
from gui.widgets.inputs import Elided
from gui.widgets.legend import Entry, Legend
from gui.widgets.plotting import Plot, add_line, add_points, give
from gui.widgets.strokes import SYMBOLS, Stroke, add_band_about, dress, give_band
from labctl.data import Array
from labctl.figure import Figure, Series
from labctl.report.palette import look, shaded

MOST_POINTS = 4000
"""Of one series; more are thinned along its length."""
RAMP = (0.0, 0.33, 0.67, 1.0)


class FigureView(QWidget):
    """One figure: title, legend, plot, note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self._curves: list[Any] = []
        self._bands: dict[int, Any] = {}
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

    def show_figure(self, figure: Figure, *, simulated: bool = False) -> None:
        """Show a figure; a view that a person chose stays."""
        self.figure = figure
        self._title.setText(figure.title)
        self.plot.setAccessibleName(figure.title)
        self.plot.setAccessibleDescription(f"{figure.y_label} against {figure.x_label}")
        self._note.setText(figure.note)
        self._note.setToolTip(figure.note)
        self._note.setVisible(bool(figure.note))
        self.plot.hatched = simulated
        shape = _shape_of(figure)
        if shape != self._shape:
            self._rebuild(figure)
            self._shape = shape
        for k, (curve, series) in enumerate(
            zip(self._curves, figure.series, strict=True)
        ):
            banded = k in self._bands
            most = len(series.x) if banded else self.most_points(k)
            x, y = _drawn(figure, series, most)
            give(curve, x, y)
            if banded and series.error is not None:
                give_band(self._bands[k], x, y, series.error)
        if not self._held:
            self._range(figure)

    def strokes(self, figure: Figure) -> list[Stroke]:
        """Return how each series is drawn: families in shades, others in hues."""
        groups = list(dict.fromkeys(s.group for s in figure.series))
        found, hue = [], 0
        for series in figure.series:
            if series.shade is not None:
                colour = _ink(shaded(series.shade, groups.index(series.group)))
            else:
                colour = _ink(look(hue, 0))
                hue += 1
            found.append(Stroke(colour, SYMBOLS[max(hue - 1, 0) % len(SYMBOLS)]))
        return found

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

    def wear(self) -> None:
        """Take the theme's colours."""
        self.plot.wear()
        self._shape = ()
        if self.figure is not None:
            self.show_figure(self.figure, simulated=self.plot.hatched)

    def _rebuild(self, figure: Figure) -> None:
        for curve in self._curves:
            (curve.getViewBox() or self.plot).removeItem(curve)
        for band in self._bands.values():
            self.plot.removeItem(band)
        self._curves, self._bands = [], {}
        item = self.plot.getPlotItem()
        item.setLogMode(x=figure.x_log, y=figure.y_log)
        self.plot.label("bottom", figure.x_label)
        self.plot.label("left", figure.y_label)
        self.plot.getViewBox().setAspectLocked(figure.equal_scale)
        self._make_second(figure)
        for k, (series, stroke) in enumerate(
            zip(figure.series, self.strokes(figure), strict=True)
        ):
            add = add_points if series.points else add_line
            curve = add(self.plot, stroke.colour)
            if series.right:
                self.plot.removeItem(curve)
                self._second.addItem(curve)
            curve.setLogMode(figure.x_log, figure.y_log and not series.right)
            self._curves.append(curve)
            if has_band(series):
                self._bands[k] = add_band_about(self.plot, stroke.colour)
            dress(curve, stroke, points=series.points)
        self._legend.show_entries(self.entries(figure))
        self._legend.setVisible(len(figure.series) > 1)

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
        drawn = [(s, *_drawn(figure, s)) for s in figure.series]
        x = span_of(*(_axis(x, figure.x_log) for _, x, _ in drawn))
        ys = [values for s, _, values in drawn if not s.right]
        for s in figure.series:
            if has_band(s) and s.error is not None:
                ys += [s.y - s.error, s.y + s.error]
        y = span_of(*(_axis(values, figure.y_log) for values in ys))
        right = span_of(*(y for s, _, y in drawn if s.right))
        if x is not None:
            self._x = follow(self._x, x)
            self.plot.show_x(self._x)
        if y is not None:
            self._y = follow(self._y, y)
            if not figure.equal_scale:
                self.plot.show_y(self._y)
            elif x is not None:
                self._equal(with_margin(x), with_margin(y))
        if right is not None and self._second is not None:
            self._right = follow(self._right, right)
            self._second.setYRange(self._right.low, self._right.high, padding=0)

    def _equal(self, x: Span, y: Span) -> None:
        rect = QRectF(x.low, y.low, x.size, y.size)
        self.plot.getViewBox().setRange(rect, padding=0)

    def _hold(self) -> None:
        self._held = True

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.fit()


def has_band(series: Series) -> bool:
    """Whether a series is drawn with a band of its error about it."""
    return series.error is not None and not (series.points or series.right)


def legend_of(figure: Figure) -> tuple[Entry, ...]:
    """Return the entries: every plain series, and each shaded family as one."""
    entries, hue = [], 0
    groups = list(dict.fromkeys(s.group for s in figure.series))
    families: dict[str, list[Series]] = {}
    for series in figure.series:
        if series.shade is None:
            side = " (right)" if series.right else ""
            colour = _ink(look(hue, 0))
            entries.append(Entry(series.name + side, (colour,), series.points))
            hue += 1
        else:
            families.setdefault(series.group, []).append(series)
    for group, members in families.items():
        first, last = members[0].name, members[-1].name
        text = first if first == last else f"{first} … {last}"
        ramp = tuple(_ink(shaded(at, groups.index(group))) for at in RAMP)
        entries.append(Entry(f"{group} {text}".strip(), ramp, members[0].points))
    return tuple(entries)


def _ink(look_: Any) -> str:
    colour = look_.colour
    return str(colour.dark if theme().name == "dark" else colour.light)


def _shape_of(figure: Figure) -> tuple[Any, ...]:
    return (
        theme().name,
        figure.name,
        figure.x_log,
        figure.y_log,
        figure.x_label,
        figure.y_label,
        figure.right_label,
        tuple((s.name, s.points, s.right, s.shade, s.group) for s in figure.series),
    )


def _drawn(
    figure: Figure, series: Series, most: int = MOST_POINTS
) -> tuple[Array, Array]:
    """Return the points, without what a logarithm does not have."""
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    if figure.x_log:
        x = np.where(x > 0, x, np.nan)
    if figure.y_log and not series.right:
        y = np.where(y > 0, y, np.nan)
    return thinned(x, y, most) if len(x) > most else (x, y)


def _axis(values: Array, log: bool) -> Array:
    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Array = np.log10(np.where(values > 0, values, math.nan))
    return logs
