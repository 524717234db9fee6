"""What clients may ask of the station's process."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Word = Annotated[str, StringConstraints(max_length=120)]
Sentence = Annotated[str, StringConstraints(max_length=1000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Channel = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Request(BaseModel):
    """Base of what is asked; a word that the station does not know is refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class OrderIn(Request):
    """A run to check, forecast, start or queue."""

    protocol: Name
    parameters: dict[str, Any] = Field(default_factory=dict)
    """As a person writes them, text with units."""
    sample: Name
    """Name of a label kept at the station, or of a simulated sample."""
    preset: Word = ""
    channels: dict[Word, Channel] = Field(default_factory=dict)
    """Role -> channel; a role left out takes the first free one."""
    operator: Word = ""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Of the twins' noise; simulated benches only."""
    key: Word = ""
    """Given again with the same key, an order starts nothing new."""


class Why(Request):
    """A request that a person gives a reason for."""

    reason: Sentence = ""


class RunWish(Why):
    """What is asked of one run, and why."""

    accept_voltage: bool = False
    """Of an interrupted run that shall go on: the cell is not where the run left it,
    and that is right."""


class AmendIn(Request):
    """Other parameters for what a run has still to do."""

    parameters: Annotated[dict[Name, Any], Field(min_length=1, max_length=100)]
    """Those that change, as a person writes them."""
    reason: Sentence = ""
    dry_run: bool = False
    """Only say what would change."""


class AskIn(Request):
    """What a person asks of a run by hand."""

    request: Name
    """One of its protocol's: ``hold-voltage``, ``keep``, ``here`` …"""
    values: Annotated[dict[Name, Any], Field(max_length=100)] = Field(
        default_factory=dict
    )
    """As a person writes them, text with units."""


class QueueIn(Request):
    """An order that waits for its channels."""

    order: OrderIn
    ready: bool = False
    """The sample is connected: it may start by itself."""


class QueueChange(Request):
    """What changes about a waiting order; what is left out stays."""

    ready: bool | None = None
    hold: bool | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """0 is the first in the queue."""


class ChannelHold(Request):
    """Let nothing start on a channel, or let it again."""

    channel: Channel
    """``*`` is every channel."""
    hold: bool
    reason: Sentence = ""


class ClearIn(Request):
    """How a channel that may still be on comes to be known as off."""

    by_hand: bool = False
    """A person has looked at the instrument and vouches; nothing is asked of it."""
    reason: Sentence = ""


class Action(StrEnum):
    """What a person does by hand."""

    READ = "read"
    """Measure, output as it is."""
    DRIVE = "drive"
    """Hold a current or a voltage: ``quantity``, ``value``, ``compliance``."""
    FIELD = "field"
    """Ramp a magnet to ``value`` in T, or its supply to ``value`` in A."""
    CONNECT = "connect"
    """Connect a switch matrix: ``contacts`` are I+, I−, V+, V−."""
    REST = "rest"
    """Watch a cell's open-circuit voltage."""
    SWEEP = "sweep"
    """Visit the levels of ``sweep`` in order, then output off; returns at once."""
    FOLLOW = "follow"
    """Tell the points of the sweep that come after the first ``after``."""


class HandSweepIn(Request):
    """Levels of a sweep by hand, evenly spaced."""

    begin: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
    """V or A."""
    end: Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
    points: Annotated[int, Field(ge=2, le=2001)]
    """From ``begin`` to ``end``, both included."""
    loop: bool = False
    """Back to where it began."""
    dwell: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 0.0
    """s at a level before it is measured."""


class ManualIn(Request):
    """One act by hand; the channel is made safe unless another follows within 30 s."""

    channel: Channel
    action: Action
    quantity: Annotated[
        str, StringConstraints(pattern="^(current|voltage|field|)$")
    ] = ""
    """What `drive` holds and `sweep` visits: ``current`` or ``voltage``; what `field`
    is given in: ``field`` for T, ``current`` for A."""
    value: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """A, V or T."""
    compliance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """V while a current is driven, A while a voltage is."""
    contacts: Annotated[list[int], Field(max_length=4)] = Field(default_factory=list)
    sweep: HandSweepIn | None = None
    after: Annotated[int, Field(ge=0, le=10_000)] = 0
    """How many points of the sweep the asker has."""


class ChannelIn(Request):
    """A channel."""

    channel: Channel


class SampleIn(Request):
    """The label of a sample, as a person writes it."""

    label: dict[str, Any]


class Acknowledge(Request):
    """A person has seen an event."""

    by: Name
