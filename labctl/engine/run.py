"""Execute a plan: the loop every run goes through, live, resumed or forecast.

Invariants: what is committed is acknowledged; a batch is checked against the envelope
before anything else happens on the instrument; whatever ends the loop, every role is
made safe, the sources first. One failure while making safe never stops the next.
"""

import logging
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from labctl import columns
from labctl.clock import stopwatch
from labctl.data import Batch, EndReason, Event, Level, Outcome
from labctl.engine.control import Control, Wish
from labctl.engine.ledger import Ledger, StepTotals, progress
from labctl.engine.replay import same
from labctl.errors import InstrumentError, LabctlError, LimitError
from labctl.limits import Envelope
from labctl.protocol import Bench, Ending, Plan, Step, StepRecord

log = logging.getLogger(__name__)

COMMIT_EVERY = 1.0
"""s of wall time between two commits; a step change commits at once."""
IN_FLIGHT = "row_in_flight"
"""Key, in the run's status, of the reading that no row holds yet."""
HOLD_POLL = 0.2
"""s of wall time between two looks at a held run."""


class Journal(typing.Protocol):
    """What the loop writes to; `labctl.store.journal.Journal` is the one body."""

    def append(self, batch: Batch) -> None:
        """Take rows."""
        ...

    def begin_step(
        self, step_count: int, payload: Mapping[str, typing.Any], test_time: float
    ) -> None:
        """Note that a step begins."""
        ...

    def end_step(self, step_count: int, outcome: Outcome, test_time: float) -> None:
        """Note how a step ended."""
        ...

    def event(self, event: Event, test_time: float, unix: float) -> None:
        """Note what a person would tell a colleague."""
        ...

    def set_status(
        self,
        state: str,
        *,
        test_time: float,
        unix: float,
        step_count: int,
        cycle_count: int,
        label: str,
        fields: Mapping[str, typing.Any],
    ) -> None:
        """Say where the run stands."""
        ...

    def commit(self) -> int:
        """Make everything durable; return the commit's number."""
        ...


class MakesSafe(typing.Protocol):
    """What every role with an output has."""

    def make_safe(self) -> None:
        """Take the energy off; idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class Situation:
    """What a watcher of the run is told, at most once a poll."""

    state: str
    """``running`` or ``hold``."""
    step_count: int
    step: Step
    test_time: float
    """s."""
    last: Mapping[str, float]
    """The last row of any stream."""
    rows: int
    """Rows of the whole run."""
    before: tuple[Step, Outcome] | None = None
    """The last step on the bench that ended, and how; None before the first."""


@dataclass(slots=True)
class Recorded:
    """What an interrupted run left in its journal."""

    steps: dict[int, StepRecord] = field(default_factory=dict)
    """Executed steps by count; one without outcome was in flight."""
    totals: StepTotals | None = None
    """Sums of the step in flight, rebuilt from its rows."""
    net_charge: float = 0.0
    test_time: float = 0.0
    """Test time at which the run goes on, s."""
    rows: int = 0


@dataclass(slots=True)
class _Flight:
    """The step in flight."""

    step: Step
    count: int
    totals: StepTotals
    now: Batch | None = None
    """The last reading between two rows, not recorded; None if the last was a row."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the whole run ended."""

    reason: EndReason
    text: str = ""
    error: BaseException | None = None


