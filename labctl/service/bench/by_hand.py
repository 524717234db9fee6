"""Who drives which channel by hand: within limits, never for long.

A channel that is touched is kept for that person; unless they touch it again within
`PATIENCE` it is made safe and given back, so that a closed laptop leaves nothing on. A
sweep is touched by whoever follows its points. A channel that could not be made safe is
given back to nobody: it is tried again when the patience has run out anew.

Rules for whoever edits: sources go before switches, so that no relay moves a current,
and magnets go last. `_talk` is held while an instrument is spoken to, never while
waiting for a sweep to end.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from labctl.api.answers import HandSweepOut
from labctl.api.requests import Action, ManualIn
from labctl.clock import SystemClock, stopwatch
from labctl.errors import InstrumentError, LimitError, OperatorError
from labctl.roles.safing_order import stage_of
from labctl.service.bench.doubts import Doubts, cure, still_on
from labctl.service.bench.hand_acts import (
    DOERS,
    Readings,
    actions,
    is_source,
    is_switch,
)
from labctl.service.bench.hand_sweep import HandSweep
from labctl.service.guard.guarding import Guarding, Hears
from labctl.service.guard.lines import Frozen
from labctl.service.guard.planning import plan_of
from labctl.station import Station

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""s of wall time without a touch before a channel is made safe."""
HOLDER = "by hand: "
"""What a hand-driven channel is lent to begins with this."""
SWEEPS = frozenset({Action.SWEEP, Action.FOLLOW})
DRIVES = frozenset({Action.SWEEP, Action.DRIVE})
"""Acts of which half may have been done when they fail."""
TELLS = DRIVES | {Action.FIELD, Action.CONNECT}
"""Acts after which a channel is not as safe as before: the guard knows of it first."""
Dropped = dict[str, str]
"""Channel -> why its output may still be on; empty: it was made safe."""


