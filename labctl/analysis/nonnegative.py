"""Least squares of numbers that are not negative, from the normal equations.

Block principal pivoting (Portugal, Júdice & Vicente 1994): a number is free or 0; all
that are on the wrong side change over at once, and where that gains nothing for a
while, one at a time, which comes to an end. Some ten solutions, however many numbers;
an active set lets one go at a time.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PATIENCE = 3
"""Exchanges of all at once that may gain nothing."""
ROUNDING = 1e-12
"""Part of the largest that is rounding."""


def nonnegative(square: Floats, right: Floats) -> Floats:
    """Return x ≥ 0 of the least |A x - b|²; ``square``: AᵀA, ``right``: Aᵀb.

    Shapes (p, p) and (p,); AᵀA is positive definite. What is 0 is exactly 0.

    Raises
    ------
    ValueError
        The exchanges come to no end: AᵀA is not positive definite.
    """
    count = len(right)
    free = np.zeros(count, dtype=bool)
    x, slope = np.zeros(count), -right
    fewest, patience = count + 1, PATIENCE
    steep = ROUNDING * float(np.abs(right).max(initial=0.0))
    for _ in range(10 * count + 10):
        least = ROUNDING * float(np.abs(x).max(initial=0.0))
        wrong = np.where(free, x < -least, slope < -steep)
        many = int(wrong.sum())
        if not many:
            return np.asarray(np.maximum(x, 0.0))
        if many < fewest:
            fewest, patience = many, PATIENCE
        elif patience:
            patience -= 1
        else:
            last = int(np.flatnonzero(wrong)[-1])
            wrong = np.arange(count) == last
        free ^= wrong
        x = np.zeros(count)
        x[free] = np.linalg.solve(square[np.ix_(free, free)], right[free])
        slope = square @ x - right
    raise ValueError(f"least squares of {count} numbers: their columns are not apart")
