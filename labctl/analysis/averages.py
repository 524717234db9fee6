"""Results of several runs, averaged by group; a run without a value is left out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from labctl.analysis.statistics import FEWEST, Group, compare, describe
from labctl.data import Quality, Result
from labctl.json_numbers import Number

Results = Mapping[str, Mapping[str, Result]]
"""Results by name, by run."""
TWO = 2


@dataclass(frozen=True, slots=True)
class Average:
    """One quantity of one group."""

    name: str
    """Of the result: ``initial_coulombic_efficiency``."""
    group: str
    unit: str
    of: Group
    remarks: str
    """How many values are suspect or absent, which one lies far off; or empty."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of two groups, the first minus the second (Welch's test)."""

    name: str
    groups: tuple[str, str]
    unit: str
    difference: Number
    half_width: Number
    """Of its 95 % confidence interval."""
    probability: Number
    """Two-sided p of groups that do not differ."""


def averages(
    results: Results, groups: Mapping[str, str] | None = None
) -> list[Average]:
    """Return every quantity of every group, averaged; words are left out.

    Values of different units are not averaged: each unit stands for itself.
    """
    found = []
    for (name, group, unit), members in _gathered(results, groups).items():
        values = _numbers(members)
        if values:
            of = describe(list(values.values()))
            remarks = _remarks(members, list(values), of)
            found.append(Average(name, group, unit, of, remarks))
    return found


def differences(results: Results, groups: Mapping[str, str]) -> list[Difference]:
    """Return how two groups differ in each quantity; nothing of one or of three.

    Each group needs two values, and one of them to scatter.
    """
    there = list(dict.fromkeys(groups[run] for run in results if run in groups))
    if len(there) != TWO:
        return []
    gathered = _gathered(results, groups)
    found = []
    for name, unit in dict.fromkeys((name, unit) for name, _, unit in gathered):
        values = [
            list(_numbers(gathered.get((name, group, unit), {})).values())
            for group in there
        ]
        scatter = any(len(set(own)) > 1 for own in values)
        if scatter and min(map(len, values)) >= FEWEST:
            welch = compare(*values)
            found.append(
                Difference(
                    name,
                    (there[0], there[1]),
                    unit,
                    welch.difference,
                    welch.half_width,
                    welch.probability,
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


def _numbers(results: Mapping[str, Result]) -> dict[str, float]:
    return {
        run: float(result.value)
        for run, result in results.items()
        if isinstance(result.value, float | int) and math.isfinite(result.value)
    }


def _remarks(found: Mapping[str, Result], usable: list[str], of: Group) -> str:
    doubted = sum(result.quality is Quality.SUSPECT for result in found.values())
    missing = len(found) - len(usable)
    far = ""
    if of.outlier is not None:
        far = (
            f"{usable[of.outlier]} lies {of.grubbs:.2f} s off "
            f"(Grubbs' limit {of.grubbs_limit:.2f})"
        )
    said = (
        f"{doubted} suspect" if doubted else "",
        f"{missing} absent" if missing else "",
        far,
    )
    return ", ".join(filter(None, said))
