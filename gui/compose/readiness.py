"""What is in the way of an order, and what it comes to, in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gui.look.plain_words import run_in_words, title_of, unmarked
from gui.look.si_text import (
    bytes_text,
    date_text,
    lasting,
    sentence,
    value_text,
    words,
)
from labctl.api.answers import Checked, ForecastOut
from labctl.api.models import Channel, ChannelState, RunSummary
from labctl.errors import Complaint

MOST_NAMED = 6
"""Channels named in a sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel stands that could play a role."""

    mark: str = ""
    """Behind its name: ``busy``; empty if it is free."""
    why: str = "free"


def channel_choices(channels: Sequence[Channel], role: str) -> dict[str, Standing]:
    """Return the channels that can play a role, and how they stand; free ones first."""
    able = {c.name: _standing(c) for c in channels if role in c.roles}
    return dict(sorted(able.items(), key=lambda item: bool(item[1].mark)))


def _standing(channel: Channel) -> Standing:
    if channel.doubt:
        return Standing("may still be on", f"may still be on: {channel.doubt}")
    if channel.run:
        return Standing("busy", f"busy with {channel.run}")
    if channel.state is ChannelState.FREE:
        return Standing()
    return Standing("busy", "busy with a person by hand")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether Start and Queue are allowed, and what they wait for."""

    start: bool
    queue: bool
    text: str


def readiness(
    problem: str,
    checked: Checked | None,
    *,
    there: bool,
    elsewhere: str = "",
) -> Readiness:
    """Return what may be done with an order, and what is in the way of the rest.

    ``elsewhere`` is a sentence on where the sample is now.
    """
    if not there:
        return Readiness(False, False, "The station does not answer.")
    if problem:
        return Readiness(False, False, problem)
    if checked is None:
        return Readiness(False, False, "Being checked …")
    if not checked.ok:
        first = checked.complaints[0] if checked.complaints else None
        where = title_of(first.path) if first else ""
        said = unmarked(first.said) if first else ""
        text = f"{where}: {said}" if where else said
        more = len(checked.complaints) - 1
        text += f" (and {more} more)" if more > 0 else ""
        offers = offers_text(checked.complaints)
        return Readiness(False, False, "\n".join([text, *offers]))
    unknown = [unmarked(each.said) for each in checked.unknown]
    verdict = "Nothing wrong is known" if unknown else "Checks passed"
    warnings = [*([elsewhere] if elsewhere else []), *unknown, *checked.warnings]
    if checked.busy or checked.doubtful:
        text = f"{verdict}, but {_in_the_way(checked)}. Queue lets it wait."
        return Readiness(False, True, "\n".join([text, *warnings]))
    channels = ", ".join(
        f"{words(role)} on {s}" for role, s in checked.channels.items()
    )
    return Readiness(True, True, "\n".join([f"{verdict}: {channels}.", *warnings]))


def offers_text(complaints: Iterable[Complaint]) -> list[str]:
    """Return a line for each role that other channels could play, and which."""
    said: dict[str, str] = {}
    for each in complaints:
        if each.role in said or not (each.offers or each.perhaps):
            continue
        able = f"{words(each.role)} could be {_some(each.offers)}"
        maybe = f"{_some(each.perhaps)}, for all one knows"
        parts = [able] if each.offers else []
        if each.perhaps:
            parts.append(
                maybe if each.offers else f"{words(each.role)} could be {maybe}"
            )
        said[each.role] = (
            f"{sentence(', or '.join(parts))}: the sample has to be connected there."
        )
    return list(said.values())


def _some(channels: Sequence[str]) -> str:
    """Return the first few channels, and how many there are beside them."""
    named = ", ".join(channels[:MOST_NAMED])
    more = len(channels) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def elsewhere_text(sample: str, runs: Iterable[RunSummary]) -> str:
    """Say on which channels a sample is measured now: one cell has one place."""
    channels = sorted(
        channel
        for run in runs
        if run.sample == sample and run.ended_unix is None
        for channel in run.channels.values()
    )
    return (
        f"Note: {sample} is being measured on {', '.join(channels)}."
        if channels
        else ""
    )


def _in_the_way(checked: Checked) -> str:
    """Say which channels cannot be had now: in use, or not known to be off."""
    said = [_busy_words(checked.busy)] if checked.busy else []
    said += [
        f"{channel} may still be on: clear it first" for channel in checked.doubtful
    ]
    return ", ".join(said)


def _busy_words(busy: Mapping[str, str]) -> str:
    """Say who has which channels: ``k6221 and 4 more channels are busy with …``."""
    channels_of: dict[str, list[str]] = {}
    for channel, holder in busy.items():
        channels_of.setdefault(holder, []).append(channel)
    said = []
    for holder, channels in channels_of.items():
        more = len(channels) - 1
        others = f" and {more} more channel{'s' if more > 1 else ''}" if more else ""
        verb = "are" if more else "is"
        said.append(f"{channels[0]}{others} {verb} busy with {run_in_words(holder)}")
    return ", ".join(said)


def forecast_text(found: ForecastOut, speed: float = 1.0) -> str:
    """Say when it ends and what it comes to; ``speed``: of a simulated bench.

    A run that the twins could not finish has no duration that is worth saying.
    """
    if found.status != "completed":
        return f"On the twin it ends by {found.status}: {found.reason}"
    ends = f"Ends {date_text(found.end_unix)}, after {lasting(found.duration)}"
    if speed != 1:
        wall = lasting(found.duration / speed)
        ends = f"Takes {lasting(found.duration)}, here {wall} (×{speed:g})"
    parts = [
        ends,
        f"{found.steps} steps",
        f"≈ {bytes_text(found.file_bytes)}",
    ]
    return " · ".join(parts)


def extremes_text(extremes: Mapping[str, tuple[float, float]]) -> str:
    """Say between which voltages and currents it moves."""
    said = []
    for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
        if column in extremes:
            low, high = extremes[column]
            said.append(f"{value_text(low, unit, 3)} … {value_text(high, unit, 3)}")
    return " · ".join(said)
