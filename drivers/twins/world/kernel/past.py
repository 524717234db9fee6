"""What a particle remembers of being filled and emptied: branch, crystal, Li15Si4.

Everything follows the *slack*, the composition trailed behind the mean within
± backlash, so sines and short pulses change nothing and nothing depends on how time is
cut. With the slack going up or down by δ:

* the branch tends to −1 (filling) or +1 (emptying) as e^{−rate·δ}, so a reversal
  crosses from one curve to the other smoothly;
* the pristine curve counts fully where the slack is on new ground, and behind it as
  e^{−CRYSTAL_RATE·(furthest − slack)}; it is used up between two compositions;
* while filling, `deep` tends as e^{−DEEP_RATE·δ} to 1 below 50 mV (Li15Si4 forms, even
  at the end only), and to 0 above (what takes up lithium again does so amorphous).
"""

import math
from typing import Final

from drivers.twins.world.kernel.memory import BRANCH, DEEP, FURTHEST, SLACK, Floats
from labctl.compiled import compiled

CRYSTAL_RATE: Final = 20.0
AMORPHOUS_FROM: Final = 0.4
AMORPHOUS_TO: Final = 0.9
"""Furthest composition between which the crystalline host is used up. Beyond 0.6
both curves run at 0.09 V, so where it ends is hardly seen."""
DEEP_RATE: Final = 3000.0
"""The alloy is nearly full there: a third of a percent more must do."""
DEEP_BELOW: Final = 0.05
"""V against lithium, of the equilibrium (Obrovac and Krause 2007: 50 mV)."""
DEEP_SOFTNESS: Final = 0.005


@compiled
def pristine_weight(furthest: float) -> float:
    """Return the weight of the pristine curve on new ground: 1, smoothly to 0."""
    gone = (furthest - AMORPHOUS_FROM) / (AMORPHOUS_TO - AMORPHOUS_FROM)
    gone = min(max(gone, 0.0), 1.0)
    return 1.0 - gone * gone * (3.0 - 2.0 * gone)


@compiled
def pristine_slope(furthest: float) -> float:
    """Return the derivative of `pristine_weight`."""
    gone = (furthest - AMORPHOUS_FROM) / (AMORPHOUS_TO - AMORPHOUS_FROM)
    if not 0.0 < gone < 1.0:
        return 0.0
    return -6.0 * gone * (1.0 - gone) / (AMORPHOUS_TO - AMORPHOUS_FROM)


@compiled
def live_on(
    state: Floats,
    after: Floats,
    grain: int,
    mean: float,
    equilibrium: float,
    rate: float,
    backlash: float,
) -> None:
    """Write into ``after`` the past once the mean composition has become ``mean``.

    ``grain``: where the particles' block begins; ``equilibrium``: of the surface, V.
    """
    branch, slack = state[grain + BRANCH], state[grain + SLACK]
    furthest, deep = state[grain + FURTHEST], state[grain + DEEP]
    filled = mean - backlash - slack
    emptied = mean + backlash - slack
    if filled > 0.0:
        above = (equilibrium - DEEP_BELOW) / DEEP_SOFTNESS
        target = 1.0 / (1.0 + math.exp(min(max(above, -40.0), 40.0)))
        deep = target + (deep - target) * math.exp(-DEEP_RATE * filled)
        slack = mean - backlash
        branch = (branch + 1.0) * math.exp(-rate * filled) - 1.0
        furthest = max(furthest, slack)
    elif emptied < 0.0:
        branch = 1.0 - (1.0 - branch) * math.exp(rate * emptied)
        slack = mean + backlash
    after[grain + BRANCH] = branch
    after[grain + SLACK] = slack
    after[grain + FURTHEST] = furthest
    after[grain + DEEP] = deep
