"""Several cells, one number: mean, scatter, confidence, outliers, two groups.

Ratios (efficiency, retention) are averaged per cell, never formed from averages. A cell
is left out only by a rule written before the run; Grubbs' test marks, it does not
remove. What is common to all cells (balance, current range) does not average out and
is not in the interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.json_numbers import Number

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
FEWEST = 2
FEWEST_FOR_GRUBBS = 3
FEWEST_FOR_INTERVAL = 5
"""With fewer values Student's t makes an interval that says little (n = 2: ± 9 s)."""


@dataclass(frozen=True, slots=True)
class Group:
    """One quantity of several like cells, in its own unit."""

    count: int
    """Number of cells n."""
    mean: Number
    deviation: Number
    """Sample standard deviation s (n - 1); NaN for one cell."""
    half_width: Number
    """Of the 95 % confidence interval of the mean by Student's t; NaN for one cell."""
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
    half = student_t(n) * s / math.sqrt(n) if n >= FEWEST else math.nan
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
        half_width=half,
        median=float(np.median(x)),
        lowest=float(x.min()),
        highest=float(x.max()),
        outlier=outlier,
        grubbs=largest,
        grubbs_limit=limit,
    )


def student_t(count: int) -> float:
    """Return t(0.975, n - 1) for ``count`` cells, n ≥ 2."""
    return _quantile(count - 1, (1 + CONFIDENCE) / 2)


def grubbs_limit(count: int) -> float:
    """Return the two-sided 5 % limit of Grubbs' G for ``count`` cells, n ≥ 3."""
    n = count
    t = _quantile(n - 2, 1 - (1 - CONFIDENCE) / (2 * n))
    return (n - 1) / math.sqrt(n) * math.sqrt(t**2 / (n - 2 + t**2))


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """Two groups of cells, first minus second."""

    difference: float
    """Of the means."""
    half_width: float
    """Of the 95 % confidence interval of the difference by Welch."""
    t: float
    freedom: float
    """Welch–Satterthwaite degrees of freedom."""
    probability: float
    """Two-sided p."""
    hedges_g: float
    """Difference over the pooled deviation, freed of its small-sample bias."""

    @property
    def differs(self) -> bool:
        """True when p < 0.05."""
        return self.probability < 1 - CONFIDENCE


def compare(first: Sequence[float], second: Sequence[float]) -> GroupDifference:
    """Compare two groups of at least two cells each, variances not taken as equal."""
    a, b = describe(first), describe(second)
    if min(a.count, b.count) < FEWEST:
        raise ValueError(
            f"groups of {a.count} and {b.count} cells: each needs at least two"
        )
    va, vb = a.deviation**2 / a.count, b.deviation**2 / b.count
    u = math.sqrt(va + vb)
    if u == 0:
        raise ValueError("neither group scatters: the cells are not independent")
    freedom = (va + vb) ** 2 / (va**2 / (a.count - 1) + vb**2 / (b.count - 1))
    difference = a.mean - b.mean
    t = difference / u
    half = _quantile(freedom, (1 + CONFIDENCE) / 2) * u
    both = a.count + b.count - 2
    pooled = math.sqrt(
        ((a.count - 1) * a.deviation**2 + (b.count - 1) * b.deviation**2) / both
    )
    return GroupDifference(
        difference=difference,
        half_width=half,
        t=t,
        freedom=freedom,
        probability=2 * _below(freedom, -abs(t)),
        hedges_g=difference / pooled * _unbias(both),
    )


def _quantile(freedom: float, probability: float) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415  (whoever only reads needs none)

    return float(stdtrit(freedom, probability))


def _below(freedom: float, t: float) -> float:
    from scipy.special import stdtr  # noqa: PLC0415

    return float(stdtr(freedom, t))


def _unbias(freedom: int) -> float:
    """Return Hedges' exact correction Γ(m/2)/(√(m/2) Γ((m-1)/2))."""
    m = freedom
    return math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)


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
