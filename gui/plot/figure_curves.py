"""How the series of a figure are drawn: as the report draws them."""

import math

import numpy as np

from gui.look.palette import theme
from gui.parts.legend import Entry
from gui.plot.strokes import FEW, SIZE, SYMBOLS, Stroke
from labctl.api.figures import Figure, Series
from labctl.data import Array
from labctl.drawing.looks import Key, assign, keys
from labctl.drawing.palette import MARKERS, Look
from labctl.thinning.curves import thinned

MOST_POINTS = 4000
"""Of one series; more are thinned along its length."""
CROWD = 150
"""More markers than this in one figure are drawn small."""
SMALL = 5
LOWEST = 1e-3
"""Where an error reaches below zero, the bar of a logarithmic axis ends at this part
of the value."""


def strokes_of(figure: Figure) -> list[Stroke]:
    """Return hues by group, ramps by family, markers and dashes by member."""
    crowd = sum(len(series.x) for series in figure.series if series.points)
    return [
        Stroke(
            _ink(look),
            _symbol(look),
            tuple(float(part) for part in look.dash.split()),
            width=2 if len(series.x) <= FEW else 1,
            size=SMALL if crowd > CROWD else SIZE + 1,
        )
        for series, look in zip(figure.series, assign(figure.series), strict=True)
    ]


def legend_of(figure: Figure) -> tuple[Entry, ...]:
    """Return the entries: every plain series, and each shaded family as one ramp."""
    looks = assign(figure.series)
    return tuple(_entry(key, figure, looks) for key in keys(figure.series))


def drawn(
    figure: Figure, series: Series, most: int = MOST_POINTS
) -> tuple[Array, Array]:
    """Return the points, without what a logarithm does not have."""
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    if figure.x_log:
        x = np.where(x > 0, x, np.nan)
    if figure.y_log and not series.right:
        y = np.where(y > 0, y, np.nan)
    y_log = figure.y_log and not series.right
    return thinned(x, y, most=most, x_log=figure.x_log, y_log=y_log)[:2]


def has_band(series: Series) -> bool:
    """Whether a series is drawn with a band of its error about it."""
    return series.error is not None and not (series.points or series.right)


def bars(figure: Figure, series: Series) -> tuple[Array, Array] | None:
    """Return upright strokes of ±1 standard uncertainty, NaN between them.

    None if the series has no uncertainty, or a band for it.
    """
    if series.error is None or has_band(series):
        return None
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    error = np.asarray(series.error, float)
    low, high = y - error, y + error
    if figure.y_log and not series.right:
        low = np.where(low > 0, low, LOWEST * y)
    gap = np.full_like(x, math.nan)
    across, up = np.stack([x, x, gap], axis=1), np.stack([low, high, gap], axis=1)
    return across.ravel(), up.ravel()


def seen_of(figure: Figure, series: Series) -> list[Array]:
    """Return the ordinates that must be seen: the points, the ends of their errors."""
    parts = [drawn(figure, series)[1]]
    strokes = bars(figure, series)
    if strokes is not None:
        parts.append(strokes[1])
    if has_band(series) and series.error is not None:
        parts += [series.y - series.error, series.y + series.error]
    return parts


def _entry(key: Key, figure: Figure, looks: tuple[Look, ...]) -> Entry:
    first = figure.series[key.members[0]]
    if key.until:
        ramp = tuple(_ink(looks[place]) for place in key.members)
        return Entry(key.text, ramp, until=key.until)
    look = looks[key.members[0]]
    dashed = bool(look.dash) and len(first.x) <= FEW
    return Entry(key.text, (_ink(look),), first.points, dashed, _symbol(look))


def _ink(look: Look) -> str:
    return look.colour.dark if theme().name == "dark" else look.colour.light


def _symbol(look: Look) -> str:
    return SYMBOLS[MARKERS.index(look.marker)] if look.marker else SYMBOLS[0]
