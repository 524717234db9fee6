"""Short pulses against the direction of a half cycle are part of it, and no cycles.

A pulse test (HPPC) and a driving profile send short currents back while the cell goes
one way; counted by the sign of the current, each would end a half cycle. Such a pulse
passes a small part of what the larger half cycles next to it on either side passed,
there are few between these, they go the same way, and the pulse ends away from the
limits of voltage between which the cell is cycled. A cell that is cycled by a small
part of its capacity again and again has equal neighbours, and its cycles stay cycles.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.half_cycles import Floats, HalfCycles, Ints

Flags = NDArray[np.bool_]

SMALL = 0.1
"""Of what the larger half cycles passed, a pulse passes at most. A choice: 30 s at
1C are 0.8 % of the capacity, and states stand 10 % apart."""
MOST = 5
"""Half cycles that are looked at on either side: more in a row are cycles."""
INSIDE = 0.05
"""Of the span of voltages by which a pulse ends away from its limit."""


class OppositePulses(NamedTuple):
    """Which half cycles are none, shape (half cycles,)."""

    sure: Flags
    """Pulses."""
    perhaps: Flags
    """They look like pulses in some ways and like short half cycles in others."""


def opposite_pulses(halves: HalfCycles) -> OppositePulses:
    """Return which half cycles are pulses within a larger one."""
    none = np.zeros(len(halves), dtype=bool)
    driven = np.flatnonzero(halves.direction)
    if len(driven) < 3:  # noqa: PLR2004  (one, a pulse, and one more)
        return OppositePulses(none, none.copy())
    size = np.abs(halves.charge[driven])
    way = halves.direction[driven]
    before, behind = (_larger(size, way, step) for step in (-1, 1))
    away = _away_from_limit(halves, driven)
    within = (before != 0) & (before == behind) & (way != before)
    along = (before != 0) & (before == behind) & (way == before)
    sure = within & away
    if sure.any():
        # the pulses that stand at a turn, or between pulses, are of the same test
        likely = float(np.median(size[sure]))
        alike = (size < 3 * likely) & (size > likely / 3)
        near = (before != 0) | (behind != 0)
        sure |= (along | (near & alike)) & away
    few = within | ((before != 0) & (behind != 0) & (before != behind))
    perhaps = few & ~sure
    out = OppositePulses(none, none.copy())
    out.sure[driven[sure]] = True
    out.perhaps[driven[perhaps]] = True
    return out


def _larger(size: Floats, way: Ints, step: int) -> Ints:
    """Return the direction of the next half cycle that is much larger; 0: none near."""
    found = np.zeros(len(size), dtype=np.int64)
    for far in range(MOST, 0, -1):
        moved = np.roll(size, -step * far)
        ways = np.roll(way, -step * far)
        edge = slice(None, far) if step < 0 else slice(len(size) - far, None)
        moved[edge] = 0.0
        found = np.where(size <= SMALL * moved, ways, found)
    return found


def _away_from_limit(halves: HalfCycles, driven: Ints) -> Flags:
    """Return where a half cycle ends away from the limit of its direction."""
    low = float(np.nanmin(halves.lowest_voltage[driven]))
    high = float(np.nanmax(halves.highest_voltage[driven]))
    limit = np.where(halves.direction[driven] > 0, high, low)
    left = np.abs(limit - halves.end_voltage[driven])
    return np.asarray(left > INSIDE * (high - low))


def without_pulses(halves: HalfCycles, pulses: Flags) -> Ints:
    """Return the number, from 0, of the half cycle to which each belongs.

    A pulse belongs to the one before it, the very first to the one behind; what goes
    on in the same direction behind a pulse is the same half cycle.
    """
    number, last_way, after_pulse = -1, 0, False
    out = np.zeros(len(halves), dtype=np.int64)
    for k, (way, is_pulse) in enumerate(
        zip(halves.direction.tolist(), pulses.tolist(), strict=True)
    ):
        if is_pulse:
            after_pulse = True
        elif not (after_pulse and way in {0, last_way}):
            number, after_pulse = number + 1, False
        if way and not is_pulse:
            last_way, after_pulse = way, False
        out[k] = max(number, 0)
    return out
