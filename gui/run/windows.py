"""From a window of rows or groups to curves: minima and maxima become a zigzag."""

import numpy as np

from labctl.data import Array, Columns


def curve(window: Columns, x: str, y: str) -> tuple[Array, Array]:
    """Return a curve against an ascending abscissa; no peak is lost.

    A group becomes two points, its extremes, in the order in which they came as far as
    its first value tells; so a slope stays a slope and does not become stairs.
    """
    values = window.columns
    if x in values:
        return values[x], values[y]
    first, low, high = (values[f"{y}:{how}"] for how in ("first", "min", "max"))
    falls = high - first < first - low
    pairs = np.stack([np.where(falls, high, low), np.where(falls, low, high)], axis=1)
    begin, end = values[f"{x}:first"], values[f"{x}:max"]
    return np.stack([begin, (begin + end) / 2], axis=1).ravel(), pairs.ravel()
