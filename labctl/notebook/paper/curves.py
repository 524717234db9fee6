"""Series as Matplotlib draws them, in the looks of the report (`labctl.drawing`)."""

from typing import Any

import numpy as np

from labctl.data import Quality
from labctl.drawing.palette import MARKERS, Look
from labctl.figures.figure import Series

MOST_BARS = 150
"""More error bars than this hide what they qualify: a band is drawn."""
CROWD = 60
"""From so many points on, markers are smaller and have no rim."""
_SHAPES = ("o", "s", "^", "D", "v")
"""Matplotlib's words for `labctl.drawing.palette.MARKERS`."""


def curve(axes: Any, series: Series, look: Look) -> None:
    """Draw one series with its uncertainties."""
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    colour = look.colour.light
    axes.plot(x, y, **how(series, look, len(x)))
    if series.error is None:
        return
    error = np.asarray(series.error, float)
    known = np.isfinite(error) & np.isfinite(y) & (error > 0)
    if series.points and int(known.sum()) <= MOST_BARS:
        axes.errorbar(
            *(x[known], y[known], error[known]),
            fmt="none",
            ecolor=colour,
            elinewidth=0.6,
            capsize=1.4,
            capthick=0.6,
        )
    else:
        spread = np.where(known, error, np.nan)
        axes.fill_between(x, y - spread, y + spread, color=colour, alpha=0.2, lw=0)


def how(series: Series, look: Look, points: int) -> dict[str, Any]:
    """Return Matplotlib's words for the look of a series."""
    colour = look.colour.light
    if not series.points:
        return {"color": colour, "linestyle": _dashes(look)}
    crowded = points > CROWD
    marker = _SHAPES[MARKERS.index(look.marker)] if look.marker else "o"
    hollow = series.right or series.quality is not Quality.GOOD
    return {
        "color": colour,
        "linestyle": "none",
        "marker": marker,
        "markersize": 2.2 if crowded else 3.4,
        "markerfacecolor": "white" if hollow else colour,
        "markeredgewidth": 0.7 if hollow else 0.0,
        "markeredgecolor": colour,
    }


def _dashes(look: Look) -> Any:
    if not look.dash:
        return "-"
    return (0, tuple(float(each) / 1.6 for each in look.dash.split()))
