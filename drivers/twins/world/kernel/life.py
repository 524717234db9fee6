"""What cycling does to an electrode: lost lithium, lost particles, more resistance.

The electrode sees only its own mean composition. A reversal counts once the
composition has gone back a tenth of the capacity from its turning point, so pulses,
rests and spectra never age it. Every half cycle advances n by ½ and applies

    s(n) = max(1 − a·nᵖ, least)       active fraction; its lithium is trapped
    R_ct(n) = R_ct·(1 + k·√n)
    q_sei,max(n) = first cycle + (g·√n + c·(1 − s))·Q

at the moment it is recognised. Within a half cycle nothing jumps.
"""

import math
from typing import Final

from drivers.twins.world.kernel.memory import (
    ACTIVE,
    CRACKING_FRACTION,
    DIRECTION,
    FADE_COEFFICIENT,
    FADE_EXPONENT,
    FADE_LEAST,
    FILM_CAPACITY,
    FIRST_LOSS,
    GROWTH_FRACTION,
    HALF_CYCLES,
    HIGHEST,
    LOWEST,
    MASS,
    RESISTANCE_FACTOR,
    RESISTANCE_GROWTH,
    SPECIFIC_CAPACITY,
    Floats,
)
from labctl.compiled import compiled

REVERSAL: Final = 0.1
"""Composition that must go back before a turning point counts."""
COULOMB_PER_MAH: Final = 3.6


@compiled
def grow_older(
    parameters: Floats, own: int, after: Floats, place: int, theta: float
) -> None:
    """Let the electrode at ``place`` have come to the mean composition ``theta``.

    ``own``: where its block in ``parameters`` begins.
    """
    direction = after[place + DIRECTION]
    lowest, highest = after[place + LOWEST], after[place + HIGHEST]
    if direction == 0.0:
        lowest, highest = min(lowest, theta), max(highest, theta)
        after[place + LOWEST], after[place + HIGHEST] = lowest, highest
        if highest - lowest >= REVERSAL:
            after[place + DIRECTION] = 1.0 if theta == highest else -1.0
        return
    if direction > 0.0:
        if theta > highest:
            after[place + HIGHEST] = theta
        gone_back = highest - theta
    else:
        if theta < lowest:
            after[place + LOWEST] = theta
        gone_back = theta - lowest
    if gone_back >= REVERSAL:
        after[place + DIRECTION] = -direction
        after[place + LOWEST] = after[place + HIGHEST] = theta
        _turn(parameters, own, after, place)


@compiled
def _turn(parameters: Floats, own: int, after: Floats, place: int) -> None:
    half_cycles = after[place + HALF_CYCLES] + 1.0
    cycles = 0.5 * half_cycles
    fade = parameters[own + FADE_COEFFICIENT]
    fade *= math.pow(cycles, parameters[own + FADE_EXPONENT])
    active = max(1.0 - fade, parameters[own + FADE_LEAST])
    cracked = parameters[own + CRACKING_FRACTION] * (1.0 - active)
    growth = parameters[own + GROWTH_FRACTION] * math.sqrt(cycles) + cracked
    lost = parameters[own + FIRST_LOSS] + growth * parameters[own + SPECIFIC_CAPACITY]
    after[place + HALF_CYCLES] = half_cycles
    after[place + ACTIVE] = active
    after[place + RESISTANCE_FACTOR] = 1.0 + (
        parameters[own + RESISTANCE_GROWTH] * math.sqrt(cycles)
    )
    after[place + FILM_CAPACITY] = (
        COULOMB_PER_MAH * parameters[own + MASS] * 1e-3 * lost
    )
