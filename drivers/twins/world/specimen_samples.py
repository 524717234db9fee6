"""Builds a pellet, a particle or a film from the truth of its sample file."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from drivers.twins.world.specimen import ACTIVATION, Film, Particle, Pellet, Specimen
from labctl.errors import OperatorError

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Four = tuple[float, float, float, float]
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class PelletTruth:
    """See `drivers.twins.world.specimen.Pellet`."""

    conductivity_siemens_per_metre: Positive
    area_m2: Positive
    thickness_m: Positive
    contact_resistance_ohm: NotNegative = 0.0
    wall_resistance_ohm: Positive = 1e15
    emf_volt: float = 0.0
    activation_joule_per_mole: NotNegative = ACTIVATION
    thermal_lag_second: NotNegative = 600.0
    pressed: Positive = 1.0
    """Conductivity over that of the powder: no pellet is pressed like another."""

    def build(self) -> Specimen:
        """Return the pellet."""
        return Pellet(
            self.conductivity_siemens_per_metre * self.pressed,
            self.area_m2,
            self.thickness_m,
            self.contact_resistance_ohm,
            self.wall_resistance_ohm,
            self.emf_volt,
            self.activation_joule_per_mole,
            self.thermal_lag_second,
        )


@dataclass(frozen=True, slots=True, config=_STRICT)
class ParticleTruth:
    """See `drivers.twins.world.specimen.Particle`."""

    conductance_siemens: Positive
    cubic_ampere_per_volt3: NotNegative = 0.0
    leak_siemens: NotNegative = 0.0
    offset_ampere: float = 0.0
    contact_resistance_ohm: NotNegative = 0.0
    activation_joule_per_mole: NotNegative = ACTIVATION
    thermal_lag_second: NotNegative = 5.0

    def build(self) -> Specimen:
        """Return the particle."""
        return Particle(
            self.conductance_siemens,
            self.cubic_ampere_per_volt3,
            self.leak_siemens,
            self.offset_ampere,
            self.activation_joule_per_mole,
            lag=self.thermal_lag_second,
            contact_resistance=self.contact_resistance_ohm,
        )


@dataclass(frozen=True, slots=True, config=_STRICT)
class FilmTruth:
    """See `drivers.twins.world.specimen.Film`."""

    carrier: Literal["n", "p"]
    density_per_m3: Positive
    mobility_m2_per_volt_second: Positive
    thickness_m: Positive
    shape: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    contacts_ohm: Four = (20.0, 20.0, 20.0, 20.0)
    emfs_volt: Four = (0.0, 0.0, 0.0, 0.0)
    contact_width: Annotated[float, Field(ge=0.0, lt=0.2)] = 0.0
    activation_joule_per_mole: NotNegative = ACTIVATION
    mobility_exponent: float | None = None
    donor_level_electronvolt: NotNegative = 0.0
    thermal_lag_second: NotNegative = 60.0

    def build(self) -> Specimen:
        """Return the film."""
        return Film.of(
            self.carrier,
            self.density_per_m3,
            self.mobility_m2_per_volt_second,
            self.thickness_m,
            shape=self.shape,
            contacts=self.contacts_ohm,
            emfs=self.emfs_volt,
            contact_width=self.contact_width,
            activation=self.activation_joule_per_mole,
            mobility_exponent=self.mobility_exponent,
            donor_level=self.donor_level_electronvolt,
            lag=self.thermal_lag_second,
        )


KINDS: dict[str, type[PelletTruth] | type[ParticleTruth] | type[FilmTruth]] = {
    "pellet": PelletTruth,
    "particle": ParticleTruth,
    "film": FilmTruth,
}


def build_specimen(name: str, kind: str, truth: dict[str, Any]) -> Specimen:
    """Return the specimen; OperatorError if ``kind`` is no pellet, particle or film."""
    cls = KINDS.get(kind)
    if cls is None:
        raise OperatorError(f"sample {name!r} is a {kind}, not one of {list(KINDS)}")
    parameters: PelletTruth | ParticleTruth | FilmTruth = TypeAdapter(
        cls
    ).validate_python(truth)
    return parameters.build()
