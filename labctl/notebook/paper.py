"""Figures for paper: journal widths, embedded fonts, colours that survive print.

Colours, dashes and markers are those of the report (`labctl.drawing`). Text is 7 pt,
which stays above the 5 pt that journals ask for at least. A series that is suspect has
a dagger in the legend; why stands in the caption (`PaperFigure.caption`).
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure as Canvas
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

from labctl.data import Quality
from labctl.drawing.lettering import text_width
from labctl.drawing.looks import Key, assign, keys
from labctl.drawing.palette import MARKERS, Look
from labctl.errors import OperatorError
from labctl.figures.figure import Figure, Series

WIDTHS: Mapping[str, float] = {"single": 85.0, "middle": 120.0, "double": 180.0}
"""mm; what most journals of the field give to one column, one and a half, two."""
SHAPE = 0.72
"""Height over width, unless told."""
FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
"""The first that is installed; the last one always is."""
INCH = 25.4
"""mm."""
POINTS = 72
"""An inch has so many."""
SCREEN = 150
"""Dots per inch of what a notebook shows."""
KINDS = (".pdf", ".eps", ".svg", ".tiff", ".tif", ".png")
MOST_BARS = 150
"""More error bars than this hide what they qualify: a band is drawn."""
CROWD = 60
"""From so many points on, markers are smaller and have no rim."""
RAMP_STEPS = 8
MOST_ACROSS, MOST_UP = 6, 8
"""Intervals between labels of an axis: those of x lie side by side."""
SHORT = 12.0
"""A logarithmic axis that spans less has no powers of ten to speak of."""
BESIDE, BELOW = 13.0, 13.0
"""mm that the labels of axes take."""
FLATTEST = (0.4, 1.1)
"""Height over width of a plot with equal scales, at least and at most."""
COUNTED = ("Cycle", "Pulse", "Spectrum")
"""How the label of an axis begins that has no halves."""
DAGGER = "†"
_SHAPES = ("o", "s", "^", "D", "v")
"""Matplotlib's words for `labctl.drawing.palette.MARKERS`."""
STYLE: Mapping[str, Any] = {
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "lines.linewidth": 0.9,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.6,
    "ytick.major.size": 2.6,
    "xtick.minor.size": 1.4,
    "ytick.minor.size": 1.4,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "axes.unicode_minus": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "mathtext.default": "regular",
}
"""Settings of Matplotlib that a figure is drawn and saved with (``rc_context``)."""


class _Page(Canvas):
    """A Matplotlib figure that a notebook shows and that saves with `STYLE`."""

    def savefig(self, *args: Any, **options: Any) -> None:
        """Save with the fonts embedded; see Matplotlib."""
        with _styled():
            super().savefig(*args, **options)

    def _repr_png_(self) -> bytes:
        into = io.BytesIO()
        self.savefig(into, format="png", dpi=SCREEN)
        return into.getvalue()


def drawn(figure: Figure, width: str | float, height: float | None = None) -> Canvas:
    """Return the figure at ``width`` and ``height`` (mm)."""
    across = _millimetres(width)
    looks = assign(figure.series)
    with _styled():
        legend = _legend(figure, looks, across)
        tall = height or _height(figure, across) + legend.height
        page = _Page(figsize=(across / INCH, tall / INCH), layout="constrained")
        left = page.add_subplot()
        right = None
        if any(series.right for series in figure.series):
            right = left.twinx()
        for series, look in zip(figure.series, looks, strict=True):
            _curve(right if right and series.right else left, series, look)
        _axes(figure, left, right)
        legend.put_on(page)
    return page


def saved(
    figure: Figure, path: Path, width: str | float, height: float | None, dpi: float
) -> Path:
    """Write the figure; the ending of ``path`` says as what."""
    if path.suffix.lower() not in KINDS:
        raise OperatorError(
            f"{path}: {path.suffix or 'no ending'} is no kind of figure; use one of "
            f"{', '.join(KINDS)}"
        )
    options: dict[str, Any] = {"dpi": dpi}
    if path.suffix.lower() in {".tif", ".tiff"}:
        options["pil_kwargs"] = {"compression": "tiff_lzw"}
    drawn(figure, width, height).savefig(path, **options)
    return path


def png(figure: Figure) -> bytes:
    """Return the figure as a notebook shows it."""
    into = io.BytesIO()
    drawn(figure, "middle").savefig(into, format="png", dpi=SCREEN)
    return into.getvalue()


@contextmanager
def _styled() -> Iterator[None]:
    installed = set(font_manager.get_font_names())
    sans = [name for name in FONTS if name in installed]
    with mpl.rc_context(
        {**STYLE, "font.family": "sans-serif", "font.sans-serif": sans}
    ):
        yield


