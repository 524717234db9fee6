"""What clients may ask of the station's process."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from labctl.described import Described

Word = Annotated[str, StringConstraints(max_length=120)]
Sentence = Annotated[str, StringConstraints(max_length=1000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Channel = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Request(Described):
    """Base of what is asked; a word that the station does not know is refused.

    FastAPI takes a body's validator when a route is made, and warns of its own alias
    where pydantic builds it only at the first request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=False)


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


class SampleIn(Request):
    """The label of a sample, as a person writes it."""

    label: dict[str, Any]


class Acknowledge(Request):
    """A person has seen an event."""

    by: Name
