"""Results of several runs by group: means, and how the groups compare.

A run without a number is left out. Errors that runs share, by the names that their
files give them, stay in a mean and cancel in a ratio.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from labctl.analysis.groups import contrast, group_mean
from labctl.analysis.statistics import Group, describe
from labctl.analysis.uncertainty import Measured
from labctl.data import Quality, Result
from labctl.json_numbers import Number

Results = Mapping[str, Mapping[str, Result]]
"""Results by name, by run."""


@dataclass(frozen=True, slots=True)
class Average:
    """One quantity of one group."""

    name: str
    """Of the result: ``initial_coulombic_efficiency``."""
    group: str
    unit: str
    mean: Result
    """Scatter and what the runs share in its budget; of one run, its own result."""
    of: Group
    """How the values lie."""
    remarks: str
    """How many values are suspect or absent; or empty."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of two groups, the first against the second."""

    name: str
    groups: tuple[str, str]
    unit: str
    difference: Result
    """First minus second."""
    ratio: Result
    """First over second; what both share cancels."""
    probability: Number
    """Two-sided p of groups that do not differ (Welch); NaN: a group has one run."""
    hedges_g: Number
    """Size of the effect; NaN: a group has one run."""


def averages(
    results: Results, groups: Mapping[str, str] | None = None
) -> list[Average]:
    """Return every quantity of every group, averaged; words are left out.

    Values of different units are not averaged: each unit stands for itself.
    """
    found = []
    for (name, group, unit), members in _gathered(results, groups).items():
        values = _measured(members)
        if values:
            of = describe([one.value for one in values.values()])
            mean = group_mean(values, unit).to_result()
            remarks = _remarks(members, len(values))
            found.append(Average(name, group, unit, mean, of, remarks))
    return found


def differences(
    results: Results, groups: Mapping[str, str] | None = None
) -> list[Difference]:
    """Return how each group compares with the last one, quantity by quantity."""
    groups = groups or {run: run for run in results}
    there = list(dict.fromkeys(groups[run] for run in results if run in groups))
    gathered = _gathered(results, groups)
    found = []
    for name, unit in dict.fromkeys((name, unit) for name, _, unit in gathered):
        last = _measured(gathered.get((name, there[-1], unit), {}))
        for group in there[:-1]:
            first = _measured(gathered.get((name, group, unit), {}))
            if first and last:
                pair = (group, there[-1])
                two = contrast(first, last, unit)
                found.append(
                    Difference(
                        name,
                        pair,
                        unit,
                        two.difference.to_result(),
                        two.ratio.to_result(),
                        two.probability,
                        two.hedges_g,
                    )
                )
    return found


def _gathered(
    results: Results, groups: Mapping[str, str] | None
) -> dict[tuple[str, str, str], dict[str, Result]]:
    """Return results by run, by quantity, group and unit."""
    groups = groups or dict.fromkeys(results, "all")
    gathered: dict[tuple[str, str, str], dict[str, Result]] = {}
    for name in dict.fromkeys(name for run in results.values() for name in run):
        for run, named in results.items():
            if name in named:
                key = (name, groups.get(run, run), named[name].unit)
                gathered.setdefault(key, {})[run] = named[name]
    return gathered


def _measured(results: Mapping[str, Result]) -> dict[str, Measured]:
    return {
        run: Measured.of_result(result, run)
        for run, result in results.items()
        if isinstance(result.value, float | int) and math.isfinite(result.value)
    }


def _remarks(found: Mapping[str, Result], usable: int) -> str:
    doubted = sum(result.quality is Quality.SUSPECT for result in found.values())
    missing = len(found) - usable
    said = (
        f"{doubted} suspect" if doubted else "",
        f"{missing} absent" if missing else "",
    )
    return ", ".join(filter(None, said))
