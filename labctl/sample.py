"""What is on the bench, as its label says: kind, mass, area, thickness, 1C.

Only what a person knows before the measurement stands here; it is what specific
values are referred to. Missing means unknown: the specific value is then absent.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from labctl.described import Described
from labctl.identifier_fields import Pid
from labctl.quantities import (
    Celsius,
    Kelvin,
    Kilogram,
    Magnitude,
    Metre,
    OneC,
    Pascal,
    SquareMetre,
    Volt,
)

UNNAMED = "by hand"
"""Name of whatever is on the bench, in a run by hand without a label."""


class SampleKind(StrEnum):
    """What kind of thing is measured."""

    HALF_CELL = "half_cell"
    """Working electrode against lithium metal."""
    FULL_CELL = "full_cell"
    PELLET = "pellet"
    """Powder pressed between two pistons."""
    PARTICLE = "particle"
    """One particle between two probes."""
    FILM = "film"
    """A flat sample with four contacts at its edge."""


class FirstStep(StrEnum):
    """Which way the first current flows."""

    LITHIATION = "lithiation"
    """The working electrode takes up lithium: negative current, the cell discharges."""
    DELITHIATION = "delithiation"
    """The working electrode gives lithium: positive current, the cell charges."""
    DISCHARGE = "discharge"
    CHARGE = "charge"

    @property
    def sign(self) -> int:
        """+1 or -1: the sign of the first current."""
        return -1 if self in {FirstStep.LITHIATION, FirstStep.DISCHARGE} else 1

    @property
    def other(self) -> "FirstStep":
        """The opposite direction, in the same words."""
        return {
            FirstStep.LITHIATION: FirstStep.DELITHIATION,
            FirstStep.DELITHIATION: FirstStep.LITHIATION,
            FirstStep.DISCHARGE: FirstStep.CHARGE,
            FirstStep.CHARGE: FirstStep.DISCHARGE,
        }[self]


class Sample(Described):
    """The label of a sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    """What the lab calls it; kept as written, folders get a plain form of it."""
    kind: SampleKind
    """half_cell, full_cell, pellet, particle or film."""
    title: str = ""
    """One line for reports: ``QMS, 0.7 at% sulfur, against lithium``."""
    pid: Pid = ""
    """Its IGSN, or another DOI or handle under which the sample is registered."""
    active_mass: Annotated[Kilogram, Field(gt=0)] | None = None
    """Mass that specific capacities are referred to."""
    active_mass_uncertainty: Annotated[Kilogram, Field(ge=0)] | None = None
    """Standard uncertainty of the active mass; none (or 0): a default is assumed, as
    for each of the uncertainties below."""
    area: Annotated[SquareMetre, Field(gt=0)] | None = None
    """Geometric area of the electrode, pellet or film."""
    area_uncertainty: Annotated[SquareMetre, Field(ge=0)] | None = None
    """Standard uncertainty of the area."""
    thickness: Annotated[Metre, Field(gt=0)] | None = None
    """Thickness of the pellet or film."""
    thickness_uncertainty: Annotated[Metre, Field(ge=0)] | None = None
    """Standard uncertainty of the thickness."""
    particle_radius: Annotated[Metre, Field(gt=0)] | None = None
    """Radius of the active particles, half of D50 by volume; GITT needs it."""
    particle_radius_uncertainty: Annotated[Metre, Field(ge=0)] | None = None
    """Standard uncertainty of the particle radius: of its mean, not the spread."""
    length: Annotated[Metre, Field(gt=0)] | None = None
    """Distance between the probes on a particle."""
    length_uncertainty: Annotated[Metre, Field(ge=0)] | None = None
    """Standard uncertainty of the length."""
    contact_radius: Annotated[Metre, Field(gt=0)] | None = None
    """Radius of the contact between a probe and the particle."""
    contact_radius_uncertainty: Annotated[Metre, Field(ge=0)] | None = None
    """Standard uncertainty of the contact radius."""
    pressure: Annotated[Pascal, Field(ge=0)] | None = None
    """Pressure on the pellet."""
    temperature: Annotated[Kelvin, Field(gt=0)] = 298.15
    """Temperature at which it is measured."""
    one_c: OneC | None = None
    """The current called 1C unless a protocol states its own."""
    first_step: FirstStep = FirstStep.CHARGE
    """Direction of the first current; lithiation for an anode half cell."""
    lower_voltage: Volt | None = None
    """Safety envelope: no reading may be below."""
    upper_voltage: Volt | None = None
    """Safety envelope: no reading may be above."""
    maximum_current: Magnitude | None = None
    """Safety envelope: no |current| may be above."""
    minimum_temperature: Celsius | None = None
    """Safety envelope: its surface may not be colder; refused where nobody measures."""
    maximum_temperature: Celsius | None = None
    """Safety envelope: its surface may not be warmer; refused where nobody measures."""
    preset: str = ""
    """Preset that protocols start from for this sample, where they have it."""
    simulated_as: str = ""
    """With --simulate: the simulated sample that stands in for this one."""
    notes: str = ""
    """Anything else that belongs to the sample."""
