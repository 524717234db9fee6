"""One electrode of the cell: its particles, its interface and its history.

Positive current takes lithium out of the host (oxidises it). At the interface, which
all particles share,

    I = Σ i_F + i_sei + i_dl
    i_F = 2 I0(θ_s) sinh((V − U(θ_s, past)) F/2RT),  I0 = (RT/F R_ct)·2√(θ_s(1−θ_s))

where i_dl flows into the double layer's ladder. How it moves in time: `trial.py`; the
film's voltage is the cell's, since nothing but the current decides it.

Whoever edits: an `ElectrodeState` is never changed in place, so keeping a state is
keeping a reference.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from drivers.twins.world.ageing import Age, pristine
from drivers.twins.world.diffusion import FloatArray, Sphere
from drivers.twins.world.history import Past, pristine_of
from drivers.twins.world.ladder import double_layer
from drivers.twins.world.ocp import OCPS, Equilibrium
from drivers.twins.world.parameters import ElectrodeParameters

EDGE = 1e-9
"""The surface composition stays between EDGE and 1 − EDGE."""
SWITCH_WIDTH = 0.02
"""V; softness of the potential below which the film forms."""


class GrainState(NamedTuple):
    """Everything a particle of one size carries from one moment to the next."""

    theta: FloatArray
    """Composition of the shells, centre first; shape (SHELLS,). Never written to."""
    mean: float
    """Volume average of ``theta``."""
    faradaic: float
    """Last i_F in A, where the next solution is looked for first."""
    past: Past


class ElectrodeState(NamedTuple):
    """Everything an electrode carries from one moment to the next."""

    grains: tuple[GrainState, ...]
    """One for each size."""
    mean: float
    """Composition of the whole electrode."""
    potential: float
    """Across the double layer, V against lithium."""
    layer: FloatArray
    """Across the capacitors of the double layer's branches, V. Never written to."""
    film_charge: float
    """Lithium consumed by the film so far, C."""
    age: Age


class Grain(NamedTuple):
    """The constants of one size of particle."""

    sphere: Sphere
    volume: float
    """Share of the electrode's capacity."""
    surface: float
    """Share of the electrode's surface."""


class Electrode:
    """The constants of one electrode, and what its state means."""

    __slots__ = (
        "backlash",
        "branch_rate",
        "capacity",
        "grains",
        "half_gap",
        "layer",
        "layer_settled",
        "layer_total",
        "ocp",
        "parameters",
        "thermal",
        "warmth",
    )

    def __init__(self, parameters: ElectrodeParameters, thermal_volt: float) -> None:
        self.parameters = parameters
        self.thermal = thermal_volt
        self.warmth = 1.0
        """R_ct now over that at 25 °C; the cell sets it."""
        self.ocp = OCPS[parameters.material]
        self.grains = _grains(parameters)
        self.capacity = parameters.capacity_coulomb
        self.layer = double_layer(parameters)
        self.layer_total = self.layer.bare + float(self.layer.capacitance.sum())
        # A branch then lags a drift of 1 mV/s by less than 1 nV.
        self.layer_settled = 1e3 * float(self.layer.time.max(initial=0.0))
        self.half_gap = parameters.hysteresis.half_gap_volt
        self.branch_rate = parameters.hysteresis.rate
        self.backlash = parameters.hysteresis.backlash

    def warm_to(self, thermal_volt: float, transfer: float, faster: float) -> None:
        """Have this RT/F in V, R_ct and D by these factors of 25 °C from now on."""
        self.thermal, self.warmth = thermal_volt, transfer
        for grain in self.grains:
            grain.sphere.warm_to(faster)

    def fresh(self) -> ElectrodeState:
        """Return the pristine electrode at rest."""
        theta = self.parameters.initial_composition
        # A host that starts empty was last emptied, and the other way round.
        branch = 1.0 if theta < 0.5 else -1.0  # noqa: PLR2004
        past = Past(branch=branch, slack=theta, furthest=theta)
        potential = self.equilibrium(theta, past).potential
        grains = tuple(
            GrainState(np.full(g.sphere.volume.size, theta), theta, 0.0, past)
            for g in self.grains
        )
        return ElectrodeState(
            grains=grains,
            mean=theta,
            potential=potential,
            layer=np.full(self.layer.time.size, potential),
            film_charge=0.0,
            age=pristine(self.parameters),
        )

    def equilibrium(self, theta: float, past: Past) -> Equilibrium:
        """Return U of a surface at ``theta`` and its derivatives, hysteresis at rest.

        The steps in time have the same expression in their innermost loop.
        """
        u, slope, gap, crystal = self.ocp(
            theta, past.branch, pristine_of(past), past.deep
        )
        gap += self.half_gap
        return Equilibrium(u + past.branch * self.half_gap, slope, gap, crystal)

    def interface_charge(self, state: ElectrodeState) -> float:
        """Return the charge of the double layer in C, zero at 0 V."""
        layer = self.layer
        return layer.bare * state.potential + float(layer.capacitance @ state.layer)

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


def _grains(parameters: ElectrodeParameters) -> tuple[Grain, ...]:
    sizes = parameters.sizes
    if sizes is None:
        return (Grain(Sphere(parameters.radius_m, parameters.diffusivity), 1.0, 1.0),)
    # each class by the median of its part of the volume
    quantiles = (np.arange(sizes.classes) + 0.5) / sizes.classes
    radii = parameters.radius_m * np.exp(sizes.spread * ndtri(quantiles))
    surfaces = 1.0 / radii / np.sum(1.0 / radii)
    return tuple(
        Grain(
            Sphere(float(radius), parameters.diffusivity), 1.0 / sizes.classes, surface
        )
        for radius, surface in zip(radii, surfaces.tolist(), strict=True)
    )
