"""Rows of one stream, and the smallest and largest of ever wider groups of them.

Level 0 is the rows; level k groups ``BASE · FACTOR**(k-1)`` rows, aligned on multiples
of that number, and keeps of every column the first value, the smallest and the
largest. The last group is open: it grows with the rows. A window of any length is so
answered from at most a few thousand groups, and no peak is ever lost. Because groups
follow the order of the rows, loops (a quantity against charge) stay loops.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.data import Array
from labctl.store.overview import grouped, regrouped

BASE = 16
FACTOR = 4
RAW_ROWS = 250_000
"""Rows kept as they are; of older ones only the groups stay (24 MB at 12 columns)."""
NARROWEST = 2
"""Fewer pixels than that are no window."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a stream, thin enough to draw."""

    rows_per_point: int
    """1: the rows themselves; else the size of a group."""
    first_row: int
    """Number of the first row that is in it."""
    rows: int
    """Rows of the stream when it was answered."""
    columns: tuple[str, ...]
    """Rows of `values`: ``x``, ``y`` for rows; ``x:first``, ``x:min``, … for groups."""
    values: Array
    """Shape (len(columns), n), float64."""


class Growing:
    """A 2-D array that grows at its end: shape (k, n, columns)."""

    def __init__(self, planes: int, columns: int) -> None:
        self._data = np.empty((planes, 1024, columns))
        self.length = 0

    def append(self, more: Array) -> None:
        """Add points; ``more`` has shape (planes, m, columns)."""
        need = self.length + more.shape[1]
        if need > self._data.shape[1]:
            size = max(need, 2 * self._data.shape[1])
            grown = np.empty((self._data.shape[0], size, self._data.shape[2]))
            grown[:, : self.length] = self._data[:, : self.length]
            self._data = grown
        self._data[:, self.length : need] = more
        self.length = need

    def drop(self, count: int) -> None:
        """Forget the first ``count`` points."""
        self._data = self._data[:, count:].copy()
        self.length -= count

    def part(self, begin: int, end: int) -> Array:
        """Return points ``begin`` to ``end``, shape (planes, m, columns)."""
        return self._data[:, begin : min(end, self.length)]

    @property
    def nbytes(self) -> int:
        """Memory in use."""
        return int(self._data.nbytes)


class Pyramid:
    """The rows of one stream; one thread adds, any thread asks."""

    def __init__(self, columns: Sequence[str], time: str = "test_time_second") -> None:
        self.columns = tuple(columns)
        self._at = {name: k for k, name in enumerate(self.columns)}
        self._time = self._at.get(time)
        self._raw = Growing(1, len(self.columns))
        self._dropped = 0
        """Rows that are no longer kept as they are."""
        self._levels: list[Growing] = []
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """Rows taken."""
        return self._dropped + self._raw.length

    @property
    def nbytes(self) -> int:
        """Memory in use."""
        return self._raw.nbytes + sum(level.nbytes for level in self._levels)

    def add(self, batch: Mapping[str, Array]) -> None:
        """Take rows; columns that are not this stream's are left out."""
        block = np.stack([np.asarray(batch[n], float) for n in self.columns], axis=1)
        with self._lock:
            self._raw.append(block[None])
            self._build()
            if self._raw.length > 2 * RAW_ROWS:
                spare = (self._raw.length - RAW_ROWS) // BASE * BASE
                self._raw.drop(spare)
                self._dropped += spare

    def last(self) -> dict[str, float]:
        """Return the last row; empty before the first."""
        with self._lock:
            if not self._raw.length:
                return {}
            row = self._raw.part(self._raw.length - 1, self._raw.length)[0, 0]
            return dict(zip(self.columns, row.tolist(), strict=True))

    def tail(self, after: int, limit: int) -> tuple[int, Array]:
        """Return the number of the first row after the cursor that is kept, and rows.

        At most ``limit`` rows, shape (n, columns); rows are numbered from 0.
        """
        with self._lock:
            first = min(max(after, self._dropped), self.rows)
            begin = first - self._dropped
            return first, self._raw.part(begin, begin + limit)[0].copy()

    def window(
        self,
        x: str,
        ys: Sequence[str],
        begin: float,
        end: float,
        pixels: int,
    ) -> Window:
        """Return what lies between two test times (s), in about ``pixels`` points.

        At most ``4 · pixels`` rows as they are, else groups of rows; the window is
        widened to whole groups. KeyError: no such column.
        """
        picked = [self._at[name] for name in (x, *ys)]
        pixels = max(pixels, NARROWEST)
        with self._lock:
            first, last = self._range(begin, end)
            level = 0
            if last - first > 4 * pixels or first < self._dropped:
                level = 1
                while (last - first) / self.width(level) > 2 * pixels and level < len(
                    self._levels
                ):
                    level += 1
            if level == 0:
                rows = self._raw.part(first - self._dropped, last - self._dropped)
                return Window(
                    1, first, self.rows, (x, *ys), rows[0][:, picked].T.copy()
                )
            width = self.width(level)
            groups = self._groups(level, first // width, -(-last // width))
            values = (
                groups[:, :, picked].transpose(2, 0, 1).reshape(-1, groups.shape[1])
            )
            names = tuple(f"{n}:{k}" for n in (x, *ys) for k in ("first", "min", "max"))
            start = first // width * width
            return Window(width, start, self.rows, names, np.ascontiguousarray(values))

    @staticmethod
    def width(level: int) -> int:
        """Return how many rows a group of this level has."""
        return BASE * int(FACTOR ** (level - 1))

    def _range(self, begin: float, end: float) -> tuple[int, int]:
        """Return the rows between two test times; also from groups, once rows went."""
        if self._time is None:
            return self._dropped, self.rows
        time = self._raw.part(0, self._raw.length)[0, :, self._time]
        first = self._dropped + int(np.searchsorted(time, begin, "left"))
        last = self._dropped + int(np.searchsorted(time, end, "right"))
        if self._dropped and self._levels:
            old = self._dropped // BASE
            starts = self._levels[0].part(0, old)[0, :, self._time]
            if first == self._dropped:
                earlier = int(np.searchsorted(starts, begin, "right")) - 1
                first = max(earlier, 0) * BASE
            if last == self._dropped:
                last = int(np.searchsorted(starts, end, "right")) * BASE
        return first, max(last, first)

    def _build(self) -> None:
        """Close every group that is full now."""
        level = 1
        while True:
            if len(self._levels) < level:
                if self.rows < self.width(level):
                    return
                self._levels.append(Growing(3, len(self.columns)))
            done = self._levels[level - 1]
            wanted = self.rows // self.width(level)
            if wanted > done.length:
                done.append(self._close(level, done.length, wanted))
            level += 1

    def _close(self, level: int, begin: int, end: int) -> Array:
        """Return groups ``begin`` to ``end`` of a level, all of them full."""
        if level == 1:
            rows = self._raw.part(
                begin * BASE - self._dropped, end * BASE - self._dropped
            )[0]
            return grouped(rows, BASE)
        return regrouped(
            self._levels[level - 2].part(begin * FACTOR, end * FACTOR), FACTOR
        )

    def _groups(self, level: int, begin: int, end: int) -> Array:
        """Return groups of a level, the open one included; shape (3, n, columns)."""
        full = self._levels[level - 1].length if level <= len(self._levels) else 0
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
            rows = self._raw.part(at - self._dropped, self._raw.length)[0]
            pieces.append(np.stack([rows, rows, rows]))
        groups = np.concatenate(pieces, axis=1)
        return regrouped(groups, groups.shape[1])