@dataclass(slots=True)
class Touched:
    """A channel that a person has."""

    holder: str
    player: Any
    deadline: float = 0.0
    """On the stopwatch."""
    safe_unix: float = 0.0
    """When it is made safe by itself, wall clock."""
    set_points: Readings = field(default_factory=dict)
    """What it was told and holds, read back; empty: output off."""
    sweep: HandSweep | None = None

    def touch(self) -> None:
        """Begin the patience anew."""
        self.deadline = stopwatch() + PATIENCE
        self.safe_unix = SystemClock().unix() + PATIENCE

    @property
    def holds(self) -> Readings:
        """What it holds now, a sweep's level included."""
        sweep = self.sweep
        if sweep is None:
            return self.set_points
        level = sweep.level
        if not sweep.goes_on or level is None:
            return {}
        return {f"set {sweep.unit}": level}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an act came to."""

    readings: Readings
    words: dict[str, str]
    safe_unix: float
    sweep: HandSweepOut | None = None


class ByHand:
    """The channels that people drive by hand."""

    def __init__(
        self,
        station: Station,
        guard: Callable[[], Guarding] | None = None,
        doubts: Doubts | None = None,
    ) -> None:
        """Nobody drives anything yet.

        ``guard`` gives the process that makes channels safe should this one die; None
        on a bench of twins, which die with it. ``doubts`` keeps what could not be made
        safe; None: nobody does.
        """
        self._station = station
        self._guard = guard
        self._doubts = doubts
        self._touched: dict[str, Touched] = {}
        self._armed: dict[str, Guarding] = {}
        """Channel -> the guard that knows of it."""
        self._unguarded: dict[str, str] = {}
        """Channel -> why nobody would make it safe should this process die."""
        self._lock = threading.RLock()
        self._talk = threading.Lock()

    def act(self, asked: ManualIn, who: str) -> Answer:
        """Do one thing; return readings, words, and when the channel is made safe.

        OwnershipError: a run or another person has the channel. LimitError: beyond the
        instrument's bounds; nothing was sent. OperatorError: it cannot do that.
        Whatever else goes wrong while it is driven, it is made safe.
        """
        holder = HOLDER + who
        with self._lock:
            if asked.action is Action.FOLLOW and asked.channel not in self._touched:
                raise OperatorError(f"{asked.channel}: no sweep was begun")
            bench = self._station.lend(holder, {"channel": asked.channel})
            player = bench.roles["channel"]
            touched = self._touched.setdefault(asked.channel, Touched(holder, player))
            touched.touch()
            if asked.action not in actions(player):
                can = ", ".join(actions(player)) or "nothing by hand"
                raise OperatorError(f"{asked.channel}: can {can}; not {asked.action}")
            if asked.action is Action.CONNECT:
                self._want_no_current(holder)
            try:
                self._arm(asked)
                return self._do(touched, asked)
            except (LimitError, OperatorError):
                raise  # nothing was sent: it holds what it held
            except Exception:
                if asked.action in DRIVES:
                    self._drop(asked.channel)
                raise

    def beat(self) -> None:
        """Tell the guard that this process lives; waits for no instrument."""
        for channel, guarding in list(self._armed.items()):
            guarding.beat(HOLDER + channel)

    def touched(self) -> dict[str, Touched]:
        """Return the channels that people have, by name."""
        return dict(self._touched)

    def release(self, channel: str) -> None:
        """Make a channel safe and give it back.

        OperatorError: nobody drives it. InstrumentError: its output may still be on.
        """
        with self._lock:
            if channel not in self._touched:
                raise OperatorError(f"{channel} is not driven by hand")
            if why := self._drop(channel):
                raise InstrumentError(f"{still_on(channel, why)}. {cure([channel])}")

    def let_go(self, channel: str, *, vouched: bool) -> None:
        """Do what `release` does; ``vouched``: a person has seen that it is off.

        Then nothing is asked of the instrument.
        """
        with self._lock:
            if vouched and channel in self._touched:
                self._forget(channel)
            else:
                self.release(channel)

    def release_all(self) -> Dropped:
        """Make every hand-driven channel safe; return what came of each."""
        for touched in self.touched().values():  # before any instrument is waited for
            if touched.sweep is not None:
                touched.sweep.ask_to_stop()
        with self._lock:
            return self._drop_all(self._touched)

    def look(self) -> Dropped:
        """Make safe what nobody touched for too long, or nobody guards.

        Return what came of each. A switch takes the sources of the same person with it.
        """
        with self._lock:
            now = stopwatch()
            late = {
                channel: touched
                for channel, touched in self._touched.items()
                if touched.deadline < now or self._unguarded.pop(channel, "")
            }
            switching = {t.holder for t in late.values() if is_switch(t.player)}
            return self._drop_all(
                channel
                for channel, t in self._touched.items()
                if channel in late or (t.holder in switching and is_source(t.player))
            )

    def _want_no_current(self, holder: str) -> None:
        """Refuse to move relays while a source of the same person is on."""
        for channel, touched in self._touched.items():
            if touched.holder == holder and is_source(touched.player) and touched.holds:
                raise OperatorError(
                    f"{channel} is on: make it safe first, no relay may move a current"
                )

    def _arm(self, asked: ManualIn) -> None:
        """Have a channel guarded before it is told anything.

        InstrumentError: the guard is not there; nothing may be switched on.
        """
        if self._guard is None or asked.action not in TELLS:
            return
        guarding = self._guard()
        if self._armed.get(asked.channel) is not guarding:
            channel, station = asked.channel, self._station
            plan = plan_of(station.setups, {"channel": channel}, station.players)
            hears = Hears(
                frozen=lambda frozen: self._lose(channel, _silence(frozen)),
                missing=lambda why: self._lose(channel, f"no guard: {why}"),
            )
            guarding.arm(HOLDER + channel, plan, hears)
            self._armed[channel] = guarding

    def _lose(self, channel: str, why: str) -> None:
        """Have a channel made safe at the next `look`; waits for nothing."""
        log.error("%s is made safe: %s", channel, why)
        self._unguarded[channel] = why

    def _do(self, touched: Touched, asked: ManualIn) -> Answer:
        if asked.action in SWEEPS:
            return self._sweep(touched, asked)
        if touched.sweep is not None and touched.sweep.goes_on:
            raise OperatorError(f"{asked.channel}: sweeps; stop it first")
        with self._talk:
            readings, words = DOERS[asked.action](touched.player, asked)
        touched.sweep = None
        told = {k: v for k, v in readings.items() if k.startswith("set ")}
        touched.set_points = told or touched.set_points
        return Answer(readings, words, touched.safe_unix)

    def _sweep(self, touched: Touched, asked: ManualIn) -> Answer:
        sweep = touched.sweep
        if asked.action is Action.SWEEP:
            if sweep is not None and sweep.goes_on:
                raise OperatorError(f"{asked.channel}: sweeps; stop it first")
            clock = self._station.clock
            sweep = HandSweep(touched.player, asked, clock, self._talk)
            touched.set_points, touched.sweep = {}, sweep
            sweep.start()
        if sweep is None:
            raise OperatorError(f"{asked.channel}: no sweep was begun")
        return Answer({}, {}, touched.safe_unix, sweep.told(asked.after))

    def _drop_all(self, channels: Iterable[str]) -> Dropped:
        ordered = sorted(
            channels, key=lambda channel: stage_of(self._touched[channel].player)
        )
        return {channel: self._drop(channel) for channel in ordered}

    def _drop(self, channel: str) -> str:
        """Make a channel safe, give it back; return why it may still be on, or ""."""
        touched = self._touched[channel]
        try:
            if touched.sweep is not None:
                touched.sweep.stop()
            if hasattr(touched.player, "make_safe"):
                with self._talk:
                    touched.player.make_safe()
        except Exception as error:
            log.exception("%s was not made safe by hand", channel)
            touched.touch()
            why = str(error) or type(error).__name__
            if self._doubts is not None:
                self._doubts.doubt(channel, why)
            return why
        self._forget(channel)
        return ""

    def _forget(self, channel: str) -> None:
        """Give a channel back that is off."""
        touched = self._touched.pop(channel)
        self._unguarded.pop(channel, None)
        if (guarding := self._armed.pop(channel, None)) is not None:
            guarding.disarm(HOLDER + channel)
        self._station.give_back(touched.holder, [channel])
        if self._doubts is not None:
            self._doubts.settle(channel)


def _silence(frozen: Frozen) -> str:
    return f"the guard heard nothing of it for {frozen.seconds:.0f} s"
