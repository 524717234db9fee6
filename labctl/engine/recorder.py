"""Everything a run writes: rows with their place in time, events, claims, status."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labctl import columns
from labctl.clock import Clock, stopwatch
from labctl.data import Batch, Event, Level
from labctl.engine.journal import WritesJournal
from labctl.engine.ledger import Ledger, StepTotals, brings_its_times
from labctl.protocol import Claim, ClaimRecord, Progress, Step

log = logging.getLogger(__name__)

COMMIT_EVERY = 1.0
"""s of wall time between two commits; a step change commits at once."""
IN_FLIGHT = "row_in_flight"
"""Key, in the run's status, of the reading that no row holds yet."""
LONGEST_GAP = "longest_gap"
"""Key, in the run's status, of the longest time between two looks, s."""


@dataclass(slots=True)
class StepInFlight:
    """The step in flight."""

    step: Step
    count: int
    totals: StepTotals
    rest: Step
    """What remained of it when the present stretch began."""
    done: Progress | None = None
    """How far it had come then; None: it began."""
    now: Batch | None = None
    """The last reading between two rows, not recorded; None if the last was a row."""
    poll_is_over: bool = True
    """Whether no row of a poll is on its way: then others may be read."""
    is_beside: bool = False
    """Whether its rows are of something else, of which its sums know nothing."""
    is_on: bool = False
    """Whether the stretch may have switched something on, and holds rows."""


class Recorder:
    """Stamps and writes; knows the run's time, but neither plan nor instruments."""

    def __init__(self, journal: WritesJournal, ledger: Ledger, clock: Clock) -> None:
        self.journal = journal
        self._ledger = ledger
        self._clock = clock
        self._zero = 0.0
        self._committed = -math.inf
        self.rows = 0
        """Of the whole run."""
        self.longest_gap = 0.0
        """s; as the status tells it."""

    def begin(self, test_time: float, rows: int) -> None:
        """Let test time go on at ``test_time`` s, with ``rows`` rows written before."""
        self._zero = self._clock.now() - test_time
        self.rows = rows

    @property
    def test_time(self) -> float:
        """Time since the run began, s."""
        return self._clock.now() - self._zero

    def totals(self, earlier: StepTotals | None) -> StepTotals:
        """Return the sums of a stretch that begins now, after ``earlier`` ones.

        The instrument's clock may have gone further than the run's: by a rounding, or
        by the time without a host, where the wall clock was set back meanwhile.
        """
        ahead = self._ledger.latest - self.test_time
        if ahead > 0.0:
            self._zero -= ahead
        return self._ledger.begin(self.test_time, earlier)

    def post(self, batch: Batch, flight: StepInFlight) -> Batch:
        """Return the batch with every column of its stream; add it to the sums."""
        if flight.is_beside:
            return self.post_beside(batch, flight)
        if brings_its_times(batch):  # the run's time is that of the record
            own, unix = (
                float(batch.columns[name.name][0])
                for name in (columns.TEST_TIME, columns.UNIX_TIME)
            )
            if math.isfinite(unix):
                self._zero = self._clock.now() - (self._clock.unix() - unix + own)
        now = (self.test_time, self._clock.unix())
        flight.now = None
        return self._ledger.post(batch, flight.step, flight.count, flight.totals, now)

    def post_beside(self, batch: Batch, flight: StepInFlight) -> Batch:
        """Return rows of an auxiliary with every column; the plan never hears of them.

        So a run's outcomes are the same with and without.
        """
        now = (self.test_time, self._clock.unix())
        return self._ledger.preview(
            batch, flight.step, flight.count, flight.totals, now
        )

    def record(self, batch: Batch) -> None:
        """Give a whole batch to the journal."""
        self.journal.append(batch)
        self.rows += len(batch)

    def notice(self, readings: Batch, flight: StepInFlight) -> None:
        """Remember what an instrument reads now, between two rows."""
        flight.now = _row_between(readings, flight.totals)

    def record_now(self, flight: StepInFlight) -> None:
        """Record the last reading too: the charge until an interruption counts."""
        now = flight.now and _row_between(flight.now, flight.totals)
        flight.now = None
        if now is not None:
            self.record(self.post(now, flight))

    def tell(self, event: Event) -> None:
        """Write an event, and log it."""
        log.log(event.level.severity, "%s: %s", event.code, event.text)
        self.journal.event(event, self.test_time, self._clock.unix())

    def say(self, level: Level, code: str, text: str) -> None:
        """Write an event, and log it."""
        self.tell(Event(level, code, text))

    def claim(self, claim: Claim, channel: str, flight: StepInFlight) -> ClaimRecord:
        """Note what the step is about to start; not durable yet."""
        record = ClaimRecord(
            flight.count,
            claim.role,
            channel,
            claim.token,
            self.test_time,
            self._clock.unix(),
            flight.rest.digest(),
            {} if flight.done is None else flight.done.sums(),
        )
        self.journal.claim(record)
        return record

    def commit_in_time(self, state: str, flight: StepInFlight) -> bool:
        """Commit if the last one was long ago; return whether it was."""
        if stopwatch() - self._committed < COMMIT_EVERY:
            return False
        self.commit(state, flight)
        return True

    def commit(self, state: str, flight: StepInFlight) -> None:
        """Say where the run stands and have everything made durable; waits little."""
        self.note(state, flight, {})
        self.journal.commit()
        self._committed = stopwatch()

    def note(self, state: str, flight: StepInFlight, fields: Mapping[str, Any]) -> None:
        """Say where the run stands; durable with the next commit."""
        self.journal.set_status(
            state,
            test_time=self.test_time,
            unix=self._clock.unix(),
            step_count=flight.count,
            cycle_count=flight.step.cycle,
            label=flight.step.label,
            fields={
                IN_FLIGHT: self._row_in_flight(flight),
                LONGEST_GAP: self.longest_gap,
                **fields,
            },
        )

    def _row_in_flight(self, flight: StepInFlight) -> dict[str, float]:
        """Return the row that would be recorded were the run interrupted now."""
        if flight.now is None:
            return {}
        now = (self.test_time, self._clock.unix())
        row = self._ledger.preview(
            flight.now, flight.step, flight.count, flight.totals, now
        )
        return {name: values[0].item() for name, values in row.columns.items()}


def _row_between(readings: Batch, totals: StepTotals) -> Batch | None:
    """Return readings of this moment as a row, if they are one and newer than all."""
    if columns.TECHNIQUE_INDEX.name not in readings.columns:
        return None
    time = totals.before + float(readings.columns[columns.STEP_TIME.name][0])
    last = totals.tail[0] if totals.tail is not None else -math.inf
    return replace(readings, stream=columns.TIMESERIES.name) if time > last else None
