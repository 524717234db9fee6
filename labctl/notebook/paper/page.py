"""A figure for paper: drawn at a journal's width, saved with its fonts inside."""

import io
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Canvas

from labctl.drawing.looks import assign
from labctl.errors import OperatorError
from labctl.figures.figure import Figure
from labctl.notebook.paper.axes import axes_of, height_of
from labctl.notebook.paper.curves import curve
from labctl.notebook.paper.legend import legend_of
from labctl.notebook.paper.style import INCH, millimetres, styled

SCREEN = 150
"""Dots per inch of what a notebook shows."""
KINDS = (".pdf", ".eps", ".svg", ".tiff", ".tif", ".png")


class _Page(Canvas):
    """A Matplotlib figure that a notebook shows and that saves with `STYLE`."""

    def savefig(self, *args: Any, **options: Any) -> None:
        """Save with the fonts embedded; see Matplotlib."""
        with styled():
            super().savefig(*args, **options)

    def _repr_png_(self) -> bytes:
        into = io.BytesIO()
        self.savefig(into, format="png", dpi=SCREEN)
        return into.getvalue()


def drawn(figure: Figure, width: str | float, height: float | None = None) -> Canvas:
    """Return the figure at ``width`` and ``height`` (mm)."""
    across = millimetres(width)
    looks = assign(figure.series)
    with styled():
        legend = legend_of(figure, looks, across)
        tall = height or height_of(figure, across) + legend.height
        page = _Page(figsize=(across / INCH, tall / INCH), layout="constrained")
        left = page.add_subplot()
        right = None
        if any(series.right for series in figure.series):
            right = left.twinx()
        for series, look in zip(figure.series, looks, strict=True):
            curve(right if right and series.right else left, series, look)
        axes_of(figure, left, right)
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
