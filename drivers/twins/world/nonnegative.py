"""Least squares without negative unknowns: min |A x − b|, x ≥ 0.

Lawson and Hanson, Solving Least Squares Problems (1974), algorithm NNLS of chapter 23.
For the dozen unknowns of a ladder; SciPy's own would load all of ``scipy.optimize``, a
third of a second before a simulated cell can be measured.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROUNDING = 10.0 * float(np.finfo(np.float64).eps)
"""Of |A||b|: a slope below it is none."""


def nonnegative_least_squares(matrix: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return x, shape (n,), for ``matrix`` A of shape (m, n) and ``wanted`` b, (m,).

    The columns of A have to be independent. What is bound to 0 is exactly 0.
    """
    found = np.zeros(matrix.shape[1])
    free = np.zeros(matrix.shape[1], dtype=bool)
    least = ROUNDING * float(np.linalg.norm(matrix) * np.linalg.norm(wanted))
    while not free.all():
        slope = np.where(free, -np.inf, matrix.T @ (wanted - matrix @ found))
        if slope.max() <= least:
            break
        free[slope.argmax()] = True
        found = _inside(matrix, wanted, found, free)
    return found


def _inside(
    matrix: FloatArray, wanted: FloatArray, found: FloatArray, free: NDArray[np.bool_]
) -> FloatArray:
    """Return the best x whose ``free`` unknowns are above 0; binds those that are not.

    Goes from ``found`` towards the optimum until the first unknown comes to 0, binds
    it, and goes on from there.
    """
    while True:
        best = np.zeros_like(found)
        best[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
        beyond = np.flatnonzero(free & (best <= 0.0))
        if not beyond.size:
            return best
        ways = found[beyond] / (found[beyond] - best[beyond])
        found = found + ways.min() * (best - found)
        free[beyond[ways.argmin()]] = False
        free &= found > 0.0
        found[~free] = 0.0
