"""Channels that may still be on, in words: which, why, and what a person has to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labctl.api.models import RunSummary, State
from labctl.api.states import LIVE

STILL_ON = "MAY STILL BE ON"
"""The word of the state; its shape is that of what needs a person."""
CURE = "Switch it off at the instrument, then clear the channel."


@dataclass(frozen=True, slots=True)
class Doubt:
    """One channel that is not known to be off."""

    channel: str
    why: str

    @property
    def fact(self) -> str:
        """What is so: ``vsp300/1 MAY STILL BE ON: no answer.``."""
        return f"{self.channel} {STILL_ON}: {self.why.rstrip('.')}."

    @property
    def text(self) -> str:
        """The fact and what to do, for the bar above everything."""
        return f"{self.fact} {CURE}"


def doubts_of(state: State | None) -> tuple[Doubt, ...]:
    """Return the channels of a bench that may still be on, in the bench's order.

    Those of a run that ends at this moment are among them before they are given back.
    """
    if state is None:
        return ()
    found = {c.name: c.doubt for c in state.channels if c.doubt}
    for run in state.runs:
        if run.state in LIVE:
            found |= run.unsafe
    return tuple(Doubt(channel, why) for channel, why in found.items())


def word_of(doubts: Iterable[str]) -> str:
    """Return ``MAY STILL BE ON: no answer``; ``doubts`` are the reasons."""
    return f"{STILL_ON}: {'; '.join(doubts)}"


def alarm_text(run: RunSummary, doubts: Mapping[str, str]) -> str:
    """Return what a run's head says of what it left on; empty if it left nothing.

    ``doubts`` are the channels that may be on now: channel -> why. What a run left on
    once and somebody cleared since is told without alarm.
    """
    now = {s: why for s, why in doubts.items() if s in run.channels.values()}
    if run.state in LIVE:
        now |= run.unsafe
    said = [Doubt(channel, why).fact for channel, why in now.items()]
    said += [
        f"When it ended, {channel} could not be made safe: {why}. "
        "It is not in doubt now."
        for channel, why in run.unsafe.items()
        if channel not in now
    ]
    return " ".join(said)
