"""What a step yields on its way to the journal: checked, stamped, written, told.

The order is the safety: rows are checked before anything else happens; what trips makes
safe at once; a claim is durable before the generator goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labctl import columns
from labctl.data import Batch, Event, Level, Outcome
from labctl.engine.attendant import Attendant
from labctl.engine.auxiliaries import Auxiliaries
from labctl.engine.control import Control
from labctl.engine.recorder import Recorder, StepInFlight
from labctl.engine.safing import unsafe_text
from labctl.engine.situation import Recorded, Situation, Watchers
from labctl.engine.states import RunState
from labctl.errors import LabctlError, LimitError
from labctl.limits import LimitWatch, Violation
from labctl.protocol import Bench, Claim, Item, Step
from labctl.waits import WaitEnded, announce, to_the_end

DURABLE_WITHIN = 60.0
"""s of wall time that the disk has to take a claim before nothing is started."""
DISK_PATIENCE = 5.0
"""s of wall time that the disk may refuse rows before the run is put on hold."""
SLOW_DISK_PATIENCE = 300.0
"""The same for a disk that refuses nothing, but does not come back."""
DISK = "the disk"
"""Who holds a run whose rows cannot be written."""


@dataclass(slots=True)
class Intake:
    """Takes items for one run."""

    bench: Bench
    recorder: Recorder
    limits: LimitWatch
    control: Control
    attendant: Attendant
    watchers: Watchers
    channels: Mapping[str, str]
    make_safe: Callable[[], dict[str, str]]
    auxiliaries: Auxiliaries
    recorded: Recorded = field(default_factory=Recorded)
    """What a run that goes on left behind."""
    alarmed: set[str] = field(default_factory=set)
    """Columns beyond their limits in a step that only watches."""
    before: tuple[Step, Outcome] | None = None
    """The last step on the bench that ended, and how."""

    def look_beside(self, flight: StepInFlight) -> None:
        """Record the auxiliaries that are due, unless a poll is not over.

        LimitError: one left the envelope, or is bounded and cannot be read. First
        before anything of a step is switched on.
        """
        if not (flight.poll_is_over and flight.rest.uses_bench):
            return
        envelope = self.bench.envelope
        self.auxiliaries.temperatures.look(self.recorder.test_time)
        for found in self.auxiliaries.look(envelope):
            if isinstance(found, Event):
                self.recorder.tell(found)
                continue
            violation = found if isinstance(found, Violation) else None
            if isinstance(found, Batch):
                violation = envelope.violation(found)
                if violation is not None and not flight.rest.only_watches:
                    self.make_safe()
                self._keep_beside(found, flight)
                if violation is None:
                    self._within_again(found, flight)
            self._trip_on(violation, flight)

    def _keep_beside(self, found: Batch, flight: StepInFlight) -> None:
        """Record rows of an auxiliary; a temperature stands in the rows of others."""
        if found.stream != columns.LIVE:
            self.recorder.record(self.recorder.post_beside(found, flight))
            return
        read = {name: float(values[0]) for name, values in found.columns.items()}
        self.auxiliaries.temperatures.take(read, self.recorder.test_time)

    def take(self, item: Item, flight: StepInFlight) -> None:
        """Write what a poll brought; LimitError if it left the envelope."""
        flight.poll_is_over = not flight.rest.ends_polls or ends_poll(item)
        if isinstance(item, Event):
            self.recorder.tell(item)
            return
        if isinstance(item, Claim):
            self._claim(item, flight)
            return
        if item is not None and item.stream == columns.LIVE:
            self.recorder.notice(item, flight)
            self._trip_on(self.limits.check(item), flight)
        elif item is not None and len(fresh := self._not_seen(item, flight)):
            batch = self.recorder.post(fresh, flight)
            own = self._own(batch, fresh)
            violation = self.limits.check(own)
            if violation is not None and not flight.rest.only_watches:
                self.make_safe()
            self.recorder.record(batch)
            self._trip_on(violation, flight)
            if violation is None:
                self._within_again(own, flight)
        if flight.rest.ends_polls and ends_poll(item) and not flight.is_beside:
            self._trip_on(self.limits.poll_ended(), flight)
        # Between the rows of a poll and its last reading a commit would lose the charge
        # since those rows, were it the last one.
        if flight.poll_is_over and self.recorder.commit_in_time(
            RunState.RUNNING, flight
        ):
            self.mind_the_disk()
        self.watchers.seen(self.situation(RunState.RUNNING, flight))

    def gather(self, flight: StepInFlight) -> None:
        """Record what the instruments still hold after everything was made safe."""
        if not flight.is_on:
            return
        flight.is_on = False
        try:
            with to_the_end():
                for batch in flight.rest.after_stop(self.bench):
                    fresh = self._not_seen(batch, flight)
                    if len(fresh):
                        self.recorder.record(self.recorder.post(fresh, flight))
        except LabctlError as error:  # it is off, and what is recorded stays
            text = f"the last rows could not be fetched: {error}"
            self.recorder.say(Level.WARNING, "gap", text)
        self.recorder.record_now(flight)

    def mind_the_disk(self) -> None:
        """Hold the run while its rows cannot be written, and no longer."""
        journal = self.recorder.journal
        since, trouble = journal.waits_since, journal.trouble
        held = self.control.holds(DISK)
        patience = DISK_PATIENCE if trouble else SLOW_DISK_PATIENCE
        late = since is not None and since > patience
        if (late or journal.lives_on_reserve) and not held:
            text = trouble or f"the disk gave no answer for {since or 0.0:.0f} s"
            if journal.lives_on_reserve:
                text = (
                    "the disk is full, and what was reserved for the end is in use; "
                    "the run goes on by itself once there is room again"
                )
            self.control.hold(text, DISK)
        elif held and not (trouble or late or journal.lives_on_reserve):
            self.control.release(DISK)  # a write that is on its way is no trouble

    def _own(self, batch: Batch, read: Batch) -> Batch:
        """Return the rows without temperatures that their instrument did not read.

        Each reading of a thermometer is checked when it is taken; a row out of the
        time when nobody looked has none, and is no sign of heat.
        """
        lent = {c.name for c in columns.TEMPERATURES} - read.columns.keys()
        if lent.isdisjoint(batch.columns):
            return batch
        own = {k: v for k, v in batch.columns.items() if k not in lent}
        return Batch(batch.stream, own)

    def situation(self, state: RunState, flight: StepInFlight) -> Situation:
        """Return how the run stands."""
        recorder = self.recorder
        return Situation(
            state,
            flight.count,
            flight.step,
            recorder.test_time,
            flight.totals.last,
            recorder.rows,
            self.before,
            self.control.reason if state is RunState.HOLD else "",
            self.attendant.longest_gap,
        )

    def _trip_on(self, violation: Violation | None, flight: StepInFlight) -> None:
        """Make everything safe and raise LimitError, if there is a violation.

        Of a step that only watches it is an alarm: what it reads cannot be stopped.
        """
        if violation is None:
            return
        if flight.rest.only_watches:
            self._alarm(violation)
            return
        unsafe = self.make_safe()
        self.gather(flight)
        end = unsafe_text(unsafe) if unsafe else "outputs made safe"
        raise LimitError(f"{flight.step.label}: {violation}; {end}")

    def _alarm(self, violation: Violation) -> None:
        """Say once that a limit is passed, as long as it stays so."""
        if violation.column in self.alarmed:
            return
        self.alarmed.add(violation.column)
        text = (
            f"{violation}; nothing here can stop it: look at the instrument, and stop "
            "it there if need be"
        )
        self.recorder.say(Level.ALARM, "limit", text)

    def _within_again(self, read: Batch, flight: StepInFlight) -> None:
        """Say once that what was beyond its limits, and was ``read``, is within."""
        if not flight.rest.only_watches or self.alarmed.isdisjoint(read.columns):
            return
        self.alarmed -= read.columns.keys()
        if not self.alarmed:
            self.recorder.say(Level.INFO, "limit", "every reading is within its limits")

    def _claim(self, claim: Claim, flight: StepInFlight) -> None:
        """Make a claim durable before what it names is started."""
        channel = self.channels.get(claim.role, claim.role)
        record = self.recorder.claim(claim, channel, flight)
        self.recorder.commit(RunState.RUNNING, flight)
        with announce("the disk to take a claim", DURABLE_WITHIN):
            durable = self.recorder.journal.commit_claim(
                DURABLE_WITHIN, self.control.asked
            )
        if not durable:  # nothing is started; the run waits for the disk
            if not self.control.asked.is_set():
                trouble = self.recorder.journal.trouble or "it is slow"
                text = f"{channel} is not started before the disk takes its claim"
                self.control.hold(f"{text} ({trouble})", DISK)
            raise WaitEnded
        self.watchers.claimed(record)

    def _not_seen(self, batch: Batch, flight: StepInFlight) -> Batch:
        """Return the rows that the journal does not hold from before a crash."""
        last = self.recorded.seen.get(batch.stream)
        time = batch.columns.get(columns.INSTRUMENT_TIME.name)
        if last is None or time is None or flight.totals is not self.recorded.attached:
            return batch
        fresh = time > last
        return Batch(batch.stream, {k: v[fresh] for k, v in batch.columns.items()})


def ends_poll(item: Item) -> bool:
    """Tell whether a poll of a channel is over with ``item``."""
    return item is None or (isinstance(item, Batch) and item.stream == columns.LIVE)
