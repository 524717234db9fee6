"""Equilibrium potentials of host materials against lithium, with their slopes.

θ is the lithium fraction of the accessible capacity, 0 to 1. The curves are smooth
and fall with θ; they are shaped like the measured ones and are not fits to one sample.
"""

import math
import typing
from typing import Final, NamedTuple

from drivers.twins.world.silicon import Silicon


class Equilibrium(NamedTuple):
    """A potential and its partial derivatives, all in V."""

    potential: float
    by_composition: float
    """By θ at the surface."""
    by_branch: float
    """By the hysteresis, −1 to 1."""
    by_pristine: float
    """By the weight of the pristine host's curve, 0 to 1."""


class Host(typing.Protocol):
    """A material's equilibrium potential."""

    def __call__(
        self, theta: float, branch: float, pristine: float, deep: float
    ) -> tuple[float, float, float, float]:
        """Return the four numbers of `Equilibrium`, as a bare tuple for speed.

        ``branch``: −1 while filling, +1 while emptying; ``pristine``: weight of the
        curve of a host never filled before; ``deep``: weight of the curve of one
        filled so far that it crystallised.
        """
        ...


def lithium_cobalt_oxide(
    theta: float,
    branch: float,  # noqa: ARG001
    pristine: float,  # noqa: ARG001
    deep: float,  # noqa: ARG001
) -> tuple[float, float, float, float]:
    """Return the potential of LCO between about 3.0 V (full) and 4.35 V (empty).

    U = 3.905 + 0.36 (1−θ)² + ½ (RT/F) ln((1−θ)/θ) − 1.2 e^{−(1−θ)/0.006}: a flat
    part near 3.93 V, a climb to 4.2 V, and the steep end of a filled host. No branches.
    """
    empty = 1.0 - theta
    end = 1.2 * math.exp(-empty / 0.006)
    potential = 3.905 + 0.36 * empty * empty + HALF_MIXING * math.log(empty / theta)
    slope = -0.72 * empty - HALF_MIXING / (theta * empty) - end / 0.006
    return potential - end, slope, 0.0, 0.0


HALF_MIXING: Final = 0.5 * 0.0256926
"""Half of RT/F at 298.15 K; it stays so at every temperature."""

OCPS: Final[dict[str, Host]] = {
    "silicon": Silicon(),
    "lithium cobalt oxide": lithium_cobalt_oxide,
}
