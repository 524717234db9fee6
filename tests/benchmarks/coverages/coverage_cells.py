"""Formation, cycling and rates: the truth is the charge that went through the cell."""

import math
from collections.abc import Sequence

import numpy as np
from coverage_runs import Ran, run
from coverage_table import Finding, Technique
from numpy.typing import NDArray

from drivers.twins.world import catalogue
from drivers.twins.world.parameters import COULOMB_PER_MAH
from labctl.analysis.averages import differences

SAMPLE = "adversarial-cell"


def grams(seed: int) -> float:
    """Return the specimen's true active mass."""
    return 1e-3 * float(catalogue.truth(SAMPLE, seed)["working"]["mass_mg"])


def capacities(ran: Ran) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each cycle took up and gave back in C, complete cycles only."""
    size = np.abs(ran.history.half_cycles())
    whole = len(size) // 2
    return size[: 2 * whole : 2], size[1 : 2 * whole : 2]


def first_cycle(ran: Ran, seed: int) -> list[Finding]:
    """Return what every run with a formation says of its first cycle."""
    taken, given = (half[0] for half in capacities(ran))
    unit = COULOMB_PER_MAH * grams(seed)
    truths = {
        "initial_coulombic_efficiency": 100.0 * given / taken,
        "first_lithiation_capacity": taken / unit,
        "first_delithiation_capacity": given / unit,
    }
    return [Finding.of(n, float(t), ran.results.get(n)) for n, t in truths.items()]


def formation(seed: int) -> Sequence[Finding]:
    """One formation cycle."""
    return first_cycle(run("formation-cycling", SAMPLE, seed, cycles=0), seed)


def cycling(seed: int) -> Sequence[Finding]:
    """Ten cycles after the formation: mean CE, what is left."""
    ran = run("cycling", SAMPLE, seed, cycles=10)
    taken, given = capacities(ran)
    formations = 1
    later = slice(formations, None)
    truths = {
        "coulombic_efficiency": 100.0 * float(np.mean((given / taken)[later])),
        "capacity_retention": 100.0 * given[-1] / given[formations],
    }
    found = [Finding.of(n, float(t), ran.results.get(n)) for n, t in truths.items()]
    table = ran.results["coulombic_efficiency"].table or {}
    if "coulombic_efficiency_uncertainty_percent" in table:
        found += [
            Finding("efficiency of a cycle", 100.0 * g / t, x, u, "good")
            for g, t, x, u in zip(
                given,
                taken,
                table["coulombic_efficiency_percent"],
                table["coulombic_efficiency_uncertainty_percent"],
                strict=True,
            )
        ]
    return found


def rates(seed: int) -> Sequence[Finding]:
    """Two cycles at each of six rates, and back to the first."""
    each = 2
    ran = run("rate-capability", SAMPLE, seed, cycles_per_rate=each)
    _, given = capacities(ran)
    blocks = given[1:]
    blocks = blocks[: each * (len(blocks) // each)].reshape(-1, each).mean(axis=1)
    left = 100.0 * blocks / blocks[0]
    table = ran.results["rate_capability"].table or {}
    found = []
    for place, measured in list(enumerate(table.get("rate_c", ())))[1:-1]:
        for name, result in ran.results.items():
            if name.startswith("retention_at_") and _is_at(name, measured):
                truth = float(left[place])
                found.append(Finding.of("retention at a rate", truth, result))
    back = ran.results.get("recovered_capacity")
    return [*found, Finding.of("recovered_capacity", float(left[-1]), back)]


def _is_at(name: str, measured: float) -> bool:
    """Tell whether ``retention_at_C_2`` or ``retention_at_3C`` is that of a rate."""
    word = name.removeprefix("retention_at_").replace("C_", "1/").removesuffix("C")
    over, _, under = word.partition("/")
    rate = float(over.replace("_", ".")) / float(under.replace("_", ".") or 1.0)
    return math.isclose(rate, measured, rel_tol=0.02)


def ratio(seed: int) -> Sequence[Finding]:
    """Two cells on one instrument: its errors and the balance's cancel as they do."""
    runs = {
        name: run("formation-cycling", name, seed, cycles=0)
        for name in (SAMPLE, "adversarial-sizes")
    }
    one, other = (capacities(ran)[1][0] for ran in runs.values())
    masses = [catalogue.truth(name, seed)["working"]["mass_mg"] for name in runs]
    truth = float(one / other * masses[1] / masses[0])
    found = differences({name: ran.results for name, ran in runs.items()})
    return [
        Finding.of("ratio of two cells' capacities", truth, one_of.ratio)
        for one_of in found
        if one_of.name == "first_delithiation_capacity"
    ]


TECHNIQUES = (
    Technique("formation", "formation-cycling, one cycle", formation, 40, 2),
    Technique("cycling", "cycling, ten cycles", cycling, 30, 1),
    Technique("rate", "rate-capability, two cycles a rate", rates, 12, 1),
    Technique("ratio", "two formation runs of one bench", ratio, 16, 1),
)
