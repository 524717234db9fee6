"""Which other channels of the bench could do what a plan asks of a role.

Offered, never taken: a sample is where a person put it. A channel is offered if it
meets every need and would refuse nothing of the plan; one that nobody could ask is said
to be unknown. Free channels stand first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labctl.casting import instrument_of
from labctl.errors import Complaint, LabctlError, RefusedError
from labctl.protocol import Protocol, Step
from labctl.roles.capability import Capability, Rehearses, capability_of
from labctl.roles.needs import Need, Shortfall, met, shortfalls, unknown_of
from labctl.roles.playing import plays
from labctl.session.asked_bench import (
    Against,
    AskedBench,
    NotAskedError,
    connected,
    words_of_kind,
)
from labctl.session.needing import needs_of, words_of


@dataclass(frozen=True, slots=True)
class Offer:
    """What else could play one role."""

    able: tuple[str, ...] = ()
    """Channels that can do all of it; free ones first."""
    perhaps: tuple[str, ...] = ()
    """Channels that could, if they answer."""
    missing: tuple[Need, ...] = ()
    """Needs that no channel is known to meet; only where none is able."""
    kinds_missing: bool = False
    """Whether no other channel is even of the kind."""


class Offers:
    """The offers for the roles of one plan; each is worked out once, when asked for."""

    def __init__(
        self, protocol: Protocol, steps: Sequence[Step], against: Against
    ) -> None:
        self._protocol, self._steps, self._against = protocol, steps, against
        self.needs: Mapping[str, tuple[Need, ...]] = needs_of(steps)
        self._found: dict[str, Offer] = {}

    def of(self, role: str) -> Offer:
        """Return who else could play a role; it may take as long as connecting does."""
        if role not in self._found:
            self._found[role] = self._look(role)
        return self._found[role]

    def attached(self, complaint: Complaint) -> Complaint:
        """Return a complaint with what is offered for its role, if it has one."""
        kind = self._protocol.roles().get(complaint.role)
        if kind is None:
            return complaint
        offer = self.of(complaint.role)
        if offer.able:
            return replace(complaint, offers=offer.able, perhaps=offer.perhaps)
        cure = f"{complaint.cure} {_none(complaint.role, kind, offer)}".strip()
        return replace(complaint, cure=cure, perhaps=offer.perhaps)

    def _look(self, role: str) -> Offer:
        against, needs = self._against, self.needs.get(role, ())
        taken = {*against.cast.values()}
        able: list[str] = []
        perhaps: list[str] = []
        short: list[list[Shortfall]] = []
        seen: dict[tuple[str, Capability], bool | None] = {}
        for channel, player in self._players(role):
            if channel in taken or not self._has_company(role, channel):
                continue
            if player is None:
                perhaps.append(channel)
                continue
            if not plays(player, self._protocol.roles()[role]):
                continue
            known = _capability(player)
            alike = (instrument_of(channel), known)
            if alike not in seen:
                seen[alike] = self._can(role, player, known)
            if seen[alike] is None:
                perhaps.append(channel)
            elif seen[alike]:
                able.append(channel)
            short.append(shortfalls(needs, known))
        missing = () if able else _missed_by_all(needs, short)
        alone = not short
        busy = {*against.station.lent(), *against.station.doubts()}
        able.sort(key=lambda channel: channel in busy)
        return Offer(tuple(able), tuple(perhaps), missing, alone)

    def _players(self, role: str) -> list[tuple[str, object | None]]:
        """Return every channel that a role may have; None: nobody could ask it."""
        against = self._against
        station = against.station
        named = station.candidates(role)
        instruments = dict.fromkeys(map(instrument_of, named or station.setups))
        found: list[tuple[str, object | None]] = []
        for instrument in instruments:
            mine = [c for c in named if instrument_of(c) == instrument]
            if instrument not in station.opened and not against.look_around:
                found += [(channel, None) for channel in mine]
                continue
            try:
                players = connected(against, instrument)
            except LabctlError:
                found += [(channel, None) for channel in mine]
                continue
            there = {
                f"{instrument}/{n}" if n else instrument: p for n, p in players.items()
            }
            found += [(c, p) for c, p in there.items() if not named or c in named]
        return found

    def _has_company(self, role: str, channel: str) -> bool:
        """Tell whether the roles that sit on the same instrument still can."""
        against, station = self._against, self._against.station
        for beside, other in self._protocol.companions().items():
            if beside == role:
                anchor = against.cast.get(other, channel)
                if instrument_of(anchor) != instrument_of(channel):
                    return False
            elif other == role:
                mates = station.candidates(beside)
                near = (
                    instrument_of(m) == instrument_of(channel)
                    for m in mates
                    if m != channel
                )
                if mates and not any(near):
                    return False
        return True

    def _can(self, role: str, player: object, known: Capability) -> bool | None:
        """Tell whether a player does all that is asked of a role; None: unknown."""
        needs = self.needs.get(role, ())
        if any(met(need, known) is False for need in needs):
            return False
        if not plays(player, Rehearses):
            return None if unknown_of(needs, known) else True
        against = self._against
        bench = AskedBench.of(self._protocol, against, {role: player})
        for step in self._steps:
            try:
                if any(need.role == role for need in step.needs()) and step.beyond(
                    bench
                ):
                    return False
            except NotAskedError:
                continue  # it asks others too
            except RefusedError:
                return False
            except LabctlError:
                return None
        return True


def _none(role: str, kind: type, offer: Offer) -> str:
    """Say what no channel is known to be able to."""
    text = f"No other channel for {role} is known to be able to do the whole plan"
    if offer.missing:
        needed = words_of(offer.missing)
        text = f"What is missing is a {words_of_kind(kind)} that {needed}"
    elif offer.kinds_missing:
        text = f"What is missing is a {words_of_kind(kind)}"
    if offer.perhaps:
        return f"{text}; {', '.join(offer.perhaps)} could be one, if it answers."
    return f"{text}."


def _capability(player: object) -> Capability:
    try:
        return capability_of(player) or Capability()
    except LabctlError:  # an empty slot
        return Capability()


def _missed_by_all(
    needs: Sequence[Need], short: Sequence[Sequence[Shortfall]]
) -> tuple[Need, ...]:
    """Return the needs that each channel misses; empty: each misses another one.

    Where there is no channel, all are missed.
    """
    missed = [{s.need for s in each} for each in short]
    return tuple(n for n in needs if all(n in each for each in missed))
