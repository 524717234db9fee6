"""The legend above the plot: wrapped into rows, never over the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from labctl.drawing.lettering import elided, text_width
from labctl.drawing.looks import Key
from labctl.drawing.palette import Look
from labctl.figures.figure import Series
from labctl.report.marks import themed

ROW = 21.0
"""Height of one row in pixels."""
_SIZE = 12.0
_SAMPLE = 26.0
_DOT = 9.0
_GAP = 7.0
_BETWEEN = 20.0
_RAMP = 96.0
_RAMP_STEPS = 12
_MAX_ROWS = 5


@dataclass(frozen=True, slots=True)
class Legend:
    """The drawn legend and the room it takes."""

    svg: str
    height: float


def legend(
    found: Sequence[Key],
    series: Sequence[Series],
    looks: Sequence[Look],
    left: float,
    width: float,
    thinned: Sequence[bool] = (),
) -> Legend:
    """Draw the keys from `left` on, at most `width` pixels wide.

    `thinned` says which lines carry markers instead of a dash pattern; it changes no
    size, so that a first call without it gives the room.

    Keys beyond five rows are counted instead of drawn: the table of numbers has them.
    """
    parts: list[str] = []
    x, row, shown = 0.0, 0, 0
    for key in found:
        text = elided(key.text, _SIZE, width - _SAMPLE - _GAP)
        marked = not key.until and bool(thinned) and thinned[key.members[0]]
        need = _needed(key, text, series)
        if x and x + need > width:
            x, row = 0.0, row + 1
        if row >= _MAX_ROWS:
            break
        place = (left + x, ROW * row + ROW / 2)
        parts.append(_entry(key, text, series, looks, place, marked=marked))
        x += need + _BETWEEN
        shown += 1
    if not parts:
        return Legend("", 0.0)
    rows = min(row + 1, _MAX_ROWS)
    if shown < len(found):
        y = ROW * rows + ROW / 2
        more = f"and {len(found) - shown} more"
        parts.append(f'<text class="quiet" x="{left:g}" y="{y + 4:g}">{more}</text>')
        rows += 1
    return Legend(f'<g class="legend">{"".join(parts)}</g>', ROW * rows)


def _needed(key: Key, text: str, series: Sequence[Series]) -> float:
    if key.until:
        both = text_width(text, _SIZE) + text_width(key.until, _SIZE)
        return both + _RAMP + 2 * _GAP
    return _wide(series[key.members[0]]) + _GAP + text_width(text, _SIZE)


def _wide(series: Series) -> float:
    return _DOT if series.points else _SAMPLE


def _entry(
    key: Key,
    text: str,
    series: Sequence[Series],
    looks: Sequence[Look],
    place: tuple[float, float],
    *,
    marked: bool,
) -> str:
    x, y = place
    members = " ".join(map(str, key.members))
    words = f"{key.text} – {key.until}" if key.until else key.text
    head = (
        f'<g class="key" data-members="{members}" aria-label="{escape(words)}">'
        f"<title>{escape(words)}</title>"
    )
    if key.until:
        return head + _ramp(key, text, series, looks, x, y) + "</g>"
    only = key.members[0]
    sample = _sample(series[only], looks[only], x, y, marked=marked)
    label = _text(text, x + _wide(series[only]) + _GAP, y)
    hit = _hit(x, y, _needed(key, text, series))
    return f"{head}{hit}{sample}{label}</g>"


def _ramp(
    key: Key,
    text: str,
    series: Sequence[Series],
    looks: Sequence[Look],
    x: float,
    y: float,
) -> str:
    start = x + text_width(text, _SIZE) + _GAP
    count = min(len(key.members), _RAMP_STEPS)
    places = [
        key.members[round(step * (len(key.members) - 1) / (count - 1))]
        for step in range(count)
    ]
    size = _RAMP / count
    boxes = "".join(
        f'<rect class="s box" {themed(looks[place])} x="{start + size * step:.1f}" '
        f'y="{y - 5:g}" width="{size:.1f}" height="10"/>'
        for step, place in enumerate(places)
    )
    whole = _needed(key, text, series)
    end = _text(key.until, start + _RAMP + _GAP, y)
    return _hit(x, y, whole) + _text(text, x, y) + boxes + end


def _sample(series: Series, look: Look, x: float, y: float, *, marked: bool) -> str:
    line = ""
    if not series.points:
        dash = f' stroke-dasharray="{look.dash}"' if look.dash and not marked else ""
        line = f'<path class="line"{dash} d="M{x:g},{y:g}h{_SAMPLE:g}"/>'
    dot = ""
    if series.points or (marked and look.dash):
        kind = "dot hollow" if series.points and series.right else "dot"
        middle = x + _wide(series) / 2
        dot = (
            f'<path class="{kind}" transform="translate({middle:g},{y:g}) '
            f'scale(4)" d="{look.marker}"/>'
        )
    return f'<g class="s" {themed(look)}>{line}{dot}</g>'


def _hit(x: float, y: float, width: float) -> str:
    return (
        f'<rect class="hit" x="{x - 4:.1f}" y="{y - ROW / 2:.1f}" rx="3" '
        f'width="{width + 8:.1f}" height="{ROW:g}"/>'
    )


def _text(text: str, x: float, y: float) -> str:
    return f'<text x="{x:.1f}" y="{y + 4:.1f}">{escape(text)}</text>'
