"""Where and when in the run a row belongs, and the charge that has passed.

Charge is the trapezoid of the measured current over the instrument's own time, in
double precision; between two steps nothing is integrated. Rows of another program's
record bring their own times, and the charge that its instrument counted.
"""

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np

from labctl import columns
from labctl.data import Array, Batch, Outcome, Stream
from labctl.protocol import Ending, Progress, Step
from labctl.temperatures import Temperatures

ROUNDING = 1e-3
"""s; a row that lies further back than this is out of order and stays so."""
AMPERE_HOUR = 3600.0
"""C."""


@dataclass(slots=True)
class StepTotals:
    """What one step has added up so far."""

    started: float
    """Test time in s at which this stretch of the step began."""
    duration: float = 0.0
    """s, earlier stretches (before a hold, a crash) included."""
    charge: float = 0.0
    """C, net."""
    energy: float = 0.0
    """J."""
    rows: int = 0
    last: dict[str, float] = field(default_factory=dict)
    technique: int = 0
    technique_started: float = 0.0
    """Step time at which the technique in flight began, s."""
    technique_charge: float = 0.0
    """C, without sign."""
    before: float = 0.0
    """Duration of the earlier stretches, s."""
    technique_shift: int = 0
    """Techniques done in earlier stretches."""
    tail: tuple[float, float, float] | None = None
    """Step time, voltage and current of the last row."""

    def outcome(self, ending: Ending) -> Outcome:
        """Return what the plan is told."""
        return Outcome(
            ending.reason,
            ending.condition,
            self.duration,
            self.charge,
            self.energy,
            self.rows,
            self.last,
            ending.values,
            ending.asked,
        )


