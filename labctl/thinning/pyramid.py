"""Rows of one stream, and the smallest and largest of ever wider groups of them.

Level 0 is the rows; level k groups ``BASE · FACTOR**(k-1)`` rows, aligned on multiples
of that number, and keeps of every column the first value, the smallest and the
largest. The last group is open: it grows with the rows. A window of any length is so
answered from at most a few thousand groups, and no peak is ever lost. Because groups
follow the order of the rows, loops (a quantity against charge) stay loops.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labctl.data import Array, Columns
from labctl.thinning.groups import grouped, regrouped

BASE = 16
FACTOR = 4
LIVE_ROWS = 16_384
"""Rows of a stream that goes on which are kept as they are, twice as many at most (3 MB
at 12 columns); older ones are in the journal."""
LIVE_GROUPS = 2_048
"""The same for groups of each width (1.2 MB)."""
SMALLEST = 64
"""Points that memory is held for at first."""
LONG, NARROW = 6, 2
"""With its first group of the sixth width, 16,384 rows, a stream is a long one: rows
and two narrowest groups get all their memory then; it grows hardly any more."""
NARROWEST = 2
"""Fewer pixels than that are no window."""


class Kept:
    """The last points of a 2-D array that grows at its end: shape (k, n, columns).

    Points are numbered from the first one that ever came; of old ones the oldest half
    is forgotten when twice ``most`` are there.
    """

    def __init__(self, planes: int, columns: int, most: int | None) -> None:
        self._data = np.empty((planes, SMALLEST, columns))
        self._most = most
        self._length = 0
        self.first = 0
        """Number of the oldest point that is kept."""

    @property
    def end(self) -> int:
        """Number of points that ever came."""
        return self.first + self._length

    def append(self, more: Array) -> None:
        """Add points; ``more`` has shape (planes, m, columns), m at most ``most``."""
        count = more.shape[1]
        if self._most is not None and self._length + count > 2 * self._most:
            spare = self._length - self._most
            self._data[:, : self._most] = self._data[:, spare : self._length].copy()
            self._length, self.first = self._most, self.first + spare
        self._hold(self._length + count)
        self._data[:, self._length : self._length + count] = more
        self._length += count

    def take_room(self) -> None:
        """Hold all the memory that will be needed, at once: it grows no more then."""
        if self._most is not None:
            self._hold(2 * self._most)
            self._data[:, self._length :] = np.nan  # so that it is really there

    def part(self, begin: int, end: int) -> Array:
        """Return kept points ``begin`` to ``end``, shape (planes, m, columns)."""
        low = max(begin - self.first, 0)
        return self._data[:, low : max(min(end - self.first, self._length), low)]

    def _hold(self, need: int) -> None:
        have = self._data.shape[1]
        if need <= have:
            return
        size = max(need, 2 * have)
        if self._most is not None:
            size = min(size, 2 * self._most)
        grown = np.empty((self._data.shape[0], size, self._data.shape[2]))
        grown[:, : self._length] = self._data[:, : self._length]
        self._data = grown

    @property
    def nbytes(self) -> int:
        """Memory in use."""
        return int(self._data.nbytes)


class Pyramid:
    """The rows of one stream; one thread adds, any thread asks."""

    def __init__(
        self,
        columns: Sequence[str],
        time: str = "test_time_second",
        rows: int | None = None,
        groups: int | None = None,
    ) -> None:
        """Begin empty.

        ``rows`` and ``groups`` of each width are kept at least, twice as many at most;
        None keeps all. Of what was forgotten wider groups stay, so no peak is lost.
        """
        self.columns = tuple(columns)
        self._at = {name: k for k, name in enumerate(self.columns)}
        self._time = self._at.get(time)
        self._most = None if rows is None else max(rows // BASE, 1) * BASE
        self._groups_kept = groups
        self._raw = Kept(1, len(self.columns), self._most)
        self._levels: list[Kept] = []
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """Rows taken."""
        return self._raw.end

    @property
    def nbytes(self) -> int:
        """Memory in use."""
        return self._raw.nbytes + sum(level.nbytes for level in self._levels)

    def add(self, batch: Mapping[str, Array]) -> None:
        """Take rows; columns that are not this stream's are left out."""
        block = np.stack([np.asarray(batch[n], float) for n in self.columns], axis=1)
        step = len(block) if self._most is None else self._most // 2 + 1
        with self._lock:
            for at in range(0, len(block), max(step, 1)):
                self._raw.append(block[None, at : at + step])
                self._build()

    def last(self) -> dict[str, float]:
        """Return the last row; empty before the first."""
        with self._lock:
            row = self._raw.part(self.rows - 1, self.rows)[0]
            if not len(row):
                return {}
            return dict(zip(self.columns, row[0].tolist(), strict=True))

    def tail(self, after: int, limit: int) -> tuple[int, Array]:
        """Return the number of the first row after the cursor that is kept, and rows.

        At most ``limit`` rows, shape (n, columns); rows are numbered from 0.
        """
        with self._lock:
            first = min(max(after, self._raw.first), self.rows)
            return first, self._raw.part(first, first + limit)[0].copy()

    def window(
        self,
        x: str,
        ys: Sequence[str],
        begin: float,
        end: float,
        pixels: int,
    ) -> Columns:
        """Return what lies between two test times (s), in about ``pixels`` points.

        At most ``4 · pixels`` rows as they are, else groups of rows; the window is
        widened to whole groups, and to wider ones where narrow ones were forgotten:
        then `Columns.forgotten` says so. KeyError: no such column.
        """
        picked = [self._at[name] for name in (x, *ys)]
        pixels = max(pixels, NARROWEST)
        with self._lock:
            first, last = self._range(begin, end)
            few = last - first <= 4 * pixels or not self._levels
            level = 0 if few else 1
            while (
                level
                and (last - first) / self.width(level) > 2 * pixels
                and level < len(self._levels)
            ):
                level += 1
            wanted = level
            while not self._covers(level, first) and level < len(self._levels):
                level += 1
            if level == 0:
                values = self._raw.part(first, last)[0][:, picked].T.copy()
                return Columns((x, *ys), values, first, self.rows)
            width = self.width(level)
            groups = self._groups(level, first // width, -(-last // width))
            values = (
                groups[:, :, picked]
                .transpose(2, 0, 1)
                .reshape(3 * len(picked), groups.shape[1])
            )
            names = tuple(f"{n}:{k}" for n in (x, *ys) for k in ("first", "min", "max"))
            return Columns(
                names,
                np.ascontiguousarray(values),
                first // width * width,
                self.rows,
                width,
                range(first, last) if level > wanted else range(0),
            )

    @staticmethod
    def width(level: int) -> int:
        """Return how many rows a group of this level has; 0 are the rows themselves."""
        return BASE * int(FACTOR ** (level - 1)) if level else 1

    def _covers(self, level: int, row: int) -> bool:
        """Tell whether everything from ``row`` on is kept at a level."""
        kept = self._raw if not level else self._levels[level - 1]
        return kept.first * self.width(level) <= row

    def _range(self, begin: float, end: float) -> tuple[int, int]:
        """Return rows that hold every one between two test times.

        Wider, by whole groups, where rows went; times may go back in them.
        """
        if self._time is None:
            return self._raw.first, self.rows
        first, last = 0, self.rows
        if begin > -math.inf:
            first = self._edge(lambda _low, high: high >= begin, 0)
        if end < math.inf:
            last = self._edge(lambda low, _high: low <= end, -1)
        return first, max(last, first)

    def _edge(
        self, holds: Callable[[Array, Array], NDArray[np.bool_]], place: int
    ) -> int:
        """Return the begin of the first row that holds, or the end of the last one.

        ``holds`` is given the lowest and highest time of groups, or of rows.
        """
        level = 0
        while level < len(self._levels) and not self._covers(level, 0):
            level += 1
        begin, end = 0, self.rows
        found = 0 if place else self.rows
        while level >= 0:
            width = self.width(level)
            low, high = self._times(level, begin // width, -(-end // width))
            hits = np.flatnonzero(holds(low, high))
            if not len(hits):
                return found
            begin = begin // width * width + int(hits[place]) * width
            end = min(begin + width, self.rows)
            found = end if place else begin
            level -= 1
            if level >= 0 and not self._covers(level, begin):
                return found
        return found

    def _times(self, level: int, begin: int, end: int) -> tuple[Array, Array]:
        """Return lowest and highest time of kept groups, or of rows twice."""
        if not level:
            times = self._raw.part(begin, end)[0, :, self._time]
            return times, times
        kept = self._levels[level - 1]
        low, high = kept.part(begin, end)[1:, :, self._time]
        if end <= kept.end:
            return low, high
        opened = self._open(level)[1:, :, self._time]
        return np.append(low, opened[0]), np.append(high, opened[1])

    def _build(self) -> None:
        """Close every group that is full now."""
        level = 1
        while True:
            if len(self._levels) < level:
                if self.rows < self.width(level):
                    return
                self._levels.append(Kept(3, len(self.columns), self._groups_kept))
                if level == LONG:
                    for kept in (self._raw, *self._levels[:NARROW]):
                        kept.take_room()
            done = self._levels[level - 1]
            wanted = self.rows // self.width(level)
            if wanted > done.end:
                done.append(self._close(level, done.end, wanted))
            level += 1

    def _close(self, level: int, begin: int, end: int) -> Array:
        """Return groups ``begin`` to ``end`` of a level, all of them full."""
        if level == 1:
            return grouped(self._raw.part(begin * BASE, end * BASE)[0], BASE)
        return regrouped(
            self._levels[level - 2].part(begin * FACTOR, end * FACTOR), FACTOR
        )

    def _groups(self, level: int, begin: int, end: int) -> Array:
        """Return groups of a level, the open one included; shape (3, n, columns)."""
        full = self._levels[level - 1].end if level <= len(self._levels) else 0
        parts = [self._levels[level - 1].part(begin, end)] if full else []
        if end > full:
            parts.append(self._open(level))
        if not parts:
            return np.empty((3, 0, len(self.columns)))
        return np.concatenate(parts, axis=1)

    def _open(self, level: int) -> Array:
        """Return the group of a level that still grows; shape (3, 0 or 1, columns)."""
        width = self.width(level)
        start = self.rows // width * width
        if start == self.rows:
            return np.empty((3, 0, len(self.columns)))
        pieces = []
        at = start
        for lower in range(level - 1, 0, -1):
            step = self.width(lower)
            until = self.rows // step * step
            if until > at:
                pieces.append(self._levels[lower - 1].part(at // step, until // step))
                at = until
        if self.rows > at:
            rows = self._raw.part(at, self.rows)[0]
            pieces.append(np.stack([rows, rows, rows]))
        groups = np.concatenate(pieces, axis=1)
        return regrouped(groups, groups.shape[1])
