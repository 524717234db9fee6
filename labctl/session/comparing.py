"""Compare a whole plan with what its channels can do and what the bench allows.

Nothing is loaded, driven or started: instruments are connected and asked who they are,
and then say from what they stated what they would refuse. One that cannot be asked is
unknown, which is neither able nor unable.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from labctl.errors import (
    Complaint,
    FirmwareError,
    IdentityError,
    LabctlError,
    OperatorError,
    RefusedError,
)
from labctl.protocol import Protocol, Step, StepRecord
from labctl.roles.capability import Capability, Rehearses, capability_of
from labctl.roles.needs import Need
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.session.asked_bench import (
    Against,
    AskedBench,
    NotAskedError,
    connected,
    words_of_kind,
)
from labctl.session.beyond_limits import beyond_limits
from labctl.session.needing import Unmet, unmet_by
from labctl.session.offering import Offers
from labctl.session.parameter_places import parameter_of
from labctl.session.plan_walk import walk

PARAMETERS = ("parameters",)


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found."""

    complaints: tuple[Complaint, ...] = ()
    unknown: tuple[Complaint, ...] = ()
    """What nobody could say, and why; the run may be refused yet."""
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    """Role -> what its channel can do, where it says so."""
    needs: Mapping[str, tuple[Need, ...]] = field(default_factory=dict)
    """Role -> what the plan asks of its channel, beyond what it is."""
    steps: int = 0
    """Different steps of the plan that were compared."""


def compare(
    protocol: Protocol,
    against: Against,
    recorded: Mapping[int, StepRecord] | None = None,
    already: Iterable[Complaint] = (),
) -> Compared:
    """Compare all that ``protocol`` has still to do after ``recorded`` steps.

    ``already`` is what is known to be wrong with channels: told as well, with what
    could play their roles.

    Blocks until every instrument of the cast that was not connected yet is, or fails.
    """
    complaints: list[Complaint] = []
    unknown: list[Complaint] = []
    players: dict[str, object] = {}
    for role, kind in protocol.roles().items():
        channel = against.cast.get(role)
        if channel is None:
            continue
        try:
            players[role] = _player(against, role, channel, kind)
        except RefusedError as refused:
            complaints += refused.complaints
        except LabctlError as error:
            unknown.append(_unasked(role, channel, error))
    walked = walk(protocol, recorded)
    unknown += [Complaint(PARAMETERS, f"{said}.") for said in walked.unknown]
    abilities = dict(_capabilities(players))
    looked = _Looked(protocol, against, players, abilities)
    for step in walked.steps:
        complaints += looked.at(step)
    for role, player in players.items():
        if plays(player, PotentiostatChannel) and not plays(player, Rehearses):
            what = f"{against.cast[role]} does not say what it can do."
            unknown.append(Complaint(("channels", role), what))
    offers = Offers(protocol, walked.steps, against)
    return Compared(
        tuple(map(offers.attached, [*already, *_said_once(complaints)])),
        tuple(unknown),
        abilities,
        offers.needs,
        len(walked.steps),
    )


def _capabilities(
    players: Mapping[str, object],
) -> Iterator[tuple[str, Capability]]:
    """Yield what each role's player says that it can do."""
    for role, player in players.items():
        try:
            known = capability_of(player)
        except OperatorError:  # an empty slot, of which its step has complained
            continue
        if known is not None:
            yield role, known


def _player(against: Against, role: str, channel: str, kind: type) -> object:
    """Return who plays a role. RefusedError: nobody does, or it is the wrong one.

    InstrumentError: it cannot be asked.
    """
    instrument, _, name = channel.partition("/")
    try:
        players = connected(against, instrument)
    except (IdentityError, FirmwareError) as error:
        raise _not_it(role, str(error)) from error
    except OperatorError as error:  # no driver of that name, say: no run starts
        raise _not_it(role, f"{channel} cannot be used: {error}") from error
    if name not in players:
        there = ", ".join(f"{instrument}/{r}" if r else instrument for r in players)
        raise _not_it(role, f"there is no {channel}: {instrument} has {there}.")
    if not plays(players[name], kind):
        what = f"{channel} is no {words_of_kind(kind)}, which {role} has to be."
        raise _not_it(role, what)
    return players[name]


