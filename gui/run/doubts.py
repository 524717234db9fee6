"""Seats that may still be on, in words: which, why, and what a person has to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labctl.api.models import LIVE, Channel, RunSummary, State

STILL_ON = "MAY STILL BE ON"
"""The word of the state; its shape is that of what needs a person."""
CURE = "Switch it off at the instrument, then clear the seat."


@dataclass(frozen=True, slots=True)
class Doubt:
    """One seat that is not known to be off."""

    seat: str
    why: str

    @property
    def fact(self) -> str:
        """What is so: ``vsp300/1 MAY STILL BE ON: no answer.``."""
        return f"{self.seat} {STILL_ON}: {self.why.rstrip('.')}."

    @property
    def text(self) -> str:
        """The fact and what to do, for the bar above everything."""
        return f"{self.fact} {CURE}"


def doubts_of(state: State | None) -> tuple[Doubt, ...]:
    """Return the seats of a bench that may still be on, in the order of its channels.

    Those of a run that ends at this moment are among them before they are given back.
    """
    if state is None:
        return ()
    found = {c.seat: c.doubt for c in state.channels if c.doubt}
    for run in state.runs:
        if run.state in LIVE:
            found |= run.unsafe
    return tuple(Doubt(seat, why) for seat, why in found.items())


def word_of(doubts: Iterable[str]) -> str:
    """Return ``MAY STILL BE ON: no answer``; ``doubts`` are the reasons."""
    return f"{STILL_ON}: {'; '.join(doubts)}"


def doubts_by_seat(channels: Iterable[Channel]) -> dict[str, str]:
    """Return seat -> why, of those that may still be on."""
    return {c.seat: c.doubt for c in channels if c.doubt}


def alarm_text(run: RunSummary, doubts: Mapping[str, str]) -> str:
    """Return what a run's head says of what it left on; empty if it left nothing.

    ``doubts`` are the seats that may be on now: seat -> why. What a run left on once
    and somebody cleared since is told without alarm.
    """
    now = {s: why for s, why in doubts.items() if s in run.seats.values()}
    if run.state in LIVE:
        now |= run.unsafe
    said = [Doubt(seat, why).fact for seat, why in now.items()]
    said += [
        f"When it ended, {seat} could not be made safe: {why}. It is not in doubt now."
        for seat, why in run.unsafe.items()
        if seat not in now
    ]
    return " ".join(said)
