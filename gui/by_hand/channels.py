"""The channels of the bench as rows, and which make a bench to work at by hand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gui.by_hand.kinds import Kind, Part
from gui.by_hand.panels import alone
from gui.look.colours import StateLook
from gui.run.doubts import word_of
from labctl.api.answers import InstrumentOut
from labctl.api.models import ByHand, State
from labctl.api.states import LIVE
from labctl.quantities import format_duration

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
    "Chamber": "chamber",
    "Thermometer": "thermometer",
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
    lent_to: str = ""
    """The run that has it; empty if none has."""
    by_hand: ByHand | None = None
    """Where that run stands, if a person drives it."""
    bounds: Mapping[str, float] = field(default_factory=dict)
    doubt: str = ""
    """Why it may still be on; empty if it is known to be off, or in use."""

    @property
    def look(self) -> StateLook:
        """Shape before the name."""
        if self.instrument.error or self.doubt:
            return StateLook.NEEDS_YOU
        if self.by_hand is not None:
            return StateLook.HOLD if self.by_hand.holds else StateLook.REST
        if self.lent_to:
            return StateLook.SWEEP
        return StateLook.FREE if self.instrument.open else StateLook.OFFLINE

    @property
    def run(self) -> str:
        """The run that has it and that nobody drives by hand; empty if none has."""
        return "" if self.by_hand is not None else self.lent_to

    @property
    def state(self) -> str:
        """In words."""
        if self.doubt and not self.lent_to:
            return word_of([self.doubt])
        if self.instrument.error:
            return self.instrument.error
        if self.by_hand is not None:
            return f"by hand: {self.by_hand.who or 'nobody yet'}"
        if self.lent_to:
            return f"lent to run {self.lent_to}"
        return "free" if self.instrument.open else "not connected yet"

    @property
    def is_free(self) -> bool:
        """Whether a person may use it now: no run of another kind has it."""
        return not (self.run or self.doubt)

    @property
    def alone(self) -> Kind | None:
        """How it is driven without others; None if it cannot be by hand."""
        return alone(self.kinds, self.roles)

    @property
    def plays(self) -> str:
        """What it plays, in words."""
        if self.kinds:
            return ", ".join(KINDS.get(kind) or _spoken(kind) for kind in self.kinds)
        return ", ".join(role.replace("_", " ") for role in self.roles)

    @property
    def who(self) -> str:
        """Maker and model, or the driver's name while nobody has asked."""
        known = self.instrument.identity
        found = f"{known.get('maker', '')} {known.get('model', '')}".strip()
        return found or self.instrument.driver

    def fits(self, part: Part) -> bool:
        """Whether it can be a part, or is meant to once it is open."""
        return part.fits(self.kinds, self.roles)


def _spoken(kind: str) -> str:
    """Return ``water bath`` for a package's ``WaterBath``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind).lower()


def channel_rows(
    instruments: Sequence[InstrumentOut], state: State | None = None
) -> list[ChannelRow]:
    """Return a row a channel; an instrument without channels has one of its own."""
    channels = () if state is None else state.channels
    runs = () if state is None else state.runs
    roles = {channel.name: tuple(channel.roles) for channel in channels}
    hands = {run.run: run.by_hand for run in runs if run.state in LIVE}
    rows = []
    for one in instruments:
        for channel in one.channels:
            rows.append(  # noqa: PERF401  (two loops read better than one line)
                ChannelRow(
                    one,
                    channel.channel,
                    tuple(channel.plays),
                    roles.get(channel.channel, ()),
                    channel.lent_to,
                    hands.get(channel.lent_to),
                    channel.bounds,
                    channel.doubt,
                )
            )
        if not one.channels:
            rows.append(ChannelRow(one, one.name))
    return rows


def candidates(rows: Sequence[ChannelRow], part: Part) -> list[ChannelRow]:
    """Return the channels that can be a part, free ones first."""
    found = [row for row in rows if row.fits(part)]
    return sorted(found, key=lambda row: not row.is_free)


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


def left_text(found: ByHand | None, now: float) -> str:
    """Say in how long it is made safe by itself; empty if nothing is on."""
    if found is None or found.left_alone_unix is None or not found.holds:
        return ""
    left = max(0, round(found.left_alone_unix - now))
    return f"safe in {format_duration(left)}"
