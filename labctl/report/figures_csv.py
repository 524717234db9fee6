"""The numbers of a figure as CSV: every point, nothing thinned.

Series stand side by side as x, y and, where there is one, uncertainty; each column
says its axis label and, in brackets, the series. Shorter series end in empty cells.
"""

import csv
import math
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from labctl.data import Quality
from labctl.documents.spreadsheet import safe_text
from labctl.figures.figure import Figure, Series


def write_csv(figure: Figure, path: Path) -> Path:
    """Write every number of the figure to `path` (UTF-8, comma, point) and return it.

    NaN is an empty cell; numbers are written so that they read back exactly.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings(figure))
        columns = [column for series in figure.series for column in _columns(series)]
        writer.writerows(zip_longest(*columns, fillvalue=""))
    return path


def headings(figure: Figure) -> list[str]:
    """Return the first row of the CSV."""
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


def _columns(series: Series) -> Iterator[Iterator[str]]:
    for values in (series.x, series.y, series.error):
        if values is not None:
            yield (_cell(value) for value in values.tolist())


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)
