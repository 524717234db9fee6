"""Sweep a source meter, or hold it at one level; both leave its output off.

Relays move only while the output is off. The setpoint stored is the one read back.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from labctl import columns
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import Complaint
from labctl.protocol import Bench, Ending, Progress, Rows, Step
from labctl.roles.electrometer import Electrometer, ElectrometerSettings
from labctl.roles.source_meter import (
    Driven,
    SourceMeter,
    SourceReading,
    SourceSettings,
)
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.steps.demands import SourceDemand, source_beyond
from labctl.steps.stated import stated
from labctl.steps.waiting import LONGEST_SILENCE, reading, waited

LONGEST_DELAY = LONGEST_SILENCE / 2
"""s between a level and its reading that the instrument may wait by itself."""
LEAST_MEASURED = 1e-12
"""A or V; assumed where nothing was measured: it chooses the largest drive."""
RATE_READINGS = 5
"""The relative rate of change is the slope through that many readings."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How points are taken, whatever the levels."""

    driven: Driven = Driven.VOLTAGE
    compliance: float = 1e-3
    """A while a voltage is driven, V otherwise."""
    nplc: float = 1.0
    four_wire: bool = False
    delay: float | None = None
    """Between a new level and its measurement, s; None lets the instrument choose."""
    measure_range: float | None = None
    """Fixed range of the measured quantity; None lets the instrument choose."""
    connection: Connection | None = None
    """Contacts to connect through the role ``switch``; None: wired."""
    electrometer: str = ""
    """Role that measures the current in the source's place; empty for none."""

    @property
    def dwell(self) -> float:
        """The part of the delay that the step waits, s: all of a long one.

        An instrument that waits by itself hears nothing meanwhile.
        """
        delay = self.delay or 0.0
        return delay if delay > LONGEST_DELAY else 0.0

    def settings(self, span: float) -> SourceSettings:
        """Return the source meter's settings for levels up to ``span``."""
        return SourceSettings(
            self.driven,
            span,
            self.compliance,
            self.nplc,
            self.four_wire,
            0.0 if self.dwell else self.delay,
            self.measure_range,
        )


def probe_beyond(bench: Bench, probe: Probe, span: float) -> list[Complaint]:
    """Return what the source meter cannot do of levels up to ``span``, V or A."""
    demand = SourceDemand("source_meter", probe.driven, span, probe.compliance)
    return source_beyond(bench, demand)


def contact_assumed() -> Outcome:
    """Return an outcome as of a sweep that found a perfect contact."""
    values = {"slope": math.inf, "largest": LEAST_MEASURED, "in_compliance": 0.0}
    return Outcome(EndReason.COMPLETED, values={**values, "overflow": 0.0})


Taking = Generator[None, None, Batch]
"""A point in the taking: yields while it waits, returns its row."""


class Point:
    """The prepared source meter and what reads beside it."""

    def __init__(self, bench: Bench, probe: Probe, span: float, sweep: int) -> None:
        self._bench = bench
        self.source = bench.role("source_meter", SourceMeter)
        self.settings = self.source.prepare(probe.settings(span))
        self._probe = probe
        self._sweep = sweep
        self._ammeter: Electrometer | None = None
        self.limited = 0
        self.overflows = 0
        self._largest = 0.0
        self._lowest = (math.inf, math.nan)
        self._highest = (-math.inf, math.nan)

    def connect(self) -> Iterator[None]:
        """Prepare what reads beside the source and close the relays, with a look each.

        Before anything is driven.
        """
        yield None
        probe = self._probe
        if probe.electrometer:
            self._ammeter = self._bench.role(probe.electrometer, Electrometer)
            wanted = ElectrometerSettings(probe.nplc, probe.measure_range)
            self._ammeter.prepare(wanted)
            yield None
        if probe.connection is not None:
            switch = self._bench.role("switch", SwitchMatrix)
            switch.connect(probe.connection)
            yield None

    def take(self, level: float) -> Taking:
        """Drive ``level`` and return the row of its point."""
        if self._probe.dwell:
            setpoint = self.source.drive(level)
            yield from waited(self._bench, self._probe.dwell)
            return (yield from self.again(setpoint))
        with reading("the source meter", self._probe.nplc):
            setpoint, found = self.source.point(level)
        return (yield from self._row(setpoint, found))

    def again(self, setpoint: float) -> Taking:
        """Return another row at the level that is held."""
        with reading("the source meter", self._probe.nplc):
            found = self.source.measure()
        return (yield from self._row(setpoint, found))

    def _row(self, setpoint: float, found: SourceReading) -> Taking:
        volts = self._probe.driven is Driven.VOLTAGE
        current, overflow = found.current, found.overflow
        if self._ammeter is not None:
            yield None  # two readings, two looks
            with reading("the electrometer", self._probe.nplc):
                meter = self._ammeter.read()
            current, overflow = meter.current, overflow or meter.overflow
        self.limited += found.in_compliance
        self.overflows += overflow
        self._remember(setpoint, current if volts else found.voltage)
        values = {
            columns.INSTRUMENT_TIME.name: found.time,
            columns.SWEEP.name: self._sweep,
            **contacts(self._probe.connection),
            columns.SOURCE_VOLTAGE.name: setpoint if volts else math.nan,
            columns.SOURCE_CURRENT.name: math.nan if volts else setpoint,
            columns.VOLTAGE.name: found.voltage,
            columns.CURRENT.name: current,
            columns.IN_COMPLIANCE.name: int(found.in_compliance),
            columns.OVERFLOW.name: int(overflow),
        }
        return Batch.row(columns.IV.name, values)

    def _remember(self, setpoint: float, measured: float) -> None:
        if not math.isfinite(measured):
            return
        self._largest = max(self._largest, abs(measured))
        if setpoint < self._lowest[0]:
            self._lowest = (setpoint, measured)
        if setpoint > self._highest[0]:
            self._highest = (setpoint, measured)

    def _slope(self) -> float:
        """Return measured over driven between the ends; zeros of meters cancel."""
        span = self._highest[0] - self._lowest[0]
        change = self._highest[1] - self._lowest[1]
        return change / span if math.isfinite(span) and span > 0 else math.nan

    def values(self) -> dict[str, float]:
        """Return what the outcome tells: errors of the meters, flags, largest."""
        ammeter = self._ammeter
        current = self.source.current_accuracy if ammeter is None else ammeter.accuracy
        return {
            **stated("voltage", self.source.voltage_accuracy),
            **stated("current", current),
            "compliance": self.settings.compliance,
            "in_compliance": float(self.limited),
            "overflow": float(self.overflows),
            "largest": self._largest,
            "slope": self._slope(),
        }


