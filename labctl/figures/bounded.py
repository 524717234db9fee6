"""Figures no larger than wire and eye need, thinned when all has been worked out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.figures.figure import Figure, Series
from labctl.thinning.curves import thinned

MOST_FIGURES = 20
"""Of one run."""
FEWEST_POINTS = 60
"""Of one series."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a figure may be."""

    series: int = 80
    """Of more, some evenly between the first and the last are kept."""
    points: int = 800
    """Of one series, about: fewer, the more series there are in its figure."""
    all_points: int = 10_000
    """Of one figure, about."""


BOUNDS = Bounds()


def bounded(figures: Sequence[Figure], bounds: Bounds = BOUNDS) -> tuple[Figure, ...]:
    """Return figures as they travel: every point is one of those that came in."""
    return tuple(_bounded(figure, bounds) for figure in figures[:MOST_FIGURES])


def _bounded(figure: Figure, bounds: Bounds) -> Figure:
    kept, note = list(figure.series), figure.note
    if len(kept) > bounds.series:
        even = np.linspace(0, len(kept) - 1, bounds.series).round().astype(int)
        left_out = f"{len(kept) - bounds.series} of {len(kept)} curves are not drawn."
        note = f"{note} {left_out}".strip()
        kept = [kept[place] for place in even]
    share = bounds.all_points // max(len(kept), 1)
    most = min(bounds.points, max(FEWEST_POINTS, share))
    series = tuple(_thinned(figure, one, most) for one in kept)
    return replace(figure, series=series, note=note)


def _thinned(figure: Figure, series: Series, most: int) -> Series:
    x, y, error = thinned(
        series.x,
        series.y,
        series.error,
        most=most,
        x_log=figure.x_log,
        y_log=figure.y_log and not series.right,
    )
    return replace(series, x=x, y=y, error=error)
