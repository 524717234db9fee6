"""The data itself as SVG: lines, markers, error bars and bands, in pixels."""

from dataclasses import dataclass

import numpy as np

from labctl.data import Array
from labctl.drawing.palette import Look
from labctl.drawing.ticks import Axis
from labctl.figures.figure import Series
from labctl.thinning.curves import Indices, breaks, thin

_ALL_CURVES = 8
"""Points of all curves together, per pixel of the plot's width."""
_LEAST = 200
"""Points of one curve that are never too many."""
_CAP = 3.0
_BARS = 150
"""More error bars than this hide what they qualify: a band is drawn."""
_SIGNPOSTS = 8
"""Markers along a thinned line, where a dash pattern would not be seen."""
_SIZES = ((0.1, 4.0), (0.2, 3.4), (0.45, 2.6), (1.0, 2.0))
"""Points per pixel of x, at most, and the radius they then have."""
_SMALLEST = 1.5
_RIMLESS = 3.0
"""Smaller markers have no rim: in a crowd there would be nothing but rims."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One series in pixels."""

    x: Array
    y: Array
    rows: Indices
    """Rows of the series that are drawn."""
    thinned: bool
    """Some rows that could be drawn are not."""
    width: float
    """Of the plot in pixels."""
    unshown: int
    """Rows without a place on a logarithmic axis (≤ 0)."""


def most_points(x_axis: Axis, curves: int) -> int:
    """Return how many points each of so many curves in one plot may take."""
    width = abs(x_axis.end - x_axis.start)
    return int(max(_LEAST, min(2 * width, _ALL_CURVES * width / max(curves, 1))))


def place(series: Series, x_axis: Axis, y_axis: Axis, most: int) -> Marks:
    """Return where the series lies on its axes and which rows are drawn."""
    x, y = x_axis.at(series.x), y_axis.at(series.y)
    given = np.isfinite(series.x) & np.isfinite(series.y)
    usable = int((np.isfinite(x) & np.isfinite(y)).sum())
    rows = thin(x, y, most)
    unshown = int(given.sum()) - usable
    width = abs(x_axis.end - x_axis.start)
    thinned = rows.size < usable
    return Marks(x, y, rows, thinned=thinned, width=width, unshown=unshown)


def draw_series(
    series: Series, marks: Marks, look: Look, y_axis: Axis, identity: str
) -> str:
    """Draw one series; `identity` names its marker in the document."""
    x, y = marks.x[marks.rows], marks.y[marks.rows]
    starts = breaks(marks.x, marks.y, marks.rows)
    size = _size(x.size / marks.width)
    parts = [_uncertainty(series, marks, y_axis, starts)]
    if series.points:
        parts.append(_dots(x, y, look, identity, size, right=series.right))
    else:
        dashed = look.dash and not marks.thinned
        dash = f' stroke-dasharray="{look.dash}"' if dashed else ""
        parts.append(f'<path class="line"{dash} d="{_line(x, y, starts)}"/>')
        if look.dash and marks.thinned:
            some = np.linspace(0, x.size - 1, _SIGNPOSTS + 2).astype(int)[1:-1]
            parts.append(_dots(x[some], y[some], look, identity, 4.0, right=False))
    return "".join(parts)


def themed(look: Look) -> str:
    """Return the style attribute that carries the colour of both themes."""
    return f'style="--l:{look.colour.light};--d:{look.colour.dark}"'


def _line(x: Array, y: Array, starts: Array) -> str:
    after = np.append(starts[1:], [True])[: x.size]
    return "".join(
        f"{'M' if start else 'L'}{a:.1f},{b:.1f}{'h0' if start and lonely else ''}"
        for a, b, start, lonely in zip(x, y, starts, after, strict=True)
    )


def _dots(
    x: Array, y: Array, look: Look, identity: str, size: float, *, right: bool
) -> str:
    if not x.size:
        return ""
    kind = "dot hollow" if right else ("dot" if size > _RIMLESS else "dot small")
    path = "".join(
        f"{'L' if index else 'M'}{a:.1f},{b:.1f}"
        for index, (a, b) in enumerate(zip(x, y, strict=True))
    )
    link = f"url(#{identity})"
    return (
        f'<marker id="{identity}" class="s" {themed(look)} viewBox="-2 -2 4 4" '
        f'markerUnits="userSpaceOnUse" markerWidth="{4 * size:g}" '
        f'markerHeight="{4 * size:g}"><path class="{kind}" d="{look.marker}"/></marker>'
        f'<path class="dots" d="{path}{"h0" if x.size == 1 else ""}" '
        f'style="marker-start:{"none" if x.size == 1 else link};marker-mid:{link};'
        f'marker-end:{link}"/>'
    )


def _size(density: float) -> float:
    return next((size for most, size in _SIZES if density <= most), _SMALLEST)


def _uncertainty(series: Series, marks: Marks, y_axis: Axis, starts: Array) -> str:
    if series.error is None or not marks.rows.size:
        return ""
    rows = marks.rows
    error = np.asarray(series.error, float)[rows]
    centre = np.asarray(series.y, float)[rows]
    x = marks.x[rows]
    top, bottom = (_inside(centre + sign * error, y_axis) for sign in (1, -1))
    known = np.isfinite(error) & (error > 0)
    if series.points and int(known.sum()) <= _BARS:
        path = "".join(
            f"M{a - _CAP:.1f},{up:.1f}h{2 * _CAP:g}M{a:.1f},{up:.1f}V{down:.1f}"
            f"M{a - _CAP:.1f},{down:.1f}h{2 * _CAP:g}"
            for a, up, down in zip(x[known], top[known], bottom[known], strict=True)
        )
        return f'<path class="bars" d="{path}"/>'
    bands = np.split(np.arange(rows.size), np.flatnonzero(starts)[1:])
    path = "".join(_band(x, top, bottom, band[known[band]]) for band in bands)
    return f'<path class="band" d="{path}"/>'


def _inside(values: Array, axis: Axis) -> Array:
    return axis.at(np.clip(values, axis.low, axis.high))


def _band(x: Array, top: Array, bottom: Array, rows: Array) -> str:
    if rows.size < 2:  # noqa: PLR2004 - a band needs two ends
        return ""
    there = [f"{x[row]:.1f},{top[row]:.1f}" for row in rows]
    back = [f"{x[row]:.1f},{bottom[row]:.1f}" for row in rows[::-1]]
    return f"M{'L'.join(there + back)}Z"
