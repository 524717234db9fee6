"""Run linked techniques on a potentiostat channel, with what firmware cannot test.

Conditions that the firmware took end a technique on the instrument. The others are
tested here on every poll, so they act one poll period late at most. What goes on by
itself is claimed before it is started, and attached to again after a crash.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from labctl import columns, waits
from labctl.clock import Clock, VirtualClock
from labctl.data import Batch, EndReason, Event, Level, Outcome
from labctl.errors import Complaint, InstrumentError, Place, RefusedError
from labctl.fingerprint import UNTOLD
from labctl.protocol import (
    Bench,
    ClaimRecord,
    Ending,
    Item,
    Progress,
    Rows,
    Step,
)
from labctl.roles.capability import Rehearses
from labctl.roles.needs import Need
from labctl.roles.potentiostat import (
    HostTimed,
    Loaded,
    Poll,
    PotentiostatChannel,
)
from labctl.steps.channel_flight import (
    STEP_OFFSET,
    UploadInFlight,
    conditions_of,
    placed,
)
from labctl.steps.channel_rows import SpectrumCounter, Tails
from labctl.steps.host_tests import HostTests
from labctl.steps.outlook import Outlook, in_looks
from labctl.steps.technique_needs import needs_of_techniques
from labctl.steps.temperature_ends import celsius_now, unmeasured, waiting
from labctl.techniques import (
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
    shortened,
)

ONE_ROW = 1.0 / VirtualClock.ROWS_A_POLL
"""Of the interval at which rows come: a poll in virtual time then brings one row, so
that a condition tested here acts as early as on a bench."""
_WATCHING = (OpenCircuit(duration=10 * 86400.0),)
"""What a channel does that only watches."""


@dataclass(frozen=True, kw_only=True)
class RunTechniques(Step):
    """Upload techniques to one channel and record until the last one ends.

    A second channel may watch the same cell: it rests (no current) and its voltage
    goes into the ``monitor`` stream on the same time axis.
    """

    ends_polls: ClassVar[bool] = True

    techniques: tuple[Technique, ...]
    role: str = "cell"
    monitor: str = ""
    """Role of the watching channel; empty for none."""
    monitor_every: float = 1.0
    """s between two rows of the watching channel."""
    spectrum_id: int = 0
    """Number of the first spectrum of this step in the run."""
    at: Place = field(default=(), metadata=UNTOLD)
    """Where in the parameters it stands; empty: it follows from several."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        begun = bench.clock.now()
        channel = bench.role(self.role, PotentiostatChannel)
        if unknown := unmeasured(bench, self.role, self.techniques):
            raise RefusedError(unknown)
        loaded = channel.load(self.techniques, bench.envelope)
        watch = self._loaded_watch(bench)
        flight = self._flight
        flight.begin(bench.clock.now() - begun, self._counter())
        yield from self._said(loaded)
        if watch is not None:
            yield flight.claim(self.monitor, watch[1], _WATCHING)
            flight.watch = watch[0]
            watch[0].start()
        yield flight.claim(self.role, loaded, self.techniques)
        flight.channel = channel
        channel.start()
        return (yield from self._follow(bench, channel, loaded.host_conditions))

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`: what the channel would refuse to load."""
        found = unmeasured(bench, self.role, self.techniques)
        channel = bench.role(self.role, PotentiostatChannel)
        if not isinstance(channel, Rehearses):
            return found
        try:
            channel.rehearse(self.techniques, bench.envelope)
        except RefusedError as refused:
            return [*found, *refused.complaints]
        return found

    @property
    def ends_by_temperature(self) -> bool:
        """Whether a technique may end at a temperature."""
        return bool(waiting(self.techniques))

    def needs(self) -> Iterable[Need]:
        """See `Step.needs`."""
        return needs_of_techniques(self.role, self.techniques)

    def assumed(self, ended_by: str = "") -> Outcome:
        """See `Step.assumed`: the charge is that of its longest duration."""
        times = [getattr(each, "duration", 0.0) for each in self.techniques]
        charge = sum(
            each.current * each.duration
            for each in self.techniques
            if isinstance(each, ConstantCurrent)
        )
        ends = ended_by in self.ends_by()
        reason = EndReason.CONDITION if ends else EndReason.COMPLETED
        return Outcome(reason, ended_by if ends else "", sum(times), charge)

    def ends_by(self) -> tuple[str, ...]:
        """See `Step.ends_by`."""
        stoppable = (t for t in self.techniques if not isinstance(t, Loop))
        return tuple(c.name for t in stoppable for c in t.until)

    def go_on(self, bench: Bench, claims: Mapping[str, ClaimRecord]) -> Rows | None:
        """See `Step.go_on`."""
        claim = claims.get(self.role)
        channel = bench.role(self.role, PotentiostatChannel)
        if claim is None or not channel.adopt(
            self.techniques, claim.token, claim.unix, bench.envelope
        ):
            self._end_own(bench, claims)
            return None
        flight = self._flight
        flight.begin(float(claim.token[STEP_OFFSET]), self._counter())
        flight.channel = channel
        conditions = conditions_of(claim, self.techniques)
        watch = claims.get(self.monitor)
        if self.monitor:
            player = bench.role(self.monitor, PotentiostatChannel)
            if watch and player.adopt(_WATCHING, watch.token, watch.unix):
                flight.watch = player
        return self._attached(bench, channel, claim, conditions)

    def after_stop(self, bench: Bench) -> Iterator[Batch]:  # noqa: ARG002
        """See `Step.after_stop`."""
        flight, failure = self._flight, None
        yield from flight.handed()
        for player in (flight.channel, flight.watch):
            if player is None:
                continue
            try:
                poll = player.poll()
            except InstrumentError as error:  # the other one may still answer
                failure = error
                continue
            for event in poll.events:
                waits.tell(event)
            flight.take(poll, watching=player is flight.watch)
            yield from flight.handed()
        if failure is not None:
            raise failure

    def _attached(
        self,
        bench: Bench,
        channel: PotentiostatChannel,
        claim: ClaimRecord,
        conditions: Sequence[tuple[int, Condition]],
    ) -> Rows:
        """Follow what goes on; a watching channel that was lost begins anew."""
        flight = self._flight
        if self.monitor and flight.watch is None:
            watch = self._loaded_watch(bench)
            if watch is not None:
                passed = bench.clock.unix() - claim.unix
                flight.watch_offset = flight.offset + passed
                yield flight.claim(self.monitor, watch[1], _WATCHING)
                flight.watch = watch[0]
                watch[0].start()
        return (yield from self._follow(bench, channel, conditions, attached=True))

    def _follow(
        self,
        bench: Bench,
        channel: PotentiostatChannel,
        conditions: Sequence[tuple[int, Condition]],
        *,
        attached: bool = False,
    ) -> Rows:
        """Poll until everything has ended; at once where rows wait already."""
        flight, watch = self._flight, self._flight.watch
        tests = HostTests(conditions, attached=attached)
        tails, outlook = Tails(attached=attached), Outlook(bench.envelope)
        met: tuple[int, Condition] | None = None
        technique, running, waits_first = 0, True, not attached
        host_timed = channel if isinstance(channel, HostTimed) else None
        known = not attached
        """Which technique is in flight: an attached channel says so with its rows."""
        while running:
            begun, pause = bench.clock.now(), 0.0
            if waits_first:
                pause = self._wait(bench.clock, host_timed, technique, tests, outlook)
            waits_first = True
            poll = channel.poll()
            outlook.polled(poll, bench.clock.now() - begun, pause)
            running, technique = poll.running, poll.technique
            yield from poll.events
            for batch in poll.batches:
                if batch.stream == columns.TIMESERIES.name:
                    tails.take(batch)
                if columns.TECHNIQUE_INDEX.name in batch.columns:
                    met = tests.first_met(batch) or met
            known = known or bool(poll.batches)
            flight.take(poll)
            yield from flight.handed()
            if tests.watches_temperature and met is None:
                met = yield from self._warm(bench, tests, poll)
            if watch is not None:
                flight.take(watch.poll(), watching=True)
                yield from flight.handed()
            if known and met is None and running and tests.lacks_beginning(technique):
                return (yield from self._cut_short(channel))
            if met is not None and running:
                running = yield from self._end_by(met, technique, channel)
                met = met if not running else None
            yield self._now(poll, flight.offset, known=known)
        if watch is not None:
            watch.make_safe()
        name = met[1].name if met is not None else tails.met(self.techniques)
        if not name and attached and tails.was_cut(self.techniques):
            return Ending(EndReason.STOPPED)
        reason = EndReason.CONDITION if name else EndReason.COMPLETED
        return Ending(reason, name)

    def _wait(
        self,
        clock: Clock,
        host_timed: HostTimed | None,
        technique: int,
        tests: HostTests,
        outlook: Outlook,
    ) -> float:
        """Let time pass until the next poll; return how long if nothing happens, s.

        ``host_timed``: the channel, if it must be polled in time.
        """
        every = self._rows_every(technique)
        watched = tests.watch(technique)
        period = clock.poll_period(every * ONE_ROW if watched else every)
        if host_timed is not None:
            pause = min(period, host_timed.next_look)
            clock.sleep(pause)
            return pause
        duration = getattr(self.techniques[technique], "duration", math.inf)
        quiet = outlook.quiet(every, duration)
        if watched:
            quiet = quiet.both(tests.quiet(outlook.now))
        quiet = in_looks(quiet, period)
        clock.idle(period, quiet)
        return quiet.seconds

    def _cut_short(self, channel: PotentiostatChannel) -> Rows:
        """Stop what was attached to half way and must be tested from its beginning."""
        text = (
            "what the technique in flight has passed so far is known from the rows of "
            "the run alone: it is stopped, and what remains of it is started"
        )
        yield Event(Level.WARNING, "attached", text)
        channel.make_safe()
        flight = self._flight
        flight.take(channel.poll())
        if flight.watch is not None:
            flight.watch.make_safe()
            flight.take(flight.watch.poll(), watching=True)
        yield from flight.handed()
        return Ending(EndReason.STOPPED)

    def _now(self, poll: Poll, offset: float, *, known: bool) -> Batch | None:
        """Return what the channel sees between two rows, placed like one.

        Without a technique's index where it makes no row: after the end, in a sine.
        """
        if not poll.live:
            return None
        batch = Batch.row(columns.LIVE, poll.live)
        technique = self.techniques[poll.technique]
        makes_none = isinstance(technique, Spectrum | VoltageSweep | Loop)
        if known and poll.running and not makes_none:
            index = np.array([poll.technique], dtype=np.int64)
            batch = batch.with_columns({columns.TECHNIQUE_INDEX.name: index})
        return placed(batch, offset)

    def _warm(
        self, bench: Bench, tests: HostTests, poll: Poll
    ) -> Generator[Item, None, tuple[int, Condition] | None]:
        """Return the condition that the temperature meets; its moment is a row."""
        met = tests.warm(poll.technique, celsius_now(bench, poll))
        now = self._now(poll, self._flight.offset, known=True)
        if met and now and columns.TECHNIQUE_INDEX.name in now.columns:
            yield Batch(columns.TIMESERIES.name, now.columns)
        return met

    def _end_by(
        self, met: tuple[int, Condition], technique: int, channel: PotentiostatChannel
    ) -> Generator[Item, None, bool]:
        """End the technique that met a host condition; tell whether others follow."""
        if met[1].ends_all or technique >= len(self.techniques) - 1:
            channel.make_safe()
            self._flight.take(channel.poll())
            yield from self._flight.handed()
            return False
        if met[0] == technique:  # else it has ended meanwhile
            loaded = channel.skip()
            if loaded is not None:  # what follows had to be loaded anew
                yield self._flight.claim(self.role, loaded, self.techniques)
                channel.start()
        return True

    @cached_property
    def _flight(self) -> "UploadInFlight":
        """What this very object has started; no part of the step's value."""
        return UploadInFlight()

    def remaining(self, progress: Progress) -> Step:
        """Return the techniques not yet done, the one in flight shortened.

        Techniques before a loop that points at them are kept whole.
        """
        at = progress.technique
        if any(isinstance(t, Loop) for t in self.techniques):
            return self
        head = shortened(self.techniques[at], progress.technique_duration)
        head = _less_charge(head, progress.technique_charge)
        return replace(self, techniques=(head, *self.techniques[at + 1 :]))

    def _counter(self) -> SpectrumCounter:
        return SpectrumCounter(self.spectrum_id, self.techniques)

    def _loaded_watch(self, bench: Bench) -> tuple[PotentiostatChannel, Loaded] | None:
        if not self.monitor:
            return None
        watch = bench.role(self.monitor, PotentiostatChannel)
        record = Recording(every_s=self.monitor_every)
        rest = replace(_WATCHING[0], record=record)
        return watch, watch.load([rest], bench.envelope)

    def _end_own(self, bench: Bench, claims: Mapping[str, ClaimRecord]) -> None:
        """Stop what is left of a step that cannot go on, so that it can begin anew."""
        for role, claim in claims.items():
            player = bench.role(role, PotentiostatChannel)
            if player.recognise(claim.token, claim.unix):
                player.make_safe()

    def _said(self, loaded: Loaded) -> Iterator[Event]:
        """Say in the first cycle what stands in the firmware; later ones repeat it."""
        if self.cycle > 1:
            return
        bounds = dict(loaded.settings).get("firmware limits", "")
        if loaded.unlimited:
            kinds = ", ".join(loaded.unlimited)
            text = (
                f"{self.role}: no limits stand in the firmware for {kinds}; only this "
                "program watches it, so it is switched off if the program dies"
            )
            yield Event(Level.WARNING, "limits", text)
        elif loaded.limited and bounds:
            text = f"{self.role}: the firmware stops by itself outside {bounds}"
            yield Event(Level.INFO, "limits", text)

    def _rows_every(self, technique: int) -> float:
        """Return the shortest recording interval from ``technique`` on, s."""
        looped = any(isinstance(t, Loop) for t in self.techniques)
        ahead = self.techniques if looped else self.techniques[technique:]
        intervals = [
            each.record.every_s
            for each in ahead
            if not isinstance(each, Loop | VoltageSweep)
            and each.record.every_s is not None
        ]
        sweeps = [
            t.record.every_volt / t.scan_rate
            for t in ahead
            if isinstance(t, VoltageSweep) and t.record.every_volt
        ]
        return min(intervals + sweeps, default=1.0)


def _less_charge(technique: Technique, passed: float) -> Technique:
    if isinstance(technique, Loop) or not technique.until:
        return technique
    until = tuple(
        replace(c, value=c.value - passed)
        if c.quantity is ConditionQuantity.CHARGE
        else c
        for c in technique.until
    )
    return replace(technique, until=until)
