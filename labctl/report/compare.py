"""Several runs side by side: means of groups, how groups compare, every run's results.

Verdict before value. A mean ± its standard uncertainty stands with the runs' standard
deviation s (n - 1); every run's own value is shown below.
"""

import math
from collections.abc import Sequence

from labctl.analysis.averages import Average, Difference, Results
from labctl.analysis.statistics import Group
from labctl.data import Quality, Result
from labctl.drawing.lettering import (
    probability_text,
    spoken,
    uncertainty_text,
    unit_text,
    value_text,
)
from labctl.drawing.result_text import largest_text, number_text, result_text
from labctl.report.tables import Table

_MEANS = (
    "Verdict",
    "Quantity",
    "Group",
    "n",
    "Mean ± u",
    "Unit",
    "s",
    "Median",
    "Least … most",
)
_RATIOS = (
    "Verdict",
    "Quantity",
    "Ratio ± u",
    "Difference ± u",
    "Unit",
    "p (Welch)",
    "Hedges g",
)
NONE = "–"


def runs_table(results: Results) -> Table:
    """Return every run's own value of every quantity; doubted ones say so."""
    names = list(dict.fromkeys(name for run in results.values() for name in run))
    rows = [
        [run, *(_cell(named.get(name)) for name in names)]
        for run, named in results.items()
    ]
    return Table("Every run", ["Run", *map(spoken, names)], rows, folded=False)


def groups_table(found: Sequence[Average]) -> Table:
    """Return the mean of every quantity in every group, and how its values lie."""
    rows = [
        [
            str(one.mean.quality),
            spoken(one.name),
            one.group,
            str(one.of.count),
            number_text(one.mean),
            unit_text(one.unit),
            deviation_text(one.of),
            *_range(one.of),
        ]
        for one in found
    ]
    remarks = [
        _joined(one.remarks, one.mean.reason, largest_text(one.mean)) for one in found
    ]
    return _without_empty("Mean of each group", _MEANS, rows, remarks)


def differences_tables(found: Sequence[Difference]) -> list[Table]:
    """Return how each group compares with the last, one table a pair of groups."""
    pairs = dict.fromkeys(one.groups for one in found)
    return [_pair([one for one in found if one.groups == pair]) for pair in pairs]


def _pair(found: Sequence[Difference]) -> Table:
    rows = [
        [
            str(one.ratio.quality),
            spoken(one.name),
            number_text(one.ratio),
            number_text(one.difference),
            unit_text(one.unit),
            welch_text(one.probability),
            effect_text(one.hedges_g),
        ]
        for one in found
    ]
    remarks = [_joined(one.ratio.reason, largest_text(one.ratio)) for one in found]
    first, last = found[0].groups
    title = f"{first} against {last}: ratio and difference"
    return _without_empty(title, _RATIOS, rows, remarks)


def _without_empty(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    remarks: Sequence[str],
) -> Table:
    """Return a table without the columns in which nobody has a word."""
    kept = [
        k for k in range(len(header)) if any(row[k] not in {"", NONE} for row in rows)
    ]
    return Table(
        title,
        [header[k] for k in kept],
        [[row[k] for k in kept] for row in rows],
        folded=False,
        remarks=remarks,
    )


def _range(found: Group) -> tuple[str, str]:
    """Return median and range; of two values they say nothing more."""
    if found.count <= 2:  # noqa: PLR2004
        return NONE, NONE
    ends = f"{value_text(found.lowest)} … {value_text(found.highest)}"
    return value_text(found.median), ends


def deviation_text(found: Group) -> str:
    """Write s with two significant digits; ``–`` for a single value."""
    if found.count < 2:  # noqa: PLR2004  (one value does not scatter)
        return NONE
    return uncertainty_text(found.deviation)


def welch_text(probability: float) -> str:
    """Write p as ``0.031``; ``–`` where a group has but one run."""
    if math.isnan(probability):
        return NONE
    return probability_text(probability).removeprefix("= ")


def effect_text(hedges_g: float) -> str:
    """Write g with two digits; ``–`` where a group has but one run."""
    return NONE if math.isnan(hedges_g) else value_text(float(f"{hedges_g:.1e}"))


def _cell(result: Result | None) -> str:
    if result is None or result.value is None:
        return NONE
    doubt = f"{result.quality}: " if result.quality is not Quality.GOOD else ""
    return f"{doubt}{result_text(result)}"


def _joined(*texts: str) -> str:
    return "; ".join(filter(None, texts))
