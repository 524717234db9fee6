"""What a person may ask of a Hall bench, and which instruments there are."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from labctl.protocol import Parameters
from labctl.quantities import Ampere, Second, Tesla, Volt
from labctl.roles.current_source import CurrentSource
from labctl.roles.electrometer import Electrometer
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.magnet import MagnetSupply
from labctl.roles.switch_matrix import SwitchMatrix
from labctl.roles.voltmeter import Voltmeter
from protocols.by_hand.by_hand import ByHandParameters

KINDS: Mapping[str, type] = {
    "current_source": CurrentSource,
    "voltmeter": Voltmeter,
    "switch": SwitchMatrix,
    "gaussmeter": Gaussmeter,
    "magnet": MagnetSupply,
    "electrometer": Electrometer,
}
FOUR_WIRES = ("current_source", "voltmeter", "switch")
"""What a reversal needs."""
Contacts = Annotated[
    tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=4, max_length=4)
]
"""Of I+, I−, V+, V−."""


class HallByHandParameters(ByHandParameters):
    """Which instruments there are, and how the field is reached."""

    current_source: bool = True
    """Whether there is one."""
    voltmeter: bool = True
    """Whether there is one."""
    switch: bool = True
    """Whether relays connect the contacts."""
    gaussmeter: bool = True
    """Whether there is one; a field is set by what it reads."""
    magnet: bool = True
    """Whether there is a magnet's supply."""
    electrometer: bool = False
    """Whether there is one, to read a current."""
    nplc: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Integration time of the voltmeter in power-line cycles."""
    field_control: Literal["current", "magnet"] = "current"
    """A supply told a current with the gaussmeter's feedback, or a closed loop."""
    tesla_per_ampere: Annotated[float, Field(gt=0)] = 0.025
    """Of magnet and supply, roughly, in T/A; the gaussmeter corrects it."""
    field_tolerance: Annotated[Tesla, Field(gt=0)] = 2e-3
    """How near a field must come; it is measured anyway."""
    field_deadline: Annotated[Second, Field(gt=0)] = 300.0
    """Longest time until a field stands still."""
    station_sign: Literal[1, -1] = 1
    """Sign of the station; `hall_sign` of the configuration unless given here."""

    @property
    def by_current(self) -> bool:
        """Whether a supply is told a current."""
        return self.field_control == "current"

    @property
    def instruments(self) -> tuple[str, ...]:
        """Return the roles that there are."""
        return tuple(role for role in KINDS if getattr(self, role))


class Connect(Parameters):
    """Connect contacts; the source is off meanwhile and afterwards."""

    contacts: Contacts
    """Of I+, I−, V+, V−."""


class Drive(Parameters):
    """Drive a current through contacts."""

    current: Ampere
    """Level."""
    compliance: Annotated[Volt, Field(gt=0)] = 10.0
    """Largest voltage."""
    contacts: Contacts | None = None
    """Of I+, I−, V+, V−; none: those that are connected."""


class Reverse(Parameters):
    """Read at + − − +, so that thermal voltages cancel."""

    current: Annotated[Ampere, Field(gt=0)]
    """Of both signs."""
    contacts: Contacts
    """Of I+, I−, V+, V−."""
    compliance: Annotated[Volt, Field(gt=0)] = 10.0
    """Largest voltage."""
    readings: Annotated[int, Field(ge=1, le=100)] = 3
    """At each of the four currents."""
    settle: Annotated[Second, Field(ge=0, le=60)] = 0.1
    """After relays and current, before the first reading."""


class SetTheField(Parameters):
    """Bring the field to a value and keep it there."""

    field: Tesla
    """As the gaussmeter shall read it."""


class SetTheSupply(Parameters):
    """Bring the magnet's supply to a current and keep it there."""

    current: Ampere
    """Of the supply."""
