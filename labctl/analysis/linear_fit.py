"""Fit a straight line, or any sum of known columns, and keep the weight of each point.

The coefficients are linear in the data, ``coefficients = leverage @ y``, so that a
caller can propagate any source of uncertainty through a fit, not only the scatter.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearFit:
    """Least-squares coefficients of ``y = design @ coefficients``."""

    coefficients: Floats
    """Shape (p,)."""
    leverage: Floats
    """∂coefficient/∂y, shape (p, n)."""
    residuals: Floats
    """Shape (n,)."""
    covariance: Floats
    """From the scatter of the residuals, shape (p, p); zero when n = p."""
    r_squared: float
    """Share of the variance about the mean that is explained; 1 if there is none."""

    @property
    def freedom(self) -> int:
        """Degrees of freedom, n - p."""
        return self.residuals.size - self.coefficients.size

    def scatter(self, index: int) -> float:
        """Return the type A standard uncertainty of one coefficient."""
        return math.sqrt(max(float(self.covariance[index, index]), 0.0))


def fit_columns(
    columns: tuple[ArrayLike, ...], y: ArrayLike, sigma: ArrayLike | None = None
) -> LinearFit:
    """Fit ``y`` as a sum of ``columns``.

    Parameters
    ----------
    columns
        p arrays of shape (n,), n ≥ p; their sizes may differ by any power of ten.
    y
        Shape (n,).
    sigma
        Relative standard deviation of each point; equal if not given. Only the
        ratios count, the absolute size is taken from the residuals.

    Raises
    ------
    ValueError: fewer points than columns, or columns that do not determine the fit.
    """
    data = np.asarray(y, dtype=float)
    design = np.column_stack([np.broadcast_to(c, data.shape) for c in columns])
    count, width = design.shape
    if count < width:
        raise ValueError(f"{count} points cannot determine {width} coefficients")
    weight = np.ones(count)
    if sigma is not None:
        spread = np.asarray(sigma, dtype=float)
        weight = spread.min() / spread
    sizes = np.linalg.norm(design * weight[:, None], axis=0)
    if not np.all(sizes > 0):
        raise ValueError("a column of the fit is zero throughout")
    scaled = design * weight[:, None] / sizes
    if np.linalg.matrix_rank(scaled) < width:
        raise ValueError("the points do not differ enough to determine the fit")
    inverse = np.linalg.pinv(scaled)
    leverage = inverse * weight / sizes[:, None]
    coefficients = leverage @ data
    residuals = data - design @ coefficients
    freedom = count - width
    squares = float(np.sum((weight * residuals) ** 2))
    variance = squares / freedom if freedom else 0.0
    covariance = variance * (inverse @ inverse.T) / np.outer(sizes, sizes)
    middle = np.average(data, weights=weight**2)
    total = float(np.sum((weight * (data - middle)) ** 2))
    r_squared = 1 - squares / total if total > 0 else 1.0
    return LinearFit(coefficients, leverage, residuals, covariance, r_squared)


def fit_line(x: ArrayLike, y: ArrayLike, sigma: ArrayLike | None = None) -> LinearFit:
    """Fit ``y = intercept + slope x``; coefficients are (intercept, slope)."""
    return fit_columns((1.0, x), y, sigma)
