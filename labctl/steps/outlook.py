"""For how long nothing is to be expected of a channel, by what its rows say so far.

A look that could not show anything but more rows may be left out where time is virtual
(`labctl.clock.Clock.idle`); on a bench every look is taken. So this decides how fast a
simulation goes, never what a run does: where it is wrong, something is seen a few looks
later than it could have been.
"""

import itertools
import math

import numpy as np

from labctl import columns
from labctl.data import Array, Batch
from labctl.limits import ANYTHING, Envelope
from labctl.roles.potentiostat import Poll

TWICE_AS_FAST = 0.5
"""Of the time that a quantity needs as fast as it went last: it may speed up."""
LONGER = 2.0
"""Times the pause before the last look: what is new is looked at often."""
SAME_LOOK = 1e-4
"""Of a look: what rounding may put a pause short of a whole number of them."""
ON_TIME = 0.999
"""Of a pause: rounding may shorten one that was not ended by news."""
MOST_ROWS = 256
"""Rows between two looks; the smallest memory holds some thousands."""


class Trend:
    """How fast one quantity went between the last rows."""

    def __init__(self) -> None:
        self._time = self._value = math.nan
        self._fastest = math.nan
        """Per s, either way, between two rows of the last block."""

    def take(self, times: Array, values: Array) -> None:
        """Take the next rows, shape (n,), n >= 1; ``times`` in s."""
        t = np.concatenate(([self._time], times))
        x = np.concatenate(([self._value], values))
        if math.isnan(self._time):
            t, x = t[1:], x[1:]
        self._time, self._value = float(t[-1]), float(x[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            speeds = np.abs(np.diff(x)) / np.diff(t)
        self._fastest = float(np.max(speeds)) if len(speeds) else math.nan

    def soonest(self, bound: float) -> float:
        """Return in how many s it may be at ``bound``, should it go twice as fast.

        0: at any moment, for nobody knows how fast it goes. Infinity: it stands still.
        """
        way = abs(bound - self._value)
        if math.isnan(self._fastest) or math.isnan(way):
            return 0.0
        if self._fastest == 0.0:
            return math.inf
        return TWICE_AS_FAST * way / self._fastest


class Outlook:
    """Follows the polls of one upload."""

    def __init__(self, envelope: Envelope) -> None:
        """Watch the bounds of a run."""
        self._bounds = {
            name: _finite(
                envelope.bounds.get(name, ANYTHING), envelope.soft.get(name, ANYTHING)
            )
            for name in envelope.columns
        }
        self._trends = {name: Trend() for name in self._bounds}
        self._pause = 0.0
        """s before the last poll; 0: it showed something new."""
        self._technique = -1
        self._begun = self._now = math.nan
        """Instrument's time of the technique's first row, and of the last poll, s."""

    def polled(self, poll: Poll, pause: float, expected: float) -> None:
        """Take a poll ``pause`` s after the last; ``expected`` is what was asked for.

        Earlier than that there was news. As long as an overload is shown, every look
        counts.
        """
        overloaded = any(_is_overloaded(batch) for batch in poll.batches)
        for batch in poll.batches:
            time = batch.columns[columns.INSTRUMENT_TIME.name]
            for name, trend in self._trends.items():
                if name in batch.columns:
                    trend.take(time, batch.columns[name])
        is_news = pause < ON_TIME * expected or poll.technique != self._technique
        if poll.technique != self._technique:
            self._begun = _begun(poll)
        self._technique = poll.technique
        self._now = poll.live.get(columns.INSTRUMENT_TIME.name, math.nan)
        self._pause = 0.0 if is_news or overloaded else pause

    def quiet(
        self, period: float, rows_every: float, duration: float = math.inf
    ) -> float:
        """Return for how many s nothing is to be expected: whole looks, one at least.

        ``period`` is the time between two looks, ``rows_every`` between two rows, s.
        The last look before the technique ends by its own ``duration`` (s) is taken:
        what a channel says of its range and its overload, it says of the moment.
        """
        left = self._begun + duration - self._now
        bounds = (
            trend.soonest(bound)
            for name, trend in self._trends.items()
            for bound in self._bounds[name]
        )
        quiet = min(LONGER * self._pause, MOST_ROWS * rows_every, *bounds)
        quiet = quiet if math.isnan(left) else min(quiet, ON_TIME * left)
        return max(1, math.floor(quiet / period + SAME_LOOK)) * period


def _finite(*ranges: tuple[float, float]) -> tuple[float, ...]:
    return tuple(filter(math.isfinite, itertools.chain(*ranges)))


def _begun(poll: Poll) -> float:
    """Return the instrument's time of the first row of the technique in flight, s."""
    for batch in poll.batches:
        index = batch.columns.get(columns.TECHNIQUE_INDEX.name)
        if index is None:
            continue
        mine = np.flatnonzero(index == poll.technique)
        if len(mine):
            return float(batch.columns[columns.INSTRUMENT_TIME.name][mine[0]])
    return math.nan


def _is_overloaded(batch: Batch) -> bool:
    flags = batch.columns.get(columns.OVERLOAD.name)
    return flags is not None and bool(flags[-1] > 0)
