"""Figures on their way to a client; what is not finite as null."""

import math
from collections.abc import Sequence

import numpy as np

from labctl.api.models import Said
from labctl.data import Array, Quality
from labctl.figures.bounded import bounded
from labctl.figures.figure import Figure, Series

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
    quality: Quality = Quality.GOOD
    reason: str = ""


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
    return [_packed(figure) for figure in bounded(figures)]


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
                quality=one.quality,
                reason=one.reason,
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
    return FigureOut(
        name=figure.name,
        title=figure.title,
        x_label=figure.x_label,
        y_label=figure.y_label,
        series=[_series(one) for one in figure.series],
        right_label=figure.right_label,
        x_log=figure.x_log,
        y_log=figure.y_log,
        equal_scale=figure.equal_scale,
        note=figure.note,
    )


def _series(series: Series) -> SeriesOut:
    return SeriesOut(
        name=series.name,
        x=_numbers(series.x),
        y=_numbers(series.y),
        error=None if series.error is None else _numbers(series.error),
        points=series.points,
        right=series.right,
        shade=None if series.shade is None else _finite(series.shade),
        group=series.group,
        quality=series.quality,
        reason=series.reason,
    )


def _numbers(values: Array) -> Numbers:
    return [_finite(value) for value in np.asarray(values, float).tolist()]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _array(values: Numbers) -> Array:
    return np.array([math.nan if v is None else v for v in values], float)
