"""pyqtgraph as this window uses it: made here, so that its traps are avoided once.

Own thinning instead of its own (which loses loops and newest points); fixed ranges
instead of automatic ones; no context menu that turns a voltage into its derivative; no
SI prefix on labels that have one (`kmAh`); curves are made once and given new data.
"""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QWidget

from gui.look.palette import theme
from gui.look.si_text import MINUS
from gui.plot.axis import Span
from labctl.data import Array

pg.setConfigOptions(antialias=False, segmentedLineMode="on", useOpenGL=False)

AXIS_WIDTH = 72
"""Pixels of the left axis, the same on all plots, so that stacked ones line up; a
name and ``−208.3`` stand side by side."""


PREFIXED = frozenset({"A", "V", "T", "Ω", "Hz", "ohm"})
"""Base units; pyqtgraph would also make `kmAh` and `k%` of others."""


COARSEST, FINEST = 0, 2
"""Levels of ticks. Finer ones than the coarsest double the cost of a repaint, since
each is a grid line too; a logarithmic axis would else show whole decades only."""
NEARLY = 1e-9
CROWDED = 1.6
"""Decades beyond which only whole ones are labelled."""


class Axis(pg.AxisItem):
    """An axis that writes a true minus."""

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:  # noqa: N802, D102
        texts = super().tickStrings(values, scale, spacing)
        plain = [str(text).replace("-", MINUS) for text in texts]
        if self.logMode:  # the one power that pyqtgraph writes unlike its neighbours
            plain = ["10⁻⁴" if text == "0.0001" else text for text in plain]
        minor: Any = spacing  # None between the decades of a logarithmic axis
        if not self.logMode or minor is not None:
            return plain
        low, high = sorted(self.range)
        kept = {1} if high - low > CROWDED else {1, 2, 5}
        return [
            text if _leading(at) in kept else ""
            for at, text in zip(values, plain, strict=True)
        ]

    def updateAutoSIPrefix(self) -> None:  # noqa: N802
        """Take no prefix where none is wanted; pyqtgraph would keep the last one."""
        if self.autoSIPrefix:
            super().updateAutoSIPrefix()
            return
        self.autoSIPrefixScale, self.labelUnitPrefix = 1.0, ""
        self._updateLabel()

    def labelString(self) -> str:  # noqa: N802
        """Write quantity and unit as ``Current / mA``."""
        unit = self.labelUnits
        prefix = self.labelUnitPrefix
        tail = f" / {prefix}{unit}" if unit else ""
        colour = theme().muted
        return f'<span style="color: {colour}">{self.labelText}{tail}</span>'


class Plot(pg.PlotWidget):
    """A plot with the house's axes; the mouse zooms and pans, nothing else."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        axes = {side: Axis(side) for side in ("left", "bottom", "right")}
        super().__init__(parent=parent, axisItems=axes, enableMenu=False)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAccessibleName(name)
        self.setMinimumSize(180, 110)
        self.hatched = False
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.getViewBox().disableAutoRange()
        item.showAxis("right", show=False)
        item.getAxis("left").setWidth(AXIS_WIDTH)
        for side in axes:
            item.getAxis(side).enableAutoSIPrefix(False)
            item.getAxis(side).setStyle(maxTickLevel=COARSEST)
        self.restyle()

    def restyle(self) -> None:
        """Take the theme's colours."""
        t = theme()
        self.setBackground(t.panel)
        item = self.getPlotItem()
        for side in ("left", "bottom", "right"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(t.border, width=1))
            axis.setTextPen(pg.mkPen(t.muted))
            axis.setStyle(tickLength=-4)
            axis.setZValue(-100)
        item.showGrid(x=True, y=True, alpha=0.10)

    def label(self, side: str, text: str) -> None:
        """Name an axis as ``Current / A``; base units take a prefix by themselves."""
        axis = self.getPlotItem().getAxis(side)
        quantity, _, unit = text.rpartition(" / ")
        prefixed = unit in PREFIXED and not axis.logMode
        axis.setStyle(maxTickLevel=FINEST if axis.logMode else COARSEST)
        axis.enableAutoSIPrefix(prefixed)
        axis.setLabel(quantity if prefixed else text, units=unit if prefixed else None)
        axis.resizeEvent()  # else another text stands where the last one was centred

    def show_x(self, span: Span) -> None:
        """Show a range of the abscissa."""
        self.getViewBox().setXRange(span.low, span.high, padding=0)

    def show_y(self, span: Span) -> None:
        """Show a range of the ordinate."""
        self.getViewBox().setYRange(span.low, span.high, padding=0)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802
        """Hatch a corner of what is simulated."""
        super().drawForeground(painter, rect)
        if not self.hatched:
            return
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme().simulated), 1.5))
        right = float(self.viewport().width())
        for k in range(3, 24, 5):
            painter.drawLine(QPointF(right - k, 0), QPointF(right, k))
        painter.restore()


def _leading(exponent: float) -> float:
    """Return the first digit of a power of ten: 2 for 0.2 and for 20."""
    return round(math.pow(10.0, exponent - math.floor(exponent + NEARLY)), 6)


def add_line(
    plot: Plot, colour: str, *, width: int = 1, dashed: bool = False, z: float = 0
) -> Any:
    """Add a curve, and set its options after adding: given before, they are lost."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    curve = pg.PlotDataItem(pen=pg.mkPen(colour, width=width, style=style))
    plot.addItem(curve)
    _no_tricks(curve)
    curve.setZValue(z)
    return curve


def add_points(plot: Plot, colour: str, *, symbol: str = "o", size: int = 6) -> Any:
    """Add a curve of markers."""
    curve = pg.PlotDataItem(
        pen=None,
        symbol=symbol,
        symbolSize=size,
        symbolPen=None,
        symbolBrush=pg.mkBrush(colour),
    )
    plot.addItem(curve)
    _no_tricks(curve)
    return curve


def give(curve: Any, x: Array, y: Array) -> None:
    """Give a curve its points; NaN breaks the line, and alone it is no point."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if not (np.isfinite(x) & np.isfinite(y)).any():
        x = y = np.empty(0)
    curve.setData(x, y, connect="finite")


def add_band(plot: Plot, low: float, high: float, *, upright: bool = False) -> Any:
    """Add a shaded band between two ordinates: what no reading may enter.

    ``upright``: between two abscissae.
    """
    colour = QColor(theme().limit)
    edge = pg.mkPen(colour, width=1)
    colour.setAlpha(34)
    way = "vertical" if upright else "horizontal"
    band = pg.LinearRegionItem(
        (low, high), orientation=way, movable=False, brush=colour, pen=edge
    )
    band.setZValue(-50)
    plot.addItem(band, ignoreBounds=True)
    return band


def add_now(plot: Plot) -> Any:
    """Add the line between what was measured and what is forecast."""
    line = pg.InfiniteLine(
        angle=90, movable=False, pen=pg.mkPen(theme().muted, width=1)
    )
    plot.addItem(line, ignoreBounds=True)
    return line


def _no_tricks(curve: Any) -> None:
    curve.setDownsampling(auto=False, ds=1)
    curve.setClipToView(False)
