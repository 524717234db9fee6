"""Which other channels of the bench could do what a plan asks of a role.

Offered, never taken: a sample is where a person put it. A channel is offered if it
meets every need and would refuse nothing of the plan; one that nobody could ask is said
to be unknown. Free channels stand first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from labctl.casting import instrument_of
from labctl.clock import stopwatch
from labctl.errors import Complaint, LabctlError, RefusedError
from labctl.protocol import Protocol, Step
from labctl.roles.capability import Capability, Rehearses, capability_of
from labctl.roles.needs import Ability, Need, Shortfall, shortfalls, unknown_of
from labctl.roles.playing import plays
from labctl.session.asked_bench import (
    Against,
    AskedBench,
    NotAskedError,
    connected,
    words_of_kind,
)
from labctl.session.needing import needs_of, words_of
from labctl.techniques import TEMPERATURE

PATIENCE = 15.0
"""s of the wall in which further instruments are connected to; each has its own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What else could play one role."""

    able: tuple[str, ...] = ()
    """Channels that can do all of it; free ones first."""
    perhaps: tuple[str, ...] = ()
    """Channels that could, as far as is known."""
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
        self.needs = self._needs(steps)
        self._found: dict[str, Offer] = {}

    def _needs(self, steps: Sequence[Step]) -> Mapping[str, tuple[Need, ...]]:
        """Return what steps ask for, and the thermometer that a limit asks for."""
        needs = dict(needs_of(steps))
        limits = self._against.limits.values()
        first = next(iter(self._protocol.roles()), "")
        if first and any(TEMPERATURE in each.columns for each in limits):
            known = needs.get(first, ())
            need = Need(first, Ability.SURFACE_TEMPERATURE)
            if all(each.ability is not need.ability for each in known):
                needs[first] = (*known, need)
        return needs

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
        units = {need.unit for need in self.needs.get(complaint.role, ())}
        if complaint.unit and complaint.unit not in units:  # about none of the needs
            offer = replace(offer, missing=(), kinds_missing=False)
        cure = f"{complaint.cure} {_none(complaint.role, kind, offer)}".strip()
        return replace(complaint, cure=cure, perhaps=offer.perhaps)

    def _look(self, role: str) -> Offer:
        against, needs = self._against, self.needs.get(role, ())
        taken = {*against.cast.values(), *against.station.doubts()}
        able: list[str] = []
        perhaps: list[str] = []
        short: list[list[Shortfall]] = []
        seen: dict[tuple[object, ...], bool | None] = {}
        for channel, player in self._players(role):
            if channel in taken or not self._has_company(role, channel):
                continue
            warmth = frozenset(against.measured_at(channel))
            cold = _without_thermometer(needs, warmth)
            if player is None:
                perhaps += [] if cold else [channel]
                continue
            if not plays(player, self._protocol.roles()[role]):
                continue
            known = _capability(player)
            lacking = shortfalls(needs, known) + cold
            alike = (instrument_of(channel), known, warmth)
            if alike not in seen:
                can = not lacking and self._can(role, player, known, warmth)
                seen[alike] = can
            if seen[alike] is None:
                perhaps.append(channel)
            elif seen[alike]:
                able.append(channel)
            short.append(lacking)
        missing = () if able else _missed_by_all(needs, short)
        busy = set(against.station.lent())
        able.sort(key=lambda channel: channel in busy)
        return Offer(tuple(able), tuple(perhaps), missing, kinds_missing=not short)

    def _players(self, role: str) -> list[tuple[str, object | None]]:
        """Return every channel that a role may have; None: nobody could ask it."""
        against, began = self._against, stopwatch()
        station = against.station
        named = station.candidates(role)
        instruments = dict.fromkeys(map(instrument_of, named or station.setups))
        found: list[tuple[str, object | None]] = []
        for instrument in instruments:
            mine = [c for c in named if instrument_of(c) == instrument]
            may = against.look_around and stopwatch() - began < PATIENCE
            if instrument not in station.opened and not may:
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

    def _can(
        self, role: str, player: object, known: Capability, warmth: Collection[str]
    ) -> bool | None:
        """Tell whether who meets the needs refuses nothing; None: nobody knows."""
        of_channel = [
            need
            for need in self.needs.get(role, ())
            if need.ability is not Ability.SURFACE_TEMPERATURE
        ]
        sure = None if unknown_of(of_channel, known) else True
        if not plays(player, Rehearses):
            return sure
        against = replace(self._against, beside=warmth)
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
        return sure


def _none(role: str, kind: type, offer: Offer) -> str:
    """Say what no channel is known to be able to."""
    text = f"No other channel for {role} is known to be able to do the whole plan"
    if offer.missing:
        needed = words_of(offer.missing)
        text = f"What is missing is a {words_of_kind(kind)} that {needed}"
    elif offer.kinds_missing:
        text = f"What is missing is a {words_of_kind(kind)}"
    if offer.perhaps:
        return f"{text}; {', '.join(offer.perhaps)} could be one, for all one knows."
    return f"{text}."


def _capability(player: object) -> Capability:
    try:
        return capability_of(player) or Capability()
    except LabctlError:  # an empty slot
        return Capability()


def _without_thermometer(
    needs: Sequence[Need], warmth: Collection[str]
) -> list[Shortfall]:
    """Return the need of a thermometer at the sample where there is none."""
    return [
        Shortfall(need, None)
        for need in needs
        if need.ability is Ability.SURFACE_TEMPERATURE and TEMPERATURE not in warmth
    ]


def _missed_by_all(
    needs: Sequence[Need], short: Sequence[Sequence[Shortfall]]
) -> tuple[Need, ...]:
    """Return the needs that each channel misses; empty: each misses another one.

    Where there is no channel, all are missed.
    """
    missed = [{s.need for s in each} for each in short]
    return tuple(n for n in needs if all(n in each for each in missed))
