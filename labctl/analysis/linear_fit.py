"""Fit a straight line, or any sum of known columns, and keep the weight of each point.

The coefficients are linear in the data, ``coefficients = leverage @ y``, so that a
caller can propagate any source of uncertainty through a fit, not only the scatter.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_MOST_ITERATIONS = 50
_CONVERGED = 1e-12


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


def fit_both(
    x: ArrayLike, y: ArrayLike, sigma_x: ArrayLike, sigma_y: ArrayLike
) -> LinearFit:
    """Fit ``y = intercept + slope x`` where both were measured.

    Least squares after York (Am. J. Phys. 72 (2004) 367), errors of x and y
    independent: points move along both axes, each by its share. Where no x is
    uncertain it is `fit_line`. The standard deviations are absolute, shape (n,), those
    of y positive; the covariance is scaled by the residuals, as that of `fit_line`.

    Raises
    ------
    ValueError: fewer than two points, or all at the same x.
    """
    across, data = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    u2, v2 = np.square(sigma_x), np.square(sigma_y)
    slope = float(fit_line(across, data, sigma_y).coefficients[1])

    def weighed(slope: float) -> tuple[Floats, Floats]:
        weight = 1 / (v2 + slope**2 * u2)
        share = weight / weight.sum()
        u, v = across - share @ across, data - share @ data
        move = weight * (u * v2 + slope * v * u2)
        pull = weight * (move - share @ move)
        return weight, pull / (pull @ across)

    weight, by_slope = weighed(slope)
    for _ in range(_MOST_ITERATIONS):
        before, slope = slope, float(by_slope @ data)
        weight, by_slope = weighed(slope)
        if abs(slope - before) <= _CONVERGED * abs(slope):
            break
    share = weight / weight.sum()
    by_offset = share - (share @ across) * by_slope
    leverage = np.stack([by_offset, by_slope])
    coefficients = leverage @ data
    residuals = data - coefficients[0] - coefficients[1] * across
    freedom = across.size - 2
    squares = float(weight @ residuals**2)
    scale = squares / freedom if freedom else 0.0
    covariance = scale * (leverage / weight) @ leverage.T
    total = float(weight @ (data - share @ data) ** 2)
    r_squared = 1 - squares / total if total > 0 else 1.0
    return LinearFit(coefficients, leverage, residuals, covariance, r_squared)
