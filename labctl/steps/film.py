"""Read a film's configurations: relays, current, voltage, and the field with it.

Order for every configuration: source off, relays move, current on, settle, one reading
thrown away, readings. The field is looked at with every reading, and set first if it
is not where it should be, so that a step that begins anew after a hold is whole.
Rows go out as they come; those that were read before an interruption are kept.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labctl import columns
from labctl.data import Array, Batch, EndReason, Outcome
from labctl.errors import Complaint, LabctlError
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.current_source import CurrentSettings, CurrentSource
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.source_meter import Driven
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.roles.voltmeter import VoltageReading, Voltmeter, VoltmeterSettings
from labctl.steps.demands import SourceDemand, current_beyond
from labctl.steps.field import FieldTarget, reach_field, read_field, target_beyond
from labctl.steps.source_meter import LEAST_MEASURED, contacts
from labctl.steps.stated import stated
from labctl.steps.waiting import Pace, reading, waited
from labctl.waits import WaitEnded


@dataclass(frozen=True, kw_only=True)
class ReadFilm(Step):
    """Drive currents through configurations and read their voltages.

    Rows go to ``iv`` (two-point checks) or ``hall``. The outcome's values carry the
    meters' standard errors, rows ``in_compliance`` and ``overflow``, the ``largest``
    |V/I| in Ω of those that were neither, and the mean ``field``.
    """

    connections: tuple[Connection, ...]
    currents: tuple[float, ...]
    """A, signed, in the order they are driven in every configuration."""
    compliance: float
    """V."""
    readings: int = 5
    """Kept at each current."""
    nplc: float = 1.0
    settle: float = 0.05
    """s after relays and current before the first reading."""
    voltage_range: float | None = None
    """V; None lets the voltmeter choose."""
    filtered: bool = False
    """Slow, quiet output of the source."""
    stream: str = columns.HALL.name
    target: FieldTarget | None = None
    """Field to read in; None leaves the magnet alone."""
    watch_field: bool = False
    """Read the gaussmeter although no field is set; the residual field is recorded."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        source = bench.role("current_source", CurrentSource)
        meter = bench.role("voltmeter", Voltmeter)
        switch = bench.role("switch", SwitchMatrix)
        gaussmeter: Gaussmeter | None = None
        if self.target is not None:
            yield from reach_field(bench, self.target)
        if self.target is not None or self.watch_field:
            gaussmeter = bench.role("gaussmeter", Gaussmeter)
        if gaussmeter is not None and self.target is None:
            gaussmeter.prepare(None)
        span = max(map(abs, self.currents))
        source.prepare(CurrentSettings(span, self.compliance, self.filtered))
        yield None
        meter.prepare(VoltmeterSettings(self.nplc, self.voltage_range))
        at = _Instruments(source, meter, gaussmeter)
        tally = _Tally()
        for connection in self.connections:
            source.make_safe()
            switch.connect(connection)
            for current in self.currents:
                setpoint = source.drive(current)
                yield from waited(bench, self.settle)
                at.voltage(self.nplc)
                yield None
                for batch in self._readings(bench, connection, setpoint, at):
                    tally.take(batch)
                    yield batch
        source.make_safe()
        switch.make_safe()
        values = {
            **stated("voltage", meter.accuracy),
            **stated("current", source.accuracy),
            **tally.values(),
        }
        if gaussmeter is not None:
            values |= stated("field", gaussmeter.accuracy)
        return Ending(values=values)

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`: current source and magnet."""
        span = max(map(abs, self.currents))
        demand = SourceDemand("current_source", Driven.CURRENT, span, self.compliance)
        found = current_beyond(bench, demand)
        return (
            found if self.target is None else found + target_beyond(bench, self.target)
        )

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`: contacts so good that the largest current is chosen."""
        values = {"in_compliance": 0.0, "overflow": 0.0, "largest": LEAST_MEASURED}
        return Outcome(EndReason.COMPLETED, values=values)

    def _readings(
        self,
        bench: Bench,
        connection: Connection,
        setpoint: float,
        at: "_Instruments",
    ) -> Iterator[Batch]:
        """Read at one current; yield what there is at least once a poll period."""
        pace, rows = Pace(bench.clock), list[_Row]()
        for _ in range(self.readings):
            try:
                rows.append(at.read(self.nplc))
            except (WaitEnded, LabctlError):
                if rows:
                    yield self._batch(connection, setpoint, rows)
                raise
            if pace.is_due():
                yield self._batch(connection, setpoint, rows)
                rows = []
                pace.begin()
        if rows:
            yield self._batch(connection, setpoint, rows)

    def _batch(
        self, connection: Connection, setpoint: float, read: Sequence["_Row"]
    ) -> Batch:
        n = len(read)
        rows: dict[str, Array] = {
            columns.INSTRUMENT_TIME.name: np.array([r.voltage.time for r in read]),
            **{
                name: np.full(n, contact, dtype=np.int64)
                for name, contact in contacts(connection).items()
            },
            columns.SOURCE_CURRENT.name: np.full(n, setpoint),
            columns.VOLTAGE.name: np.array([r.voltage.voltage for r in read]),
            columns.IN_COMPLIANCE.name: np.array([int(r.limited) for r in read]),
            columns.OVERFLOW.name: np.array([int(r.voltage.overflow) for r in read]),
        }
        if self.stream == columns.IV.name:
            rows[columns.CURRENT.name] = np.full(n, setpoint)
        else:
            setting = math.nan if self.target is None else self.target.field
            rows[columns.FIELD_SETPOINT.name] = np.full(n, setting)
            rows[columns.FIELD.name] = np.array([r.field for r in read])
        return Batch(self.stream, rows)


@dataclass(frozen=True, slots=True)
class _Row:
    """One reading and what was found beside it."""

    voltage: VoltageReading
    field: float
    """T; NaN where no gaussmeter is read."""
    limited: bool
    """The source was in compliance just after the reading."""


@dataclass(frozen=True, slots=True)
class _Instruments:
    """What a reading is made of."""

    source: CurrentSource
    meter: Voltmeter
    gaussmeter: Gaussmeter | None

    def voltage(self, nplc: float) -> VoltageReading:
        with reading("the voltmeter", nplc):
            return self.meter.read()

    def read(self, nplc: float) -> _Row:
        voltage = self.voltage(nplc)
        meter = self.gaussmeter
        field = math.nan if meter is None else read_field(meter)
        return _Row(voltage, field, self.source.in_compliance())


class _Tally:
    """What the outcome tells of the rows."""

    def __init__(self) -> None:
        self._limited = 0
        self._overflows = 0
        self._largest = math.nan
        self._fields: list[float] = []

    def take(self, batch: Batch) -> None:
        limited = batch.columns[columns.IN_COMPLIANCE.name] > 0
        over = batch.columns[columns.OVERFLOW.name] > 0
        self._limited += int(limited.sum())
        self._overflows += int(over.sum())
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.SOURCE_CURRENT.name]
        usable = ~limited & ~over & np.isfinite(voltage) & (current != 0)
        if usable.any():
            ratio = float(np.max(np.abs(voltage[usable] / current[usable])))
            self._largest = float(np.fmax(self._largest, ratio))
        field = batch.columns.get(columns.FIELD.name)
        if field is not None:
            self._fields += field.tolist()

    def values(self) -> dict[str, float]:
        return {
            "in_compliance": float(self._limited),
            "overflow": float(self._overflows),
            "largest": self._largest,
            "field": float(np.mean(self._fields)) if self._fields else math.nan,
        }
