"""Execute a plan: the loop every run goes through, live, resumed or forecast.

Invariants: what is committed is acknowledged; nothing that goes on by itself is started
before the journal durably says so; a batch is checked against the envelope before
anything else happens on the instrument; whatever ends the loop, every role is made
safe, sources first, and what could not be is a field of `Ended`.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

from labctl.clock import stopwatch
from labctl.data import EndReason, Level, Outcome
from labctl.engine.attaching import attach, was_cut
from labctl.engine.attendant import Attendant
from labctl.engine.auxiliaries import Auxiliaries
from labctl.engine.control import Control
from labctl.engine.intake import DURABLE_WITHIN, Intake, ends_poll
from labctl.engine.journal import WritesJournal
from labctl.engine.last_words import last_words, left_on
from labctl.engine.ledger import Ledger, progress
from labctl.engine.recorder import Recorder, StepInFlight
from labctl.engine.replay import advance, same
from labctl.engine.safing import MakesSafe, make_all_safe, unsafe_text
from labctl.engine.situation import Ended, Recorded, Watchers
from labctl.engine.standing import Standing
from labctl.engine.states import RunState, Wish
from labctl.engine.step_bench import StepBench
from labctl.errors import (
    InstrumentError,
    LabctlError,
    LimitError,
    RefusedError,
)
from labctl.limits import Envelope, LimitWatch
from labctl.protocol import Bench, Ending, Plan, Rows, Step, StepRecord
from labctl.registered import package_behind
from labctl.waits import StepClock, WaitEnded, announce, owned_by, to_the_end

log = logging.getLogger(__name__)

HOLD_POLL = 0.2
"""s of wall time between two looks at a held run."""


class Engine:
    """Drives one plan on one bench into one journal."""

    def __init__(
        self,
        bench: Bench,
        journal: WritesJournal,
        ledger: Ledger,
        envelope: Envelope,
        outputs: Mapping[str, MakesSafe],
        control: Control | None = None,
        watchers: Watchers | None = None,
        channels: Mapping[str, str] | None = None,
        history: Callable[[], Mapping[int, StepRecord]] = dict,
        auxiliaries: Auxiliaries | None = None,
    ) -> None:
        """Join the parts.

        ``channels`` names the channel of each role, for claims; ``history`` returns the
        steps so far as the journal tells them, for an amendment.
        """
        self.control = control or Control()
        beside = auxiliaries or Auxiliaries(bench.clock)
        clock = StepClock(bench.clock, beside.shortest)
        self._bench = StepBench(
            bench, clock, envelope, self.control.person, beside.temperatures
        )
        self._recorder = Recorder(journal, ledger, bench.clock)
        self._journal = journal
        self._outputs = outputs
        self._watchers = watchers or Watchers()
        self._channels = channels or {}
        self._history = history
        self._attendant = Attendant(
            self.control,
            bench.clock,
            self._recorder.tell,
            self._watchers.waiting,
            self._watchers.working,
        )
        self._intake = Intake(
            self._bench,
            self._recorder,
            LimitWatch(envelope),
            self.control,
            self._attendant,
            self._watchers,
            self._channels,
            self.make_safe,
            beside,
        )
        self._flight: StepInFlight | None = None
        self._recorded = Recorded()
        self._standing = Standing()

    def run(self, plan: Plan, recorded: Recorded | None = None) -> Ended:
        """Execute ``plan`` to its end and return how it ended; never raises.

        With ``recorded``, outcomes of steps that ended are fed back first and the
        step in flight goes on with what remained of it.
        """
        self._recorded = self._intake.recorded = recorded or Recorded()
        self._recorder.begin(self._recorded.test_time, self._recorded.rows)
        self._standing.is_disturbed = bool(self._recorded.steps)
        with owned_by(self._attendant):
            try:
                ended = self._driven(plan)
            except KeyboardInterrupt:  # between the end of the plan and here
                ended = Ended(EndReason.STOPPED, self._at_once())
            with self.control.making_safe():  # to the last word of it
                unsafe = self.make_safe()
                if unsafe:
                    ended = left_on(ended, unsafe)
                return last_words(
                    ended, self._recorder, self._intake, self._flight, self._channels
                )

    @property
    def bench(self) -> Bench:
        """What the run's steps touch, in the limits that hold now and at the next."""
        to_come = self.control.envelope_to_come
        if to_come is None:
            return self._bench
        return replace(self._bench, envelope=self._bench.envelope.intersect(to_come))

    def make_safe(self) -> dict[str, str]:
        """Make every output safe; return role -> why it may still be on."""
        with to_the_end(), self.control.making_safe():
            while True:
                try:
                    return make_all_safe(self._outputs)
                except KeyboardInterrupt:  # impatience does not keep an output on
                    log.warning("interrupted while making safe: once more")

    def _at_once(self) -> str:
        return f"{self.control.reason or 'interrupted'}, at once"

    def _driven(self, plan: Plan) -> Ended:
        """Go through the plan; whatever goes wrong is an answer."""
        try:
            return self._steps(plan)
        except LimitError as error:
            return Ended(EndReason.LIMIT, str(error), error)
        except LabctlError as error:  # says what to do; the traceback tells no more
            log.debug("the run failed", exc_info=True)
            return Ended(EndReason.FAILED, str(error), error)
        except KeyboardInterrupt:  # somebody would not wait for the orderly end
            return Ended(EndReason.STOPPED, self._at_once())
        except BaseException as error:  # whatever it is, the outputs come first
            log.exception("the run failed by a defect")
            whose = package_behind(error)
            text = f"{type(error).__name__}: {error}"
            text += f" (a defect of the package {whose})" if whose else ""
            return Ended(EndReason.FAILED, text, error)

    # ---- the plan

    def _steps(self, plan: Plan) -> Ended:
        outcome: Outcome | None = None
        for step_count in count(1):
            plan, replayed = self._amended(plan, step_count)
            try:
                if replayed is not None:
                    step = replayed
                else:
                    step = plan.send(outcome) if outcome is not None else next(plan)
            except StopIteration:
                return Ended(EndReason.COMPLETED)
            record = self._recorded.steps.get(step_count)
            if record is not None:
                same(step, record)
            if record is not None and record.outcome is not None:
                outcome = record.outcome
                self._standing.ended(step, outcome)
                continue
            outcome = self._step(step, step_count, fresh=record is None)
            if outcome.reason is EndReason.STOPPED:
                why = self.control.reason or outcome.condition
                return Ended(EndReason.STOPPED, why)
        raise AssertionError("a count has no end")

    def _amended(self, plan: Plan, step_count: int) -> tuple[Plan, Step | None]:
        """Return the plan to go on with and, if it is another one, its next step."""
        amendment = self.control.take_amendment()
        if amendment is None:
            return plan, None
        with announce("the journal before the plan is amended", DURABLE_WITHIN):
            past = self._journal.commit_durably(DURABLE_WITHIN, self.control.asked)
        if not past:  # a wish or a slow disk came between: at the next step
            self.control.put_back(amendment)
            return plan, None
        try:
            other = amendment.make_plan()
            step = advance(other, self._history(), step_count)
        except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
            self._recorder.say(Level.WARNING, "amend", f"not amended: {error}")
            return plan, None
        if amendment.envelope is not None:
            self._bench = replace(self._bench, envelope=amendment.envelope)
            self._intake.bench = self._bench
            self._intake.limits = LimitWatch(amendment.envelope)
        if amendment.header is not None:
            self._journal.amend(amendment.header, self._bench.clock.unix())
        self._recorder.say(Level.INFO, "amend", amendment.note)
        return other, step

    def _step(self, step: Step, step_count: int, *, fresh: bool) -> Outcome:
        """Execute one step, holds included, and write its outcome."""
        if fresh:
            self._journal.begin_step(
                step_count,
                {**step.payload(), "digest": step.digest()},
                self._recorder.test_time,
            )
        earlier = None if fresh else self._recorded.totals
        totals = self._recorder.totals(earlier)
        flight = self._flight = StepInFlight(step, step_count, totals, step)
        if earlier is not None:
            self._rest(flight)
        self._intake.limits.begin_step()
        if step.uses_bench:
            self._recorder.commit(RunState.RUNNING, flight)
            self._intake.mind_the_disk()
        attached, again = None if fresh else self._attached(flight), not fresh
        while True:
            if again and attached is None and self.control.person.is_heard:
                self._require_safe()  # until its person asks again
                ending = Ending(EndReason.SKIPPED)
                break
            cut = None if attached is not None else self._restored(flight)
            ending, wish = cut or self._stretch(flight, attached)
            if wish is Wish.HOLD:
                self._wait_while_held(flight)
                if self.control.wish() is Wish.STOP:
                    ending = Ending(EndReason.STOPPED)
                    break
            elif not (attached and was_cut(flight, ending, wish, self._recorded.left)):
                break
            attached, again = None, True
            flight.totals = self._recorder.totals(flight.totals)
            self._rest(flight)
        outcome = flight.totals.outcome(ending)
        self._journal.end_step(step_count, outcome, self._recorder.test_time)
        self._standing.ended(step, outcome)
        if step.uses_bench:
            self._intake.before = (step, outcome)
        return outcome

    def _attached(self, flight: StepInFlight) -> Rows | None:
        stands = self._recorded.attached is None or self._standing.still_stands(
            self._bench
        )
        return attach(
            flight,
            self._recorded,
            self._bench,
            self._recorder,
            self._outputs,
            stands=stands,
        )

    def _restored(self, flight: StepInFlight) -> tuple[Ending, Wish | None] | None:
        """Bring back what the step is measured in; return what cut that short."""
        if not self._standing.needs_restoring(flight.rest):
            return None
        if self.control.wish() in {Wish.STOP, Wish.HOLD}:
            return None  # before anything is on
        flight.is_beside = True
        try:
            ending, wish = self._stretch(flight, self._standing.restore(self._bench))
        finally:
            flight.is_beside = False
        if wish is not None:
            return ending, wish
        flight.totals = self._recorder.totals(flight.totals)  # none of its time
        self._intake.limits.begin_step()  # nor what it read
        return None

    def _rest(self, flight: StepInFlight) -> None:
        """Work out what is left of the step."""
        flight.done = progress(flight.totals)
        flight.rest = flight.step.remaining(flight.done)

    # ---- one stretch of a step

    def _stretch(
        self, flight: StepInFlight, rows: Rows | None
    ) -> tuple[Ending, Wish | None]:
        """Run until the step ends by itself or a wish interrupts it."""
        rest, wish = flight.rest, self.control.wish()
        if rows is None:
            if rest.uses_bench and wish in {Wish.STOP, Wish.HOLD}:
                return Ending(EndReason.STOPPED), wish  # before anything is on
            rows = rest.execute(self._bench)
        flight.is_on = rest.uses_bench
        self._attendant.looks()
        try:
            while True:
                ended = self._one(rows, flight)
                if ended is not None:
                    return ended
        finally:
            rows.close()

    def _one(
        self, rows: Rows, flight: StepInFlight
    ) -> tuple[Ending, Wish | None] | None:
        """Take one item; return how the stretch ended, None if it goes on."""
        try:
            self._intake.look_beside(flight)
            if flight.poll_is_over and not flight.is_beside:
                told = self._standing.look(flight.rest, self._bench)
                if told is not None:
                    self._recorder.tell(told)
            item = next(rows)
            self._intake.take(item, flight)
        except StopIteration as stop:
            flight.is_on = False
            return stop.value or Ending(), None
        except RefusedError as refused:
            if flight.rest.asks or not self.control.person.is_heard:
                raise
            return self._refused(refused, flight), None
        except WaitEnded:  # inside a driver: the step cannot go on from there
            wish = self.control.wish()
            return self._interrupted(Wish.HOLD if wish is None else wish, flight)
        self._attendant.looks()
        self._recorder.longest_gap = self._attendant.longest_gap
        if flight.rest.ends_polls and not ends_poll(item):
            return None
        wish = self.control.wish()
        if wish is None and self.control.person.wants_off and not flight.rest.asks:
            wish = Wish.SKIP
        return None if wish is None else self._interrupted(wish, flight)

    def _interrupted(
        self, wish: Wish, flight: StepInFlight
    ) -> tuple[Ending, Wish | None]:
        if wish is Wish.SKIP:
            self.control.skipped()
        self.control.person.forget()
        self._require_safe()
        self._intake.gather(flight)
        reason = self.control.reason or "asked for"
        self._recorder.say(Level.WARNING, str(wish), reason)
        skipped = wish is Wish.SKIP
        return Ending(EndReason.SKIPPED if skipped else EndReason.STOPPED), wish

    def _refused(self, why: RefusedError, flight: StepInFlight) -> Ending:
        """Tell a person what the instrument did not take; the run is still theirs."""
        self._require_safe()
        self._intake.gather(flight)
        self._recorder.say(Level.WARNING, "refused", str(why))
        return Ending(EndReason.SKIPPED)

    def _require_safe(self) -> None:
        self._standing.is_disturbed = True
        unsafe = self.make_safe()
        if unsafe:
            raise InstrumentError(unsafe_text(unsafe))

    # ---- holds

    def _wait_while_held(self, flight: StepInFlight) -> None:
        self._recorder.commit(RunState.HOLD, flight)
        self._journal.commit_durably(HOLD_POLL)  # others look there whether it holds
        self._attendant.rests()
        begun, flight.poll_is_over = stopwatch(), True
        while self.control.wish() is Wish.HOLD:
            self._watchers.seen(self._intake.situation(RunState.HOLD, flight))
            self.control.wait_while_held(HOLD_POLL)
            with contextlib.suppress(WaitEnded):  # it is to end, or to go on
                self._intake.look_beside(flight)
            if self._recorder.commit_in_time(RunState.HOLD, flight):
                self._intake.mind_the_disk()
        self.control.person.forget()  # nothing is switched on by what was asked then
        held = stopwatch() - begun
        if self.control.wish() is Wish.STOP:
            text = f"stopped after {held:.0f} s on hold"
            self._recorder.say(Level.INFO, "stop", text)
        else:
            text = f"went on after {held:.0f} s on hold"
            self._recorder.say(Level.INFO, "resume", text)
