"""Wait until a magnet that was told to go to zero is there.

Only measured, never steered: a magnet that controls its field would correct the
current if it were asked whether it is settled.
"""

import math
from collections.abc import Callable
from typing import Any

from labctl.clock import Clock
from labctl.service.guard.lines import ChannelEnd, ChannelSafety

NEAR = 0.01
"""Of the largest current or field: below that a magnet is at zero."""
MARGIN = 5.0
"""s beyond twice the expected time."""
LONGEST = 180.0
"""s; 70 A at 0.5 A/s take 140 s."""
LOOK_EVERY = 0.25
"""s."""


def wait_for_zero(player: Any, clock: Clock, say: Callable[[str], None]) -> ChannelEnd:
    """Return what became of a magnet; ``say`` hears where it is on the way."""
    measure, most, unit, patience = _means(player)
    begun, said = clock.now(), False
    value = measure()
    while not abs(value) <= NEAR * most:
        if clock.now() - begun > patience:
            why = f"was told to go to zero and is at {value:.3g} {unit}"
            return ChannelEnd(ChannelSafety.UNKNOWN, why)
        if not said:
            said = True
            say(f"ramps to zero, from {value:.3g} {unit}")
        clock.sleep(LOOK_EVERY)
        value = measure()
    return ChannelEnd(ChannelSafety.SAFE, f"at {value:.3g} {unit}")


def _means(player: Any) -> tuple[Callable[[], float], float, str, float]:
    """Return how to measure, the largest value, its unit, and how long to wait."""
    if hasattr(type(player), "current"):
        bounds = player.bounds
        now = abs(player.current())
        expected = now / bounds.rate if math.isfinite(now) else LONGEST
        return player.current, bounds.current, "A", min(2 * expected + MARGIN, LONGEST)
    return player.field, player.largest_field, "T", LONGEST
