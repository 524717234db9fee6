"""Figures and text for a spreadsheet, which would run what looks like a formula.

Series stand side by side as x, y and, where there is one, uncertainty; each column
says its axis label and, in brackets, the series. Shorter series end in empty cells.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from labctl.data import Quality
from labctl.figures.figure import Figure

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run."""


def safe_text(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def figure_rows(figure: Figure) -> Iterator[Iterable[str]]:
    """Yield the headings, then the numbers row by row.

    NaN is an empty cell; numbers are written so that they read back exactly.
    """
    yield headings(figure)
    columns = (
        (_cell(value) for value in values.tolist())
        for series in figure.series
        for values in (series.x, series.y, series.error)
        if values is not None
    )
    yield from zip_longest(*columns, fillvalue="")


def headings(figure: Figure) -> list[str]:
    """Return what stands over the columns."""
    names: list[str] = []
    for series in figure.series:
        y_label = figure.right_label if series.right else figure.y_label
        labels = [figure.x_label, y_label]
        if series.error is not None:
            labels.append(f"u({y_label})")
        name = series.name
        if series.quality is not Quality.GOOD:
            name += f", {series.quality}: {series.reason}"
        names += [safe_text(f"{label} ({name})") for label in labels]
    return names


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)
