"""Axes of figures for paper: labels, scales, ticks, and how tall a figure is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

from labctl.drawing.counted import counts
from labctl.figures.figure import Figure

SHAPE = 0.72
"""Height over width, unless told."""
MOST_ACROSS, MOST_UP = 6, 8
"""Intervals between labels of an axis: those of x lie side by side."""
SHORT = 12.0
"""A logarithmic axis that spans less has no powers of ten to speak of."""
BESIDE, BELOW = 13.0, 13.0
"""mm that the labels of axes take."""
FLATTEST = (0.4, 1.1)
"""Height over width of a plot with equal scales, at least and at most."""


def axes_of(figure: Figure, left: Any, right: Any) -> None:
    """Put labels, scales and ticks on; ``right``: None, or the axis on that side."""
    left.set_xlabel(figure.x_label)
    left.set_ylabel(figure.y_label)
    if figure.x_log:
        left.set_xscale("log")
    if figure.y_log:
        left.set_yscale("log")
    if right is not None:
        right.set_ylabel(figure.right_label)
    else:
        left.tick_params(which="both", right=True)
    left.tick_params(which="both", top=True)
    left.minorticks_on()
    _ticks(left.xaxis, left.get_xlim(), MOST_ACROSS)
    for axes in filter(None, (left, right)):
        _ticks(axes.yaxis, axes.get_ylim(), MOST_UP)
    if counts(figure):
        low, high = left.get_xlim()
        left.set_xlim(min(low, math.ceil(low) - 0.5), max(high, math.floor(high) + 0.5))
        left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        left.tick_params(axis="x", which="minor", bottom=False, top=False)
    if figure.equal_scale:
        _equal(figure, left)
    if not any(np.isfinite(np.asarray(s.y, float)).any() for s in figure.series):
        left.text(0.5, 0.5, "No data", ha="center", transform=left.transAxes)


def _ticks(axis: Any, ends: tuple[float, float], most: int) -> None:
    """Let labels stand apart, and say a short logarithmic axis in plain numbers."""
    where = MaxNLocator(most, steps=(1, 2, 2.5, 5, 10))
    if axis.get_scale() == "linear":
        axis.set_major_locator(where)
    elif ends[0] > 0 and ends[1] / ends[0] < SHORT:
        axis.set_major_locator(NullLocator())
        axis.set_minor_locator(where)
        axis.set_minor_formatter(ScalarFormatter())


def height_of(figure: Figure, across: float) -> float:
    """Return how tall a figure is without further rows of its legend, mm."""
    if not figure.equal_scale:
        return across * SHAPE
    return (across - BESIDE) * _flatness(figure) + BELOW


def _flatness(figure: Figure) -> float:
    """Return height over width of a plot in which one unit is as long either way."""
    x, y = (_span([getattr(s, name) for s in figure.series]) for name in ("x", "y"))
    high = max(y[1], 0.0) - min(y[0], 0.0)
    return float(np.clip(high / (x[1] - x[0] or 1.0), *FLATTEST))


def _equal(figure: Figure, axes: Any) -> None:
    """Make a unit as long in x as in y, on a floor of zero where nothing is below."""
    x, y = (_span([getattr(s, name) for s in figure.series]) for name in ("x", "y"))
    low = min(y[0], 0.0)
    wide = max(x[1] - x[0], (max(y[1], 0.0) - low) / FLATTEST[1]) or 1.0
    middle = (x[0] + x[1]) / 2
    edge = 0.04 * wide
    axes.set_xlim(middle - wide / 2 - edge, middle + wide / 2 + edge)
    axes.set_ylim(low - edge, low + wide * _flatness(figure) + edge)
    axes.set_aspect("equal", adjustable="box")


def _span(values: Sequence[Any]) -> tuple[float, float]:
    every = np.concatenate(
        [np.asarray(each, float) for each in values] or [np.zeros(1)]
    )
    known = every[np.isfinite(every)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