class Ledger:
    """Stamps batches and keeps the sums of the run and of the step in flight."""

    def __init__(
        self,
        streams: tuple[Stream, ...],
        net_charge: float = 0.0,
        temperatures: Temperatures | None = None,
    ) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._temperatures = temperatures or Temperatures()
        self.net_charge = net_charge
        """C since the start of the run."""
        self.latest = -math.inf
        """Test time of the last row, s."""

    def begin(self, test_time: float, earlier: StepTotals | None = None) -> StepTotals:
        """Return the totals of a step that starts, or goes on after ``earlier``."""
        if earlier is None:
            return StepTotals(test_time)
        return StepTotals(
            test_time,
            duration=earlier.duration,
            charge=earlier.charge,
            energy=earlier.energy,
            rows=earlier.rows,
            last=dict(earlier.last),
            technique=earlier.technique,
            technique_started=earlier.technique_started,
            technique_charge=earlier.technique_charge,
            before=earlier.duration,
            technique_shift=earlier.technique,
        )

    def post(
        self,
        batch: Batch,
        step: Step,
        step_count: int,
        totals: StepTotals,
        now: tuple[float, float],
    ) -> Batch:
        """Return the batch with every column of its stream; add it to the sums.

        ``now`` is test time and UTC epoch seconds of the moment.
        """
        n = len(batch)
        test_time, unix = now
        if brings_its_times(batch):
            totals.started = totals.before = 0.0
            own = batch.columns[columns.TEST_TIME.name]
            batch = batch.with_columns({columns.STEP_TIME.name: own})
        given = batch.columns.get(columns.STEP_TIME.name)
        if given is not None and batch.stream == columns.TIMESERIES.name:
            given = _in_order(given, totals)
        times = np.full(n, test_time) if given is None else totals.started + given
        more: dict[str, Array] = {
            columns.TEST_TIME.name: times,
            columns.UNIX_TIME.name: unix - test_time + times,
            columns.STEP_COUNT.name: np.full(n, step_count, dtype=np.int64),
            columns.CYCLE_COUNT.name: np.full(n, step.cycle, dtype=np.int64),
            columns.HALF_CYCLE.name: np.full(n, step.half_cycle, dtype=np.int64),
        }
        if batch.stream == columns.TIMESERIES.name and given is not None:
            step_time = totals.before + given
            charge = self._integrate(batch, step_time, totals)
            more[columns.STEP_TIME.name] = step_time
            index = batch.columns[columns.TECHNIQUE_INDEX.name]
            more[columns.TECHNIQUE_INDEX.name] = index + totals.technique_shift
            more[columns.STEP_NET_CAPACITY.name] = (
                totals.charge + charge
            ) / AMPERE_HOUR
            more[columns.NET_CAPACITY.name] = (self.net_charge + charge) / AMPERE_HOUR
            totals.charge += float(charge[-1])
            self.net_charge += float(charge[-1])
        if brings_its_times(batch):
            kept = (columns.UNIX_TIME.name, columns.CYCLE_COUNT.name)
            more |= {name: batch.columns[name] for name in kept}
        full = self._temperatures.joined(batch.with_columns(more), times)
        stream = self._streams.get(batch.stream)
        if stream is None:
            raise KeyError(f"the protocol did not declare the stream {batch.stream}")
        out = Batch(
            batch.stream,
            {
                c.name: full.columns.get(c.name, _missing(c.dtype, n))
                for c in stream.columns
            },
        )
        totals.rows += n
        totals.duration = max(
            totals.duration, totals.before + float(times[-1]) - totals.started
        )
        totals.last = {name: float(x[-1]) for name, x in out.columns.items()}
        self.latest = float(times[-1])
        return out

    def preview(
        self,
        batch: Batch,
        step: Step,
        step_count: int,
        totals: StepTotals,
        now: tuple[float, float],
    ) -> Batch:
        """Return what `post` would; add nothing to the sums."""
        kept = self.net_charge, self.latest
        try:
            return self.post(batch, step, step_count, dataclasses.replace(totals), now)
        finally:
            self.net_charge, self.latest = kept

    def _integrate(self, batch: Batch, step_time: Array, totals: StepTotals) -> Array:
        """Return the charge since the last row, row by row, C; sum up the energy."""
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.CURRENT.name]
        index = batch.columns[columns.TECHNIQUE_INDEX.name]
        tail = totals.tail
        t0, v0, i0 = tail or (float(step_time[0]), float(voltage[0]), float(current[0]))
        dt = np.diff(step_time, prepend=t0)
        i_before = np.concatenate(([i0], current[:-1]))
        v_before = np.concatenate(([v0], voltage[:-1]))
        charge = 0.5 * (i_before + current) * dt
        counted = batch.columns.get(columns.INTERVAL_CHARGE.name)
        if counted is not None and brings_its_times(batch):
            charge = np.where(np.isfinite(counted), counted * AMPERE_HOUR, charge)
        totals.energy += float(
            np.sum(0.5 * (i_before * v_before + current * voltage) * dt)
        )
        last = int(index[-1]) + totals.technique_shift
        fresh = index + totals.technique_shift == last
        if last != totals.technique:
            totals.technique, totals.technique_charge = last, 0.0
            totals.technique_started = float(step_time[np.argmax(fresh)])
        totals.technique_charge += abs(float(charge[fresh].sum()))
        totals.tail = (float(step_time[-1]), float(voltage[-1]), float(current[-1]))
        return np.cumsum(charge)


def brings_its_times(batch: Batch) -> bool:
    """Tell whether rows say themselves when in the run they were measured.

    So do those of a record that another program writes: the run's time is then the
    record's, and so is the charge, where its instrument counted it.
    """
    return columns.TEST_TIME.name in batch.columns


def progress(totals: StepTotals) -> Progress:
    """Return how far the step has come, for `Step.remaining`."""
    return Progress(
        duration=totals.duration,
        charge=totals.charge,
        technique=totals.technique,
        technique_duration=totals.duration - totals.technique_started,
        technique_charge=totals.technique_charge,
        last=totals.last,
    )


def _in_order(given: Array, totals: StepTotals) -> Array:
    """Return step times of which none lies before the row before it by a rounding.

    An instrument gives the start of a technique and the time since then in two
    numbers of unequal precision, so that the first row of a technique may lie some
    microseconds before the last one of the technique before.
    """
    last = -math.inf if totals.tail is None else totals.tail[0] - totals.before
    latest = np.maximum.accumulate(np.maximum(given, last))
    return np.where(latest - given < ROUNDING, latest, given)


def _missing(dtype: str, n: int) -> Array:
    return np.full(n, -1, np.int64) if dtype == "i8" else np.full(n, math.nan)
