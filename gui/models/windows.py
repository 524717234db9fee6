"""From a window of rows or groups to curves: minima and maxima become a zigzag."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gui.port import Station
from labctl.data import Array
from labctl.service.pyramid import Window

WHOLE = (-math.inf, math.inf)
"""All test times."""


def curve(window: Window, x: str, y: str) -> tuple[Array, Array]:
    """Return a curve against an ascending abscissa; no peak is lost.

    A group becomes two points at its beginning: the smaller, then the larger value.
    """
    at = {name: k for k, name in enumerate(window.columns)}
    values = window.values
    if x in at:
        return values[at[x]], values[at[y]]
    first = values[at[f"{x}:first"]]
    low, high = values[at[f"{y}:min"]], values[at[f"{y}:max"]]
    return np.repeat(first, 2), np.stack([low, high], axis=1).ravel()


def table(window: Window, names: Sequence[str]) -> dict[str, Array]:
    """Return columns row by row; of groups their first values, so loops stay loops."""
    at = {name: k for k, name in enumerate(window.columns)}
    return {
        name: window.values[at[name if name in at else f"{name}:first"]]
        for name in names
    }


def fetch(
    station: Station,
    run: str,
    stream: str,
    names: Sequence[str],
    span: tuple[float, float] = WHOLE,
    pixels: int = 2000,
) -> Mapping[str, Array]:
    """Return columns of a stream between two test times, thinned if they are many."""
    found = station.window(run, stream, names[0], names[1:], *span, pixels)
    return table(found, list(dict.fromkeys(names)))
