"""Which points of a long curve are drawn, so that the eye sees all of it.

A function of x keeps the lowest and the highest point of every pixel column; a loop
(Q-V, Nyquist, cyclic voltammogram) keeps points evenly spaced along its length and
its extremes. Everything is judged in pixels, so that log axes thin rightly too.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.data import Array

Indices = NDArray[np.intp]

PIXELS = 1000.0
"""Where the plot's size is not known, curves are judged on a square of that size."""


def in_pixels(values: Array, *, log: bool = False) -> Array:
    """Return where values lie on an axis of `PIXELS` that just holds them."""
    if log:
        values = np.log10(np.where(values > 0, values, np.nan))
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.full(values.shape, np.nan)
    low, span = finite.min(), float(np.ptp(finite))
    scaled: Array = (values - low) * (PIXELS / span if span > 0 else 1.0)
    return scaled


def thin(x: Array, y: Array, most: int) -> Indices:
    """Return the rows to draw, ascending.

    Parameters
    ----------
    x, y
        Pixels, shape (n,); NaN where there is nothing to draw.
    most
        Points to keep, about; two per pixel of the plot's width lose nothing that an
        eye could see. Fewer make the columns wider than a pixel.
    """
    rows: Indices = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if rows.size <= most:
        return rows
    steps = np.diff(x[rows])
    if (steps >= 0).all() or (steps <= 0).all():
        return rows[_column_extremes(x[rows], y[rows], most // 2)]
    return rows[_along(x[rows], y[rows], most)]


def breaks(x: Array, y: Array, rows: Indices) -> NDArray[np.bool_]:
    """Return True before each of `rows` where a gap precedes it; the first is True."""
    missing = np.cumsum(~(np.isfinite(x) & np.isfinite(y)))
    return np.concatenate(([True], np.diff(missing[rows]) > 0))[: rows.size]


def _column_extremes(x: Array, y: Array, count: int) -> Indices:
    size = max(1.0, abs(float(x[-1] - x[0])) / count)
    columns = np.floor(x / size).astype(np.int64)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(columns) != 0)))
    counts = np.diff(np.append(starts, columns.size))
    group = np.repeat(np.arange(starts.size), counts)
    ends = [np.array([0, x.size - 1])]
    for extreme in (np.minimum, np.maximum):
        hits = np.flatnonzero(y == extreme.reduceat(y, starts)[group])
        first = np.concatenate(([True], np.diff(group[hits]) != 0))
        ends.append(hits[first])
    return np.unique(np.concatenate(ends))


def _along(x: Array, y: Array, count: int) -> Indices:
    length = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    even = np.searchsorted(length, np.linspace(0.0, length[-1], count - 4))
    extremes = [x.argmin(), x.argmax(), y.argmin(), y.argmax()]
    return np.unique(np.concatenate((np.minimum(even, x.size - 1), extremes)))
