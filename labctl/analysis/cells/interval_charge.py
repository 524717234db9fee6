"""What the charge of an interval leaves unseen: a turn in it, a row that stands alone.

Two rows tell the current at both ends of their interval and nothing between. A count of
the instrument's own is right over the interval, but where the current turned within it
the count is the difference of both directions.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 1e-3
"""Part of an interval that the other direction may take unnoticed: rounding."""
SPIKE = 3.0
"""Times the current of the rows beside it, above which one row's stands alone."""
ONE_LEVEL = 0.2
"""Relative difference up to which the rows before and behind it are at one current."""


def hidden_at_turns(
    time: Floats,
    current: Floats,
    counted: Floats,
    first_row: Ints,
    rest_current: float,
    max_gap: float,
) -> Floats:
    """Return the charge of each half cycle that a count of both directions hides, C.

    Where no row stands at a reversal, the interval around it was counted as the
    difference of both: the currents before and behind it tell how much that was.

    Parameters
    ----------
    time, current, counted
        s, A, C counted since the row before (signed), shape (n,).
    first_row
        Of each half cycle, shape (halves,).
    rest_current, max_gap
        A up to which a row is a rest; s above which an interval is a gap.
    """
    hidden = np.zeros(len(first_row))
    at = first_row[1:]
    for back in (1, 0):  # the row before a reversal, and the one at it
        half = np.flatnonzero((at - back > 0) & (at - back + 1 < len(current)))
        rows = at[half] - back
        passed = time[rows] - time[rows - 1]
        turned = current[rows - 1] * current[rows + 1] < 0
        turned &= (np.abs(current[rows]) > rest_current) & (passed > 0)
        turned &= passed <= max_gap
        half, rows, passed = half[turned], rows[turned], passed[turned]
        before, behind = current[rows - 1], current[rows + 1]
        level, other = (before, behind) if back else (behind, before)
        own = np.nan_to_num(counted[rows])
        spent = np.clip((level * passed - own) / (level - other), 0.0, passed)
        spent[spent < LEAST * passed] = 0.0
        np.add.at(hidden, half, np.abs(before) * spent)
        np.add.at(hidden, half + 1, np.abs(behind) * spent)
    return hidden


def without_spikes(charge: Floats, current: Floats, half_step: Floats) -> Floats:
    """Return the charge of intervals without a current that one row alone has, C.

    How long it flowed (a pulse, or the ammeter's switch of range) nobody saw.

    Parameters
    ----------
    charge, current, half_step
        C of the interval that ends at the row, A, half of the interval in s,
        shape (n,).
    """
    size = np.abs(current)
    least = SPIKE * np.fmax(size[:-2], size[2:])
    at = np.flatnonzero(size[1:-1] > least) + 1
    level = np.abs(current[at - 1] - current[at + 1]) <= ONE_LEVEL * size[at - 1]
    at = at[level & (size[at - 1] > 0)]
    if not len(at):
        return charge
    out = charge.copy()
    for one in (at, at + 1):
        usual = 0.5 * (current[at - 1] + current[at + 1])
        out[one] -= (current[at] - usual) * half_step[one]
    return out
