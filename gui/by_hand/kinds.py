"""Which protocol a person drives by hand, and which instruments it takes.

Plain data, also of packages: an entry point of ``labctl.panels`` names a `Kind`. No Qt
is imported here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument that a bench by hand takes."""

    role: str
    """Of the protocol: ``current_source``."""
    name: str
    """As people call it."""
    kinds: tuple[str, ...]
    """Kinds of role that an instrument must play, once it is open."""

    def fits(self, kinds: Sequence[str], roles: Sequence[str]) -> bool:
        """Tell whether a channel can be this part.

        ``kinds`` are those that it plays, empty until it is open; ``roles`` those that
        the configuration lets it play.
        """
        if kinds:
            return any(kind in kinds for kind in self.kinds)
        return self.role in roles


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the run whose latest value stands in large digits."""

    name: str
    """As people call it: ``Air``."""
    column: str
    """``ambient_temperature_celsius``."""
    unit: str
    """As files write it: ``degC``."""


SOURCE_METER = Part("source_meter", "source meter", ("SourceMeter",))
CELL = Part("cell", "potentiostat channel", ("PotentiostatChannel",))
CHAMBER = Part("chamber", "chamber", ("Chamber",))
HALL_PARTS = (
    Part("current_source", "current source", ("CurrentSource",)),
    Part("voltmeter", "voltmeter", ("Voltmeter",)),
    Part("switch", "switch", ("SwitchMatrix",)),
    Part("gaussmeter", "gaussmeter", ("Gaussmeter",)),
    Part("magnet", "magnet", ("MagnetSupply",)),
    Part("electrometer", "electrometer", ("Electrometer",)),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A protocol by hand with its instruments."""

    protocol: str
    parts: tuple[Part, ...]
    """One: it is driven where its channel is chosen. Several: a tab of its own."""
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    title: str = ""
    """On the tab of several parts."""
    hint: str = ""
    """What one does there, in a sentence."""
    patience: str = "30 s"
    """After which without a touch it is made safe, in words."""
    shown: tuple[Shown, ...] = ()
    """Beside voltage, current and field, which are shown wherever they are read."""
    display: Callable[[], Any] | None = None
    """Makes a widget of one's own: a ``QWidget`` with ``show_values(row)``, which is
    called with the latest row, column -> value or None."""


IV = Kind(
    "source-meter-by-hand",
    (SOURCE_METER,),
    title="I–V by hand",
    hint="A source meter's front panel, with a quick sweep.",
)
HALL = Kind(
    "hall-by-hand",
    HALL_PARTS[:5],
    title="Hall by hand",
    hint="Field, contacts, current and voltage of a film.",
)

OVEN = Kind(
    "chamber-by-hand",
    (CHAMBER,),
    patience="12 hours",
    shown=(
        Shown("Temperature", "chamber_temperature_celsius", "degC"),
        Shown("Set point", "setpoint_temperature_celsius", "degC"),
    ),
)


def kind_of(kinds: Sequence[str], roles: Sequence[str]) -> Kind | None:
    """Return how one channel is driven alone; None if nobody can by hand.

    ``kinds`` are those that it plays, empty until it is open; ``roles`` those that
    the configuration lets it play.
    """
    whole = {SOURCE_METER: IV, CELL: Kind("channel-by-hand", (CELL,)), CHAMBER: OVEN}
    for part in (*whole, *HALL_PARTS):
        if part.fits(kinds, roles):
            if part in whole:
                return whole[part]
            return Kind(HALL.protocol, (part,), _only(part))
    return None


def _only(part: Part) -> dict[str, bool]:
    """Return the parameters of a bench of one instrument."""
    return {one.role: one is part for one in HALL_PARTS}
