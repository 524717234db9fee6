"""Open instruments on first use, lend each to one run.

A station owns its instruments' connections; a run borrows the channels it needs and
gives them back. Whether a wire is real or simulated is decided once, by `Wires`.
"""

import logging
import threading
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl import plugins
from labctl.casting import Casting, instrument_of
from labctl.clock import Clock, VirtualClock
from labctl.errors import (
    BusyError,
    Complaint,
    DoubtfulError,
    IdentityError,
    InstrumentError,
    OperatorError,
    OwnershipError,
    RefusedError,
)
from labctl.limits import Envelope
from labctl.possession import Held, NobodyElse, Possession
from labctl.roles.driver import Device, Driver, Setup, SharesOutputs
from labctl.roles.identity import Identity
from labctl.roles.playing import Explains, plays
from labctl.roles.potentiostat import TellsWhetherOpen
from labctl.roles.safing_order import in_stages
from labctl.waits import DriverClock, to_the_end

log = logging.getLogger(__name__)
T = typing.TypeVar("T")


class Wires(typing.Protocol):
    """What a driver is connected with."""

    def connect(self, driver: Driver, setup: Setup, clock: Clock) -> Any:
        """Return the wire of one instrument."""
        ...

    def possess(self, setup: Setup) -> Held:
        """Become the only owner of an instrument. BusyError names who has it."""
        ...


class RealWires:
    """Cables."""

    def connect(self, driver: Driver, setup: Setup, clock: Clock) -> Any:  # noqa: ARG002
        """See `Wires`."""
        return driver.wire(setup)

    def possess(self, setup: Setup) -> Held:
        """See `Wires`."""
        return Possession(setup.name, setup.address)


