"""The numbers of figures as CSV: every point, nothing thinned, each file its own name.

Of one run: ``<run id>-<figure>.csv``. Of several runs:
``comparison-<protocol>-<figure>.csv``, since protocols have figures of one name and
other axes; one that lays runs of two protocols over each other names both.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from labctl.documents.spreadsheet import figure_rows
from labctl.figures.figure import Figure
from labctl.store.exporters.delivery import delivery, word_of

NAMED = 2
"""Protocols that a file name can take."""
SEVERAL = "several"
"""Stands for more of them."""


def write_figures(
    figures: Mapping[str, Figure], directory: Path, *, replace: bool = False
) -> list[Path]:
    """Write each figure under its name; return the paths.

    OperatorError: a file with other content is there, and ``replace`` is not said; then
    none is written. StoreError: the folder cannot be written.
    """
    with delivery(directory, replace=replace) as goods:
        for name, figure in figures.items():
            write_csv(figure, goods.file(f"{name}.csv"))
    return goods.paths


def write_csv(figure: Figure, path: Path) -> Path:
    """Write every number of the figure to `path` (UTF-8, comma, point), return it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(figure_rows(figure))
    return path


def named_by_run(run_id: str, figures: Sequence[Figure]) -> dict[str, Figure]:
    """Return the figures of one run by the names of their files."""
    return _unique([f"{run_id}-{each.name}" for each in figures], figures)


def named_by_protocol(
    figures: Sequence[Figure], runs: Sequence[tuple[str, Sequence[Figure]]]
) -> dict[str, Figure]:
    """Return the figures of a comparison by the names of their files.

    ``runs``: protocol and figures of each run that was compared.
    """
    names = []
    for figure in figures:
        protocols = sorted(
            {
                word_of(protocol)
                for protocol, own in runs
                if any(_axes(each) == _axes(figure) for each in own)
            }
        )
        word = "+".join(protocols) if len(protocols) <= NAMED else SEVERAL
        names.append(f"comparison-{word}-{figure.name}")
    return _unique(names, figures)


def _axes(figure: Figure) -> tuple[str, ...]:
    """Return what figures share that were laid over each other."""
    return figure.name, figure.x_label, figure.y_label, figure.right_label


def _unique(names: Sequence[str], figures: Sequence[Figure]) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for name, figure in zip(names, figures, strict=True):
        free, number = name, 1
        while free in found:
            number += 1
            free = f"{name}-{number}"
        found[free] = figure
    return found
