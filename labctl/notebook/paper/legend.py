"""The legend of a figure for paper: above the plot, in as many columns as fit.

A series that is suspect has a dagger; why stands in the caption.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from labctl.data import Quality
from labctl.drawing.lettering import text_width
from labctl.drawing.looks import Key, keys
from labctl.drawing.palette import Look
from labctl.figures.figure import Figure
from labctl.notebook.paper.curves import how
from labctl.notebook.paper.style import INCH, POINTS, STYLE

RAMP_STEPS = 8
DAGGER = "†"


@dataclass(frozen=True, slots=True)
class Legend:
    """What stands above the plot."""

    handles: Sequence[Any]
    texts: Sequence[str]
    columns: int

    @property
    def height(self) -> float:
        """Return the room it takes beyond its first row, mm."""
        rows = -(-len(self.texts) // self.columns)
        size: float = STYLE["legend.fontsize"]
        return max(0, rows - 1) * 1.5 * size * INCH / POINTS

    def put_on(self, page: Canvas) -> None:
        """Draw it."""
        if self.texts:
            page.legend(
                self.handles,
                self.texts,
                loc="outside upper center",
                ncols=self.columns,
                handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
                columnspacing=1.0,
                handlelength=2.2,
                handletextpad=0.4,
                borderaxespad=0.2,
            )


def legend_of(figure: Figure, looks: Sequence[Look], across: float) -> Legend:
    """Return the legend of a figure that is ``across`` mm wide."""
    handles: list[Any] = []
    texts = []
    found = keys(figure.series)
    doubted = any(s.quality is not Quality.GOOD for s in figure.series)
    if not found and doubted and figure.series:
        found = (Key(figure.series[0].name, (0,)),)
    for key in found:
        dagger = f" {DAGGER}" if _is_suspect(figure, key) else ""
        if key.until:
            handles.append(_ramp(key, looks))
            texts.append(f"{key.text} – {key.until}{dagger}")
        else:
            at = key.members[0]
            handles.append(Line2D([], [], **how(figure.series[at], looks[at], 0)))
            texts.append(key.text.replace(" (right axis)", " (right)") + dagger)
    return Legend(handles, texts, _columns(texts, POINTS * across / INCH))


def _columns(texts: Sequence[str], room: float) -> int:
    """Return how many columns of a legend fit into ``room`` (pt); 1 at least."""
    size = STYLE["legend.fontsize"]
    widths = [text_width(text, size) + 4 * size for text in texts]
    for count in range(len(texts), 1, -1):
        rows = -(-len(texts) // count)
        parts = [widths[at : at + rows] for at in range(0, len(widths), rows)]
        if sum(map(max, parts)) <= room:
            return count
    return 1


def _is_suspect(figure: Figure, key: Key) -> bool:
    return any(figure.series[at].quality is not Quality.GOOD for at in key.members)


def _ramp(key: Key, looks: Sequence[Look]) -> tuple[Patch, ...]:
    count = min(len(key.members), RAMP_STEPS)
    places = np.linspace(0, len(key.members) - 1, count).round().astype(int)
    colours = [looks[key.members[at]].colour.light for at in places]
    return tuple(Patch(facecolor=colour, linewidth=0) for colour in colours)
