"""Several cells, described: mean, scatter, the one that lies far off.

Ratios (efficiency, retention) are averaged per cell, never formed from averages. A cell
is left out only by a rule written before the run; Grubbs' test marks, it does not
remove. How well the mean is known, and what two groups have to do with each other:
`labctl.analysis.groups`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.student import student_quantile
from labctl.json_numbers import Number

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
FEWEST = 2
FEWEST_FOR_GRUBBS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """One quantity of several like cells, in its own unit."""

    count: int
    """Number of cells n."""
    mean: Number
    deviation: Number
    """Sample standard deviation s (n - 1); NaN for one cell."""
    median: Number
    lowest: Number
    highest: Number
    outlier: int | None
    """Index of the cell that Grubbs' two-sided 5 % test marks; None if none."""
    grubbs: Number
    """Largest |value - mean|/s; NaN for fewer than three cells."""
    grubbs_limit: Number
    """What it may be at 5 %; NaN for fewer than three cells."""


def describe(values: ArrayLike) -> Group:
    """Describe like cells. ValueError: none, or one that is not finite."""
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    if n == 0 or not np.isfinite(x).all():
        raise ValueError(f"cells: {x.tolist()} must be at least one finite number")
    mean = float(x.mean())
    s = float(x.std(ddof=1)) if n >= FEWEST else math.nan
    largest, limit, outlier = math.nan, math.nan, None
    if n >= FEWEST_FOR_GRUBBS:
        limit = grubbs_limit(n)
        off = np.abs(x - mean)
        largest = float(off.max()) / s if s > 0 else 0.0
        outlier = int(off.argmax()) if largest > limit else None
    return Group(
        count=n,
        mean=mean,
        deviation=s,
        median=float(np.median(x)),
        lowest=float(x.min()),
        highest=float(x.max()),
        outlier=outlier,
        grubbs=largest,
        grubbs_limit=limit,
    )


def grubbs_limit(count: int) -> float:
    """Return the two-sided 5 % limit of Grubbs' G for ``count`` cells, n ≥ 3."""
    n = count
    t = student_quantile(n - 2, 1 - (1 - CONFIDENCE) / (2 * n))
    return (n - 1) / math.sqrt(n) * math.sqrt(t**2 / (n - 2 + t**2))


@dataclass(frozen=True, slots=True)
class MeanCurve:
    """Curves of several cells on one grid; arrays have shape (m,)."""

    x: Floats
    mean: Floats
    deviation: Floats
    """Sample standard deviation; NaN where fewer than two cells reach."""
    count: NDArray[np.int64]
    """How many cells reach each point: no cell is extrapolated."""


def mean_at_points(curves: Sequence[tuple[ArrayLike, ArrayLike]]) -> MeanCurve:
    """Average curves (x, y) of several cells wherever any of them has a point.

    For what is counted, such as cycles: nothing is interpolated, a cell without a
    finite value at an x does not count there.
    """
    points = [(np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in curves]
    grid = np.unique(np.concatenate([x for x, _ in points] or [np.empty(0)]))
    rows = np.full((len(points), len(grid)), np.nan)
    for row, (x, y) in zip(rows, points, strict=True):
        row[np.searchsorted(grid, x)] = y
    return _averaged(grid, rows)


def _averaged(grid: Floats, rows: Floats) -> MeanCurve:
    there = np.isfinite(rows)
    n = there.sum(axis=0)
    filled = np.where(there, rows, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / n
        square = np.where(there, (rows - mean) ** 2, 0.0).sum(axis=0)
        deviation = np.where(n >= FEWEST, np.sqrt(square / (n - 1)), np.nan)
    return MeanCurve(grid, np.where(n > 0, mean, np.nan), deviation, n)
