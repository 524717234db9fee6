"""The figures of a run by name, drawn for paper when they are asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from labctl.figures.figure import Figure
from labctl.notebook.libraries import library
from labctl.notebook.unknown import UnknownNameError
from labctl.session.run_figures import Drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SINGLE, MIDDLE, DOUBLE = "single", "middle", "double"
"""Widths by name; see `labctl.notebook.paper.style.WIDTHS`."""
RASTER = 600
"""Dots per inch of a TIFF or PNG."""


class PaperFigure:
    """One figure, as it would stand in a paper; shown as it is by a notebook."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        """Its curves as numbers: `labctl.figures.figure.Figure`."""

    @property
    def caption(self) -> str:
        """Title, how it was made, and what is to be doubted, in sentences."""
        parts = (f"{self.figure.title}.", self.figure.note, *self.figure.doubts)
        return " ".join(filter(None, parts))

    def mpl(self, width: str | float = SINGLE, height: float | None = None) -> "Canvas":
        """Return a Matplotlib figure; change it as you like, then ``savefig``.

        ``width``: ``single``, ``middle``, ``double`` (a journal's columns) or mm;
        ``height``: mm, None: as suits the width. What is drawn under
        `labctl.notebook.paper.style.STYLE` keeps its fonts when it is saved.
        """
        library("matplotlib", "a figure")
        from labctl.notebook.paper import page  # noqa: PLC0415  (start-up time)

        return page.drawn(self.figure, width, height)

    def save(
        self,
        path: str | Path,
        width: str | float = SINGLE,
        height: float | None = None,
        dpi: float = RASTER,
    ) -> Path:
        """Write a file and return its path; the ending says which kind.

        ``.pdf``, ``.eps`` and ``.svg`` are vectors with the fonts inside; ``.tiff`` and
        ``.png`` have ``dpi`` dots per inch.
        """
        library("matplotlib", "a figure")
        from labctl.notebook.paper import page  # noqa: PLC0415  (start-up time)

        return page.saved(self.figure, Path(path), width, height, dpi)

    def __repr__(self) -> str:
        names = ", ".join(series.name for series in self.figure.series[:4])
        return f"<figure {self.figure.name}: {self.figure.title}; {names}>"

    def _repr_png_(self) -> bytes:
        library("matplotlib", "a figure")
        from labctl.notebook.paper import page  # noqa: PLC0415  (start-up time)

        return page.png(self.figure)


class Figures(Mapping[str, PaperFigure]):
    """Name -> figure. ``why`` says which could not be drawn."""

    def __init__(self, draw: Callable[[], Drawn]) -> None:
        self._draw = draw

    @cached_property
    def _drawn(self) -> Drawn:
        return self._draw()

    @property
    def why(self) -> str:
        """Why some figures are missing; empty if none is."""
        return self._drawn.why

    def __getitem__(self, name: str) -> PaperFigure:
        for figure in self._drawn.figures:
            if figure.name == name:
                return PaperFigure(figure)
        raise UnknownNameError("figure", name, (*self, *filter(None, [self.why])))

    def __iter__(self) -> Iterator[str]:
        return (figure.name for figure in self._drawn.figures)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(self._drawn.figures)

    def __repr__(self) -> str:
        said = [f"{f.name}: {f.title}" for f in self._drawn.figures]
        return "\n".join([*said, *filter(None, [self.why])]) or "no figures yet"
