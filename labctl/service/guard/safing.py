"""Make the seats of runs safe from a process that never drove them, in one order.

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
    Claimed,
    InstrumentPlan,
    OnHostLoss,
    SeatEnd,
    SeatPlan,
    SeatState,
)
from labctl.service.guard.run_plan import RunPlan, complain

PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
"""s between tries: the operating system may need a moment to free a cable."""
LEFT_CLOSED = "its relays stay as they are, a source may be on: {}"
FINISHES = "finishes its technique within its firmware's limits"
NOT_OURS = "runs nothing that this run started"

Ends = dict[str, SeatEnd]
Told = Callable[[str, str, SeatEnd], None]


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
    """Make everything that ``runs`` have safe; return run -> seat -> what became of it.

    ``told`` hears run, seat and end as they come, from several threads.
    """
    return _Safing(runs, told, patience).carried_out()


def make_seat_safe(
    plan: SeatPlan, player: Any, claims: Sequence[Claimed], *, host_is_lost: bool
) -> SeatEnd:
    """Make one open seat safe; what nobody of ours started is left alone."""
    if not hasattr(player, "make_safe"):
        return SeatEnd(SeatState.SAFE, "has no output")
    if not hasattr(player, "recognise"):
        player.make_safe()
        return SeatEnd(SeatState.SAFE)
    for claim in reversed(claims):
        if not _recognised(player, claim):
            continue
        finish = plan.on_host_loss is OnHostLoss.FINISH_TECHNIQUE
        if finish and host_is_lost and claim.token.get("limited") is True:
            return SeatEnd(SeatState.LEFT, FINISHES)
        player.make_safe()
        return SeatEnd(SeatState.SAFE)
    return SeatEnd(SeatState.LEFT, NOT_OURS)


def _recognised(player: Any, claim: Claimed) -> bool:
    """Tell whether a seat runs what was claimed, by either clock.

    The wall clock may have been set since; the counter may have stood still while the
    machine slept.
    """
    if player.recognise(claim.token, claim.started_unix):
        return True
    ago = stopwatch() - claim.counted
    now = SystemClock().unix()
    return bool(claim.counted and player.recognise(claim.token, now - ago))


@dataclass(frozen=True, slots=True)
class _Seat:
    """A seat and whose it is."""

    run: RunPlan
    plan: SeatPlan


class _Safing:
    def __init__(self, runs: Sequence[RunPlan], told: Told, patience: Patience) -> None:
        self._patience = patience
        self._clock = SystemClock()
        self._told = told
        self._news = threading.Condition()
        self._ends: dict[str, Ends] = {run.run: {} for run in runs}
        self._sources: dict[str, set[str]] = {run.run: set() for run in runs}
        """Run -> its seats that put energy into the sample."""
        self._instruments: dict[str, tuple[InstrumentPlan, list[_Seat]]] = {}
        for run in runs:
            for plan in run.instruments:
                _, seats = self._instruments.setdefault(plan.name, (plan, []))
                for seat in plan.seats:
                    seats.append(_Seat(run, seat))
                    if seat.stage == Stage.SOURCES:
                        self._sources[run.run].add(seat.seat)

    def carried_out(self) -> dict[str, Ends]:
        """Start every thread and wait for all of them, not for ever."""
        threads = [
            threading.Thread(target=self._keep_at, args=(plan, seats), daemon=True)
            for plan, seats in self._instruments.values()
        ]
        for thread in threads:
            thread.start()
        last = self._patience.last
        for thread in threads:
            thread.join(max(last - self._clock.now(), 0.0))
        with self._news:
            for _, seats in self._instruments.values():
                for seat in seats:
                    nothing = SeatEnd(SeatState.UNKNOWN, f"no answer for {last:g} s")
                    self._ends[seat.run.run].setdefault(seat.plan.seat, nothing)
            return {run: dict(ends) for run, ends in self._ends.items()}

    def _keep_at(self, plan: InstrumentPlan, seats: list[_Seat]) -> None:
        """Make one instrument's seats safe, again and again until it works."""
        left, attempt = list(seats), 0
        while left:
            try:
                left = self._tried(plan, left)
                why = ""
            except Exception as error:  # noqa: BLE001  (a driver may raise anything)
                complain()
                why = f"{type(error).__name__}: {error}"
            if not why and not left:
                return
            for seat in left:
                if why:
                    self._end(seat, SeatEnd(SeatState.UNKNOWN, why))
            if self._clock.now() > self._patience.gives_up:
                return
            self._clock.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _tried(self, plan: InstrumentPlan, seats: list[_Seat]) -> list[_Seat]:
        """Open the instrument and go through its seats; return those that failed."""
        failed = []
        device = _opened(plan, self._clock)
        try:
            players = {seat.plan.seat: _player(device, seat.plan) for seat in seats}
            for seat in seats:
                if stage_of(players[seat.plan.seat]) is Stage.SOURCES:
                    self._is_source(seat)
            for seat in sorted(seats, key=lambda s: stage_of(players[s.plan.seat])):
                try:
                    self._in_turn(seat, players[seat.plan.seat])
                except Exception as error:  # noqa: BLE001  (the next one comes)
                    complain()
                    why = f"{type(error).__name__}: {error}"
                    self._end(seat, SeatEnd(SeatState.UNKNOWN, why))
                    failed.append(seat)
        finally:
            device.close()
        return failed

    def _in_turn(self, seat: _Seat, player: Any) -> None:
        stage = stage_of(player)
        if stage is not Stage.SOURCES:
            self._not_source(seat)
            doubtful = self._wait_for_sources(seat.run.run)
            if stage is Stage.SWITCHES and doubtful:
                why = LEFT_CLOSED.format(", ".join(doubtful))
                self._end(seat, SeatEnd(SeatState.LEFT, why))
                return
        claims = seat.run.claims.get(seat.plan.seat, ())
        lost = seat.run.host_is_lost
        end = make_seat_safe(seat.plan, player, claims, host_is_lost=lost)
        if stage is Stage.MAGNETS:
            end = wait_for_zero(
                player,
                self._clock,
                lambda why: self._end(seat, SeatEnd(SeatState.UNKNOWN, why)),
            )
        self._end(seat, end)

    def _wait_for_sources(self, run: str) -> list[str]:
        """Wait until a run's sources are done; return those not known to be off.

        One that finishes its technique is done, and on.
        """
        with self._news:
            self._news.wait_for(
                lambda: SeatState.UNKNOWN not in self._states(run).values(),
                max(self._patience.sources - self._clock.now(), 0.0),
            )
            states = self._states(run).items()
            return sorted(seat for seat, its in states if its is not SeatState.SAFE)

    def _states(self, run: str) -> dict[str, SeatState]:
        """Return the state of each of a run's sources."""
        ends, nothing = self._ends[run], SeatEnd(SeatState.UNKNOWN)
        return {seat: ends.get(seat, nothing).state for seat in self._sources[run]}

    def _is_source(self, seat: _Seat) -> None:
        with self._news:
            self._sources[seat.run.run].add(seat.plan.seat)

    def _not_source(self, seat: _Seat) -> None:
        with self._news:
            self._sources[seat.run.run].discard(seat.plan.seat)
            self._news.notify_all()

    def _end(self, seat: _Seat, end: SeatEnd) -> None:
        with self._news:
            self._ends[seat.run.run][seat.plan.seat] = end
            self._news.notify_all()
        self._told(seat.run.run, seat.plan.seat, end)


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


def _player(device: Device, seat: SeatPlan) -> Any:
    if seat.name not in device.roles:
        raise InstrumentError(f"{seat.seat}: there is no such seat")
    return device.roles[seat.name]
