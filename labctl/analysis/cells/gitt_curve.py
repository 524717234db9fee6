"""D(q) of each branch of a titration, through what its pulses say.

Lines through five neighbours, weighted by their errors and their distance; beyond the
first and last pulse they go on a little and then level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BEYOND = 3.0
"""Steps by which D(q) goes on in a line beyond the first and last pulse."""
NEIGHBOURS = 2
"""Pulses on either side that make a line."""
FLOOR = 0.05
"""Standard uncertainty of ln D below which no pulse weighs more."""


@dataclass(frozen=True, slots=True, eq=False)
class RateCurve:
    """ln(D/r̄²), D/r̄² in 1/s, against charge q in C; the ends go on level."""

    charge: Floats
    """Rising, shape (n,)."""
    log_rate: Floats

    def at(self, charge: ArrayLike) -> Floats:
        """Return D/r̄² in 1/s at ``charge``, same shape."""
        at = np.asarray(charge, dtype=np.float64)
        rate: Floats = np.exp(np.interp(at, self.charge, self.log_rate))
        return rate


def rate_curve(
    charge: Floats, log_rate: Floats, uncertainty: Floats, steps: Floats
) -> RateCurve:
    """Return the curve through pulses of one branch, all of shape (n,), n ≥ 1.

    Parameters
    ----------
    charge
        In the middle of each pulse, C; in any order.
    log_rate, uncertainty
        ln(D/r̄²) and its standard uncertainty.
    steps
        Charge of each pulse, C, above 0.
    """
    order = np.argsort(charge, kind="stable")
    x, y = charge[order], log_rate[order]
    weight = 1 / (uncertainty[order] ** 2 + FLOOR**2)
    level, slope = np.zeros(len(x)), np.zeros(len(x))
    for j in range(len(x)):
        near = np.arange(max(j - NEIGHBOURS, 0), min(j + NEIGHBOURS + 1, len(x)))
        w, dx = weight[near] / (1 + (near - j) ** 2), x[near] - x[j]
        m = w @ dx / w.sum()
        spread = w @ (dx - m) ** 2
        slope[j] = w @ ((dx - m) * y[near]) / spread if spread > 0 else 0.0
        level[j] = w @ y[near] / w.sum() - slope[j] * m
    beyond = BEYOND * float(np.median(steps))
    rise = np.clip(slope[[0, -1]] * beyond, -1.0, 1.0)
    return RateCurve(
        np.concatenate(([x[0] - beyond], x, [x[-1] + beyond])),
        np.concatenate(([level[0] - rise[0]], level, [level[-1] + rise[1]])),
    )