def _millimetres(width: str | float) -> float:
    if isinstance(width, str):
        if width not in WIDTHS:
            raise OperatorError(
                f"width {width!r}: use {', '.join(WIDTHS)} or a number of mm"
            )
        return WIDTHS[width]
    if not 10 <= width <= 1000:  # noqa: PLR2004  mm: a stamp to a poster
        raise OperatorError(f"width {width:g} mm is beyond 10 to 1000 mm")
    return float(width)


def _curve(axes: Any, series: Series, look: Look) -> None:
    x, y = np.asarray(series.x, float), np.asarray(series.y, float)
    colour = look.colour.light
    axes.plot(x, y, **_how(series, look, len(x)))
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


def _how(series: Series, look: Look, points: int) -> dict[str, Any]:
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


def _axes(figure: Figure, left: Any, right: Any) -> None:
    left.set_xlabel(figure.x_label)
    left.set_ylabel(figure.y_label)
    if figure.x_log:
        left.set_xscale("log")
    if figure.y_log:
        left.set_yscale("log")
    if right is not None:
        right.set_ylabel(figure.right_label)
    else:
        left.tick_params(which="both", right=True)
    left.tick_params(which="both", top=True)
    left.minorticks_on()
    _ticks(left.xaxis, left.get_xlim(), MOST_ACROSS)
    for axes in filter(None, (left, right)):
        _ticks(axes.yaxis, axes.get_ylim(), MOST_UP)
    if _counts(figure):
        left.xaxis.get_major_locator().set_params(integer=True)
        left.tick_params(axis="x", which="minor", bottom=False, top=False)
    if figure.equal_scale:
        _equal(figure, left)
    if not any(np.isfinite(np.asarray(s.y, float)).any() for s in figure.series):
        left.text(0.5, 0.5, "No data", ha="center", transform=left.transAxes)


def _ticks(axis: Any, ends: tuple[float, float], most: int) -> None:
    """Let labels stand apart, and say a short logarithmic axis in plain numbers."""
    where = MaxNLocator(most, steps=(1, 2, 2.5, 5, 10))
    if axis.get_scale() == "linear":
        axis.set_major_locator(where)
    elif ends[0] > 0 and ends[1] / ends[0] < SHORT:
        axis.set_major_locator(NullLocator())
        axis.set_minor_locator(where)
        axis.set_minor_formatter(ScalarFormatter())


def _height(figure: Figure, across: float) -> float:
    """Return how tall a figure is without further rows of its legend, mm."""
    if not figure.equal_scale:
        return across * SHAPE
    return (across - BESIDE) * _flatness(figure) + BELOW


def _flatness(figure: Figure) -> float:
    """Return height over width of a plot in which one unit is as long either way."""
    x, y = (_span([getattr(s, name) for s in figure.series]) for name in ("x", "y"))
    high = max(y[1], 0.0) - min(y[0], 0.0)
    return float(np.clip(high / (x[1] - x[0] or 1.0), *FLATTEST))


def _equal(figure: Figure, axes: Any) -> None:
    """Make a unit as long in x as in y, on a floor of zero where nothing is below."""
    x, y = (_span([getattr(s, name) for s in figure.series]) for name in ("x", "y"))
    low = min(y[0], 0.0)
    wide = max(x[1] - x[0], (max(y[1], 0.0) - low) / FLATTEST[1]) or 1.0
    middle = (x[0] + x[1]) / 2
    edge = 0.04 * wide
    axes.set_xlim(middle - wide / 2 - edge, middle + wide / 2 + edge)
    axes.set_ylim(low - edge, low + wide * _flatness(figure) + edge)
    axes.set_aspect("equal", adjustable="box")


def _span(values: Sequence[Any]) -> tuple[float, float]:
    every = np.concatenate(
        [np.asarray(each, float) for each in values] or [np.zeros(1)]
    )
    known = every[np.isfinite(every)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _counts(figure: Figure) -> bool:
    """Tell whether the abscissa counts: cycles, pulses."""
    if figure.x_log or not any(len(series.x) for series in figure.series):
        return False
    every = np.concatenate([np.asarray(s.x, float) for s in figure.series])
    known = every[np.isfinite(every)]
    counted = figure.x_label.startswith(COUNTED)
    return counted and bool((known == np.round(known)).all())


@dataclass(frozen=True, slots=True)
class _Legend:
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


def _legend(figure: Figure, looks: Sequence[Look], across: float) -> _Legend:
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
            handles.append(Line2D([], [], **_how(figure.series[at], looks[at], 0)))
            texts.append(key.text.replace(" (right axis)", " (right)") + dagger)
    return _Legend(handles, texts, _columns(texts, POINTS * across / INCH))


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
