"""Tops of a row of values, and how far each stands out from what is around it.

`scipy.signal.find_peaks` by prominence, whose import takes longer than many an
analysis: it draws in all of its statistics.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def find_tops(values: Floats, prominence: float) -> list[int]:
    """Return where tops are that stand out by at least ``prominence``, in order.

    ``values`` has shape (n,). A top is higher than its neighbours; of a flat one the
    middle is named. It stands out by its height above the higher of the two lowest
    values on either side, looked for up to the next higher value or the end.
    """
    return [k for k in _tops(values) if _prominence(values, k) >= prominence]


def _tops(values: Floats) -> list[int]:
    """Return the middles of what is higher than both of its neighbours."""
    begins = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    ends = np.append(begins[1:], len(values)) - 1
    level = values[begins]
    inner = np.arange(1, len(level) - 1)
    high = inner[(level[inner] > level[inner - 1]) & (level[inner] > level[inner + 1])]
    middles: list[int] = ((begins[high] + ends[high]) // 2).tolist()
    return middles


def _prominence(values: Floats, top: int) -> float:
    height = values[top]
    higher = np.flatnonzero(values > height)
    split = int(np.searchsorted(higher, top))
    first = int(higher[split - 1]) + 1 if split else 0
    last = int(higher[split]) if split < len(higher) else len(values)
    feet = values[first : top + 1].min(), values[top:last].min()
    return float(height - max(feet))
