"""Several runs on one page: figures merged, results side by side and averaged.

Curves of one group (a material, a batch) share a hue and differ in dash or marker. A
mean stands with the sample's standard deviation s (n - 1) and, from five runs on, the
95 % confidence interval, mean ± t s / √n; every run's own value is shown beside it, and
no run is left out but one without a value.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.data import Quality, Result
from labctl.drawing.lettering import value_text
from labctl.figures.figure import Figure, Series
from labctl.report.tables import Table, spoken

_LEVEL = 0.95
FEWEST_FOR_INTERVAL = 5
"""With fewer values Student's t makes an interval that says little (n = 2: ± 9 s)."""

Results = Mapping[str, Mapping[str, Result]]
"""Results by name, by run."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Several cells' values of one quantity."""

    n: int
    mean: float
    deviation: float
    """Sample standard deviation (n - 1); NaN for one value."""
    half_width: float
    """Of the 95 % confidence interval of the mean; NaN for one value."""
    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Average:
    """One quantity of one group."""

    name: str
    """Of the result: ``initial_coulombic_efficiency``."""
    group: str
    unit: str
    spread: Spread
    remarks: str
    """How many values are suspect or absent; empty if none."""


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


def spread(values: Sequence[float]) -> Spread:
    """Return mean, deviation and confidence interval of at least one finite value."""
    from scipy.special import stdtrit  # noqa: PLC0415  (start-up time)

    numbers = np.asarray(values, float)
    n = numbers.size
    deviation = float(numbers.std(ddof=1)) if n > 1 else math.nan
    quantile = float(stdtrit(n - 1, (1 + _LEVEL) / 2)) if n > 1 else math.nan
    return Spread(
        n,
        float(numbers.mean()),
        deviation,
        quantile * deviation / math.sqrt(n),
        float(np.median(numbers)),
        float(numbers.min()),
        float(numbers.max()),
    )


def runs_table(results: Results) -> Table:
    """Return every run's own value of every quantity; doubted ones say so."""
    names = list(dict.fromkeys(name for run in results.values() for name in run))
    rows = [
        [run, *(_cell(named.get(name)) for name in names)]
        for run, named in results.items()
    ]
    return Table("Every run", ["Run", *map(spoken, names)], rows, folded=False)


def averages(
    results: Results, groups: Mapping[str, str] | None = None
) -> list[Average]:
    """Return every quantity of every group, averaged; words are left out.

    Values of different units are not averaged: each unit stands for itself.
    """
    groups = groups or dict.fromkeys(results, "all")
    gathered: dict[tuple[str, str, str], list[Result]] = {}
    for name in dict.fromkeys(name for run in results.values() for name in run):
        for run, named in results.items():
            if name in named:
                key = (name, groups.get(run, run), named[name].unit)
                gathered.setdefault(key, []).append(named[name])
    found = []
    for (name, group, unit), members in gathered.items():
        values = [float(r.value) for r in members if isinstance(r.value, float | int)]
        values = [value for value in values if math.isfinite(value)]
        if values:
            remarks = _remarks(members, len(values))
            found.append(Average(name, group, unit, spread(values), remarks))
    return found


def groups_table(results: Results, groups: Mapping[str, str] | None = None) -> Table:
    """Return mean, s and 95 % confidence interval of every quantity in every group.

    The interval needs five values.
    """
    rows = [
        [spoken(one.name), one.group, *_statistics(one.spread), one.unit, one.remarks]
        for one in averages(results, groups)
    ]
    return Table("Mean of the runs", _HEADER, rows, folded=False)


_HEADER = (
    "Quantity",
    "Group",
    "n",
    "Mean",
    "s",
    "95 % interval",
    "Median",
    "Least … most",
    "Unit",
    "Remarks",
)


def _statistics(found: Spread) -> list[str]:
    return [
        str(found.n),
        value_text(found.mean),
        deviation_text(found),
        value_text(found.mean, found.half_width)
        if found.n >= FEWEST_FOR_INTERVAL
        else "–",
        value_text(found.median),
        f"{value_text(found.least)} … {value_text(found.most)}",
    ]


def deviation_text(found: Spread) -> str:
    """Write s with two significant digits; ``–`` for a single value."""
    if found.n < 2:  # noqa: PLR2004  (one value does not scatter)
        return "–"
    return value_text(float(f"{found.deviation:.1e}"))


def _remarks(found: Sequence[Result], usable: int) -> str:
    doubted = sum(result.quality is Quality.SUSPECT for result in found)
    missing = len(found) - usable
    said = (
        f"{doubted} suspect" if doubted else "",
        f"{missing} absent" if missing else "",
    )
    return ", ".join(filter(None, said))


def _cell(result: Result | None) -> str:
    if result is None or result.value is None:
        return "–"
    text = result.value
    if not isinstance(text, str):
        text = value_text(text, result.uncertainty)
    doubt = f" ({result.quality})" if result.quality is not Quality.GOOD else ""
    return f"{text} {result.unit}".rstrip() + doubt


def _named(run: str, figure: Figure, series: Series) -> str:
    return run if len(figure.series) == 1 else f"{run}: {series.name}"