class Engine:
    """Drives one plan on one bench into one journal."""

    def __init__(
        self,
        bench: Bench,
        journal: Journal,
        ledger: Ledger,
        envelope: Envelope,
        outputs: Mapping[str, MakesSafe],
        control: Control | None = None,
        watch: Callable[[Situation], None] | None = None,
    ) -> None:
        self._bench = bench
        self._journal = journal
        self._ledger = ledger
        self._envelope = envelope
        self._outputs = outputs
        self.control = control or Control()
        self._watch = watch or (lambda _situation: None)
        self._zero = 0.0
        self._rows = 0
        self._committed = -math.inf
        self._flight: _Flight | None = None
        self._before: tuple[Step, Outcome] | None = None

    def run(self, plan: Plan, recorded: Recorded | None = None) -> Ended:
        """Execute ``plan`` to its end and return how it ended; never raises.

        With ``recorded``, outcomes of steps that ended are fed back first and the
        step in flight goes on with what remained of it.
        """
        recorded = recorded or Recorded()
        self._zero = self._bench.clock.now() - recorded.test_time
        self._rows = recorded.rows
        try:
            ended = self._steps(plan, recorded)
        except LimitError as error:
            ended = Ended(EndReason.LIMIT, str(error), error)
        except LabctlError as error:  # says what to do; the traceback tells no more
            log.debug("the run failed", exc_info=True)
            ended = Ended(EndReason.FAILED, str(error), error)
        except KeyboardInterrupt:  # somebody would not wait for the orderly end
            text = self.control.reason or "interrupted"
            ended = Ended(EndReason.STOPPED, f"{text}, at once")
        except BaseException as error:  # whatever it is, the outputs come first
            log.exception("the run failed by a defect")
            ended = Ended(EndReason.FAILED, f"{type(error).__name__}: {error}", error)
        finally:
            unsafe = self.make_safe()
        if unsafe:
            text = "; ".join(filter(None, (ended.text, *unsafe)))
            ended = Ended(EndReason.FAILED, text, ended.error)
        if ended.reason is not EndReason.COMPLETED:
            asked = ended.reason is EndReason.STOPPED
            level = Level.WARNING if asked else Level.ALARM
            self._tell(level, str(ended.reason), ended.text or "stopped")
        if self._flight is not None:  # where the run may go on one day
            self._commit("running", self._flight)
        return ended

    def make_safe(self) -> list[str]:
        """Make every output safe, in the order of ``outputs``; say what failed."""
        failures = []
        for name, output in self._outputs.items():
            try:
                _make_safe(output)
            except Exception as error:
                log.exception("%s could not be made safe", name)
                failures.append(f"STATE UNKNOWN: {name} was not made safe: {error}")
        return failures

    def _steps(self, plan: Plan, recorded: Recorded) -> Ended:
        outcome: Outcome | None = None
        for step_count in count(1):
            try:
                step = plan.send(outcome) if outcome is not None else next(plan)
            except StopIteration:
                return Ended(EndReason.COMPLETED)
            record = recorded.steps.get(step_count)
            if record is not None:
                same(step, record)
            if record is not None and record.outcome is not None:
                outcome = record.outcome
                continue
            earlier = recorded.totals if record is not None else None
            outcome = self._step(step, step_count, earlier, fresh=record is None)
            if outcome.reason is EndReason.STOPPED:
                return Ended(EndReason.STOPPED, self.control.reason)
        raise AssertionError("a count has no end")

    def _step(
        self, step: Step, step_count: int, earlier: StepTotals | None, *, fresh: bool
    ) -> Outcome:
        """Execute one step, holds included, and write its outcome."""
        if fresh:
            self._journal.begin_step(
                step_count,
                {**step.payload(), "digest": step.digest()},
                self._test_time(),
            )
        totals = self._ledger.begin(self._test_time(), earlier)
        flight = self._flight = _Flight(step, step_count, totals)
        if step.uses_bench:
            self._commit("running", flight)
        rest = step if earlier is None else step.remaining(progress(flight.totals))
        while True:
            ending, wish = self._stretch(rest, flight)
            if wish is not Wish.HOLD:
                break
            self._wait_while_held(flight)
            if self.control.wish() is Wish.STOP:
                ending = Ending(EndReason.STOPPED)
                break
            flight.totals = self._ledger.begin(self._test_time(), flight.totals)
            rest = step.remaining(progress(flight.totals))
        outcome = flight.totals.outcome(ending)
        self._journal.end_step(step_count, outcome, self._test_time())
        if step.uses_bench:
            self._before = (step, outcome)
        return outcome

    def _stretch(self, rest: Step, flight: _Flight) -> tuple[Ending, Wish]:
        """Run until the step ends by itself or a wish interrupts it."""
        wish = self.control.wish()
        if rest.uses_bench and wish in {Wish.STOP, Wish.HOLD}:
            return Ending(EndReason.STOPPED), wish  # before anything is switched on
        rows = rest.execute(self._bench)
        try:
            while True:
                try:
                    item = next(rows)
                except StopIteration as stop:
                    return stop.value or Ending(), Wish.NONE
                self._take(item, flight)
                if rest.ends_polls and not _ends_poll(item):
                    continue
                wish = self.control.wish()
                if wish is Wish.NONE:
                    continue
                if wish is Wish.SKIP:
                    self.control.skipped()
                self._interrupt(wish)
                self._record_now(flight)
                reason = EndReason.SKIPPED if wish is Wish.SKIP else EndReason.STOPPED
                return Ending(reason), wish
        finally:
            rows.close()

    def _take(self, item: Batch | Event | None, flight: _Flight) -> None:
        """Write what a poll brought; LimitError if it left the envelope."""
        if isinstance(item, Event):
            self._tell(item.level, item.code, item.text)
            return
        if item is not None and item.stream == columns.LIVE:
            self._check_live(item, flight)
        elif item is not None and len(item):
            flight.now = None
            batch = self._post(item, flight)
            violation = self._envelope.violation(batch)
            if violation is not None:
                self.make_safe()
            self._record(batch)
            if violation is not None:
                label = flight.step.label
                raise LimitError(f"{label}: {violation}; outputs made safe")
        if stopwatch() - self._committed >= COMMIT_EVERY:
            self._commit("running", flight)
        self._watch(self._situation("running", flight))

    def _check_live(self, readings: Batch, flight: _Flight) -> None:
        """Trip on what an instrument reads now, although no row is due yet."""
        violation = self._envelope.violation(readings)
        flight.now = _row_between(readings, flight.totals)
        if violation is not None:
            self.make_safe()
            self._record_now(flight)
            raise LimitError(f"{flight.step.label}: {violation}; outputs made safe")

    def _post(self, item: Batch, flight: _Flight) -> Batch:
        now = (self._test_time(), self._bench.clock.unix())
        return self._ledger.post(item, flight.step, flight.count, flight.totals, now)

    def _record(self, batch: Batch) -> None:
        self._journal.append(batch)
        self._rows += len(batch)

    def _record_now(self, flight: _Flight) -> None:
        """Record the last reading too: the charge until an interruption counts."""
        if flight.now is not None:
            self._record(self._post(flight.now, flight))
            flight.now = None

    def _row_in_flight(self, flight: _Flight) -> dict[str, float]:
        """Return the row that would be recorded were the run interrupted now."""
        if flight.now is None:
            return {}
        now = (self._test_time(), self._bench.clock.unix())
        row = self._ledger.preview(
            flight.now, flight.step, flight.count, flight.totals, now
        )
        return {name: values[0].item() for name, values in row.columns.items()}

    def _situation(self, state: str, flight: _Flight) -> Situation:
        last = flight.totals.last
        time = self._test_time()
        return Situation(
            state, flight.count, flight.step, time, last, self._rows, self._before
        )

    def _interrupt(self, wish: Wish) -> None:
        failures = self.make_safe()
        if failures:
            raise InstrumentError("; ".join(failures))
        self._tell(Level.WARNING, wish.name.lower(), self.control.reason or "asked for")

    def _wait_while_held(self, flight: _Flight) -> None:
        self._commit("hold", flight)
        begun = stopwatch()
        while self.control.wish() is Wish.HOLD:
            self._watch(self._situation("hold", flight))
            self.control.wait_while_held(HOLD_POLL)
        held = stopwatch() - begun
        self._tell(Level.INFO, "resume", f"went on after {held:.0f} s on hold")

    def _tell(self, level: Level, code: str, text: str) -> None:
        log.log(level.value, "%s: %s", code, text)
        event = Event(level, code, text)
        self._journal.event(event, self._test_time(), self._bench.clock.unix())

    def _commit(self, state: str, flight: _Flight) -> None:
        self._journal.set_status(
            state,
            test_time=self._test_time(),
            unix=self._bench.clock.unix(),
            step_count=flight.count,
            cycle_count=flight.step.cycle,
            label=flight.step.label,
            fields={IN_FLIGHT: self._row_in_flight(flight)},
        )
        self._journal.commit()
        self._committed = stopwatch()

    def _test_time(self) -> float:
        return self._bench.clock.now() - self._zero


def _ends_poll(item: Batch | Event | None) -> bool:
    return item is None or (isinstance(item, Batch) and item.stream == columns.LIVE)


def _row_between(readings: Batch, totals: StepTotals) -> Batch | None:
    """Return readings of this moment as a row, if they are one and newer than all."""
    if columns.TECHNIQUE_INDEX.name not in readings.columns:
        return None
    time = totals.before + float(readings.columns[columns.STEP_TIME.name][0])
    last = totals.tail[0] if totals.tail is not None else -math.inf
    return replace(readings, stream=columns.TIMESERIES.name) if time > last else None


def _make_safe(output: MakesSafe) -> None:
    """Make one output safe; an impatient Ctrl-C in between does not keep it from it."""
    try:
        output.make_safe()
    except KeyboardInterrupt:
        output.make_safe()
