"""One temperature of a recorded series, as a run of its protocol alone.

Its steps are those of the point and those that were done once for all; its counters
begin where the protocol's own do.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from labctl.data import Array, Stream
from labctl.protocol import (
    RecordedBeside,
    RecordedRun,
    RecordedTemperatures,
    StepRecord,
)
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.series.points import COLUMNS, NOTHING, Placed

Table = Mapping[str, Array]


@dataclass(frozen=True)
class PointView:
    """See `labctl.protocol.RecordedRun`."""

    run: RecordedRun
    places: Mapping[int, Placed]
    """Step count -> where it belongs."""
    point: int
    kelvin: float
    """At which the sample was measured."""
    _tables: dict[str, Table] = field(default_factory=dict)
    _own: dict[str, Array] = field(default_factory=dict)
    """Stream -> how many of its rows up to each one are seen here."""

    @cached_property
    def sample(self) -> Sample:
        """What was measured, at this temperature."""
        return self.run.sample.model_copy(update={"temperature": self.kelvin})

    @cached_property
    def steps(self) -> Sequence[StepRecord]:
        """The protocol's own steps at this temperature, in order."""
        return tuple(
            self._seen(record)
            for record in self.run.steps
            if record.step_count in self._kept
        )

    @property
    def streams(self) -> Sequence[Stream]:
        """What was recorded, also beside the protocol."""
        return self.run.streams if isinstance(self.run, RecordedBeside) else ()

    def table(self, stream: str) -> Table:
        """Return the columns of a stream, the rows of this point alone."""
        if stream not in self._tables:
            table = self.run.table(stream)
            kept = self._mask(table)
            rows = {name: np.asarray(values)[kept] for name, values in table.items()}
            self._tables[stream] = self._counted_back(rows)
        return self._tables[stream]

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what was stated of the accuracy of a role's channel."""
        return self.run.accuracy(role)

    def temperature_uncertainty(self, column: str) -> float:
        """Return what a thermometer stated of itself, K; NaN: nothing."""
        if not isinstance(self.run, RecordedTemperatures):
            return math.nan
        return self.run.temperature_uncertainty(column)

    @cached_property
    def _kept(self) -> frozenset[int]:
        return frozenset(
            count
            for count, place in self.places.items()
            if place.once or (place.point == self.point and not place.is_own)
        )

    @cached_property
    def _shift(self) -> Mapping[str, int]:
        shifts = [
            place.shift
            for place in self.places.values()
            if place.point == self.point and not place.is_own
        ]
        return shifts[0] if shifts else {}

    def _mask(self, table: Table) -> Array:
        count = np.asarray(table["step_count"])
        return np.isin(count, np.fromiter(self._kept, np.int64, len(self._kept)))

    def _counted_back(self, rows: dict[str, Array]) -> Table:
        """Return rows with the counters of the protocol's own plan."""
        once = [c for c in self._kept if self.places[c].point != self.point]
        own = ~np.isin(rows["step_count"], np.array(once, dtype=np.int64))
        for name, by in self._shift.items():
            values = rows.get(COLUMNS[name])
            if values is not None:
                counts = own & (values != NOTHING[name])
                rows[COLUMNS[name]] = np.where(counts, values - by, values)
        return rows

    def _before(self, stream: str, at: int) -> int:
        """Return how many rows before row ``at`` of the run are seen here."""
        if stream not in self._own:
            kept = self._mask(self.run.table(stream))
            self._own[stream] = np.concatenate(([0], np.cumsum(kept)))
        own = self._own[stream]
        return int(own[min(at, len(own) - 1)])

    def _seen(self, record: StepRecord) -> StepRecord:
        """Return a step with its own counters, and where its rows begin here."""
        payload: dict[str, Any] = dict(record.payload)
        if self.places[record.step_count].point == self.point:
            for name, by in self._shift.items():
                if payload.get(name, NOTHING[name]) != NOTHING[name]:
                    payload[name] -= by
        first = {name: self._before(name, at) for name, at in record.first_rows.items()}
        return dataclasses.replace(record, payload=payload, first_rows=first)
