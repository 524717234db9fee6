"""Equilibrium potentials of host materials against lithium, with their slopes.

θ is the lithium fraction of the accessible capacity, 0 to 1. The curves are smooth
closed forms shaped like the measured ones; they are not fits to one sample.
"""

import math
from collections.abc import Callable
from typing import Final

Ocp = Callable[[float], tuple[float, float]]
"""θ → (U in V, dU/dθ in V)."""

THERMAL_VOLT: Final = 0.0256926
"""RT/F at 298.15 K; the mixing term below keeps it at every temperature."""
HALF_MIXING: Final = 0.5 * THERMAL_VOLT


def silicon(theta: float) -> tuple[float, float]:
    """Return the mean of silicon's two branches.

    U = 0.185 + 0.14 (1−θ) + 0.05 e^{−θ/0.08} + ½ (RT/F) ln((1−θ)/θ)
    + 1.2 e^{−θ/0.004}, from the labctl reference; U(0.5) = 0.255 V.
    """
    empty = 1.0 - theta
    knee = 0.05 * math.exp(-theta / 0.08)
    end = 1.2 * math.exp(-theta / 0.004)
    potential = 0.185 + 0.14 * empty + knee + HALF_MIXING * math.log(empty / theta)
    slope = -0.14 - knee / 0.08 - HALF_MIXING / (theta * empty) - end / 0.004
    return potential + end, slope


def lithium_cobalt_oxide(theta: float) -> tuple[float, float]:
    """Return the potential of LCO between about 3.0 V (full) and 4.35 V (empty).

    U = 3.905 + 0.36 (1−θ)² + ½ (RT/F) ln((1−θ)/θ) − 1.2 e^{−(1−θ)/0.006}: a flat
    part near 3.93 V, a climb to 4.2 V, and the steep end of a filled host.
    """
    empty = 1.0 - theta
    end = 1.2 * math.exp(-empty / 0.006)
    potential = 3.905 + 0.36 * empty * empty + HALF_MIXING * math.log(empty / theta)
    slope = -0.72 * empty - HALF_MIXING / (theta * empty) - end / 0.006
    return potential - end, slope


OCPS: Final[dict[str, Ocp]] = {
    "silicon": silicon,
    "lithium cobalt oxide": lithium_cobalt_oxide,
}
