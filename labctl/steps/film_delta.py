"""Read a film's configurations by delta: the source reverses at every reading itself.

Order for every configuration: output off, relays move, settle, the pair is armed and
runs, output off. The field is looked at whenever readings are fetched. A delta holds
both directions of the current; the reversed leads are a configuration of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from labctl import columns
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import Complaint
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.roles.delta_meter import DeltaMeter, DeltaReadings, DeltaSettings
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.source_meter import Driven
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.steps.demands import SourceDemand, delta_beyond
from labctl.steps.field import FieldTarget, reach_field, read_field, target_beyond
from labctl.steps.source_meter import contacts
from labctl.steps.stated import stated
from labctl.steps.waiting import waited
from labctl.waits import announce

ARMING = 15.0
"""s; source and nanovoltmeter are reset and find each other over RS-232."""


@dataclass(frozen=True, kw_only=True)
class ReadFilmByDelta(Step):
    """Take ``count`` delta readings through each configuration, into ``hall``.

    The instrument that plays ``current_source`` must be a `DeltaMeter`. The outcome's
    values carry the meters' standard errors, rows ``in_compliance`` and ``overflow``.
    """

    connections: tuple[Connection, ...]
    current: float
    """High level in A, positive; the low level is its opposite."""
    compliance: float
    """V."""
    count: int = 20
    nplc: float = 1.0
    settle: float = 0.05
    """s after the relays, before the pair is armed."""
    target: FieldTarget | None = None
    """Field to read in; None leaves the magnet alone."""
    watch_field: bool = False
    """Read the gaussmeter although no field is set."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        pair = bench.role("current_source", DeltaMeter)
        switch = bench.role("switch", SwitchMatrix)
        gaussmeter: Gaussmeter | None = None
        if self.target is not None:
            yield from reach_field(bench, self.target)
        if self.target is not None or self.watch_field:
            gaussmeter = bench.role("gaussmeter", Gaussmeter)
        if gaussmeter is not None and self.target is None:
            gaussmeter.prepare(None)
        settings = DeltaSettings(
            self.current, self.compliance, self.count, nplc=self.nplc
        )
        tally = _Tally()
        for connection in self.connections:
            pair.make_safe()
            switch.connect(connection)
            yield from waited(bench, self.settle)
            with announce("the delta pair to be armed", ARMING):
                pair.arm(settings)
            yield None
            pair.start()
            for batch in self._readings(bench, connection, pair, gaussmeter):
                if batch is not None:
                    tally.take(batch)
                yield batch
        pair.make_safe()
        switch.make_safe()
        values = {
            **stated("voltage", pair.voltage_accuracy),
            **stated("current", pair.current_accuracy),
            **tally.values(),
        }
        if gaussmeter is not None:
            values |= stated("field", gaussmeter.accuracy)
        return Ending(values=values)

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`: the delta pair and the magnet."""
        demand = SourceDemand(
            "current_source", Driven.CURRENT, self.current, self.compliance
        )
        found = delta_beyond(bench, demand)
        return (
            found if self.target is None else found + target_beyond(bench, self.target)
        )

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """See `Step.assumed`."""
        values = {"in_compliance": 0.0, "overflow": 0.0}
        return Outcome(EndReason.COMPLETED, values=values)

    def _readings(
        self,
        bench: Bench,
        connection: Connection,
        pair: DeltaMeter,
        gaussmeter: Gaussmeter | None,
    ) -> Iterator[Batch | None]:
        """Fetch until all are there; yield what came, None where nothing did."""
        done = False
        while not done:
            bench.clock.sleep(bench.clock.poll_period(0.0))
            found = pair.collect()
            done = found.done
            tesla = np.nan if gaussmeter is None else read_field(gaussmeter)
            yield self._rows(connection, found, tesla)

    def _rows(
        self, connection: Connection, found: DeltaReadings, tesla: float
    ) -> Batch | None:
        n = len(found.voltage)
        if not n:
            return None
        setting = np.nan if self.target is None else self.target.field
        return Batch(
            columns.HALL.name,
            {
                columns.INSTRUMENT_TIME.name: found.time,
                **{
                    name: np.full(n, contact, dtype=np.int64)
                    for name, contact in contacts(connection).items()
                },
                columns.SOURCE_CURRENT.name: np.full(n, found.current),
                columns.VOLTAGE.name: found.voltage,
                columns.IN_COMPLIANCE.name: found.in_compliance.astype(np.int64),
                columns.OVERFLOW.name: np.isnan(found.voltage).astype(np.int64),
                columns.FIELD_SETPOINT.name: np.full(n, setting),
                columns.FIELD.name: np.full(n, tesla),
            },
        )


@dataclass
class _Tally:
    """What the outcome tells of the rows."""

    limited: int = 0
    overflows: int = 0
    fields: list[float] = field(default_factory=list)

    def take(self, batch: Batch) -> None:
        self.limited += int(batch.columns[columns.IN_COMPLIANCE.name].sum())
        self.overflows += int(batch.columns[columns.OVERFLOW.name].sum())
        self.fields += batch.columns[columns.FIELD.name].tolist()

    def values(self) -> dict[str, float]:
        return {
            "in_compliance": float(self.limited),
            "overflow": float(self.overflows),
            "field": float(np.mean(self.fields)) if self.fields else np.nan,
        }
