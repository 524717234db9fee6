"""The true properties of a simulated cell, as its YAML file states them.

Only the world and tests read these numbers; a measurement has to find them. The
names carry their units because they come from text.
"""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

FARADAY = 96485.33212
"""C/mol, CODATA 2018."""
GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018."""
COULOMB_PER_MAH = 3.6

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]
PhaseExponent = Annotated[float, Field(ge=0.6, le=1.0)]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class FilmParameters:
    """A resistance beside a capacitance: a surface film, or the lithium electrode."""

    resistance_ohm: Positive
    """At 25 °C."""
    capacitance_farad: Positive
    """Places the arc's top at ω = 1/RC, whatever the exponent."""
    exponent: PhaseExponent = 1.0
    """α of R/(1 + (jωRC)^α): 1 is a half circle, 0.8 to 0.95 a rough film."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ContactParameters:
    """What lies between the cell and the instrument: tabs, holder and leads.

    In direct current the inductance is left out: L/R is below a microsecond.
    """

    resistance_ohm: NotNegative = 0.0
    """In series, of metal: the same at every temperature."""
    inductance_henry: NotNegative = 0.0
    """In series, 0.1 to 1 µH for a metre of lead."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class SizeParameters:
    """Spheres of several sizes side by side, lognormal by volume.

    ``radius_m`` of the electrode is then the median by volume. Each class holds the
    same volume, all stand at one potential, and each has its own composition and
    hysteresis; the exchange current is shared out by surface.
    """

    spread: Annotated[float, Field(gt=0.0, le=1.0)]
    """Standard deviation of ln r; 0.3 is well sieved, 0.7 is ball-milled."""
    classes: Annotated[int, Field(ge=2, le=9)] = 3
    """How many sizes; each costs as much time as a cell of one size."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class DiffusivityParameters:
    """D(θ) = mid · exp(ln(low_lithium_factor) · exp(−(θ/width)²)).

    ``mid`` is reached from about θ = 2·width upwards; at θ → 0 it is multiplied by
    ``low_lithium_factor``, above 1 where the first lithium moves fast (QMS), below 1
    where a stiff host holds it back (bulk silicon). The ratio of two materials at
    low lithium content is therefore the ratio of mid × low_lithium_factor.
    """

    mid_m2_per_s: Positive
    low_lithium_factor: Positive = 1.0
    width: Positive = 0.15


@dataclass(frozen=True, slots=True, config=_STRICT)
class SeiParameters:
    """Lithium lost to the film: first cycle + (growth · √n + cracking · (1 − s)) Q."""

    irreversible_mah_per_g: NotNegative = 0.0
    """What the first lithiation loses for good, per gram of active mass."""
    growth_fraction: NotNegative = 0.0
    """Further loss as a fraction of the capacity Q, times √(cycle number): the film
    thickens."""
    cracking_fraction: NotNegative = 0.0
    """The same times the active fraction that is lost: a crack that cuts material off
    lays surface bare."""
    share: Fraction = 0.8
    """Part of the lithiating current that a bare surface takes."""
    onset_volt: float = 0.8
    """Electrode potential below which the film forms, V against Li."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class FadeParameters:
    """Active fraction s(n) = max(1 − a·nᵖ, least) after n cycles of the cell."""

    coefficient: NotNegative = 0.0
    exponent: Positive = 1.0
    least: Fraction = 0.05
    resistance_growth: NotNegative = 0.0
    """R_ct(n) = R_ct · (1 + resistance_growth · √n)."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class HysteresisParameters:
    """Potential gap between the branches, and how fast a reversal crosses it."""

    half_gap_volt: NotNegative = 0.0
    """Lowers the lithiation branch and raises the other by this much, beyond what
    the material's own two branches are apart (silicon's are, LCO's are not)."""
    rate: Positive = 30.0
    """e-folds of the approach to the new branch per unit of mean composition."""
    backlash: NotNegative = 0.0003
    """Composition that may go back and forth without leaving the branch."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class ElectrodeParameters:
    """One porous electrode, as a single representative sphere or a few sizes."""

    material: Literal["silicon", "lithium cobalt oxide"]
    mass_mg: Positive
    capacity_mah_per_g: Positive
    """Accessible capacity of the pristine host, composition θ from 0 to 1."""
    initial_composition: Fraction
    """θ everywhere in the pristine particle; 0 is empty of lithium."""
    radius_m: Positive
    diffusivity: DiffusivityParameters
    charge_transfer_resistance_ohm: Positive
    """R_ct at θ = 0.5 without current, of the whole electrode, at 25 °C."""
    double_layer_farad: Positive
    """Places the charge-transfer arc's top at ω = 1/(R_ct·C), whatever the exponent."""
    film: FilmParameters
    double_layer_exponent: PhaseExponent = 1.0
    """α of the double layer's constant-phase element; 1 is an ideal capacitor."""
    sizes: SizeParameters | None = None
    """None: one size."""
    sei: SeiParameters = field(default_factory=SeiParameters)
    fade: FadeParameters = field(default_factory=FadeParameters)
    hysteresis: HysteresisParameters = field(default_factory=HysteresisParameters)

    @property
    def capacity_coulomb(self) -> float:
        """Charge between θ = 0 and θ = 1 of the pristine electrode, C."""
        return COULOMB_PER_MAH * self.capacity_mah_per_g * self.mass_mg * 1e-3


@dataclass(frozen=True, slots=True, config=_STRICT)
class CellParameters:
    """Working electrode against lithium, or against a second electrode."""

    working: ElectrodeParameters
    series_resistance_ohm: Positive
    """Electrolyte, separator and the electrode's own, at 25 °C."""
    lithium: FilmParameters | None = None
    """The lithium counter electrode of a half cell; None in a full cell."""
    counter: ElectrodeParameters | None = None
    """The negative electrode of a full cell; None in a half cell."""
    temperature_kelvin: Positive = 298.15
    """What RT/F of the kinetics is taken at while there is no chamber."""
    contact: ContactParameters = field(default_factory=ContactParameters)
    """Seen by the instrument in series with the cell."""
    charge_transfer_activation_joule_per_mole: NotNegative = 50e3
    """Of R_ct, around 25 °C; 40 to 60 kJ/mol at most interfaces."""
    electrolyte_activation_joule_per_mole: NotNegative = 15e3
    """Of the series resistance; carbonate electrolytes have 10 to 20 kJ/mol."""
    film_activation_joule_per_mole: NotNegative = 40e3
    """Of the films' resistances, lithium's included; 30 to 60 kJ/mol."""
    diffusion_activation_joule_per_mole: NotNegative = 35e3
    """Of the diffusivity, which rises as the resistances fall; 30 to 50 kJ/mol."""
    thermal_lag_second: NotNegative = 300.0
    """Time constant with which it follows the air around it; a coin cell."""

    @property
    def thermal_volt(self) -> float:
        """RT/F in V; 25.6926 mV at 298.15 K."""
        return GAS_CONSTANT * self.temperature_kelvin / FARADAY
