"""Weppner–Huggins from ratios and slopes: D = 4/(πτ) L² (ΔE_s/ΔE_t)².

The length L is volume over electroactive area: the thickness of a film, r/3 of a
sphere. Holds for a slab with t ≪ L²/D, and for a sphere only where Dτ/r² < 0.001.
Weppner & Huggins 1977.
"""

import math
from collections.abc import Sequence

from labctl.analysis.cells.gitt_pulses import FittedLine, Pulse
from labctl.analysis.uncertainty import Measured, estimated

RADIUS = "particle radius"
"""Source of uncertainty that all pulses of a titration share."""
SIZES = "particle sizes"
"""The same for what the distribution of sizes leaves open."""
LINEAR = 0.99
"""R² of the √t line below this is no √t."""


def weppner_huggins(
    duration: float, rest_change: float, pulse_change: float, length: float
) -> float:
    """Return D = 4/(πτ) L² (ΔE_s/ΔE_t)² in m²/s.

    ``length`` in m is volume over electroactive area: the thickness of a film, r/3 of
    a sphere. With moles and molar volume, L = m V_M / (M S).
    """
    return 4 / (math.pi * duration) * (length * rest_change / pulse_change) ** 2


def doubted(found: Measured, doubts: Sequence[str]) -> Measured:
    """Return ``found`` with every doubt, if there is a value to doubt."""
    return found if found.is_absent else found.suspect(*doubts)


def from_ratio(
    ratio: Measured, factor: float, common: float, doubts: Sequence[str]
) -> Measured:
    """Return ``factor`` × ratio² with its doubts; ``common`` is the length's part.

    ``factor`` is 4 L²/(πτ) in m²/s; ``common`` a relative standard uncertainty.
    """
    if not math.isfinite(ratio.value):
        return Measured.absent(ratio.reason or "no jump could be extrapolated")
    value = factor * ratio.value**2
    found = estimated(value, value * 2 * ratio.relative, "voltage")
    return doubted(found.with_part(RADIUS, value * common), doubts)


def from_line(
    pulse: Pulse,
    line: FittedLine | None,
    classic: float,
    common: float,
    doubts: Sequence[str],
) -> Measured:
    """Return D from dE/d√t: (4/π) L² (ΔE_s/τ / slope)²."""
    if line is None or line.slope == 0:
        return Measured.absent("too few rows for a √t line")
    change = pulse.rest_change
    value = change.value / pulse.duration / line.slope
    u = abs(value) * math.hypot(change.relative, line.slope_uncertainty / line.slope)
    found = from_ratio(estimated(value, u, "voltage"), classic, common, doubts)
    if line.r_squared < LINEAR:
        found = found.suspect(f"√t line has R² = {line.r_squared:.4f} < {LINEAR}")
    return found
