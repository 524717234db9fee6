"""Figures on their way to a client: bounded, thinned, what is not finite as null."""

import math
from collections.abc import Sequence

import numpy as np

from labctl.api.models import Said
from labctl.data import Array
from labctl.figures.figure import Figure, Series
from labctl.thinning.curves import breaks, in_pixels, thin

MOST_FIGURES = 12
"""Of one run."""
MOST_SERIES = 80
"""Of one figure; of more, some evenly between the first and the last travel."""
MOST_POINTS, FEWEST_POINTS = 500, 60
"""Of one series, about: fewer, the more series there are in its figure."""
ALL_POINTS = 10_000
"""Of one figure, about."""
Numbers = list[float | None]


class SeriesOut(Said):
    """One curve; see `labctl.figures.figure.Series`."""

    name: str
    x: Numbers
    y: Numbers
    """null breaks the line."""
    error: Numbers | None = None
    """Standard uncertainty of y."""
    points: bool = False
    right: bool = False
    shade: float | None = None
    group: str = ""


class FigureOut(Said):
    """One figure; see `labctl.figures.figure.Figure`."""

    name: str
    title: str
    x_label: str
    y_label: str
    series: list[SeriesOut]
    right_label: str = ""
    x_log: bool = False
    y_log: bool = False
    equal_scale: bool = False
    note: str = ""


class FiguresOut(Said):
    """What a protocol draws of a run as far as it has come."""

    figures: list[FigureOut]
    rows: int
    """Rows of all streams that it was worked out from."""
    why: str = ""
    """Why there are no figures, in words; empty if there are, or just none yet."""
    seconds: float = 0.0
    """How long it took; ask again after a multiple of it."""


def packed(figures: Sequence[Figure]) -> list[FigureOut]:
    """Return figures as they travel."""
    return [_packed(figure) for figure in figures[:MOST_FIGURES]]


def unpacked(figure: FigureOut) -> Figure:
    """Return the figure that has travelled."""
    return Figure(
        figure.name,
        figure.title,
        figure.x_label,
        figure.y_label,
        tuple(
            Series(
                one.name,
                _array(one.x),
                _array(one.y),
                error=None if one.error is None else _array(one.error),
                points=one.points,
                right=one.right,
                shade=one.shade,
                group=one.group,
            )
            for one in figure.series
        ),
        right_label=figure.right_label,
        x_log=figure.x_log,
        y_log=figure.y_log,
        equal_scale=figure.equal_scale,
        note=figure.note,
    )


def _packed(figure: Figure) -> FigureOut:
    kept = list(figure.series)
    note = figure.note
    if len(kept) > MOST_SERIES:
        even = np.linspace(0, len(kept) - 1, MOST_SERIES).round().astype(int)
        left_out = f"{len(kept) - MOST_SERIES} of {len(kept)} curves are not drawn."
        note = f"{note} {left_out}".strip()
        kept = [kept[place] for place in even]
    share = ALL_POINTS // max(len(kept), 1)
    most = min(MOST_POINTS, max(FEWEST_POINTS, share))
    return FigureOut(
        name=figure.name,
        title=figure.title,
        x_label=figure.x_label,
        y_label=figure.y_label,
        series=[_series(figure, one, most) for one in kept],
        right_label=figure.right_label,
        x_log=figure.x_log,
        y_log=figure.y_log,
        equal_scale=figure.equal_scale,
        note=note,
    )


def _series(figure: Figure, series: Series, most: int) -> SeriesOut:
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    error = None if series.error is None else np.asarray(series.error, float)
    if x.size > most:
        across = in_pixels(x, log=figure.x_log)
        up = in_pixels(y, log=figure.y_log and not series.right)
        rows = thin(across, up, most)
        gaps = np.flatnonzero(breaks(across, up, rows))[1:]
        x, y = (np.insert(values[rows], gaps, np.nan) for values in (x, y))
        error = None if error is None else np.insert(error[rows], gaps, np.nan)
    return SeriesOut(
        name=series.name,
        x=_numbers(x),
        y=_numbers(y),
        error=None if error is None else _numbers(error),
        points=series.points,
        right=series.right,
        shade=None if series.shade is None else _finite(series.shade),
        group=series.group,
    )


def _numbers(values: Array) -> Numbers:
    return [_finite(value) for value in values.tolist()]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _array(values: Numbers) -> Array:
    return np.array([math.nan if v is None else v for v in values], float)
