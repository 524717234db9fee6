"""One electrode of the cell: its particles, its interface and its history.

Positive current takes lithium out of the host (oxidises it). At the interface, which
all particles share,

    I = Σ i_F + i_sei + i_dl
    i_F = 2 I0(θ_s) sinh((V − U(θ_s, past)) F/2RT),  I0 = (RT/F R_ct)·2√(θ_s(1−θ_s))

where i_dl flows into the double layer's ladder. How it moves in time: `kernel`; the
film's voltage is the cell's, since nothing but the current decides it.
"""

import math
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from drivers.twins.world.ageing import Age, pristine
from drivers.twins.world.cell_state import ElectrodeState, GrainState, Past
from drivers.twins.world.diffusion import Sphere
from drivers.twins.world.kernel.hosts import equilibrium
from drivers.twins.world.kernel.interface import share_of_film
from drivers.twins.world.kernel.memory import LITHIUM_COBALT_OXIDE, SILICON
from drivers.twins.world.kernel.past import CRYSTAL_RATE, pristine_weight
from drivers.twins.world.ladder import double_layer
from drivers.twins.world.parameters import ElectrodeParameters
from drivers.twins.world.silicon import table

MATERIALS: Final = {"silicon": SILICON, "lithium cobalt oxide": LITHIUM_COBALT_OXIDE}
TABLE: Final = table()


class Equilibrium(NamedTuple):
    """A potential and its partial derivatives, all in V."""

    potential: float
    by_composition: float
    """By θ at the surface."""
    by_branch: float
    """By the hysteresis, −1 to 1."""
    by_pristine: float
    """By the weight of the pristine host's curve, 0 to 1."""


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
        "capacity",
        "grains",
        "half_gap",
        "layer",
        "layer_settled",
        "layer_total",
        "material",
        "parameters",
        "thermal",
        "warmth",
    )

    def __init__(self, parameters: ElectrodeParameters, thermal_volt: float) -> None:
        self.parameters = parameters
        self.thermal = thermal_volt
        self.warmth = 1.0
        """R_ct now over that at 25 °C; the cell sets it."""
        self.material = MATERIALS[parameters.material]
        self.grains = _grains(parameters)
        self.capacity = parameters.capacity_coulomb
        self.layer = double_layer(parameters)
        self.layer_total = self.layer.bare + float(self.layer.capacitance.sum())
        # A branch then lags a drift of 1 mV/s by less than 1 nV.
        self.layer_settled = 1e3 * float(self.layer.time.max(initial=0.0))
        self.half_gap = parameters.hysteresis.half_gap_volt

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
        """Return U of a surface at ``theta`` and its slopes, hysteresis at rest."""
        pristine = pristine_weight(past.furthest)
        pristine *= math.exp(CRYSTAL_RATE * (past.slack - past.furthest))
        u, slope, gap, crystal = equilibrium(
            TABLE, self.material, theta, past.branch, pristine, past.deep
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
        return share_of_film(
            sei.share,
            sei.onset_volt,
            state.film_charge,
            state.age.film_capacity,
            state.potential,
        )


def _grains(parameters: ElectrodeParameters) -> tuple[Grain, ...]:
    sizes = parameters.sizes
    if sizes is None:
        return (Grain(Sphere(parameters.radius_m, parameters.diffusivity), 1.0, 1.0),)
    # each class by the median of its part of the volume
    shares = (np.arange(sizes.classes) + 0.5) / sizes.classes
    quantiles = np.array([NormalDist().inv_cdf(share) for share in shares.tolist()])
    radii = parameters.radius_m * np.exp(sizes.spread * quantiles)
    surfaces = 1.0 / radii / np.sum(1.0 / radii)
    return tuple(
        Grain(
            Sphere(float(radius), parameters.diffusivity), 1.0 / sizes.classes, surface
        )
        for radius, surface in zip(radii, surfaces.tolist(), strict=True)
    )
