"""A figure as one inline SVG: axes, thinned curves, a legend outside the data.

Colours come from `figure.css` as variables of the two themes, so the page that holds
the figure sends that sheet once; `standalone` puts it inside for a file of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files

import numpy as np

from labctl.data import Array
from labctl.drawing.counted import counts
from labctl.drawing.lettering import elided, text_width, value_text
from labctl.drawing.looks import assign, keys
from labctl.drawing.ticks import Axis, Ticks, span
from labctl.figures.figure import Figure, Series
from labctl.report.legend import legend
from labctl.report.marks import Marks, draw_series, most_points, place, themed

_TICK, _LABEL = 12.0, 13.0
_Y_SPACING, _X_SPACING = 38.0, 60.0
_PAD = 8.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's rectangle with its axes and ticks."""

    x: Axis
    left: Axis
    right: Axis | None
    x_ticks: Ticks
    left_ticks: Ticks
    right_ticks: Ticks | None

    def ordinate(self, series: Series) -> Axis:
        """Return the axis on which the series is read."""
        return self.right if series.right and self.right else self.left


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as SVG, with what a page needs to read values from it."""

    svg: str
    frame: Frame
    marks: tuple[Marks, ...]


def draw(figure: Figure, width: float = 720, height: float = 420) -> str:
    """Return the figure as inline SVG, in the colours of `figure.css`."""
    return drawing(figure, width, height).svg


def standalone(figure: Figure, width: float = 720, height: float = 420) -> str:
    """Return the figure as the text of an ``.svg`` file."""
    svg = drawing(figure, width, height).svg
    head, rest = svg.split(">", 1)
    size = f'xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
    return f"{head} {size}><style>{figure_css()}</style>{rest}\n"


def figure_css() -> str:
    """Return the style sheet that figures need, both themes and print."""
    return files("labctl.report").joinpath("figure.css").read_text("utf-8")


def drawing(
    figure: Figure, width: float = 720, height: float = 420, identity: str = ""
) -> Drawing:
    """Draw a figure; `identity` keeps its ids apart from others in one document."""
    identity = re.sub(r"[^A-Za-z0-9_-]", "-", identity or f"figure-{figure.name}")
    looks = assign(figure.series)
    found = keys(figure.series)
    room = (_PAD, width - 2 * _PAD)
    top = legend(found, figure.series, looks, *room).height
    frame, height = _frame(figure, width, height, top)
    most = most_points(frame.x, len(figure.series))
    marks = tuple(
        place(series, frame.x, frame.ordinate(series), most) for series in figure.series
    )
    thinned = [mark.thinned for mark in marks]
    key = legend(found, figure.series, looks, *room, thinned)
    curves = "".join(
        f'<g class="s series" data-series="{i}" {themed(look)}>'
        f"{draw_series(series, mark, look, frame.ordinate(series), f'{identity}-m{i}')}"
        "</g>"
        for i, (series, mark, look) in enumerate(
            zip(figure.series, marks, looks, strict=True)
        )
    )
    nothing = "" if any(mark.rows.size for mark in marks) else _nothing(frame)
    svg = (
        f'<svg class="figure" viewBox="0 0 {width:g} {height:g}" '
        f'role="graphics-document" aria-labelledby="{identity}-t {identity}-d" '
        f"{_readable(frame)}>"
        f'<title id="{identity}-t">{escape(figure.title)}</title>'
        f'<desc id="{identity}-d">{escape(_spoken(figure))}</desc>'
        f"{_scales(figure, frame, height)}{curves}{nothing}{key.svg}</svg>"
    )
    return Drawing(svg, frame, marks)


def _readable(frame: Frame) -> str:
    """Say the axes in attributes, so that a page turns pixels into values."""
    axes = {"x": frame.x, "left": frame.left, "right": frame.right}
    return " ".join(
        f'data-{name}="{axis.low!r} {axis.high!r} {axis.start:g} {axis.end:g} '
        f'{int(axis.log)}"'
        for name, axis in axes.items()
        if axis
    )


def _frame(
    figure: Figure, width: float, height: float, top: float
) -> tuple[Frame, float]:
    """Return the frame and the height, less than given where a scale decides it."""
    lefts = [series for series in figure.series if not series.right]
    rights = [series for series in figure.series if series.right]
    x_range = _range([s.x for s in figure.series], figure.x_log, _x_margin(figure))
    y_range = _y_range(lefts, log=figure.y_log)
    right_range = _y_range(rights, log=False) if rights else None
    up, down = top + 14.0, height - 46.0
    left = Axis(*y_range, down, up, figure.y_log)
    left_ticks = left.ticks(_Y_SPACING)
    right = Axis(*right_range, down, up) if right_range else None
    right_ticks = right.ticks(_Y_SPACING) if right else None
    if left_ticks.factor or (right_ticks and right_ticks.factor):
        up += 12.0
        left = replace(left, end=up)
        right = replace(right, end=up) if right else None
    x_axis = Axis(
        *x_range,
        start=round(_gutter(left_ticks)),
        end=round(width - (_gutter(right_ticks) if right_ticks else 18.0)),
        log=figure.x_log,
    )
    if figure.equal_scale and not (figure.x_log or figure.y_log or right):
        left = _shrunk(x_axis, left, text_width(figure.y_label, _LABEL))
        height = left.start + 46.0
        x_axis, left = _equal(x_axis, left)
        left_ticks = left.ticks(_Y_SPACING)
    whole = counts(figure)
    x_ticks = x_axis.ticks(_X_SPACING, whole=whole)
    widest = max((text_width(text, _TICK) for text in x_ticks.labels), default=0.0)
    x_ticks = x_axis.ticks(max(_X_SPACING, widest + 20.0), whole=whole)
    return Frame(x_axis, left, right, x_ticks, left_ticks, right_ticks), height


def _range(values: Sequence[Array], log: bool, margin: float) -> tuple[float, float]:
    every = np.concatenate(values) if values else np.array([])
    found = span(np.asarray(every, float), log=log, margin=margin)
    return found or ((1.0, 10.0) if log else (0.0, 1.0))


def _y_range(series: Sequence[Series], *, log: bool) -> tuple[float, float]:
    values = [np.asarray(one.y, float) for one in series]
    for one in series:
        if one.error is not None:
            error = np.where(np.isfinite(one.error), one.error, 0.0)
            values += [one.y + error, one.y - error]
    if log:
        # A bar that reaches below zero must not stretch the axis to it.
        values = [np.asarray(one.y, float) for one in series]
    return _range(values, log, 0.05)


def _x_margin(figure: Figure) -> float:
    loops = figure.equal_scale or any(series.points for series in figure.series)
    return 0.025 if loops else 0.0


def _shrunk(x: Axis, y: Axis, least: float) -> Axis:
    """Shorten y to what equal scales need; its label and half its length stay."""
    length = abs(y.end - y.start)
    least = min(length, max(least, length / 2))
    needed = (y.high - y.low) * abs(x.end - x.start) / (x.high - x.low)
    return replace(y, start=round(y.end + max(min(needed, length), least)))


def _equal(x: Axis, y: Axis) -> tuple[Axis, Axis]:
    """Widen one range until a unit is as long in x as in y; the floor stays."""
    per_x = (x.high - x.low) / abs(x.end - x.start)
    per_y = (y.high - y.low) / abs(y.end - y.start)
    if per_x < per_y:
        more = (per_y * abs(x.end - x.start) - (x.high - x.low)) / 2
        return Axis(x.low - more, x.high + more, x.start, x.end), y
    high = y.low + per_x * abs(y.end - y.start)
    return x, Axis(y.low, high, y.start, y.end)


def _gutter(ticks: Ticks) -> float:
    widest = max((text_width(text, _TICK) for text in ticks.labels), default=0.0)
    return _PAD + _LABEL + 10.0 + widest + 8.0


def _scales(figure: Figure, frame: Frame, height: float) -> str:
    x0, x1 = frame.x.start, frame.x.end
    down, up = frame.left.start, frame.left.end
    across = _pixels(frame.x, frame.x_ticks.values)
    along = _pixels(frame.left, frame.left_ticks.values)
    grid = "".join(f"M{x0:g},{y}H{x1:g}" for y in along)
    grid += "".join(f"M{x},{down:g}V{up:g}" for x in across)
    edge = f"M{x0:g},{up:g}V{down:g}H{x1:g}" + (f"V{up:g}" if frame.right else "")
    edge += "".join(f"M{x},{down:g}v5" for x in across)
    edge += "".join(f"M{x},{down:g}v3" for x in _pixels(frame.x, frame.x_ticks.minor))
    edge += "".join(f"M{x0:g},{y}h-5" for y in along)
    edge += "".join(
        f"M{x0:g},{y}h-3" for y in _pixels(frame.left, frame.left_ticks.minor)
    )
    texts = _column(frame.left, frame.left_ticks, x0 - 9, "end")
    if frame.right and frame.right_ticks:
        marks = _pixels(frame.right, frame.right_ticks.values)
        edge += "".join(f"M{x1:g},{y}h5" for y in marks)
        texts += _column(frame.right, frame.right_ticks, x1 + 9, "start")
    row = "".join(
        f'<text x="{x}" y="{down + 19:g}">{escape(label)}</text>'
        for x, label in zip(across, frame.x_ticks.labels, strict=True)
    )
    return (
        f'<path class="grid" d="{grid}"/><path class="edge" d="{edge}"/>'
        f'<g class="ticks x" text-anchor="middle">{row}</g>{texts}'
        f"{_labels(figure, frame, height)}"
    )


def _labels(figure: Figure, frame: Frame, height: float) -> str:
    x0, x1 = frame.x.start, frame.x.end
    down, up = frame.left.start, frame.left.end
    end = frame.x.end + (14.0 if not frame.right else 0.0)
    room = down - up + 14.0
    parts = [_label(figure.x_label, (x0 + x1) / 2, height - 8, x1 - x0)]
    middle = (up + down) / 2
    parts.append(_upright(figure.y_label, _PAD + _LABEL - 2, middle, room, -90))
    if frame.right and frame.right_ticks:
        x = end + _gutter(frame.right_ticks) - _PAD - _LABEL + 2
        parts.append(_upright(figure.right_label, x, middle, room, 90))
        parts.append(_factor(frame.right_ticks, x1 + 2, up - 6, "start"))
    parts.append(_factor(frame.x_ticks, end, height - 8, "end"))
    parts.append(_factor(frame.left_ticks, x0 - 2, up - 6, "end"))
    return "".join(parts)


def _label(text: str, x: float, y: float, room: float, turn: str = "") -> str:
    return (
        f'<text class="label" text-anchor="middle" x="{x:.1f}" y="{y:.1f}"{turn}>'
        f"{escape(elided(text, _LABEL, room))}</text>"
    )


def _upright(text: str, x: float, y: float, room: float, angle: int) -> str:
    return _label(text, x, y, room, f' transform="rotate({angle} {x:.1f} {y:.1f})"')


def _factor(ticks: Ticks, x: float, y: float, anchor: str) -> str:
    if not ticks.factor:
        return ""
    return (
        f'<text class="quiet" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">'
        f"{ticks.factor}</text>"
    )


def _column(axis: Axis, ticks: Ticks, x: float, anchor: str) -> str:
    rows = "".join(
        f'<text x="{x:g}" y="{y + 4:g}">{escape(label)}</text>'
        for y, label in zip(_pixels(axis, ticks.values), ticks.labels, strict=True)
    )
    return f'<g class="ticks y" text-anchor="{anchor}">{rows}</g>'


def _pixels(axis: Axis, values: Sequence[float]) -> list[float]:
    return [round(float(pixel), 1) for pixel in axis.at(np.array(values, float))]


def _nothing(frame: Frame) -> str:
    x = (frame.x.start + frame.x.end) / 2
    y = (frame.left.start + frame.left.end) / 2
    return (
        f'<text class="quiet" text-anchor="middle" x="{x:.1f}" y="{y:.1f}">'
        "No data</text>"
    )


def _spoken(figure: Figure) -> str:
    """Say the figure to someone who cannot see it."""
    parts = [f"{figure.y_label} against {figure.x_label}."]
    for series in figure.series:
        label = figure.right_label if series.right else figure.y_label
        found = span(np.asarray(series.y, float))
        if found is None:
            parts.append(f"{series.name}: no data.")
            continue
        low, high = (value_text(value) for value in found)
        parts.append(f"{series.name}: {len(series.y)} points, {label} {low} to {high}.")
    return " ".join(parts)
