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
from typing import NamedTuple

from drivers.twins.world.parameters import (
    COULOMB_PER_MAH,
    ElectrodeParameters,
    FadeParameters,
)

REVERSAL = 0.1
"""Composition that must go back before a turning point counts."""


class Age(NamedTuple):
    """What an electrode remembers of its past."""

    half_cycles: int = 0
    direction: int = 0
    """+1 while filling, −1 while emptying, 0 before the first tenth."""
    lowest: float = 1.0
    """Where the composition turned from emptying, or is lowest so far."""
    highest: float = 0.0
    """Where the composition turned from filling, or is highest so far."""
    active: float = 1.0
    """s(n)."""
    resistance_factor: float = 1.0
    film_capacity: float = 0.0
    """q_sei,max in C: what the film takes until it is closed."""


def pristine(electrode: ElectrodeParameters) -> Age:
    """Return the age of a new electrode."""
    theta = electrode.initial_composition
    lost = electrode.sei.irreversible_mah_per_g * electrode.mass_mg * 1e-3
    return Age(lowest=theta, highest=theta, film_capacity=COULOMB_PER_MAH * lost)


def active_fraction(fade: FadeParameters, cycles: float) -> float:
    """Return s(n)."""
    return max(1.0 - fade.coefficient * math.pow(cycles, fade.exponent), fade.least)


def lived_on(age: Age, theta: float, electrode: ElectrodeParameters) -> Age:
    """Return the age after the mean composition has become ``theta``.

    The same object comes back while nothing has happened that must be remembered.
    """
    if age.direction > 0 and theta > age.highest:
        return age._replace(highest=theta)
    if age.direction < 0 and theta < age.lowest:
        return age._replace(lowest=theta)
    if age.direction == 0:
        return _setting_out(age, theta)
    gone_back = age.highest - theta if age.direction > 0 else theta - age.lowest
    if gone_back < REVERSAL:
        return age
    turned = age._replace(direction=-age.direction, lowest=theta, highest=theta)
    return _older(turned, electrode)


def _setting_out(age: Age, theta: float) -> Age:
    lowest, highest = min(age.lowest, theta), max(age.highest, theta)
    direction = 0
    if highest - lowest >= REVERSAL:
        direction = 1 if theta == highest else -1
    return age._replace(lowest=lowest, highest=highest, direction=direction)


def _older(age: Age, electrode: ElectrodeParameters) -> Age:
    half_cycles = age.half_cycles + 1
    cycles = 0.5 * half_cycles
    fade = electrode.fade
    sei = electrode.sei
    active = active_fraction(fade, cycles)
    cracked = sei.cracking_fraction * (1.0 - active)
    growth = sei.growth_fraction * math.sqrt(cycles) + cracked
    lost = sei.irreversible_mah_per_g + growth * electrode.capacity_mah_per_g
    film = COULOMB_PER_MAH * electrode.mass_mg * 1e-3 * lost
    return age._replace(
        half_cycles=half_cycles,
        active=active,
        resistance_factor=1.0 + fade.resistance_growth * math.sqrt(cycles),
        film_capacity=film,
    )
