"""|dV/dt| of a channel's rows: the slope of the straight line through the last ones.

The line goes through all rows of the last `RATE_SPAN` seconds, by least squares. With
sums over the rows up to each one, S_t = Σt and so on, the slope of a window is
(S_tv − S_t·S_v/n) / (S_tt − S_t²/n).
"""

import math

import numpy as np

from labctl.data import Array

RATE_ROWS = 5
"""dV/dt is the slope through at least that many rows …"""
RATE_SPAN = 600.0
"""… and through all of the last ten minutes (s), so that noise ends no rest."""


class VoltageRate:
    """Takes the rows of one technique as they come."""

    def __init__(self) -> None:
        self._times = np.empty(0)
        """s, of the rows that a later line may go through."""
        self._volts = np.empty(0)

    def take(self, times: Array, volts: Array) -> Array:
        """Return |dV/dt| at each of these rows in V/s; NaN before there are enough.

        ``times`` in s, none before the one before it; all shapes (n,), n >= 1.
        """
        known = len(self._times)
        t = np.concatenate((self._times, times))
        v = np.concatenate((self._volts, volts))
        rows = np.arange(known, len(t))
        first = np.searchsorted(t, t[rows] - RATE_SPAN)
        first = np.maximum(np.minimum(first, rows - (RATE_ROWS - 1)), 0)
        self._times, self._volts = t[first[-1] :], v[first[-1] :]
        return np.abs(_slopes(t, v, first, rows))


def _slopes(t: Array, v: Array, first: Array, last: Array) -> Array:
    """Return the slope through the rows ``first`` to ``last``, V/s; NaN: there is none.

    Counted from the first time and voltage, so that sums lose no digits.
    """
    t, v = t - t[0], v - v[0]

    def summed(x: Array) -> Array:
        sums = np.concatenate(([0.0], np.cumsum(x)))
        return np.asarray(sums[last + 1] - sums[first])

    n = last + 1.0 - first
    s_t, s_v = summed(t), summed(v)
    spread = summed(t * t) - s_t * s_t / n
    known = (n >= RATE_ROWS) & (spread > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (summed(t * v) - s_t * s_v / n) / spread
    return np.where(known, slopes, math.nan)
