"""Widths, fonts and lines of figures for paper.

Text is 7 pt, which stays above the 5 pt that journals ask for at least.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager

from labctl.errors import OperatorError

WIDTHS: Mapping[str, float] = {"single": 85.0, "middle": 120.0, "double": 180.0}
"""mm; what most journals of the field give to one column, one and a half, two."""
FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
"""The first that is installed; the last one always is."""
INCH = 25.4
"""mm."""
POINTS = 72
"""An inch has so many."""
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


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save with `STYLE`, in the first of `FONTS` that is here."""
    installed = set(font_manager.get_font_names())
    sans = [name for name in FONTS if name in installed]
    with mpl.rc_context(
        {**STYLE, "font.family": "sans-serif", "font.sans-serif": sans}
    ):
        yield


def millimetres(width: str | float) -> float:
    """Return a width in mm. OperatorError: no name of `WIDTHS`, no size of a page."""
    if isinstance(width, str):
        if width not in WIDTHS:
            raise OperatorError(
                f"width {width!r}: use {', '.join(WIDTHS)} or a number of mm"
            )
        return WIDTHS[width]
    if not 10 <= width <= 1000:  # noqa: PLR2004  mm: a stamp to a poster
        raise OperatorError(f"width {width:g} mm is beyond 10 to 1000 mm")
    return float(width)
