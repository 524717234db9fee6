"""From a window of rows or groups to curves: minima and maxima become a zigzag."""

from collections.abc import Mapping, Sequence

import numpy as np

from gui.link.port import Station
from labctl.api.transport import Columns
from labctl.data import Array

Span = tuple[float | None, float | None]
"""From … to in s of test time; None is open."""
WHOLE: Span = (None, None)


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
