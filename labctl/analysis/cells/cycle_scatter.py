"""How a number scatters from cycle to cycle (type A), beside what changes smoothly.

What changes smoothly is the cell's own: it counts to a mean over these cycles, not to
its error. Second differences see no straight trend and little of a bent one; those of
single cycles tell what is by chance in each, those of means over blocks of cycles what
several in a row have in common. The larger counts. A wave longer than the blocks is
taken for the cell's own; of the ammeter's drift the meter's budget knows.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.uncertainty import Measured
from labctl.sources import Kind, Source

Floats = NDArray[np.float64]

FEWEST = 5
"""Cycles below which nothing is said of their scatter."""
FEWEST_BLOCKS = 8
NORMAL = 1.4826
"""Standard deviation over median absolute deviation, of a normal distribution."""
FREEDOM = 0.4
"""Degrees of freedom for each second difference: a median uses 37 % of its values
(ARE of the median absolute deviation), and three have each value in common."""
MOST_ALIKE = 0.9
"""Autocorrelation that is believed at most: beyond, what is left is a trend."""


def with_scatter(mean: Measured, values: ArrayLike) -> Measured:
    """Return the mean of ``values``, in order of cycles, with its scatter as a part."""
    y = np.asarray(values, dtype=np.float64)
    if len(y) < FEWEST:
        return mean
    block = max(min(round(math.sqrt(len(y))), len(y) // FEWEST_BLOCKS), 1)
    spread, freedom = max(_of_mean(y, 1), _of_mean(y, block))
    term = "scatter between cycles"
    source = Source.fresh(term, mean.value, spread, kind=Kind.A)
    return mean.with_part(source, spread, freedom)


def _of_mean(y: Floats, block: int) -> tuple[float, float]:
    """Return the standard uncertainty of the mean and its degrees of freedom."""
    count = len(y) // block
    means = y[len(y) - count * block :].reshape(count, block).mean(axis=1)
    second = np.abs(np.diff(means, 2))
    deviation = NORMAL * float(np.median(second)) / math.sqrt(6.0)
    return deviation / math.sqrt(count), max(FREEDOM * len(second), 1.0)


@dataclass(frozen=True, slots=True)
class Scatter:
    """What is left beside a straight line."""

    deviation: float
    """Of one cycle; NaN if there are too few."""
    freedom: float
    slope: float
    """Change from one cycle to the next; NaN if there are too few."""


def beside_line(number: ArrayLike, value: ArrayLike) -> Scatter:
    """Return how ``value`` scatters about a line over ``number``, shape (n,)."""
    x, y = np.asarray(number, dtype=float), np.asarray(value, dtype=float)
    n = len(y)
    if n < FEWEST:
        return Scatter(math.nan, math.nan, math.nan)
    slope, offset = np.polyfit(x - x.mean(), y, 1)
    rest = y - offset - slope * (x - x.mean())
    deviation = math.sqrt(float(rest @ rest) / (n - 2))
    return Scatter(deviation, n - 2.0, float(slope))


def repeated(rest: Floats) -> float:
    """Return how many residuals in a row say the same: (1 + r)/(1 − r), r at lag 1.

    Beside a fitted line n residuals show r too small by (1 + 4 r)/n (Kendall 1954).
    """
    square, n = float(rest @ rest), len(rest)
    alike = float(rest[1:] @ rest[:-1]) / square if square > 0 else 0.0
    if n > FEWEST:
        alike = (n * alike + 1) / (n - 4)
    alike = min(max(alike, 0.0), MOST_ALIKE)
    return (1 + alike) / (1 - alike)
