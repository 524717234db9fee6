"""What an electrode remembers of its cycles; how it ages is `kernel/life.py`'s."""

from typing import NamedTuple

from drivers.twins.world.parameters import COULOMB_PER_MAH, ElectrodeParameters


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
