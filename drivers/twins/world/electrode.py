"""One electrode of the cell: a sphere, its interface, its film and its history.

Positive current takes lithium out of the host (oxidises it). At the interface

    I = i_F + i_sei + C dV/dt
    i_F = 2 I0(θ_s) sinh((V − U(θ_s) − h·ΔU) F/2RT),  I0 = (RT/F R_ct)·2√(θ_s(1−θ_s))

and the electrode's potential is V + v_film. How it moves in time: `trial.py`.

Whoever edits: an `ElectrodeState` is never changed in place, so keeping a state is
keeping a reference.
"""

import math
from typing import NamedTuple

import numpy as np

from drivers.twins.world.ageing import Age, pristine
from drivers.twins.world.diffusion import FloatArray, Sphere
from drivers.twins.world.ocp import OCPS
from drivers.twins.world.parameters import ElectrodeParameters

EDGE = 1e-9
"""The surface composition stays between EDGE and 1 − EDGE."""
SWITCH_WIDTH = 0.02
"""V; softness of the potential below which the film forms."""


class ElectrodeState(NamedTuple):
    """Everything an electrode carries from one moment to the next."""

    theta: FloatArray
    """Composition of the shells, centre first; shape (SHELLS,). Never written to."""
    mean: float
    """Volume average of ``theta``."""
    potential: float
    """Across the double layer, V against lithium."""
    film: float
    """Across the surface film, V."""
    branch: float
    """Hysteresis: −1 on the lithiation branch, +1 on the delithiation branch."""
    slack: float
    """Composition the hysteresis last followed; within ± backlash of ``mean``."""
    film_charge: float
    """Lithium consumed by the film so far, C."""
    faradaic: float
    """Last i_F in A, where the next solution is looked for first."""
    age: Age


class Electrode:
    """The constants of one electrode, and what its state means."""

    __slots__ = (
        "backlash",
        "branch_rate",
        "capacitance",
        "capacity",
        "film_resistance",
        "film_time",
        "half_gap",
        "ocp",
        "parameters",
        "sphere",
        "thermal",
        "warmth",
    )

    def __init__(self, parameters: ElectrodeParameters, thermal_volt: float) -> None:
        self.parameters = parameters
        self.thermal = thermal_volt
        self.warmth = 1.0
        """R_ct now over that at 25 °C; the cell sets it."""
        self.ocp = OCPS[parameters.material]
        self.sphere = Sphere(parameters.radius_m, parameters.diffusivity)
        self.capacity = parameters.capacity_coulomb
        self.capacitance = parameters.double_layer_farad
        self.film_resistance = parameters.film.resistance_ohm
        self.film_time = self.film_resistance * parameters.film.capacitance_farad
        self.half_gap = parameters.hysteresis.half_gap_volt
        self.branch_rate = parameters.hysteresis.rate
        self.backlash = parameters.hysteresis.backlash

    def fresh(self) -> ElectrodeState:
        """Return the pristine electrode at rest."""
        theta = self.parameters.initial_composition
        # A host that starts empty was last emptied, and the other way round.
        branch = 1.0 if theta < 0.5 else -1.0  # noqa: PLR2004
        return ElectrodeState(
            theta=np.full(self.sphere.volume.size, theta),
            mean=theta,
            potential=self.ocp(theta)[0] + branch * self.half_gap,
            film=0.0,
            branch=branch,
            slack=theta,
            film_charge=0.0,
            faradaic=0.0,
            age=pristine(self.parameters),
        )

    def middle_exchange_current(self, age: Age) -> float:
        """Return I0 at θ = 0.5, in A."""
        pristine_resistance = self.parameters.charge_transfer_resistance_ohm
        factor = age.resistance_factor * self.warmth
        return self.thermal / (pristine_resistance * factor)

    def exchange_current(self, theta: float, age: Age) -> float:
        """Return I0 in A at a surface composition."""
        return self.middle_exchange_current(age) * 2.0 * math.sqrt(theta * (1 - theta))

    def share_of_film(self, state: ElectrodeState) -> float:
        """Return the part of a lithiating current that the film takes now."""
        sei = self.parameters.sei
        if state.film_charge >= state.age.film_capacity:
            return 0.0
        open_part = 1.0 - state.film_charge / state.age.film_capacity
        # Beyond exp(±40) the switch is 0 or 1 to rounding.
        above = min(max((state.potential - sei.onset_volt) / SWITCH_WIDTH, -40), 40)
        return sei.share * open_part / (1.0 + math.exp(above))
