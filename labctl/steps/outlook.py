"""What is to be expected of a channel, by what its rows say so far.

A look that could not show anything but more rows may be left out where time is virtual
(`labctl.clock.Clock.idle`); on a bench every look is taken. So this decides how fast a
simulation goes, never what a run does: a reading that leaves what was expected brings
the next look.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from labctl import columns
from labctl.clock import EVERY_LOOK, Quiet
from labctl.data import Array, Batch
from labctl.limits import ANYTHING, Envelope
from labctl.roles.potentiostat import Poll

TWICE_AS_FAST = 0.5
"""Of the time that a quantity needs as fast as it went last: it may speed up."""
FORESEEN = frozenset({columns.VOLTAGE.name, columns.CURRENT.name})
"""Columns in which a simulated instrument can tell a reading that is news."""
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
        """Return how many s after the last row it may be at ``bound``, twice as fast.

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
        self._bounds = {name: _finite(envelope, name) for name in envelope.columns}
        self._last: dict[str, float] = {}
        """The last reading of each bounded quantity that the channel measures."""
        self._pause = 0.0
        """s before the last poll; 0: it showed something new."""
        self._technique = -1
        self._begun = math.nan
        """Instrument's time of the technique's first row, s."""
        self.now = math.nan
        """Instrument's time of the last poll, s; NaN where it did not say."""

    def polled(self, poll: Poll, pause: float, expected: float) -> None:
        """Take a poll ``pause`` s after the last; ``expected`` is what was asked for.

        Earlier than that there was news. As long as an overload is shown, every look
        counts.
        """
        overloaded = any(_is_overloaded(batch) for batch in poll.batches)
        for batch in poll.batches:
            for name in self._bounds.keys() & batch.columns.keys():
                self._last[name] = float(batch.columns[name][-1])
        for name in self._bounds.keys() & poll.live.keys():
            self._last[name] = poll.live[name]
        is_news = pause < ON_TIME * expected or poll.technique != self._technique
        if poll.technique != self._technique:
            self._begun = _begun(poll)
        self._technique = poll.technique
        self.now = poll.live.get(columns.INSTRUMENT_TIME.name, math.nan)
        self._pause = 0.0 if is_news or overloaded else pause

    def quiet(self, rows_every: float, duration: float = math.inf) -> Quiet:
        """Return what is to be expected now.

        ``rows_every`` is the time between two rows, s. The last look before the
        technique ends by its own ``duration`` (s) is taken: what a channel says of its
        range and its overload, it says of the moment.
        """
        if self._last.keys() != self._bounds.keys() & FORESEEN:
            return EVERY_LOOK  # not read yet, or what nobody foresees
        left = self._begun + duration - self.now
        seconds = min(LONGER * self._pause, MOST_ROWS * rows_every)
        seconds = seconds if math.isnan(left) else min(seconds, ON_TIME * left)
        within = {k: half_way(x, self._bounds[k]) for k, x in self._last.items()}
        return Quiet(seconds, within)


def in_looks(quiet: Quiet, period: float) -> Quiet:
    """Return ``quiet`` for whole looks every ``period`` s, one at least."""
    looks = max(1, math.floor(quiet.seconds / period + SAME_LOOK))
    return replace(quiet, seconds=looks * period)


def half_way(value: float, bounds: Iterable[float]) -> tuple[float, float]:
    """Return a range around ``value`` that ends half way to the bounds next to it.

    Noise is far from a bound that is looked at there; the way to it is halved again
    and again. NaN is in no range.
    """
    inner = [0.5 * (value + bound) for bound in bounds]
    low = max((x for x in inner if not x > value), default=-math.inf)
    high = min((x for x in inner if not x < value), default=math.inf)
    return low, high


def _finite(envelope: Envelope, name: str) -> tuple[float, ...]:
    ranges = (
        bounds.get(name, ANYTHING)
        for bounds in (envelope.bounds, envelope.soft, envelope.eased)
    )
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
