"""Figures of several runs laid over each other, name by name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from labctl.figures.figure import Figure, Series


def combine(
    figures: Mapping[str, Figure], groups: Mapping[str, str] | None = None
) -> Figure:
    """Merge figures of the same name, by run, into one.

    Parameters
    ----------
    figures
        At least one; all with the same axis labels.
    groups
        Group of a run; a run without one is its own group.
    """
    groups = groups or {}
    first = next(iter(figures.values()))
    series = [
        replace(
            one,
            name=_named(run, figure, one),
            group=groups.get(run, run),
        )
        for run, figure in figures.items()
        for one in figure.series
    ]
    notes = dict.fromkeys(f.note for f in figures.values() if f.note)
    return replace(first, series=tuple(series), note=" ".join(notes))


def combine_all(
    runs: Mapping[str, Sequence[Figure]], groups: Mapping[str, str] | None = None
) -> list[Figure]:
    """Merge all figures of all runs, in the order in which their names appear.

    Figures of one name but different axes (mAh against mAh/g) stay apart.
    """
    found: dict[tuple[str, ...], dict[str, Figure]] = {}
    for run, figures in runs.items():
        for figure in figures:
            axes = (figure.name, figure.x_label, figure.y_label, figure.right_label)
            found.setdefault(axes, {})[run] = figure
    return [combine(figures, groups) for figures in found.values()]


def _named(run: str, figure: Figure, series: Series) -> str:
    return run if len(figure.series) == 1 else f"{run}: {series.name}"