class SimulatedWires:
    """Twins that share a world."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def connect(self, driver: Driver, setup: Setup, clock: Clock) -> Any:  # noqa: ARG002
        """See `Wires`."""
        twin = plugins.twin(setup.driver)(setup, self.world, clock)
        if isinstance(clock, VirtualClock):
            clock.connected(setup.name)
        return twin

    def possess(self, setup: Setup) -> Held:  # noqa: ARG002
        """See `Wires`."""
        return NobodyElse()


@dataclass(frozen=True, slots=True)
class LentBench:
    """The instruments of one run, by role; what its steps touch."""

    clock: Clock
    roles: Mapping[str, object]
    envelope: Envelope = field(default_factory=lambda: Envelope({}))
    """What no reading of the run may leave."""

    def role(self, name: str, kind: type[T]) -> T:
        """See `labctl.protocol.Bench`."""
        player = self.roles.get(name)
        if player is None:
            raise InstrumentError(f"nobody on this bench plays {name!r}")
        if not plays(player, kind):
            raise InstrumentError(
                f"{name}: {type(player).__name__} cannot play {kind.__name__}"
            )
        return typing.cast("T", player)

    def outputs(self) -> dict[str, Any]:
        """Return what can be made safe; sources first, magnets last."""
        stages = in_stages(self.roles).values()
        return {name: self.roles[name] for names in stages for name in names}


class Station:
    """The instruments of one configuration."""

    def __init__(
        self,
        setups: Iterable[Setup],
        channels: Mapping[str, list[str]],
        clock: Clock,
        wires: Wires,
    ) -> None:
        self._setups = {setup.name: setup for setup in setups}
        self._channels = channels
        self.clock = clock
        self._wires = wires
        self._open: dict[str, Device] = {}
        self._had: dict[str, Held] = {}
        """Instruments of which no other process may have anything."""
        self._at: str | None = None
        """The instrument that is being opened."""
        self._lent: dict[str, str] = {}
        self._doubts: dict[str, str] = {}
        self._lock = threading.RLock()
        """Who has what; never held while an instrument is talked to."""
        self._opening = threading.RLock()

    def cast(
        self,
        wanted: Mapping[str, type],
        companions: Mapping[str, str],
        chosen: Mapping[str, str],
        *,
        even_busy: bool = False,
    ) -> dict[str, str]:
        """Return a channel for every role; see `labctl.casting.Casting`.

        ``even_busy`` takes the first that there is, whoever has it.
        """
        with self._lock:
            lent, doubtful = dict(self._lent), set(self._doubts)
        explained = list(self._explained(wanted, chosen))
        if explained:
            raise RefusedError(explained)
        for channel, holder in tuple(lent.items()):
            lent |= dict.fromkeys(self._one_output(channel), holder)
        for channel in tuple(doubtful):
            doubtful |= self._one_output(channel)
        taken = frozenset() if even_busy else frozenset(lent) | doubtful
        casting = Casting(self._channels, tuple(self._setups), taken, lent)
        return casting.cast(wanted, companions, chosen)

    def _explained(
        self, wanted: Mapping[str, type], chosen: Mapping[str, str]
    ) -> Iterator[Complaint]:
        """Yield why instruments that were chosen can by no means play their role."""
        for role, channel in chosen.items():
            setup = self._setups.get(instrument_of(channel))
            if setup is None or role not in wanted:
                continue
            try:
                driver = plugins.driver(setup.driver)
            except OperatorError:
                continue  # told where it is opened
            if isinstance(driver, Explains):
                why = driver.why_not(setup.name, wanted[role])
                if why is not None:
                    yield Complaint(("channels", role), *why, role=role)

    def candidates(self, role: str) -> tuple[str, ...]:
        """Return the channels that the configuration gives a role; empty: any may."""
        return tuple(self._channels.get(role, ()))

    def reserve(self, run_id: str, cast: Mapping[str, str]) -> list[str]:
        """Keep the channels of a cast for a run; return those that it had not yet.

        Nothing is opened. OwnershipError: a channel belongs to another run or another
        process; it is named.
        """
        with self._lock:
            for role, channel in cast.items():
                for same in sorted(self._one_output(channel)):
                    self._refuse_taken(run_id, role, channel, same)
            self._refuse_twice(cast)
            fresh = [channel for channel in cast.values() if channel not in self._lent]
            try:
                for name in sorted(
                    set(map(instrument_of, fresh)) & self._setups.keys()
                ):
                    self._possess(name)  # in one order: one of two always gets all
            except OwnershipError:
                self._let_go()
                raise
            self._lent.update(dict.fromkeys(fresh, run_id))
            return fresh

    def _refuse_taken(self, run_id: str, role: str, channel: str, same: str) -> None:
        """Raise OwnershipError if ``same``, the output of ``channel``, is not free."""
        also = "" if same == channel else f" is the output of {same}, which"
        holder = self._lent.get(same, run_id)
        if holder != run_id:
            raise BusyError(
                f"{role}: {channel}{also} is lent to run {holder}", {channel: holder}
            )
        if same in self._doubts:
            raise DoubtfulError(
                f"{role}: {channel}{also} may still be on ({self._doubts[same]}). "
                "Look at the instrument, then clear it: `labctl station clear "
                f"{same}` makes it safe and reads it back"
            )

    def _refuse_twice(self, cast: Mapping[str, str]) -> None:
        """Raise OwnershipError if two roles of one run are one output."""
        roles = {channel: role for role, channel in cast.items()}
        for role, channel in cast.items():
            for same in sorted(self._one_output(channel) & roles.keys()):
                if same != channel:
                    raise OwnershipError(
                        f"{role}: {channel} and {same}, which plays {roles[same]}, are "
                        "one output; choose another channel for one of them"
                    )

    def _one_output(self, channel: str) -> set[str]:
        """Return the channels that are one physical output with this one, it too."""
        instrument, _, name = channel.partition("/")
        found = {channel}
        setup = self._setups.get(instrument)
        try:
            driver: object = None if setup is None else plugins.driver(setup.driver)
        except OperatorError:
            return found  # told where it is opened
        outputs = driver.outputs if isinstance(driver, SharesOutputs) else ()
        for output in outputs:
            if name in output:
                found |= {f"{instrument}/{n}" if n else instrument for n in output}
        return found

    def lend(self, run_id: str, cast: Mapping[str, str]) -> LentBench:
        """Open the instruments of a cast and lend them to a run.

        OwnershipError: a channel belongs to another run; it is named.
        """
        fresh = self.reserve(run_id, cast)
        try:
            roles = {role: self._player(channel) for role, channel in cast.items()}
        except BaseException:
            self.give_back(run_id, fresh)  # what it had before may be switched on
            raise
        return LentBench(self.clock, roles)

    def looked_at(self, channel: str) -> object:
        """Return the player at a channel that is only read, and so lent to nobody."""
        return self._player(channel)

    def give_back(self, run_id: str, channels: Iterable[str] | None = None) -> None:
        """Take back some channels lent to a run; all of them where none are named."""
        named = None if channels is None else set(channels)
        with self._lock:
            self._lent = {
                channel: holder
                for channel, holder in self._lent.items()
                if holder != run_id or (named is not None and channel not in named)
            }
            self._let_go()

    def lent(self) -> dict[str, str]:
        """Return who has which channel: channel -> run."""
        with self._lock:
            return dict(self._lent)

    def doubt(self, channel: str, why: str) -> None:
        """Lend a channel to nobody until it is known to be off."""
        with self._lock:
            self._doubts[channel] = why

    def doubts(self) -> dict[str, str]:
        """Return the channels that are not known to be off: channel -> why."""
        with self._lock:
            return dict(self._doubts)

    def clear(self, channel: str, *, by_hand: bool = False) -> None:
        """Make a doubtful channel safe, read it back, and lend it again.

        ``by_hand``: a person has looked at the instrument and vouches that it is off;
        nothing is asked of it. InstrumentError: it is still not known to be off.
        BusyError: a run has it. OperatorError: nobody doubts it.
        """
        with self._lock:
            if channel not in self._doubts:
                raise OperatorError(
                    f"{channel} is not in doubt; there is nothing to clear"
                )
            holder = self._lent.get(channel)
        if holder is not None:
            raise BusyError(f"{channel} is lent to {holder}", {channel: holder})
        if not by_hand:
            player = self._player(channel)
            if hasattr(player, "make_safe"):
                with to_the_end():
                    player.make_safe()
            if isinstance(player, TellsWhetherOpen) and not player.is_open():
                raise InstrumentError(
                    f"{channel}: is still on; this process did not start what runs "
                    "there and leaves it alone. Switch it off at the instrument, look "
                    "at the cell, then clear it by hand"
                )
        with self._lock:
            self._doubts.pop(channel, None)

    @property
    def opened(self) -> frozenset[str]:
        """The instruments that are connected now."""
        return frozenset(self._open)

    def identity(self, instrument: str) -> Identity:
        """Open an instrument if need be and return who it says it is."""
        return self._device(instrument).identity()

    def players(self, instrument: str) -> Mapping[str, object]:
        """Open an instrument if need be and return what it can play."""
        return self._device(instrument).roles

    @property
    def setups(self) -> Mapping[str, Setup]:
        """The configured instruments by name."""
        return self._setups

    def close(self) -> None:
        """Let go of every instrument."""
        with self._opening:
            for name, device in self._open.items():
                try:
                    device.close()
                except InstrumentError:
                    log.exception("%s did not close", name)
            self._open.clear()
            self._let_go(even_lent=True)

    def _player(self, channel: str) -> object:
        instrument, _, name = channel.partition("/")
        roles = self._device(instrument).roles
        if name not in roles:
            known = ", ".join(f"{instrument}/{r}" if r else instrument for r in roles)
            raise InstrumentError(f"{channel}: {instrument} offers only {known}")
        return roles[name]

    def _device(self, name: str) -> Device:
        with self._opening:
            if name in self._open:
                return self._open[name]
            self._at = name
            try:
                self._open[name] = self._connect(self._setups[name])
            finally:
                self._at = None
                self._let_go()
            return self._open[name]

    def _connect(self, setup: Setup) -> Device:
        driver = plugins.driver(setup.driver)
        held = self._possess(setup.name)
        wire = self._wires.connect(driver, setup, self.clock)
        device = driver.open(wire, setup, DriverClock(self.clock))
        try:
            identity = device.identity()
            _check_serial(setup, identity)
            held.recognise(identity)
        except BaseException:
            device.close()
            raise
        return device

    def _possess(self, name: str) -> Held:
        with self._lock:
            if name not in self._had:
                self._had[name] = self._wires.possess(self._setups[name])
            return self._had[name]

    def _let_go(self, *, even_lent: bool = False) -> None:
        """Let others have the instruments that are neither open nor lent."""
        with self._lock:
            lent = set() if even_lent else set(map(instrument_of, self._lent))
            kept = lent | self._open.keys() | {self._at}
            for name in [name for name in self._had if name not in kept]:
                self._had.pop(name).release()


def _check_serial(setup: Setup, identity: Identity) -> None:
    expected = setup.options.get("serial")
    if expected and identity.serial != str(expected):
        raise IdentityError(
            f"{setup.name}: serial {identity.serial} answers at {setup.address}, "
            f"expected {expected}; check cables and addresses"
        )
