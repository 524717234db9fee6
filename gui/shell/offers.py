"""What the command line offers: actions, channels, runs, pages, protocols, samples.

Every typed word must be found; words that begin like a word of the title come first.
What is not possible now comes last, with its reason, and cannot be chosen.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gui.look.actions import ACTIONS, PAGES, Now, shown_key
from gui.run.states import Tile, look_of
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.api.models import Channel, State


class OfferKind(StrEnum):
    """What is offered."""

    ACTION = "action"
    VIEW = "view"
    PAGE = "page"
    CHANNEL = "channel"
    RUN = "run"
    PROTOCOL = "protocol"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the command line's list."""

    kind: OfferKind
    word: str
    """What it is done by: an action's word, a channel, a run, a name."""
    title: str
    about: str = ""
    """Behind the title; is searched, too."""
    key: str = ""
    why_not: str = ""
    """Why it cannot be chosen; empty if it can."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a run can be made of, as the station said last."""

    protocols: Sequence[ProtocolOut] = ()
    samples: Sequence[SampleOut] = ()


def offers_of(
    now: Now,
    state: State | None,
    tiles: Sequence[Tile],
    views: Sequence[str],
    catalogue: Catalogue,
) -> list[Offer]:
    """Return everything that can be offered; ``views`` are titles of the run's tabs."""
    found = [
        Offer(
            OfferKind.ACTION, a.word, a.title, a.does, shown_key(a.key), a.why_not(now)
        )
        for a in ACTIONS
        if not a.family and a.word != "commands"
    ]
    found += [
        Offer(OfferKind.VIEW, title, f"View: {title}", "of the run", f"Alt+{k}")
        for k, title in enumerate(views, 1)
    ]
    found += [
        Offer(OfferKind.PAGE, page, f"Page: {page}", "", f"Ctrl+{k}")
        for k, page in enumerate(PAGES, 1)
    ]
    if state is not None:
        found += _of_bench(state, tiles)
    lost = "" if now.there else "The station does not answer."
    found += [
        Offer(OfferKind.PROTOCOL, p.name, f"New run: {p.name}", p.title, why_not=lost)
        for p in sorted(catalogue.protocols, key=lambda p: p.name)
    ]
    found += [
        Offer(
            OfferKind.SAMPLE, s.name, f"Sample: {s.name}", f"{s.kind} {s.title}".strip()
        )
        for s in catalogue.samples
    ]
    return found


def search(offers: Iterable[Offer], text: str) -> list[Offer]:
    """Return the offers that hold every word, the best first."""
    wanted = text.casefold().split()
    scored: list[tuple[bool, float, int, Offer]] = []
    for place, offer in enumerate(offers):
        scores = [_score(word, offer) for word in wanted]
        if all(scores):
            scored.append((bool(offer.why_not), -sum(scores), place, offer))
    return [offer for *_, offer in sorted(scored, key=lambda found: found[:3])]


def _of_bench(state: State, tiles: Sequence[Tile]) -> list[Offer]:
    by_channel = {tile.channel: tile for tile in tiles}
    found = [
        Offer(
            OfferKind.CHANNEL,
            c.name,
            f"Go to {c.name}",
            _about(c, by_channel.get(c.name)),
        )
        for c in state.channels
    ]
    found += [
        Offer(
            OfferKind.RUN,
            run.run,
            f"Run: {run.sample}",
            f"{run.protocol}, {look_of(run)[1]}",
        )
        for run in state.runs
    ]
    return found


def _about(channel: Channel, tile: Tile | None) -> str:
    if tile is None:
        return str(channel.state)
    return " · ".join(part for part in (tile.sample, tile.word) if part)


def _score(word: str, offer: Offer) -> float:
    """Return how well a word fits: 0 is not at all."""
    title, about = offer.title.casefold(), offer.about.casefold()
    if title.startswith(word):
        return 6.0
    if any(w.startswith(word) for w in _words(title)) or f" {word}" in title:
        return 4.0
    if word in title:
        return 3.0
    if any(w.startswith(word) for w in _words(about)):
        return 2.0
    if word in about:
        return 1.0
    return 0.5 if len(word) > SHORT and _in_order(word, title) else 0.0


SHORT = 2
"""Letters scattered over a title are looked for only with more than these."""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _in_order(word: str, text: str) -> bool:
    """Whether the letters of a word come one after the other: ``fmcy``."""
    letters = iter(text)
    return all(letter in letters for letter in word)
