"""One test that was submitted to BTS Server: what it is recognised by, how far it is.

The barcode is ours alone: drawn anew for each upload and kept in the token, so a test
is found again after any crash, and nobody else's is taken for it. Rows are numbered by
the server; whoever attaches reads them from the first on, and gets the same times.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivers.neware.answers import Row
from drivers.submitted.moments import Moments
from labctl import columns
from labctl.data import Array, Batch
from labctl.techniques import Technique

DRIVER = "neware-bts"
PREFIX = "labctl-"
"""Of a barcode, so that people at BTS Client see whose test it is."""
START_GRACE = 10.0
"""s in which a started channel may still show the test before."""


@dataclass(slots=True)
class SubmittedTest:
    """One upload, written, started or found again."""

    token: Mapping[str, Any]
    techniques: tuple[Technique, ...] = ()
    """Those of this upload; empty where it was only recognised."""
    file: str = ""
    """Step file as the server's PC calls it; empty where it was found running."""
    started: float = -math.inf
    """s of the clock; when it was started."""
    seen: bool = False
    """Whether the server was seen with it."""
    fetched: int = 0
    """Number of the last row that was read."""
    technique: int = 0
    """Index of the technique in flight, of the whole plan."""
    _offset: float = 0.0
    """s since the test began at which the step in flight began."""
    _step: tuple[int, int] = (0, 0)
    """Step and cycle of the last row."""
    _step_time: float = 0.0
    _moments: Moments = field(default_factory=Moments)

    @property
    def barcode(self) -> str:
        """What the server shows for it."""
        return str(self.token["barcode"])

    @property
    def skipped(self) -> int:
        """Techniques that were left out of this upload."""
        return int(self.token["skipped"])

    @property
    def zero(self) -> float:
        """Instrument's time at which this upload began, s; more than 0 after a skip."""
        return float(self.token["zero"])

    @property
    def limited(self) -> bool:
        """Whether its protection is known to hold."""
        return bool(self.token.get("limited", False))

    def index_of(self, step: int) -> int:
        """Return the plan's index of a step of the file, counted from 1."""
        return max(step - 1, 0) + self.skipped

    def take(self, rows: Sequence[Row]) -> Batch | None:
        """Return new rows as a batch; None if there are none."""
        if not rows:
            return None
        times = [self._time_of(row) for row in rows]
        self.fetched = rows[-1].number
        self.technique = self.index_of(rows[-1].step)
        current = _floats(row.current for row in rows)
        passed = _floats(row.capacity for row in rows)
        return Batch(
            columns.TIMESERIES.name,
            {
                columns.INSTRUMENT_TIME.name: np.array(times),
                columns.TECHNIQUE_INDEX.name: np.array(
                    [self.index_of(row.step) for row in rows], dtype=np.int64
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


def make_token(
    channel: str, devtype: int, count: int, *, skipped: int, zero: float, limited: bool
) -> dict[str, Any]:
    """Return what an upload is recognised by; its barcode is new."""
    return {
        "driver": DRIVER,
        "channel": channel,
        "devtype": devtype,
        "barcode": PREFIX + uuid.uuid4().hex[:16],
        "count": count,
        "skipped": skipped,
        "zero": zero,
        "limited": limited,
    }


def _floats(values: Any) -> Array:
    return np.array(list(values), dtype=np.float64)
