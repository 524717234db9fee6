"""The time that a current can have flowed: without what lies between two uploads."""

from collections.abc import Mapping

import numpy as np

from labctl.data import Array

COLUMNS = ("test_time_second", "instrument_time_second", "step_count")
"""What it is made of."""


class RunningTime:
    """Tells the running time of rows that arrive block by block.

    From the last row of one upload to the start of the next no current flowed, so
    that interval must carry no charge; the first row of an upload stands as far
    behind its start as the instrument says.
    """

    def __init__(self) -> None:
        self._time, self._own, self._step = 0.0, -np.inf, -1
        """Of the last row."""
        self._lost = 0.0
        self._begun = False
        """Whether the first upload has begun."""

    def of(self, rows: Mapping[str, Array]) -> Array:
        """Return the running time of the next rows in s, shape (n,)."""
        time = np.array(rows["test_time_second"], dtype=np.float64)
        own, step = (np.asarray(rows[name]) for name in COLUMNS[1:])
        if not len(time):
            return time
        fresh = np.diff(step, prepend=self._step) != 0
        fresh |= np.diff(own, prepend=self._own) < 0
        at = np.flatnonzero(fresh)
        if len(at) and not self._begun:
            at, self._begun = at[1:], True
        lost = np.zeros(len(time) + 1)
        before = np.append(self._time, time)
        lost[0] = self._lost
        lost[at + 1] = np.maximum(time[at] - before[at] - own[at], 0.0)
        total = np.cumsum(lost)[1:]
        self._time, self._own, self._step = float(time[-1]), float(own[-1]), step[-1]
        self._lost = float(total[-1])
        return time - total


def running_time(table: Mapping[str, Array]) -> Array:
    """Return the rows' time in s without what passed between two uploads."""
    return RunningTime().of(table)
