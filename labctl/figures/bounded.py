"""Figures no larger than wire and eye need, thinned when all has been worked out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labctl.figures.figure import Figure, Series
from labctl.thinning.curves import thinned

MOST_FIGURES = 12
"""Of one run."""
MOST_SERIES = 80
"""Of one figure; of more, some evenly between the first and the last are kept."""
MOST_POINTS, FEWEST_POINTS = 500, 60
"""Of one series, about: fewer, the more series there are in its figure."""
ALL_POINTS = 10_000
"""Of one figure, about."""


def bounded(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return figures as they travel: every point is one of those that came in."""
    return tuple(_bounded(figure) for figure in figures[:MOST_FIGURES])


def _bounded(figure: Figure) -> Figure:
    kept, note = list(figure.series), figure.note
    if len(kept) > MOST_SERIES:
        even = np.linspace(0, len(kept) - 1, MOST_SERIES).round().astype(int)
        left_out = f"{len(kept) - MOST_SERIES} of {len(kept)} curves are not drawn."
        note = f"{note} {left_out}".strip()
        kept = [kept[place] for place in even]
    share = ALL_POINTS // max(len(kept), 1)
    most = min(MOST_POINTS, max(FEWEST_POINTS, share))
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
