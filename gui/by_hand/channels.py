"""The channels of the bench as rows, and which make a bench to work at by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gui.look.colours import StateLook
from gui.run.doubts import word_of
from labctl.api.answers import InstrumentOut
from labctl.api.models import Channel
from labctl.api.requests import Action

KINDS = {
    "SourceMeter": "source meter",
    "CurrentSource": "current source",
    "Voltmeter": "voltmeter",
    "Electrometer": "electrometer",
    "Gaussmeter": "gaussmeter",
    "Magnet": "magnet told tesla",
    "MagnetSupply": "magnet supply",
    "SwitchMatrix": "switch matrix",
    "PotentiostatChannel": "potentiostat channel",
}
"""Kinds of role as a person calls them."""


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel of one instrument."""

    instrument: InstrumentOut
    channel: str
    kinds: tuple[str, ...] = ()
    """Empty until the instrument is open."""
    roles: tuple[str, ...] = ()
    """What the configuration lets it play."""
    actions: tuple[str, ...] = ()
    lent_to: str = ""
    bounds: Mapping[str, float] = field(default_factory=dict)
    set_points: Mapping[str, float] = field(default_factory=dict)
    safe_at: float | None = None
    by_hand: bool = False
    """A person has it."""
    doubt: str = ""
    """Why it may still be on; empty if it is known to be off, or in use."""

    @property
    def look(self) -> StateLook:
        """Shape before the name."""
        if self.instrument.error or self.doubt:
            return StateLook.NEEDS_YOU
        if not self.instrument.open:
            return StateLook.OFFLINE
        if self.set_points:
            return StateLook.HOLD
        if self.run:
            return StateLook.SWEEP
        return StateLook.REST if self.lent_to else StateLook.FREE

    @property
    def run(self) -> str:
        """The run that has it; empty if none has."""
        return "" if self.by_hand else self.lent_to

    @property
    def state(self) -> str:
        """In words."""
        if self.doubt and not self.run:
            return word_of([self.doubt])
        if self.instrument.error:
            return self.instrument.error
        if self.run:
            return f"lent to run {self.run}"
        if not self.instrument.open:
            return "not connected yet"
        return self.lent_to or "free"

    @property
    def is_free(self) -> bool:
        """Whether a person may use it now: connected, and no run has it."""
        return self.instrument.open and not (self.run or self.doubt)

    @property
    def plays(self) -> str:
        """What it plays, in words."""
        if self.kinds:
            return ", ".join(KINDS.get(kind, kind) for kind in self.kinds)
        return ", ".join(role.replace("_", " ") for role in self.roles)

    @property
    def who(self) -> str:
        """Maker and model, or the driver's name while nobody has asked."""
        known = self.instrument.identity
        found = f"{known.get('maker', '')} {known.get('model', '')}".strip()
        return found or self.instrument.driver

    def can(self, action: Action) -> bool:
        """Whether it has an act."""
        return action in self.actions

    def fits(self, kinds: Sequence[str], roles: Sequence[str]) -> bool:
        """Whether it plays one of some kinds, or is meant to once it is open."""
        if self.kinds:
            return any(kind in self.kinds for kind in kinds)
        return any(role in self.roles for role in roles)


def channel_rows(
    instruments: Sequence[InstrumentOut], channels: Sequence[Channel] = ()
) -> list[ChannelRow]:
    """Return a row a channel; an instrument without channels has one of its own."""
    roles = {channel.name: tuple(channel.roles) for channel in channels}
    rows = []
    for one in instruments:
        for channel in one.channels:
            rows.append(  # noqa: PERF401  (two loops read better than one line)
                ChannelRow(
                    one,
                    channel.channel,
                    tuple(channel.plays),
                    roles.get(channel.channel, ()),
                    tuple(channel.actions),
                    channel.lent_to,
                    channel.bounds,
                    channel.set_points,
                    channel.safe_at_unix,
                    channel.by_hand,
                    channel.doubt,
                )
            )
        if not one.channels:
            rows.append(ChannelRow(one, one.name))
    return rows


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument that a bench needs."""

    name: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]


IV = (Part("source meter", ("SourceMeter",), ("source_meter",)),)
HALL = (
    Part("current source", ("CurrentSource",), ("current_source",)),
    Part("voltmeter", ("Voltmeter",), ("voltmeter",)),
    Part("switch", ("SwitchMatrix",), ("switch",)),
    Part("gaussmeter", ("Gaussmeter",), ("gaussmeter",)),
    Part("magnet", ("MagnetSupply", "Magnet"), ("magnet", "field_controller")),
)


def candidates(rows: Sequence[ChannelRow], part: Part) -> list[ChannelRow]:
    """Return the channels that can be a part, free ones first."""
    found = [row for row in rows if row.fits(part.kinds, part.roles)]
    return sorted(found, key=lambda row: bool(row.run or row.doubt))


def why_not(rows: Sequence[ChannelRow], parts: Sequence[Part]) -> str:
    """Say why nobody can work by hand with these parts; empty if they can."""
    for part in parts:
        found = candidates(rows, part)
        if not found:
            return f"this bench has no {part.name}"
        if found[0].run:
            return f"{found[0].channel} is lent to run {found[0].run}"
        if found[0].doubt:
            return f"{found[0].channel} may still be on; clear it first"
    return ""


def left_text(safe_at: float | None, now: float) -> str:
    """Say in how long a channel is made safe; empty if nobody has it by hand."""
    if safe_at is None:
        return ""
    return f"safe in {max(0, round(safe_at - now))} s"
