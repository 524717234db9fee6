"""When a channel writes a row: its rules by time, ΔE and ΔI, as plain numbers."""

import math
from typing import Final

from labctl.compiled import compiled

TOLERANCE: Final = 1e-7
"""s; two moments closer than this are one."""
AIM: Final = 1.1
"""A step aims that far past the next row: one that falls short costs another step."""
FINEST: Final = 1e-3
"""s; recording by ΔE or ΔI is not resolved below this."""
PARTS: Final = 256
"""A step's length in parts of a power of two: within 0.8 % below what is aimed at."""


@compiled
def is_due(
    passed: float,
    moved: float,
    changed: float,
    every_s: float,
    every_volt: float,
    every_ampere: float,
) -> bool:
    """Tell whether a row must be written.

    ``passed``, ``moved`` and ``changed``: s, V and A since the last one.
    """
    return (
        passed >= every_s - TOLERANCE
        or abs(moved) >= every_volt * (1.0 - 1e-9)
        or abs(changed) >= every_ampere
    )


@compiled
def is_overdue(
    moved: float, changed: float, every_volt: float, every_ampere: float
) -> bool:
    """Tell whether rows by ΔE or ΔI were missed; see `is_due`."""
    return abs(moved) > 2.0 * every_volt or abs(changed) > 2.0 * every_ampere


@compiled
def until(rule: float, gone: float, moved: float, dt: float) -> float:
    """Return when a row by ΔE or ΔI is to be expected, s; infinity if not at all.

    ``rule``, ``gone`` since the last row and ``moved`` in the last ``dt`` s: V or A.
    """
    if rule < math.inf and moved > 0.0:
        return AIM * (rule - abs(gone)) * dt / moved
    return math.inf


@compiled
def next_step(by_volt: float, by_ampere: float, dt: float) -> float:
    """Return how long the step after one of ``dt`` may be, s; see `until`."""
    # A few bits only: what two systems' exp differ by in the last place would grow from
    # row to row, for each is sought from where the one before was found.
    part, power = math.frexp(min(2.0 * dt, by_volt, by_ampere))
    return max(math.ldexp(math.floor(part * PARTS) / PARTS, power), FINEST)
