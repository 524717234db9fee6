"""Run linked techniques on a potentiostat channel, with what firmware cannot test.

Conditions that the firmware took end a technique on the instrument. The others are
tested here on every poll, so they act one poll period late at most.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from labctl import columns
from labctl.clock import VirtualClock
from labctl.data import Array, Batch, EndReason
from labctl.errors import LimitError
from labctl.protocol import Bench, Ending, Progress, Rows, Step
from labctl.roles.potentiostat import Poll, PotentiostatChannel
from labctl.techniques import (
    TEMPERATURE,
    Condition,
    Loop,
    OpenCircuit,
    Quantity,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
    shortened,
)

RATE_ROWS = 5
"""dV/dt is the slope through at least that many rows …"""
RATE_SPAN = 600.0
"""… and through all of the last ten minutes (s), so that noise ends no rest."""
ONE_ROW = 1.0 / VirtualClock.ROWS_A_POLL
"""Of the interval at which rows come: a poll in virtual time then brings one row, so
that a condition tested here acts as early as on a bench."""
VOLTAGE_SLACK = 0.003
"""V; a limit met in firmware may be recorded that far short of it."""
RELATIVE_SLACK = 0.03
"""Of the limit; the same for currents and charges."""


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

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        begun = bench.clock.now()
        channel = bench.role(self.role, PotentiostatChannel)  # type: ignore[type-abstract]
        loaded = channel.load(self.techniques)
        watch = self._watch(bench)
        tests = _HostTests(loaded.host_conditions)
        spectra = _SpectrumCounter(self.spectrum_id)
        technique = 0
        if watch is not None:
            watch.start()
        offset = bench.clock.now() - begun
        channel.start()
        tails = _Tails()
        met: tuple[int, Condition] | None = None
        running = True
        while running:
            every = self._rows_every(technique)
            if tests.watch(technique):
                every *= ONE_ROW
            bench.clock.sleep(bench.clock.poll_period(every))
            poll = channel.poll()
            running, technique = poll.running, poll.technique
            yield from poll.events
            for batch in poll.batches:
                if batch.stream == columns.TIMESERIES.name:
                    tails.take(batch)
                if columns.TECHNIQUE_INDEX.name in batch.columns:
                    met = tests.first_met(batch) or met
                yield spectra.number(_placed(batch, offset))
            if watch is not None:
                for batch in watch.poll().batches:
                    yield _placed(replace(batch, stream="monitor"), offset)
            if met is not None and running:
                running = self._end_by(met, technique, channel)
                met = met if not running else None
            yield self._now(poll, offset)
        if watch is not None:
            watch.make_safe()
        name = met[1].name if met is not None else self._met_in_firmware(tails)
        reason = EndReason.CONDITION if name else EndReason.COMPLETED
        return Ending(reason, name)

    def _now(self, poll: Poll, offset: float) -> Batch | None:
        """Return what the channel sees between two rows, placed like one.

        Without a technique's index where it makes no row: after the end, in a sine.
        """
        if not poll.live:
            return None
        batch = Batch.row(columns.LIVE, poll.live)
        technique = self.techniques[poll.technique]
        if poll.running and not isinstance(technique, Spectrum | VoltageSweep | Loop):
            index = np.array([poll.technique], dtype=np.int64)
            batch = batch.with_columns({columns.TECHNIQUE_INDEX.name: index})
        return _placed(batch, offset)

    def _end_by(
        self, met: tuple[int, Condition], technique: int, channel: PotentiostatChannel
    ) -> bool:
        """End the technique that met a host condition; tell whether others follow."""
        if met[1].ends_all or technique >= len(self.techniques) - 1:
            channel.make_safe()
            return False
        if met[0] == technique:  # else it has ended meanwhile
            channel.skip()
        return True

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

    def _watch(self, bench: Bench) -> PotentiostatChannel | None:
        if not self.monitor:
            return None
        watch = bench.role(self.monitor, PotentiostatChannel)  # type: ignore[type-abstract]
        record = Recording(every_s=self.monitor_every)
        watch.load([OpenCircuit(duration=10 * 86400.0, record=record)])
        return watch

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

    def _met_in_firmware(self, tails: "_Tails") -> str:
        """Return the condition met by the last technique that ran and had any."""
        for index in sorted(tails.rows, reverse=True):
            technique = self.techniques[index]
            if isinstance(technique, Loop) or not technique.until:
                continue
            return _met_at_end(technique.until, tails.rows[index])
        return ""


def _met_at_end(conditions: Sequence[Condition], row: "_Tail") -> str:
    """Return the name of the first condition that a technique's last row satisfies."""
    for condition in conditions:
        relative = RELATIVE_SLACK * abs(condition.value)
        readings = {
            Quantity.VOLTAGE: (row.voltage, VOLTAGE_SLACK),
            Quantity.CURRENT: (row.current, relative),
            Quantity.ABSOLUTE_CURRENT: (abs(row.current), relative),
            Quantity.CHARGE: (abs(row.charge), relative),
        }
        x, slack = readings.get(condition.quantity, (math.nan, 0.0))
        if condition.holds(x, slack):
            return condition.name
    return ""


def _placed(batch: Batch, offset: float) -> Batch:
    """Return the batch with the step's own time beside the instrument's."""
    instrument = batch.columns[columns.INSTRUMENT_TIME.name]
    return batch.with_columns({columns.STEP_TIME.name: instrument + offset})


def _less_charge(technique: Technique, passed: float) -> Technique:
    if isinstance(technique, Loop) or not technique.until:
        return technique
    until = tuple(
        replace(c, value=c.value - passed) if c.quantity is Quantity.CHARGE else c
        for c in technique.until
    )
    return replace(technique, until=until)


