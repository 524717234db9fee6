"""The rows of one test, as the server numbers them, made into batches.

Rows are read from the first one on by whoever attaches, and get the same times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivers.neware.answers import Row
from drivers.submitted.moments import Moments
from labctl import columns
from labctl.data import Array, Batch


@dataclass(slots=True)
class RowReader:
    """How far the rows of one test were read."""

    name: str
    """Barcode of the test."""
    skipped: int = 0
    """Techniques of the plan that stand before its first step."""
    zero: float = 0.0
    """Instrument's time at which it began, s."""
    fetched: int = 0
    """Number of the last row that was read."""
    _offset: float = 0.0
    """s since the test began at which the step in flight began."""
    _step: tuple[int, int] = (0, 0)
    """Step and cycle of the last row."""
    _step_time: float = 0.0
    _moments: Moments = field(default_factory=Moments)

    def take(self, rows: Sequence[Row]) -> Batch:
        """Return new rows as a batch; there must be some."""
        times = [self._time_of(row) for row in rows]
        current = _floats(row.current for row in rows)
        passed = _floats(row.capacity for row in rows)
        return Batch(
            columns.TIMESERIES.name,
            {
                columns.INSTRUMENT_TIME.name: np.array(times),
                columns.TECHNIQUE_INDEX.name: np.array(
                    [index_of(row.step, self.skipped) for row in rows], dtype=np.int64
                ),
                columns.VOLTAGE.name: _floats(row.voltage for row in rows),
                columns.CURRENT.name: current,
                columns.INSTRUMENT_CHARGE.name: np.copysign(passed, current),
                columns.INSTRUMENT_CYCLE.name: np.array(
                    [row.cycle for row in rows], dtype=np.int64
                ),
            },
        )

    def _time_of(self, row: Row) -> float:
        """Return s since the start: a row tells its step's time alone.

        A step begins where the last row of the step before stands.
        """
        step = (row.step, row.cycle)
        if self.fetched and (step != self._step or row.step_time < self._step_time):
            self._offset += self._step_time
        self._step, self._step_time = step, row.step_time
        self.fetched = row.number
        return self._moments.next(self.zero + self._offset + row.step_time)


def index_of(step: int, skipped: int) -> int:
    """Return the plan's index of a step of the file, counted from 1."""
    return max(step - 1, 0) + skipped


def _floats(values: Iterable[float]) -> Array:
    return np.array(list(values), dtype=np.float64)
