"""How a series is drawn: hue, dash, width, markers, a band of its deviation.

Dashes are drawn without pyqtgraph's segments, which begin the pattern anew at every
point; that is cheap only for curves of few points.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QColor

from gui.plot.plotting import Plot
from labctl.data import Array

SYMBOLS = ("o", "s", "t1", "d", "t")
FEW = 600
"""Points up to which a line may be dashed: 2 ms a redraw; 4 000 noisy ones take 1 s."""
BAND_ALPHA = 46
SIZE, LARGE = 6, 9
"""Pixels of a marker, and of one in front."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How one series is drawn."""

    colour: str
    symbol: str = SYMBOLS[0]
    """Of its markers, where it has them."""
    dash: tuple[float, ...] = ()
    """In pixels, on and off; empty is solid."""
    width: int = 1
    """Of a line, in pixels; two are for curves of few points."""
    size: int = SIZE
    """Of its markers, in pixels."""
    front: bool = False
    """Wider, and before the others."""
    behind: bool = False
    """Behind all that have a colour."""


def dress(curve: Any, stroke: Stroke, *, points: bool) -> None:
    """Draw a curve so from now on."""
    width = 2 if stroke.front else stroke.width
    if points:
        curve.setSymbol(stroke.symbol)
        curve.setSymbolBrush(pg.mkBrush(stroke.colour))
        curve.setSymbolSize(LARGE if stroke.front else stroke.size)
    else:
        x, _ = curve.getOriginalDataset()
        few = x is None or len(x) <= FEW
        dash = [d / width for d in stroke.dash] if few and stroke.dash else None
        curve.setPen(pg.mkPen(stroke.colour, width=width, dash=dash))
        curve.curve.setSegmentedLineMode("off" if dash else "on")
    curve.setZValue(10 if stroke.front else -10 if stroke.behind else 0)


def add_band_about(plot: Plot, colour: str) -> Any:
    """Add an empty band in a curve's colour; `give_band` fills it."""
    fill = QColor(colour)
    fill.setAlpha(BAND_ALPHA)
    edges = [pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)]
    band = pg.FillBetweenItem(*edges, brush=pg.mkBrush(fill))
    band.setZValue(-20)
    plot.addItem(band, ignoreBounds=True)
    return band


def give_band(band: Any, x: Array, y: Array, error: Array) -> None:
    """Give a band the points of its curve; no deviation makes it as thin as nothing."""
    about = np.where(np.isfinite(error), error, 0.0)
    for edge, sign in zip(band.curves, (-1.0, 1.0), strict=True):
        edge.setData(x, y + sign * about, connect="finite")
