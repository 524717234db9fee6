"""Current against voltage of a sweep by hand: linear and |I| on a logarithmic axis.

What the compliance forbids is a band; the slope through zero is a dashed line over
the points that it was made of.
"""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.by_hand.hand_sweep import HandSweep, Slope
from gui.look.palette import theme
from gui.parts.legend import Entry, Legend
from gui.plot.axis import Span, follow, span_of
from gui.plot.plotting import Plot, add_band, add_line, add_points, give
from labctl.data import Array

FAR = 20.0
"""Bands reach that many views beyond what is seen."""
LEAST = 1e-15


class IVPlot(QWidget):
    """Two plots of one sweep."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sweep: HandSweep | None = None
        self._slope = Slope(why_not="no sweep yet")
        self._x: Span | None = None
        self._y: Span | None = None
        self._log_y: Span | None = None
        self._legend = Legend()
        self.linear = Plot("Current against voltage")
        self.logarithmic = Plot("Magnitude of the current against voltage")
        self.logarithmic.getPlotItem().setLogMode(y=True)
        for plot, label in (
            (self.linear, "Current / A"),
            (self.logarithmic, "|I| / A"),
        ):
            plot.label("bottom", "Voltage / V")
            plot.label("left", label)
            plot.show_x(Span(-1.0, 1.0))
        self.linear.show_y(Span(-1e-3, 1e-3))
        self.logarithmic.show_y(Span(-9.0, -3.0))
        self._forth = [add_line(p, self._inks[0], width=2) for p in self._plots]
        self._back = [add_line(p, self._inks[1], width=2) for p in self._plots]
        self._held = [
            add_points(p, theme().limit, symbol="x", size=9) for p in self._plots
        ]
        self._fit = add_line(self.linear, theme().muted, dashed=True, z=20)
        for curve in (self._forth[1], self._back[1], self._held[1]):
            curve.setLogMode(False, True)
        self._bands: list[tuple[Any, float]] = []
        plots = QHBoxLayout()
        plots.setSpacing(6)
        plots.addWidget(self.linear, 3)
        plots.addWidget(self.logarithmic, 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self._legend)
        box.addLayout(plots, 1)

    def begin(self, sweep: HandSweep, *, simulated: bool) -> None:
        """Show another sweep."""
        self._sweep = sweep
        self._x = self._y = self._log_y = None
        for plot in self._plots:
            plot.hatched = simulated
        self._make_bands(sweep)
        self.draw()

    def draw(self) -> None:
        """Draw what has come."""
        sweep = self._sweep
        if sweep is None:
            return
        v, i = sweep.voltage, sweep.current
        turn = sweep.turn
        size = np.where(i == 0.0, np.nan, np.abs(i))
        self._slope = sweep.slope()
        for k, y in enumerate((i, size)):
            give(self._forth[k], v[:turn], y[:turn])
            give(self._back[k], v[max(turn - 1, 0) :], y[max(turn - 1, 0) :])
            give(self._held[k], v[sweep.limited], y[sweep.limited])
        if sweep.ended:
            self._x = self._y = self._log_y = None
        self._draw_fit()
        self._range(v, i, size)
        self._tell(loops=turn < len(v), held=bool(sweep.limited.any()))

    def restyle(self) -> None:
        """Take the theme's colours."""
        for k, plot in enumerate(self._plots):
            plot.restyle()
            self._forth[k].setPen(pg.mkPen(self._inks[0], width=2))
            self._back[k].setPen(pg.mkPen(self._inks[1], width=2))
            self._held[k].setSymbolBrush(pg.mkBrush(theme().limit))
        if self._sweep is not None:
            self._make_bands(self._sweep)
            self.draw()

    @property
    def _plots(self) -> tuple[Plot, Plot]:
        return self.linear, self.logarithmic

    @property
    def _inks(self) -> tuple[str, str]:
        if theme().name == "dark":
            return "#4aa8e0", "#e6b23c"
        return "#0072b2", "#a97400"

    def _draw_fit(self) -> None:
        slope = self._slope
        if slope.why_not:
            give(self._fit, np.empty(0), np.empty(0))
            return
        x = np.array([-1.5, 1.5]) * slope.within
        give(self._fit, x, slope.intercept + slope.conductance * x)

    def _make_bands(self, sweep: HandSweep) -> None:
        for band, _ in self._bands:
            self.linear.removeItem(band)
        self._bands = []
        upright = sweep.driven == "current"
        for sign in (1.0, -1.0):
            bound = sign * sweep.compliance
            band = add_band(self.linear, bound, bound)
            if upright:
                self.linear.removeItem(band)
                band = _upright(band, bound)
                self.linear.addItem(band, ignoreBounds=True)
            self._bands.append((band, bound))

    def _range(self, v: Array, i: Array, size: Array) -> None:
        x, y, logs = span_of(v), span_of(i), span_of(np.log10(size))
        if x is None or y is None:
            return
        self._x = follow(self._x, x, LEAST)
        self._y = follow(self._y, y, LEAST)
        self.linear.show_x(self._x)
        self.linear.show_y(self._y)
        self.logarithmic.show_x(self._x)
        if logs is not None:
            self._log_y = follow(self._log_y, logs)
            self.logarithmic.show_y(self._log_y)
        upright = self._sweep is not None and self._sweep.driven == "current"
        across = self._x if upright else self._y
        for band, bound in self._bands:
            reach = FAR * across.size
            edge = max(bound, across.high) + reach
            if bound < 0:
                edge = min(bound, across.low) - reach
            far = abs(bound) > abs(across.high) + abs(across.low) + reach
            band.setVisible(not far)
            band.setRegion((bound, edge))

    def _tell(self, *, loops: bool, held: bool) -> None:
        entries = [Entry("there", (self._inks[0],))]
        if loops:
            entries.append(Entry("back", (self._inks[1],)))
        if held:
            entries.append(Entry("in compliance", (theme().limit,), points=True))
        entries.append(Entry("compliance", (theme().limit,)))
        if not self._slope.why_not:
            entries.append(Entry("slope through zero", (theme().muted,), dashed=True))
        self._legend.show_entries(tuple(entries))


def _upright(like: Any, bound: float) -> Any:
    """Return a band between two abscissas in the colours of another."""
    band = pg.LinearRegionItem(
        (bound, bound),
        orientation="vertical",
        movable=False,
        brush=like.brush,
        pen=like.lines[0].pen,
    )
    band.setZValue(-50)
    return band
