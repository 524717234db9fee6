"""What lies between the leads: pellet, particle or film, with its contacts.

Physics only; nothing here knows an instrument, a relay or a message. Two-pole
specimens answer with a curve, films with the matrix of their four contacts.
"""

import math
import typing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.twins.world.air import ROOM
from drivers.twins.world.surroundings import arrhenius

ELEMENTARY_CHARGE = 1.602176634e-19
"""C, exact since 2019."""
ACTIVATION = 20e3
"""J/mol, 0.2 eV: of a simulated sample that says nothing else. Invented."""
BOLTZMANN = 8.617333262e-5
"""eV/K, CODATA 2018."""

Matrix = NDArray[np.float64]


class TwoPole(typing.Protocol):
    """Something with two ends."""

    def current(self, voltage: float, series: float) -> float:
        """Return A at ``voltage`` across it and ``series`` Ω of leads."""
        ...

    def voltage(self, current: float) -> float:
        """Return V across it alone at ``current``."""
        ...

    @property
    def resistance(self) -> float:
        """Return Ω at zero bias."""
        ...


@dataclass(frozen=True, slots=True)
class Pellet:
    """A pressed cylinder between two pistons: σ = L / (R A), contacts in series."""

    conductivity: float
    """S/m."""
    area: float
    """m²."""
    thickness: float
    """m."""
    contact_resistance: float
    """Both pistons together, Ω; a two-point or four-point reading contains it."""
    wall_resistance: float = math.inf
    """Leak through the sleeve, parallel to everything, Ω."""
    emf: float = 0.0
    """Thermal EMF between the pistons, V."""
    activation: float = ACTIVATION
    """Of its resistance, J/mol."""
    lag: float = 600.0
    """Time constant in s with which it follows the air; in its steel cylinder."""

    @property
    def resistance(self) -> float:
        """Return what a four-wire meter finds between the pistons, Ω."""
        body = self.thickness / (self.conductivity * self.area)
        through = body + self.contact_resistance
        return 1.0 / (1.0 / through + 1.0 / self.wall_resistance)

    def current(self, voltage: float, series: float) -> float:
        """Return A, ohmic."""
        return (voltage - self.emf) / (self.resistance + series)

    def voltage(self, current: float) -> float:
        """Return V, ohmic."""
        return current * self.resistance + self.emf


@dataclass(frozen=True, slots=True)
class Particle:
    """A particle between two probes: I = G V + c₃ V³, beside the probes' leak."""

    conductance: float
    """At zero bias, probes and contacts included, S."""
    cubic: float = 0.0
    """c₃ in A/V³."""
    leak: float = 0.0
    """Conductance of the holder, also there with the probe lifted, S."""
    offset_current: float = 0.0
    """Beam and amplifier offset, A."""
    activation: float = ACTIVATION
    """Of its resistance, J/mol."""

    contact_resistance: float = 0.0
    """Of the oxide below both probes, in series with the particle, Ω."""
    lag: float = 5.0
    """Time constant in s with which it follows the air around it."""

    @property
    def resistance(self) -> float:
        """Return Ω at zero bias."""
        through = 1.0 / self.conductance + self.contact_resistance
        return 1.0 / (1.0 / through + self.leak)

    def current(self, voltage: float, series: float) -> float:
        """Return A; Newton's iteration when leads stand in series."""
        if self.contact_resistance > 0.0:
            return self._through_oxide(voltage, series)
        slope, cubic = self.conductance + self.leak, self.cubic
        v = voltage
        if series > 0:
            for _ in range(20):
                i = slope * v + cubic * v * v * v + self.offset_current
                error = v + series * i - voltage
                step = error / (1 + series * (slope + 3 * cubic * v * v))
                v -= step
                if abs(step) <= 1e-14 * max(1.0, abs(v)):
                    break
        return slope * v + cubic * v**3 + self.offset_current

    def voltage(self, current: float) -> float:
        """Return V; the cubic is monotonic, so there is one."""
        if self.contact_resistance > 0.0:
            # The leak's share of a driven current is that of the whole path.
            across = current / (1.0 + self.leak * self.resistance)
            return self._across(across) + across * self.contact_resistance
        slope, cubic = self.conductance + self.leak, self.cubic
        v = (current - self.offset_current) / slope
        for _ in range(60):
            error = slope * v + cubic * v**3 + self.offset_current - current
            step = error / (slope + 3 * cubic * v * v)
            v -= step
            if abs(step) <= 1e-14 * max(1.0, abs(v)):
                break
        return v

    def _through_oxide(self, voltage: float, series: float) -> float:
        """Return A through particle and oxide, and through the leak beside both.

        The leads are nothing beside the oxide: they see the whole path's resistance.
        """
        across = voltage / (1.0 + series / self.resistance)
        v, slope, cubic = across, self.conductance, self.cubic
        for _ in range(60):
            error = v + self.contact_resistance * (slope * v + cubic * v**3) - across
            step = error / (1 + self.contact_resistance * (slope + 3 * cubic * v * v))
            v -= step
            if abs(step) <= 1e-14 * max(1.0, abs(v)):
                break
        inner = slope * v + cubic * v**3
        return inner + self.leak * across + self.offset_current

    def _across(self, current: float) -> float:
        """Return V across the particle itself while ``current`` flows through it."""
        v = current / self.conductance
        for _ in range(60):
            slope = self.conductance + 3 * self.cubic * v * v
            step = (self.conductance * v + self.cubic * v**3 - current) / slope
            v -= step
            if abs(step) <= 1e-14 * max(1.0, abs(v)):
                break
        return v


