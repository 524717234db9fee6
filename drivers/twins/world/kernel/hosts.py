"""Equilibrium potentials of host materials against lithium, with their slopes.

θ is the lithium fraction of the accessible capacity, 0 to 1. The curves are smooth
and fall with θ; they are shaped like the measured ones and are not fits to one sample.

* silicon: the table of `drivers.twins.world.silicon`, cubics over ξ = ln(θ/(1−θ));
* lithium cobalt oxide, between about 3.0 V (full) and 4.35 V (empty):
  U = 3.905 + 0.36 (1−θ)² + ½ (RT/F) ln((1−θ)/θ) − 1.2 e^{−(1−θ)/0.006}: a flat part
  near 3.93 V, a climb to 4.2 V, and the steep end of a filled host. No branches.
"""

import math
from typing import Final

from drivers.twins.world.kernel.memory import LITHIUM_COBALT_OXIDE, Floats
from labctl.compiled import compiled

END: Final = 21.0
"""|ξ| at the ends of the table; θ goes to 1e-9 of the ends, where it is 20.7."""
PER_UNIT: Final = 10
"""Pieces of the table per unit of ξ."""
CURVES: Final = 4
CUBIC: Final = 4
"""Numbers of one cubic: U = a + b·t + c·t² + d·t³ in V, t from 0 to 1 in a piece."""
HALF_MIXING: Final = 0.5 * 0.0256926
"""Half of RT/F at 298.15 K; it stays so at every temperature."""

FourVolts = tuple[float, float, float, float]


@compiled
def equilibrium(
    tables: Floats,
    material: float,
    theta: float,
    branch: float,
    pristine: float,
    deep: float,
) -> FourVolts:
    """Return U and its derivatives by θ, branch and pristine, in V.

    ``branch``: −1 while filling, +1 while emptying; ``pristine``: weight of the curve
    of a host never filled before; ``deep``: weight of the curve of one filled so far
    that it crystallised.
    """
    if material == LITHIUM_COBALT_OXIDE:
        empty = 1.0 - theta
        end = 1.2 * math.exp(-empty / 0.006)
        potential = 3.905 + 0.36 * empty * empty + HALF_MIXING * math.log(empty / theta)
        slope = -0.72 * empty - HALF_MIXING / (theta * empty) - end / 0.006
        return potential - end, slope, 0.0, 0.0
    return silicon(tables, theta, branch, pristine, deep)


@compiled
def silicon(
    tables: Floats, theta: float, branch: float, pristine: float, deep: float
) -> FourVolts:
    """Return silicon's; see `equilibrium`."""
    empty = 1.0 - theta
    place = (math.log(theta / empty) + END) * PER_UNIT
    piece = int(place)
    t = place - piece
    at = piece * CURVES * CUBIC
    down, down_slope = _cubic(tables, at, t)
    by_pristine = 0.0
    if pristine > 0.0:
        crystal, crystal_slope = _cubic(tables, at + 2 * CUBIC, t)
        by_pristine = crystal - down
        down += pristine * by_pristine
        down_slope += pristine * (crystal_slope - down_slope)
    up, up_slope = _cubic(tables, at + CUBIC, t)
    if deep > 0.0:
        alloy, alloy_slope = _cubic(tables, at + 3 * CUBIC, t)
        up += deep * (alloy - up)
        up_slope += deep * (alloy_slope - up_slope)
    lower, upper = 0.5 * (1.0 - branch), 0.5 * (1.0 + branch)
    return (
        lower * down + upper * up,
        (lower * down_slope + upper * up_slope) * PER_UNIT / (theta * empty),
        0.5 * (up - down),
        lower * by_pristine,
    )


@compiled
def _cubic(tables: Floats, at: int, t: float) -> tuple[float, float]:
    b, c, d = tables[at + 1], tables[at + 2], tables[at + 3]
    return (
        tables[at] + t * (b + t * (c + t * d)),
        b + t * (2.0 * c + t * 3.0 * d),
    )
