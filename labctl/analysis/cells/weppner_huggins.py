"""Weppner–Huggins from ratios and slopes: D = 4/(πτ) L² (ΔE_s/ΔE_t)².

The length L is volume over electroactive area: the thickness of a film, r/3 of a
sphere. Holds for a slab with t ≪ L²/D, and for a sphere only where Dτ/r² < 0.001.
Weppner & Huggins 1977.
"""

import math

from labctl.analysis.cells.gitt_pulses import FittedLine, Pulse
from labctl.analysis.uncertainty import Measured, estimated
from labctl.verdicts.condition import Doubts
from labctl.verdicts.gitt import ROOT_TIME

CLASSIC = 4 / (9 * math.pi)
"""Dτ/(r² ρ²) of a sphere by the classical formula: 4/π (1/3)²."""


def weppner_huggins(
    duration: float, rest_change: float, pulse_change: float, length: float
) -> float:
    """Return D = 4/(πτ) L² (ΔE_s/ΔE_t)² in m²/s.

    ``length`` in m is volume over electroactive area: the thickness of a film, r/3 of
    a sphere. With moles and molar volume, L = m V_M / (M S).
    """
    return 4 / (math.pi * duration) * (length * rest_change / pulse_change) ** 2


def doubted(found: Measured, doubts: Doubts) -> Measured:
    """Return ``found`` with every doubt, if there is a value to doubt."""
    return found if found.is_absent else found.suspect(*doubts)


def from_ratio(ratio: Measured, span: Measured, doubts: Doubts) -> Measured:
    """Return D from ρ with its doubts; ``span`` is r²/τ (or r² with ρ/√τ) in m²/s."""
    if not math.isfinite(ratio.value):
        return Measured.absent(ratio.reason or "no jump could be extrapolated", "m²/s")
    value = CLASSIC * ratio.value**2
    reduced = estimated(value, value * 2 * ratio.relative, "voltage")
    return doubted((reduced * span).with_unit("m²/s"), doubts)


def from_line(
    pulse: Pulse, line: FittedLine | None, squared: Measured, doubts: Doubts
) -> Measured:
    """Return D from dE/d√t: (4/π) L² (ΔE_s/τ / slope)²; ``squared`` is r² in m²."""
    if line is None or line.slope == 0:
        return Measured.absent("too few rows for a √t line", "m²/s")
    change = pulse.rest_change
    value = change.value / pulse.duration / line.slope
    u = abs(value) * math.hypot(change.relative, line.slope_uncertainty / line.slope)
    found = from_ratio(estimated(value, u, "voltage"), squared, doubts)
    return doubted(found, ROOT_TIME.at_least(line.r_squared))
