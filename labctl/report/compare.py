"""Several runs side by side: their results, means of groups, how two groups differ.

A mean stands with the sample's standard deviation s (n - 1) and, from five runs on, the
95 % confidence interval, mean ± t s / √n; every run's own value is shown beside it.
"""

from collections.abc import Sequence

from labctl.analysis.averages import Average, Difference, Results
from labctl.analysis.statistics import FEWEST_FOR_INTERVAL, Group
from labctl.data import Quality, Result
from labctl.drawing.lettering import probability_text, spoken, unit_text, value_text
from labctl.report.tables import Table

_MEANS = (
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
_DIFFERENCES = ("Quantity", "Groups", "Difference, 95 % interval", "Unit", "p (Welch)")


def runs_table(results: Results) -> Table:
    """Return every run's own value of every quantity; doubted ones say so."""
    names = list(dict.fromkeys(name for run in results.values() for name in run))
    rows = [
        [run, *(_cell(named.get(name)) for name in names)]
        for run, named in results.items()
    ]
    return Table("Every run", ["Run", *map(spoken, names)], rows, folded=False)


def groups_table(found: Sequence[Average]) -> Table:
    """Return mean, s and 95 % confidence interval of every quantity in every group.

    The interval needs five values.
    """
    rows = [
        [spoken(one.name), one.group, *_statistics(one.of), one.unit, one.remarks]
        for one in found
    ]
    return Table("Mean of the runs", _MEANS, rows, folded=False)


def differences_table(found: Sequence[Difference]) -> Table:
    """Return how two groups differ, quantity by quantity."""
    rows = [
        [
            spoken(one.name),
            " − ".join(one.groups),
            value_text(one.difference, one.half_width),
            unit_text(one.unit),
            probability_text(one.probability).removeprefix("= "),
        ]
        for one in found
    ]
    return Table("Difference of the two groups", _DIFFERENCES, rows, folded=False)


def _statistics(found: Group) -> list[str]:
    return [
        str(found.count),
        value_text(found.mean),
        deviation_text(found),
        value_text(found.mean, found.half_width)
        if found.count >= FEWEST_FOR_INTERVAL
        else "–",
        value_text(found.median),
        f"{value_text(found.lowest)} … {value_text(found.highest)}",
    ]


def deviation_text(found: Group) -> str:
    """Write s with two significant digits; ``–`` for a single value."""
    if found.count < 2:  # noqa: PLR2004  (one value does not scatter)
        return "–"
    return value_text(float(f"{found.deviation:.1e}"))


def _cell(result: Result | None) -> str:
    if result is None or result.value is None:
        return "–"
    text = result.value
    if not isinstance(text, str):
        text = value_text(text, result.uncertainty)
    doubt = f" ({result.quality})" if result.quality is not Quality.GOOD else ""
    return f"{text} {result.unit}".rstrip() + doubt