class _SpectrumCounter:
    """Numbers spectra: a frequency that jumps back up begins a new one."""

    def __init__(self, first: int) -> None:
        self._current = first - 1
        self._last = -math.inf
        self._technique = -1

    def number(self, batch: Batch) -> Batch:
        if batch.stream != columns.EIS.name:
            return batch
        out = np.empty(len(batch), dtype=np.int64)
        frequencies = batch.columns[columns.FREQUENCY.name]
        index = batch.columns.get(columns.TECHNIQUE_INDEX.name)
        for row, frequency in enumerate(frequencies):
            technique = self._technique if index is None else int(index[row])
            if frequency > self._last * 1.0001 or technique != self._technique:
                self._current += 1
            self._last, self._technique = float(frequency), technique
            out[row] = self._current
        imaginary = batch.columns[columns.IMAGINARY_IMPEDANCE.name]
        return Batch(
            batch.stream,
            {
                **{
                    name: values
                    for name, values in batch.columns.items()
                    if name != columns.TECHNIQUE_INDEX.name
                },
                columns.SPECTRUM.name: out,
                columns.MINUS_IMAGINARY_IMPEDANCE.name: -imaginary,
            },
        )


@dataclass(slots=True)
class _Tail:
    """The last row of one technique, and the charge that it passed."""

    time: float
    voltage: float
    current: float
    charge: float = 0.0


class _Tails:
    """The last row of every technique that has recorded any."""

    def __init__(self) -> None:
        self.rows: dict[int, _Tail] = {}

    def take(self, batch: Batch) -> None:
        index = batch.columns[columns.TECHNIQUE_INDEX.name]
        time = batch.columns[columns.INSTRUMENT_TIME.name]
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.CURRENT.name]
        for technique in dict.fromkeys(index.tolist()):
            mine = index == technique
            t, i = time[mine], current[mine]
            before = self.rows.get(technique)
            if before is not None:
                t = np.concatenate(([before.time], t))
                i = np.concatenate(([before.current], i))
            passed = float(np.trapezoid(i, t)) + (before.charge if before else 0.0)
            last = float(voltage[mine][-1])
            self.rows[technique] = _Tail(float(t[-1]), last, float(i[-1]), passed)


class _HostTests:
    """End conditions that the firmware cannot test, evaluated row by row."""

    def __init__(self, conditions: Sequence[tuple[int, Condition]]) -> None:
        self.conditions = tuple(conditions)
        self._watches_rate = any(
            condition.quantity is Quantity.VOLTAGE_RATE for _, condition in conditions
        )
        self._watches_temperature = any(
            condition.quantity is Quantity.TEMPERATURE for _, condition in conditions
        )
        self._technique = -1
        self._charge = 0.0
        self._energy = 0.0
        self._first_voltage = math.nan
        self._rows: deque[tuple[float, float, float]] = deque()

    def watch(self, technique: int) -> bool:
        """Tell whether a condition may end ``technique``."""
        return any(at == technique for at, _ in self.conditions)

    def first_met(self, batch: Batch) -> tuple[int, Condition] | None:
        """Return the first condition that a row of ``batch`` meets, and of whom."""
        if not self.conditions:
            return None
        time = batch.columns[columns.INSTRUMENT_TIME.name]
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.CURRENT.name]
        index = batch.columns[columns.TECHNIQUE_INDEX.name]
        temperature: Array | None = batch.columns.get(TEMPERATURE)
        if temperature is None and self._watches_temperature:
            raise LimitError(
                "the step ends at a temperature, and no instrument measures one; "
                "leave the condition out"
            )
        for row in range(len(batch)):
            degree = math.nan if temperature is None else float(temperature[row])
            met = self._row(
                int(index[row]),
                (float(time[row]), float(voltage[row]), float(current[row])),
                degree,
            )
            if met is not None:
                return met
        return None

    def _row(
        self, technique: int, row: tuple[float, float, float], temperature: float
    ) -> tuple[int, Condition] | None:
        if technique != self._technique:
            self._technique, self._rows = technique, deque()
            self._charge = self._energy = 0.0
            self._first_voltage = row[1]
        if self._rows:
            t0, v0, i0 = self._rows[-1]
            dt = row[0] - t0
            self._charge += 0.5 * (i0 + row[2]) * dt
            self._energy += 0.5 * (v0 * i0 + row[1] * row[2]) * dt
        self._keep(row)
        readings = {
            Quantity.VOLTAGE: row[1],
            Quantity.CURRENT: row[2],
            Quantity.ABSOLUTE_CURRENT: abs(row[2]),
            Quantity.CHARGE: abs(self._charge),
            Quantity.ENERGY: abs(self._energy),
            Quantity.VOLTAGE_CHANGE: abs(row[1] - self._first_voltage),
            Quantity.VOLTAGE_RATE: self._rate() if self._watches_rate else math.nan,
            Quantity.TEMPERATURE: temperature,
        }
        for at, condition in self.conditions:
            if at == technique and condition.holds(readings[condition.quantity]):
                return at, condition
        return None

    def _keep(self, row: tuple[float, float, float]) -> None:
        """Add a row; let go of those that dV/dt no longer looks at."""
        rows = self._rows
        rows.append(row)
        least = RATE_ROWS if self._watches_rate else 1
        while len(rows) > least and (
            not self._watches_rate or rows[0][0] < row[0] - RATE_SPAN
        ):
            rows.popleft()

    def _rate(self) -> float:
        """Return |dV/dt| in V/s; NaN before there are enough rows."""
        if len(self._rows) < RATE_ROWS:
            return math.nan
        times = np.array([row[0] for row in self._rows])
        volts = np.array([row[1] for row in self._rows])
        times -= times.mean()
        spread = float(times @ times)
        return abs(float(times @ volts)) / spread if spread > 0 else math.nan
