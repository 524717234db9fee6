"""Impedance at rest and under current: R_ct of each spectrum."""

from collections.abc import Sequence
from typing import Any

from coverage_runs import run
from coverage_table import Finding, Technique

SAMPLE = "adversarial-cell"


def _spectra(protocol: str, seed: int, **given: Any) -> list[Finding]:
    ran = run(protocol, SAMPLE, seed, **given)
    table = ran.results["charge_transfer_resistance"].table or {}
    truths = ran.history.spectra()
    values = table.get("charge_transfer_ohm", ())
    if len(values) != len(truths):
        raise AssertionError(f"{len(values)} rows for {len(truths)} spectra")
    return [
        Finding(
            "R_ct of a spectrum", truth, value, u, "good" if valid == 1.0 else "suspect"
        )
        for truth, value, u, valid in zip(
            truths, values, table["uncertainty_ohm"], table["valid"], strict=True
        )
    ]


def at_rest(seed: int) -> Sequence[Finding]:
    """One spectrum after the cell has rested."""
    return _spectra("peis", seed)


def under_current(seed: int) -> Sequence[Finding]:
    """Spectra while the cell is lithiated at 1C and 3C."""
    return _spectra("insitu-eis", seed, states=["30%", "50%"])


TECHNIQUES = (
    Technique("peis", "peis", at_rest, 24, 1),
    Technique("insitu-eis", "insitu-eis, two states", under_current, 6, 0),
)
