"""From a window of rows or groups to curves: minima and maxima become a zigzag."""

from collections.abc import Mapping, Sequence

import numpy as np

from gui.port import Station
from labctl.data import Array
from labctl.service.client import Columns

Span = tuple[float | None, float | None]
"""From … to in s of test time; None is open."""
WHOLE: Span = (None, None)


def curve(window: Columns, x: str, y: str) -> tuple[Array, Array]:
    """Return a curve against an ascending abscissa; no peak is lost.

    A group becomes two points at its beginning: the smaller, then the larger value.
    """
    values = window.columns
    if x in values:
        return values[x], values[y]
    low, high = values[f"{y}:min"], values[f"{y}:max"]
    zigzag: Array = np.stack([low, high], axis=1).ravel()
    return np.repeat(values[f"{x}:first"], 2), zigzag


def table(window: Columns, names: Sequence[str]) -> dict[str, Array]:
    """Return columns row by row; of groups their first values, so loops stay loops."""
    values = window.columns
    return {n: values[n if n in values else f"{n}:first"] for n in names}


def fetch(
    station: Station,
    run: str,
    stream: str,
    names: Sequence[str],
    span: Span = WHOLE,
    pixels: int = 2000,
) -> Mapping[str, Array]:
    """Return columns of a stream between two test times, thinned if they are many."""
    found = station.window(
        run, stream, names[1:], x=names[0], begin=span[0], end=span[1], px=pixels
    )
    return table(found, list(dict.fromkeys(names)))
