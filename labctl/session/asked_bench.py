"""A bench that is looked at before a run: connected and asked, not used."""

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Self, TypeVar, cast

from labctl import columns
from labctl.clock import Clock, stopwatch
from labctl.data import Stream
from labctl.errors import InstrumentError
from labctl.limits import Envelope
from labctl.protocol import Protocol
from labctl.roles.playing import plays
from labctl.station import Station
from labctl.temperatures import THERMOMETERS, Readings, Temperatures

T = TypeVar("T")
ASK_AGAIN = 30.0
"""s of the wall before an instrument that did not answer is tried again."""


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
    look_around: bool = False
    """Whether instruments that nobody asked for may be connected to, to offer their
    channels: twins, and where a person asked what could be done and they are let go of
    afterwards. A run disturbs no instrument but its own, and a station's process would
    keep them from other programs."""
    beside: Collection[str] = ()
    """The temperatures that a thermometer beside the protocol measures."""
    measured_at: Callable[[str], Collection[str]] = lambda _channel: ()
    """Channel -> the temperatures that the bench's thermometers measure there."""


class NotAskedError(InstrumentError):
    """A role's player is not known: `compare` has said so, once for the role."""


class AskedBench:
    """A bench whose players are looked at, not used; see `labctl.protocol.Bench`."""

    def __init__(
        self,
        clock: Clock,
        players: Mapping[str, object],
        envelope: Envelope,
        roles: Collection[str],
        measured: Collection[str] = (),
    ) -> None:
        self.clock, self.envelope = clock, envelope
        self._temperatures = Temperatures({name: Readings(0.0) for name in measured})
        self._players, self._roles = players, roles

    @classmethod
    def of(
        cls, protocol: Protocol, against: Against, players: Mapping[str, object]
    ) -> Self:
        """Return a bench for the steps of a plan, with the limits of its run."""
        run = against.limits.get("run", Envelope({}))
        clock, roles = against.station.clock, protocol.roles()
        return cls(clock, players, run, roles, against.beside)

    def role(self, name: str, kind: type[T]) -> T:
        """Return a player. NotAskedError: nobody knows it.

        InstrumentError: the step could not be executed either, because its protocol
        has no such role, or what plays it is of another kind.
        """
        if name == THERMOMETERS:
            return cast("T", self._temperatures)
        player = self._players.get(name)
        if player is None and name in self._roles:
            raise NotAskedError(f"{name}: nobody could ask it")
        if player is None:
            raise InstrumentError(f"the plan uses a role {name!r} that nobody plays.")
        if not plays(player, kind):
            raise InstrumentError(
                f"what plays {name} is no {words_of_kind(kind)}, which the plan uses."
            )
        return cast("T", player)


def measured_by(beside: Iterable[Stream]) -> frozenset[str]:
    """Return the temperatures among the columns of what is recorded beside."""
    known = set(columns.TEMPERATURES)
    return frozenset(c.name for s in beside for c in s.columns if c in known)


def connected(against: Against, instrument: str) -> Mapping[str, object]:
    """Return the players of an instrument, connected now if it was not.

    InstrumentError: it does not answer, or did not a moment ago.
    """
    station = against.station
    when, why = against.vain.get(instrument, (-ASK_AGAIN, ""))
    if instrument not in station.opened and stopwatch() - when < ASK_AGAIN:
        raise InstrumentError(why)
    try:
        return station.players(instrument)
    except InstrumentError as error:
        against.vain[instrument] = (stopwatch(), str(error))
        raise


def words_of_kind(kind: type) -> str:
    """Return ``potentiostat channel`` for ``PotentiostatChannel``."""
    name = kind.__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
