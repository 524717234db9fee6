"""Make the channels of runs safe from a process that never drove them, in one order.

Every instrument has a thread of its own, so that a dead bus costs nobody else time.
Sources go at once; heaters, relays and magnets of a run wait until its sources are
known to be off, `Patience.sources` at most. Then relays stay as they are (none opens
under current), heaters and magnets go down all the same. Nothing here has
preconditions, may be called again at any time, and ends.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl import plugins
from labctl.clock import Clock, SystemClock, stopwatch
from labctl.errors import IdentityError, InstrumentError
from labctl.roles.driver import Device, Setup
from labctl.roles.safing_order import Stage, stage_of
from labctl.service.guard.at_zero import wait_for_zero
from labctl.service.guard.lines import (
    ChannelEnd,
    ChannelPlan,
    ChannelSafety,
    Claimed,
    InstrumentPlan,
    OnHostLoss,
)
from labctl.service.guard.run_plan import RunPlan, complain

PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
"""s between tries: the operating system may need a moment to free a cable."""
LEFT_CLOSED = "its relays stay as they are, a source may be on: {}"
FINISHES = "finishes its technique within its firmware's limits"
NOT_OURS = "runs nothing that this run started"

Ends = dict[str, ChannelEnd]
Told = Callable[[str, str, ChannelEnd], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long anything may take, s since the beginning."""

    sources: float = 10.0
    """For the sources of a run, before its magnets go down without them."""
    gives_up: float = 20.0
    """For an instrument that does not answer; it is not tried again then."""
    last: float = 240.0
    """For everything; a magnet may need most of it."""


USUAL = Patience()


def resolve(instruments: Sequence[InstrumentPlan]) -> tuple[str, ...]:
    """Import and look up what making these safe needs; return what is missing.

    No instrument is touched.
    """
    problems = []
    for instrument in instruments:
        try:
            driver = plugins.driver(instrument.driver)
            wire = driver.wire(_setup(instrument))
            if hasattr(driver, "warm_up"):
                driver.warm_up(wire)
        except Exception as error:  # noqa: BLE001  (a driver may raise anything)
            problems.append(f"{instrument.name}: {type(error).__name__}: {error}")
    return tuple(problems)


def make_safe(
    runs: Sequence[RunPlan], told: Told, patience: Patience = USUAL
) -> dict[str, Ends]:
    """Make everything that ``runs`` have safe; return run -> channel -> its end.

    ``told`` hears run, channel and end as they come, from several threads.
    """
    return _Safing(runs, told, patience).carried_out()


def make_channel_safe(
    plan: ChannelPlan, player: Any, claims: Sequence[Claimed], *, host_is_lost: bool
) -> ChannelEnd:
    """Make one open channel safe; what nobody of ours started is left alone."""
    if not hasattr(player, "make_safe"):
        return ChannelEnd(ChannelSafety.SAFE, "has no output")
    if not hasattr(player, "recognise"):
        player.make_safe()
        return ChannelEnd(ChannelSafety.SAFE)
    for claim in reversed(claims):
        if not _recognised(player, claim):
            continue
        finish = plan.on_host_loss is OnHostLoss.FINISH_TECHNIQUE
        if finish and host_is_lost and claim.token.get("limited") is True:
            return ChannelEnd(ChannelSafety.LEFT, FINISHES)
        player.make_safe()
        return ChannelEnd(ChannelSafety.SAFE)
    return ChannelEnd(ChannelSafety.LEFT, NOT_OURS)


