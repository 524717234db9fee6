"""Compare a whole plan with what its channels can do and what the bench allows.

Nothing is loaded, driven or started: instruments are connected and asked who they are,
and then say from what they stated what they would refuse. One that cannot be asked is
unknown, which is neither able nor unable.
"""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from labctl.clock import Clock, stopwatch
from labctl.errors import (
    Complaint,
    FirmwareError,
    IdentityError,
    InstrumentError,
    LabctlError,
    OperatorError,
    RefusedError,
)
from labctl.limits import Envelope
from labctl.protocol import Protocol, Step, StepRecord
from labctl.roles.capability import Capability, Rehearses, capability_of
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.session.beyond_limits import beyond_limits
from labctl.session.parameter_places import parameter_of
from labctl.session.plan_walk import walk
from labctl.station import Station

T = TypeVar("T")
PARAMETERS = ("parameters",)
ASK_AGAIN = 30.0
"""s of the wall before an instrument that did not answer is tried again."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found."""

    complaints: tuple[Complaint, ...] = ()
    unknown: tuple[Complaint, ...] = ()
    """What nobody could say, and why; the run may be refused yet."""
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    """Role -> what its channel can do, where it says so."""
    steps: int = 0
    """Different steps of the plan that were compared."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a plan is compared with."""

    station: Station
    cast: Mapping[str, str]
    """Role -> channel."""
    limits: Mapping[str, Envelope]
    """Bounds of ``safety``, ``sample`` and ``run``, in the order they are named."""
    vain: MutableMapping[str, tuple[float, str]] = field(default_factory=dict)
    """Instrument -> when it was asked in vain, and what came of it."""


class AskedBench:
    """A bench whose players are looked at, not used; see `labctl.protocol.Bench`."""

    def __init__(
        self,
        clock: Clock,
        players: Mapping[str, object],
        envelope: Envelope,
        roles: Collection[str],
    ) -> None:
        self.clock, self.envelope = clock, envelope
        self._players, self._roles = players, roles

    def role(self, name: str, kind: type[T]) -> T:
        """Return a player. NotAskedError: nobody knows it.

        InstrumentError: the step could not be executed either, because its protocol
        has no such role, or what plays it is of another kind.
        """
        player = self._players.get(name)
        if player is None and name in self._roles:
            raise NotAskedError(f"{name}: nobody could ask it")
        if player is None:
            raise InstrumentError(f"the plan uses a role {name!r} that nobody plays.")
        if not plays(player, kind):
            raise InstrumentError(
                f"what plays {name} is no {_words(kind)}, which the plan uses."
            )
        return cast("T", player)


class NotAskedError(InstrumentError):
    """A role's player is not known: `compare` has said so, once for the role."""


def compare(
    protocol: Protocol,
    against: Against,
    recorded: Mapping[int, StepRecord] | None = None,
) -> Compared:
    """Compare all that ``protocol`` has still to do after ``recorded`` steps.

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
    run = against.limits.get("run", Envelope({}))
    bench = AskedBench(against.station.clock, players, run, protocol.roles())
    walked = walk(protocol, recorded)
    unknown += [Complaint(PARAMETERS, f"{said}.") for said in walked.unknown]
    for step in walked.steps:
        complaints += _of_step(protocol, step, bench, against)
    complaints = _said_once(complaints)
    for role, player in players.items():
        if plays(player, PotentiostatChannel) and not plays(player, Rehearses):
            what = f"{against.cast[role]} does not say what it can do."
            unknown.append(Complaint(("channels", role), what))
    return Compared(
        tuple(complaints),
        tuple(unknown),
        dict(_capabilities(players)),
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
    station = against.station
    instrument, _, name = channel.partition("/")
    when, why = against.vain.get(instrument, (-ASK_AGAIN, ""))
    if instrument not in station.opened and stopwatch() - when < ASK_AGAIN:
        raise InstrumentError(why)
    try:
        players = station.players(instrument)
    except (IdentityError, FirmwareError) as error:
        raise RefusedError([Complaint(("channels", role), str(error))]) from error
    except OperatorError as error:  # no driver of that name, say: no run starts
        what = f"{channel} cannot be used: {error}"
        raise RefusedError([Complaint(("channels", role), what)]) from error
    except InstrumentError as error:
        against.vain[instrument] = (stopwatch(), str(error))
        raise
    if name not in players:
        there = ", ".join(f"{instrument}/{r}" if r else instrument for r in players)
        what = f"there is no {channel}: {instrument} has {there}."
        cure = f"Choose one of them with --role {role}=…."
        raise RefusedError([Complaint(("channels", role), what, cure)])
    if not plays(players[name], kind):
        what = f"{channel} is no {_words(kind)}, which {role} has to be."
        raise RefusedError(
            [Complaint(("channels", role), what, _who_else(station, role, kind))]
        )
    return players[name]


def _who_else(station: Station, role: str, kind: type) -> str:
    """Name what could play a role: configured for it, or found able to."""
    connected = {
        f"{name}/{part}" if part else name: player
        for name in sorted(station.opened)
        for part, player in station.players(name).items()
    }
    able = [name for name, player in connected.items() if plays(player, kind)]
    untried = [n for n in station.candidates(role) if n not in connected]
    could = [n for n in station.candidates(role) if n in able] + untried or able
    if could:
        return f"Choose one of {', '.join(could)}."
    return "`labctl station show` tells what each channel can do."


def _words(kind: type) -> str:
    """Return ``potentiostat channel`` for ``PotentiostatChannel``."""
    name = kind.__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _unasked(role: str, channel: str, error: LabctlError) -> Complaint:
    what = f"{channel} could not be asked what it can do: {_sentence(error)}"
    cure = "It is asked again when the run starts, before anything is driven."
    return Complaint(("channels", role), what, cure)


def _sentence(error: LabctlError) -> str:
    text = str(error)
    return text if text.endswith(("?", "!")) else f"{text.rstrip('.')}."


def _of_step(
    protocol: Protocol, step: Step, bench: AskedBench, against: Against
) -> Iterator[Complaint]:
    """Yield what is wrong with a step, each at the parameter that asks for it."""
    role = str(getattr(step, "role", "") or next(iter(against.cast), ""))
    found = beyond_limits(step, against.limits)
    try:
        found += step.beyond(bench)
    except NotAskedError:
        pass  # it is among `Compared.unknown`, or refused
    except RefusedError as refused:
        found += refused.complaints
    except LabctlError as error:
        found.append(Complaint(("channels", role), str(error)))
    for complaint in found:
        yield _placed(protocol, step, complaint, role, against.cast.get(role, ""))


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
