"""The numbers of a figure as CSV: every point, nothing thinned."""

import csv
from pathlib import Path

from labctl.documents.spreadsheet import figure_rows
from labctl.figures.figure import Figure


def write_csv(figure: Figure, path: Path) -> Path:
    """Write every number of the figure to `path` (UTF-8, comma, point), return it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(figure_rows(figure))
    return path