@dataclass(frozen=True, slots=True)
class Film:
    """A flat sample with four small contacts on its rim, 1-2-3-4 counter-clockwise.

    Any simply connected sheet maps onto a half plane, where a unit current into
    contact i raises contact k by -(R_s/π) ln|x_k - x_i|; the contacts stand at
    -p, -1, 1, p with 4p/(p+1)² = λ, which gives R_A = -(R_s/π) ln λ and
    R_B = -(R_s/π) ln(1-λ) (van der Pauw 1958). The Hall part is antisymmetric.
    Seen with +B towards the viewer, holes make V24 positive while I13 flows.
    """

    sheet_resistance: float
    """R_s, Ω."""
    sheet_hall: float
    """R_Hs = ± 1 / (q n_s), m²/C; negative for electrons."""
    shape: float = 0.5
    """λ between 0 and 1; 0.5 is symmetric."""
    contacts: tuple[float, float, float, float] = (20.0, 20.0, 20.0, 20.0)
    """Contact resistances, Ω."""
    emfs: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """Thermal EMF in each contact's lead, V."""
    contact_width: float = 0.0
    """Width of a contact over the film's. Four of them let the sheet resistance read
    low by w²/(4 ln 2) and the Hall voltage by 8 w/π² of itself (van der Pauw 1958)."""
    contact_size: float = 1e-3
    """Radius of a contact in the half plane, for its spreading resistance."""
    activation: float = ACTIVATION
    """Of 1/mobility, J/mol, as hopping has it; where no `mobility_exponent` is."""
    mobility_exponent: float | None = None
    """m of µ = µ(25 °C)·(T/298.15 K)^m; −1.5 where phonons scatter."""
    donor_level: float = 0.0
    """E in eV of n = n(25 °C)·exp(−(E/k)(1/T − 1/298.15 K)), the depth of the level
    that gives the carriers (with little compensation half of it); 0: all are free."""
    lag: float = 60.0
    """Time constant in s with which it follows the air around it."""

    @classmethod
    def of(
        cls,
        carrier: str,
        density: float,
        mobility: float,
        thickness: float,
        **more: typing.Any,
    ) -> "Film":
        """Return a film of ``carrier`` n or p.

        ``density`` in 1/m³, ``mobility`` in m²/(V s), ``thickness`` in m.
        """
        sheet = density * thickness
        sign = {"n": -1.0, "p": 1.0}[carrier]
        return cls(
            1.0 / (ELEMENTARY_CHARGE * sheet * mobility),
            sign / (ELEMENTARY_CHARGE * sheet),
            **more,
        )

    def impedance(self, field: float) -> Matrix:
        """Return Z of φ = Z I at ``field`` in T, shape (4, 4), for ΣI = 0."""
        root = math.sqrt(1.0 - self.shape)
        p = (1 + root) / (1 - root)
        x = np.array([-p, -1.0, 1.0, p])
        distance = np.abs(x[:, None] - x[None, :])
        np.fill_diagonal(distance, self.contact_size)
        width = self.contact_width
        sheet = self.sheet_resistance * (1.0 - width**2 / (4.0 * math.log(2.0)))
        hall = self.sheet_hall * (1.0 - 8.0 * width / math.pi**2)
        z = -(sheet / math.pi) * np.log(distance)
        order = np.arange(4)
        z += 0.5 * hall * field * np.sign(order[:, None] - order[None, :])
        out: Matrix = z + np.diag(self.contacts)
        return out


Specimen = Pellet | Particle | Film


def warmed(specimen: Specimen, kelvin: float) -> Specimen:
    """Return a specimen as it is at ``kelvin``; at 25 °C to the last digit as given.

    Contacts, sleeve and probes are as they were.
    """
    factor = arrhenius(specimen.activation, kelvin)
    match specimen:
        case Pellet():
            return replace(specimen, conductivity=specimen.conductivity / factor)
        case Particle():
            return replace(
                specimen,
                conductance=specimen.conductance / factor,
                cubic=specimen.cubic / factor,
            )
        case Film():
            if specimen.mobility_exponent is not None:
                factor = (kelvin / ROOM) ** -specimen.mobility_exponent
            depth = specimen.donor_level / BOLTZMANN
            rarer = math.exp(depth * (1.0 / kelvin - 1.0 / ROOM))
            return replace(
                specimen,
                sheet_resistance=specimen.sheet_resistance * factor * rarer,
                sheet_hall=specimen.sheet_hall * rarer,
            )
