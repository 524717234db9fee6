"""How warm it was when a row was read: the readings of a run's own thermometers.

The engine reads the thermometers beside whatever goes on and writes the last reading
into each row; a step finds the readings under the role `THERMOMETERS`. A row that
lies before the first reading, or longer than `STALE` intervals behind the last, has
none: unknown is NaN. Where the run itself is looked at more rarely than that (a reading
that takes a minute, a simulated bench in a thousandfold time), its looks count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from labctl.data import Array, Batch

THERMOMETERS = "thermometers"
"""The role under which a step finds them."""
STALE = 3.0
"""Intervals between two readings after which the last one says nothing any more."""
LOOKS = 3.0
"""The same in looks at the run, where these are rarer."""
SOONER = 0.9
"""Of its pace: so much of it lasts from one look to the next, for a load comes and
goes."""
KEPT = 256
"""Readings kept of each; rows of one poll are no older."""
AHEAD = 2.0
"""s; a reading may lie so far behind a row and still be the one beside it: a step's
clock starts before what is beside it is read."""


@dataclass(slots=True)
class Readings:
    """What one thermometer said, newest last."""

    every: float
    """s between two readings."""
    times: list[float] = field(default_factory=list)
    """Test time, s."""
    celsius: list[float] = field(default_factory=list)
    """°C."""

    def take(self, celsius: float, time: float) -> None:
        """Keep a reading of ``time`` (test time, s).

        Where the run's time was set back, to that of a record that begins later, the
        earlier readings have no place in it.
        """
        if self.times and time < self.times[-1] - AHEAD:
            self.times.clear()
            self.celsius.clear()
        self.times.append(time)
        self.celsius.append(celsius)
        if len(self.times) > 2 * KEPT:
            del self.times[:-KEPT], self.celsius[:-KEPT]

    def at(self, times: Array, pace: float = 0.0) -> Array:
        """Return °C at ``times`` (test time, s), same shape; NaN where it is unknown.

        ``pace``: s between two looks at the run.

        >>> readings = Readings(10.0, [0.0, 10.0], [25.0, 26.0])
        >>> readings.at(np.array([-1.0, 3.0, 39.0, 41.0]))
        array([nan, 25., 26., nan])
        """
        if not self.times:
            return np.full(len(times), np.nan)
        own = np.array(self.times)
        before = np.searchsorted(own, times + AHEAD, side="right") - 1
        age = times - own[before]
        oldest = max(STALE * self.every, LOOKS * pace)
        known = (before >= 0) & (age <= oldest)
        return np.where(known, np.array(self.celsius)[before], np.nan)

    def latest(self, time: float) -> float:
        """Return °C at ``time`` (test time, s); NaN where it is unknown."""
        if not self.times or time - self.times[-1] > STALE * self.every:
            return float("nan")
        return self.celsius[-1]


@dataclass(slots=True)
class Temperatures:
    """Everything that a run's own thermometers measure: column -> readings."""

    readings: dict[str, Readings] = field(default_factory=dict)
    now: float = 0.0
    """Test time of the last look, s."""
    pace: float = 0.0
    """s between two looks at the run, of late."""

    @property
    def measured(self) -> frozenset[str]:
        """The columns that are measured."""
        return frozenset(self.readings)

    def look(self, time: float) -> None:
        """Note a look at the run at ``time`` (test time, s)."""
        self.pace, self.now = max(time - self.now, SOONER * self.pace), time

    def take(self, values: Mapping[str, float], time: float) -> None:
        """Keep readings of ``time`` (test time, s): column -> °C."""
        for column, celsius in values.items():
            self.readings[column].take(celsius, time)

    def latest(self, column: str) -> float:
        """Return the present reading, °C; NaN: unknown, or nobody measures it."""
        readings = self.readings.get(column)
        return float("nan") if readings is None else readings.latest(self.now)

    def joined(self, rows: Batch, times: Array) -> Batch:
        """Return rows with the temperatures at ``times``; what they have stays.

        An instrument that measures a temperature itself is right about it; where its
        sensor says nothing, the thermometer does.
        """
        if not self.readings:
            return rows
        more = {}
        for column, readings in self.readings.items():
            ours, theirs = readings.at(times, self.pace), rows.columns.get(column)
            more[column] = (
                ours if theirs is None else np.where(np.isfinite(theirs), theirs, ours)
            )
        return rows.with_columns(more)
