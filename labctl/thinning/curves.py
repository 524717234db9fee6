"""Which points of a long curve are drawn, so that the eye sees all of it.

A function of x keeps the lowest and the highest point of every pixel column. Where x
goes back (Q-V, Nyquist, a voltammogram, a clock that was set), pieces of equal length
along the curve take the place of columns, and each keeps its extremes in x and y.
Groups are runs of rows: nothing relies on the order of x. Everything is judged in
pixels, so that log axes thin rightly too.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.data import Array

Indices = NDArray[np.intp]

PER_PIECE = 4
"""Extremes of a piece of a curve."""
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


def thinned(
    x: Array,
    y: Array,
    error: Array | None = None,
    *,
    most: int,
    x_log: bool = False,
    y_log: bool = False,
) -> tuple[Array, Array, Array | None]:
    """Return the points to draw of one curve, at most about ``most``.

    Every one is a point that was given; a gap stays one NaN. Extremes are kept.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    error = None if error is None else np.asarray(error, float)
    if x.size <= most:
        return x, y, error
    across, up = in_pixels(x, log=x_log), in_pixels(y, log=y_log)
    rows = thin(across, up, most)
    gaps = np.flatnonzero(breaks(across, up, rows))[1:]
    x, y = (np.insert(values[rows], gaps, np.nan) for values in (x, y))
    return x, y, None if error is None else np.insert(error[rows], gaps, np.nan)


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
    ends = np.array([0, x.size - 1])
    return np.unique(np.concatenate((ends, *_extremes(y, starts))))


def _along(x: Array, y: Array, count: int) -> Indices:
    """Return the extremes of every piece of the curve; what is left lies evenly."""
    length = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    pieces = max(count // PER_PIECE, 1)
    piece = np.minimum(length / (length[-1] or 1.0) * pieces, pieces - 1).astype(int)
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    kept = np.unique(np.concatenate((*_extremes(x, starts), *_extremes(y, starts))))
    spare = np.linspace(0.0, length[-1], max(count - kept.size, 2))
    even = np.minimum(np.searchsorted(length, spare), x.size - 1)
    return np.union1d(kept, even)


def _extremes(values: Array, starts: Indices) -> tuple[Indices, Indices]:
    """Return the first row with the lowest, with the highest value of every group."""
    lowest = np.minimum.reduceat(values, starts)
    highest = np.maximum.reduceat(values, starts)
    return _first_hits(values, lowest, starts), _first_hits(values, highest, starts)


def _first_hits(values: Array, wanted: Array, starts: Indices) -> Indices:
    counts = np.diff(np.append(starts, values.size))
    group = np.repeat(np.arange(starts.size), counts)
    hits: Indices = np.flatnonzero(values == wanted[group])
    first: Indices = hits[np.diff(group[hits], prepend=-1) != 0]
    return first