def _not_it(role: str, what: str) -> RefusedError:
    cure = f"Choose another channel for {role}."
    return RefusedError([Complaint(("channels", role), what, cure, role=role)])


def _unasked(role: str, channel: str, error: LabctlError) -> Complaint:
    what = f"{channel} could not be asked what it can do: {_sentence(error)}"
    cure = "It is asked again when the run starts, before anything is driven."
    return Complaint(("channels", role), what, cure)


def _sentence(error: LabctlError) -> str:
    text = str(error)
    return text if text.endswith(("?", "!")) else f"{text.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class _Looked:
    """What each role's channel is, for the steps of one plan to be held against."""

    protocol: Protocol
    against: Against
    players: Mapping[str, object]
    abilities: Mapping[str, Capability]

    def at(self, step: Step) -> Iterator[Complaint]:
        """Yield what is wrong with a step, each at the parameter that asks for it."""
        cast = self.against.cast
        role = _whose(step) or next(iter(cast), "")
        channel = cast.get(role, "")
        for complaint in beyond_limits(step, self.against.limits):
            yield _placed(self.protocol, step, complaint, role, channel)
        refused = self._refused(step, role)
        for unmet in self._unmet(step):
            same = [c for c in refused if unmet.is_said_by(c)]
            refused = [c for c in refused if c not in same]
            cure = next((c.cure for c in same if c.cure), "")
            yield unmet.complaint(cast[unmet.short.need.role], cure)
        for complaint in refused:
            placed = _placed(self.protocol, step, complaint, role, channel)
            yield dataclasses.replace(placed, role=complaint.role or _whose(step))

    def _unmet(self, step: Step) -> list[Unmet]:
        """Return the needs of a step that techniques have; others say theirs."""
        return [
            each
            for role, able in self.abilities.items()
            for each in unmet_by(self.protocol, step, role, able)
            if each.short.need.technique is not None
        ]

    def _refused(self, step: Step, role: str) -> list[Complaint]:
        bench = AskedBench.of(self.protocol, self.against, self.players)
        try:
            return step.beyond(bench)
        except NotAskedError:
            return []  # it is among `Compared.unknown`, or refused
        except RefusedError as refused:
            return list(refused.complaints)
        except LabctlError as error:
            return [Complaint(("channels", role), str(error))]


def _whose(step: Step) -> str:
    """Return the role that a step is about; empty if it is about several."""
    roles = {need.role for need in step.needs()}
    own = str(getattr(step, "role", ""))
    return own or (roles.pop() if len(roles) == 1 else "")


def _placed(
    protocol: Protocol, step: Step, complaint: Complaint, role: str, channel: str
) -> Complaint:
    """Return a complaint of a driver at the parameter from which its figure comes."""
    if complaint.path and complaint.path[0] != "techniques":
        return dataclasses.replace(complaint, step=step.label)
    place = parameter_of(protocol, step, complaint)
    on = f"{step.label} on {channel}" if channel else step.label
    return dataclasses.replace(
        complaint,
        path=(*PARAMETERS, *place) if place else ("channels", role),
        what=f"{on}: {complaint.what}",
        step=step.label,
        file="",
    )


def each_once(complaints: Iterable[Complaint]) -> Iterator[Complaint]:
    """Yield the first of those that say the same of the same place."""
    seen = set()
    for complaint in complaints:
        what = complaint.what if complaint.limit is None else ""
        key = (complaint.path, complaint.limit, complaint.unit, what)
        if key not in seen:
            seen.add(key)
            yield complaint


def _said_once(complaints: Iterable[Complaint]) -> list[Complaint]:
    """Leave out what is said at a parameter already, where no parameter was found."""
    once = list(each_once(complaints))
    placed = {_figures(c) for c in once if c.path[:1] == PARAMETERS}
    return [c for c in once if c.path[:1] == PARAMETERS or _figures(c) not in placed]


def _figures(complaint: Complaint) -> tuple[float, float | None, str] | Complaint:
    if complaint.value is None:
        return complaint
    return abs(complaint.value), complaint.limit, complaint.unit
