"""Means of two to five cells, and ratios of two groups that share a balance.

A generator stands in for the runs: cells scatter by 2 %, each run has an error of its
own, and one balance, the same for all, is off by 1 %. The truth of a mean is what the
population has, as the balance's error stays in it; that of a ratio has no balance.
"""

import random
from collections.abc import Sequence

from coverage_table import Finding, Technique

from labctl.analysis.averages import averages, differences
from labctl.analysis.uncertainty import Measured
from labctl.data import Result
from labctl.sources import Source

SCATTER, BALANCE, OWN = 0.02, 0.01, 0.002
NAME = "capacity"


def _cells(rng: random.Random, truth: float, count: int, off: float) -> list[Result]:
    made = []
    for _ in range(count):
        cell = truth * (1.0 + rng.gauss(0.0, SCATTER))
        value = cell * (1.0 + off) * (1.0 + rng.gauss(0.0, OWN))
        parts = {
            Source("active mass", "balance", shared="balance 1"): BALANCE * value,
            Source("charge", "end point"): OWN * value,
        }
        made.append(Measured(value, "mAh/g", parts).to_result())
    return made


def groups(seed: int) -> Sequence[Finding]:
    """Means of groups of two to five, and the ratio of two groups."""
    found = []
    for count in (2, 3, 4, 5):
        rng = random.Random(f"{seed}:{count}")  # noqa: S311
        off = rng.gauss(0.0, BALANCE)
        first, second = rng.uniform(1e3, 4e3), rng.uniform(1e3, 4e3)
        results, group = {}, {}
        for letter, truth in (("a", first), ("b", second)):
            for number, result in enumerate(_cells(rng, truth, count, off)):
                results[f"{letter}{number}"] = {NAME: result}
                group[f"{letter}{number}"] = letter
        mean = averages(results, group)[0].mean
        ratio = differences(results, group)[0].ratio
        found += [
            Finding.of(f"mean of {count} cells", first, mean),
            Finding.of(f"ratio of two groups of {count}", first / second, ratio),
        ]
    return found


TECHNIQUES = (Technique("groups", "like cells, no whole run", groups, 400, 100),)