def contacts(connection: Connection | None) -> dict[str, int]:
    """Return the four columns that say which contact each lead saw."""
    if connection is None:
        return {column.name: -1 for column in columns.CONTACTS}
    return {
        columns.CURRENT_IN.name: connection.current_in,
        columns.CURRENT_OUT.name: connection.current_out,
        columns.VOLTAGE_HIGH.name: connection.voltage_high,
        columns.VOLTAGE_LOW.name: connection.voltage_low,
    }


def there_and_back(end: float, points: int) -> tuple[float, ...]:
    """Return levels 0 → +end → -end → 0; ``points`` (≥ 2) from zero to one end."""
    up = [end * k / (points - 1) for k in range(points)]
    down = [end * k / (points - 1) for k in range(points - 2, -points, -1)]
    home = [end * k / (points - 1) for k in range(2 - points, 1)]
    return tuple(up + down + home)


@dataclass(frozen=True, kw_only=True)
class SweepSource(Step):
    """Visit levels in order, one row a level, then switch the output off.

    The outcome's values carry the meters' standard errors, how many points were
    ``in_compliance`` or ``overflow``, the ``largest`` measured magnitude, and the
    ``slope`` between the ends of the sweep (S, or Ω where a current is driven).
    """

    levels: tuple[float, ...]
    """V or A, in order."""
    probe: Probe
    sweep: int = 0
    """Number of the sweep, written to ``sweep_id``."""
    settle: float = 0.0
    """s at the first level before the first point."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        point = Point(bench, self.probe, self._span, self.sweep)
        yield from point.connect()
        if self.settle:
            point.source.drive(self.levels[0])
            yield from waited(bench, self.settle)
        for level in self.levels:
            yield (yield from point.take(level))
        point.source.make_safe()
        return Ending(values=point.values())

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        return probe_beyond(bench, self.probe, self._span)

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`."""
        return contact_assumed()

    @property
    def _span(self) -> float:
        return max(map(abs, self.levels))


@dataclass(frozen=True, kw_only=True)
class HoldSource(Step):
    """Hold one level and measure it again and again, then switch the output off.

    Ends after ``duration``, or with condition ``settled`` once the measured quantity
    changes by less than ``settled_rate`` a second.
    """

    level: float
    """V or A."""
    probe: Probe
    duration: float
    """s."""
    every: float = 1.0
    """s between two rows."""
    settled_rate: float = 0.0
    """1/s, relative; 0 holds for the whole duration."""
    sweep: int = 0

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        clock = bench.clock
        point = Point(bench, self.probe, abs(self.level), self.sweep)
        yield from point.connect()
        rate = _Rate(self.probe.driven)
        begun = clock.now()
        setpoint = point.source.drive(self.level)
        yield from waited(bench, self.probe.dwell)
        due = begun
        while True:
            batch = yield from point.again(setpoint)
            rate.take(clock.now(), batch)
            yield batch
            settled = self.settled_rate > 0 and rate.below(self.settled_rate)
            due = max(due + self.every, clock.now())
            if settled or due - begun > self.duration:
                break
            yield from waited(bench, due - clock.now())
        point.source.make_safe()
        reason = EndReason.CONDITION if settled else EndReason.COMPLETED
        return Ending(reason, "settled" if settled else "", point.values())

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        return probe_beyond(bench, self.probe, abs(self.level))

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`."""
        return contact_assumed()

    def remaining(self, progress: Progress) -> Step:
        """Hold for what is left of the duration."""
        return replace(self, duration=max(self.duration - progress.duration, 0.0))


class _Rate:
    """Relative rate of change of the last few readings."""

    def __init__(self, driven: Driven) -> None:
        voltage = driven is Driven.CURRENT
        self._column = (columns.VOLTAGE if voltage else columns.CURRENT).name
        self._rows: list[tuple[float, float]] = []

    def take(self, time: float, batch: Batch) -> None:
        row = (time, float(batch.columns[self._column][0]))
        self._rows = [*self._rows[1 - RATE_READINGS :], row]

    def below(self, limit: float) -> bool:
        if len(self._rows) < RATE_READINGS:
            return False
        middle = sum(t for t, _ in self._rows) / RATE_READINGS
        mean = sum(x for _, x in self._rows) / RATE_READINGS
        spread = sum((t - middle) ** 2 for t, _ in self._rows)
        if not spread > 0 or not abs(mean) > 0:
            return False
        slope = sum((t - middle) * (x - mean) for t, x in self._rows) / spread
        return abs(slope / mean) < limit