def _recognised(player: Any, claim: Claimed) -> bool:
    """Tell whether a channel runs what was claimed, by either clock.

    The wall clock may have been set since; the counter may have stood still while the
    machine slept.
    """
    if player.recognise(claim.token, claim.started_unix):
        return True
    ago = stopwatch() - claim.counted
    now = SystemClock().unix()
    return bool(claim.counted and player.recognise(claim.token, now - ago))


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel and whose it is."""

    run: RunPlan
    plan: ChannelPlan


class _Safing:
    def __init__(self, runs: Sequence[RunPlan], told: Told, patience: Patience) -> None:
        self._patience = patience
        self._clock = SystemClock()
        self._told = told
        self._news = threading.Condition()
        self._ends: dict[str, Ends] = {run.run: {} for run in runs}
        self._sources: dict[str, set[str]] = {run.run: set() for run in runs}
        """Run -> its channels that put energy into the sample."""
        self._instruments: dict[str, tuple[InstrumentPlan, list[_Channel]]] = {}
        for run in runs:
            for plan in run.instruments:
                _, channels = self._instruments.setdefault(plan.name, (plan, []))
                for channel in plan.channels:
                    channels.append(_Channel(run, channel))
                    if channel.stage == Stage.SOURCES:
                        self._sources[run.run].add(channel.channel)

    def carried_out(self) -> dict[str, Ends]:
        """Start every thread and wait for all of them, not for ever."""
        threads = [
            threading.Thread(target=self._keep_at, args=(plan, channels), daemon=True)
            for plan, channels in self._instruments.values()
        ]
        for thread in threads:
            thread.start()
        last = self._patience.last
        for thread in threads:
            thread.join(max(last - self._clock.now(), 0.0))
        with self._news:
            for _, channels in self._instruments.values():
                for channel in channels:
                    nothing = ChannelEnd(
                        ChannelSafety.UNKNOWN, f"no answer for {last:g} s"
                    )
                    self._ends[channel.run.run].setdefault(
                        channel.plan.channel, nothing
                    )
            return {run: dict(ends) for run, ends in self._ends.items()}

    def _keep_at(self, plan: InstrumentPlan, channels: list[_Channel]) -> None:
        """Make one instrument's channels safe, again and again until it works."""
        left, attempt = list(channels), 0
        while left:
            try:
                left = self._tried(plan, left)
                why = ""
            except Exception as error:  # noqa: BLE001  (a driver may raise anything)
                complain()
                why = f"{type(error).__name__}: {error}"
            if not why and not left:
                return
            for channel in left:
                if why:
                    self._end(channel, ChannelEnd(ChannelSafety.UNKNOWN, why))
            if self._clock.now() > self._patience.gives_up:
                return
            self._clock.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _tried(self, plan: InstrumentPlan, channels: list[_Channel]) -> list[_Channel]:
        """Open the instrument and go through its channels; return those that failed."""
        failed = []
        device = _opened(plan, self._clock)
        try:
            players = {
                channel.plan.channel: _player(device, channel.plan)
                for channel in channels
            }
            for channel in channels:
                if stage_of(players[channel.plan.channel]) is Stage.SOURCES:
                    self._is_source(channel)
            for channel in sorted(
                channels, key=lambda s: stage_of(players[s.plan.channel])
            ):
                try:
                    self._in_turn(channel, players[channel.plan.channel])
                except Exception as error:  # noqa: BLE001  (the next one comes)
                    complain()
                    why = f"{type(error).__name__}: {error}"
                    self._end(channel, ChannelEnd(ChannelSafety.UNKNOWN, why))
                    failed.append(channel)
        finally:
            device.close()
        return failed

    def _in_turn(self, channel: _Channel, player: Any) -> None:
        stage = stage_of(player)
        if stage is not Stage.SOURCES:
            self._not_source(channel)
            doubtful = self._wait_for_sources(channel.run.run)
            if stage is Stage.SWITCHES and doubtful:
                why = LEFT_CLOSED.format(", ".join(doubtful))
                self._end(channel, ChannelEnd(ChannelSafety.LEFT, why))
                return
        claims = channel.run.claims.get(channel.plan.channel, ())
        lost = channel.run.host_is_lost
        end = make_channel_safe(channel.plan, player, claims, host_is_lost=lost)
        if stage is Stage.MAGNETS:
            end = wait_for_zero(
                player,
                self._clock,
                lambda why: self._end(channel, ChannelEnd(ChannelSafety.UNKNOWN, why)),
            )
        self._end(channel, end)

    def _wait_for_sources(self, run: str) -> list[str]:
        """Wait until a run's sources are done; return those not known to be off.

        One that finishes its technique is done, and on.
        """
        with self._news:
            self._news.wait_for(
                lambda: ChannelSafety.UNKNOWN not in self._states(run).values(),
                max(self._patience.sources - self._clock.now(), 0.0),
            )
            states = self._states(run).items()
            return sorted(
                channel for channel, its in states if its is not ChannelSafety.SAFE
            )

    def _states(self, run: str) -> dict[str, ChannelSafety]:
        """Return the state of each of a run's sources."""
        ends, nothing = self._ends[run], ChannelEnd(ChannelSafety.UNKNOWN)
        return {
            channel: ends.get(channel, nothing).state for channel in self._sources[run]
        }

    def _is_source(self, channel: _Channel) -> None:
        with self._news:
            self._sources[channel.run.run].add(channel.plan.channel)

    def _not_source(self, channel: _Channel) -> None:
        with self._news:
            self._sources[channel.run.run].discard(channel.plan.channel)
            self._news.notify_all()

    def _end(self, channel: _Channel, end: ChannelEnd) -> None:
        with self._news:
            self._ends[channel.run.run][channel.plan.channel] = end
            self._news.notify_all()
        self._told(channel.run.run, channel.plan.channel, end)


def _setup(plan: InstrumentPlan) -> Setup:
    return Setup(plan.name, plan.driver, plan.address, dict(plan.options))


def _opened(plan: InstrumentPlan, clock: Clock) -> Device:
    setup = _setup(plan)
    driver = plugins.driver(plan.driver)
    device = driver.open(driver.wire(setup), setup, clock)
    expected = setup.options.get("serial")
    found = device.identity().serial
    if expected and found != str(expected):
        device.close()
        raise IdentityError(
            f"{plan.name}: serial {found} answers at {plan.address}, expected "
            f"{expected}; nothing was sent to it"
        )
    return device


def _player(device: Device, channel: ChannelPlan) -> Any:
    if channel.name not in device.roles:
        raise InstrumentError(f"{channel.channel}: there is no such channel")
    return device.roles[channel.name]
