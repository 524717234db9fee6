"""The envelope in the firmware's free limits, so that a channel stops without a host.

The host trips first while it lives: what stands here lies a margin outside. A limit of
the step itself is never moved, and one that lies within the envelope serves for it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.biologic.eclib.tables import MOST_TESTS
from drivers.biologic.upload.conditions import (
    ACTIVE,
    AT_LEAST,
    OF_CURRENT,
    STOP_ALL,
    FirmwareTests,
)
from drivers.margins import Margins

BEYOND_RANGE = 1.02
"""Converters read 5 % beyond the name of a range and clip there; a current of the range
itself is no limit."""
WITHIN_RANGE = 0.998
"""Of the voltage range: a reading that clips is as large as this, whatever is there."""


@dataclass(frozen=True, slots=True)
class Bounds(Margins):
    """What firmware watches: V and A; infinite ends are not watched."""

    def within(self, voltage: float, current: float) -> "Bounds":
        """Return bounds that a channel can see: V and A at the end of its ranges."""
        return Bounds(
            _clipped(self.voltage, WITHIN_RANGE * voltage),
            _clipped(self.current, BEYOND_RANGE * current),
        )


@dataclass(frozen=True, slots=True)
class Guarded:
    """Tests with the envelope's among them."""

    tests: FirmwareTests
    complete: bool
    """Whether nothing can leave the bounds without a test that ends the technique."""


def guard_voltage(tests: FirmwareTests, bounds: Bounds, current: float) -> Guarded:
    """Watch the voltage of a driven current (A); where it goes to comes first."""
    low, high = bounds.voltage
    sides = [(ACTIVE | AT_LEAST, high), (ACTIVE, low)]
    if current < 0.0:
        sides.reverse()
    guarded, done = _filled(tests, sides)
    needed = done if current == 0.0 else done[:1]
    return Guarded(guarded, all(needed))


def guard_current(tests: FirmwareTests, bounds: Bounds) -> Guarded:
    """Watch the current of a held or swept voltage, both signs."""
    low, high = bounds.current
    above, below = ACTIVE | OF_CURRENT | AT_LEAST, ACTIVE | OF_CURRENT
    guarded, done = _filled(tests, [(above, high), (below, low)])
    return Guarded(guarded, all(done))


def _filled(
    tests: FirmwareTests, sides: Sequence[tuple[int, float]]
) -> tuple[FirmwareTests, list[bool]]:
    """Put ``sides`` into free slots; tell for each whether it is watched."""
    slots = list(tests.tests)
    # How a test that stands alone joins with a pair that acts together is not known.
    pair = tests.together
    done = []
    for config, value in sides:
        if math.isinf(value):
            done.append(False)
        elif any(_serves(own, config, value) for own in slots):
            done.append(True)
        elif pair or len(slots) == MOST_TESTS:
            done.append(False)
        else:
            slots.append((config, value))
            done.append(True)
    ends = STOP_ALL if not tests.tests else tests.exit
    return replace(tests, tests=tuple(slots), exit=ends), done


def _serves(own: tuple[int, float], config: int, value: float) -> bool:
    """Tell whether a test of the step itself ends it before ``value`` is reached."""
    if own[0] != config:
        return False
    return own[1] <= value if config & AT_LEAST else own[1] >= value


def _clipped(bounds: tuple[float, float], most: float) -> tuple[float, float]:
    """Bring finite ends within ±``most``."""
    low, high = bounds
    return (
        max(low, -most) if math.isfinite(low) else low,
        min(high, most) if math.isfinite(high) else high,
    )
