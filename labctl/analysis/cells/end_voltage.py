"""What a wrong voltmeter does to a capacity: the half cycle ends at another voltage.

A capacity is that between two voltages. Where the voltmeter is wrong by δV, the half
cycle ends early or late by δQ = |dQ/dV| δV; near the end of a lithiation, where the
voltage is flat, a millivolt is several tenths of a percent.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

SPAN = 10e-3
"""V before the end over which dQ/dV is taken: two rows at the usual 5 mV."""
AT_END = 0.5e-3
"""V from the end that count as it: noise, and what a hold keeps to."""


def charge_per_volt(voltage: ArrayLike, charge: ArrayLike) -> float:
    """Return |dQ/dV| in C/V at the end of a half cycle; NaN if its rows do not tell.

    Parameters
    ----------
    voltage, charge
        V, and charge passed so far in C, shape (n,), in order of time, rests left out.
        Rows of a hold at the end tell nothing and are passed over.
    """
    v, q = np.asarray(voltage, dtype=np.float64), np.asarray(charge, dtype=np.float64)
    if len(v) < 3:  # noqa: PLR2004 - one interval before the end
        return math.nan
    left = np.abs(v - v[-1])
    arrived = int(np.argmax(left <= AT_END))
    before = np.flatnonzero(left[:arrived] >= SPAN)
    if not len(before):
        return math.nan
    from_row = int(before[-1])
    moved, gone = q[arrived] - q[from_row], v[arrived] - v[from_row]
    return float(abs(moved / gone))
