"""GITT: the diffusivity of every pulse, and the one that stands at the top."""

from collections.abc import Sequence

import numpy as np
from coverage_runs import run
from coverage_table import Finding, Technique

MIDDLE = (0.2, 0.8)


def one_size(seed: int) -> Sequence[Finding]:
    """Particles of one size, as the analysis may take them to be."""
    return titration("adversarial-cell", seed)


def sizes(seed: int) -> Sequence[Finding]:
    """Particles of several sizes; the label states the median."""
    return titration("adversarial-sizes", seed)


def titration(sample: str, seed: int) -> Sequence[Finding]:
    """One direction of a titration or both; the truth is D where the pulse was."""
    directions = "opening" if seed % 2 == 0 else "both"
    ran = run("gitt", sample, seed, directions=directions)
    cell, result = ran.history.cell, ran.results["diffusivity"]
    table = {k: np.array(v) for k, v in (result.table or {}).items()}
    count = len(table.get("composition", ()))
    pulses = ran.history.pulses()[-count:] if count else []
    if cell is None or len(pulses) != count:
        raise AssertionError(f"{count} rows for {len(pulses)} pulses")
    true = np.array([cell.diffusivity(0.5 * (a + b)) for a, b in pulses])
    found = []
    for row in range(count):
        theta = 0.5 * sum(pulses[row])
        where = (
            "low" if theta < MIDDLE[0] else "high" if theta > MIDDLE[1] else "middle"
        )
        found.append(
            Finding(
                f"D of a pulse, {where} θ",
                float(true[row]),
                float(table["diffusivity_m2_per_s"][row]),
                float(table["uncertainty_m2_per_s"][row]),
                "good" if table["valid"][row] == 1.0 else "suspect",
            )
        )
    inside = (table["composition"] >= MIDDLE[0]) & (table["composition"] <= MIDDLE[1])
    used = inside & (table["valid"] == 1.0)
    median = float(np.median(true[used])) if used.any() else float("nan")
    return [*found, Finding.of("diffusivity (headline)", median, result)]


TECHNIQUES = (
    Technique("gitt", "gitt, particles of one size", one_size, 6, 1),
    Technique("gitt-sizes", "gitt, particles of several sizes", sizes, 2, 0),
)
