"""First, smallest and largest of every 1024 rows: a long run can be seen at once.

Kept in the sealed file of streams that are long enough to need it. It follows from the
rows and holds nothing that they do not.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from labctl.data import Array

WIDTH = 1024
"""Rows of a group; the last group of a stream may be shorter."""
LEAST = 128 * WIDTH
"""Streams with fewer rows are read whole in no time and have no overview."""
PLANES = ("first", "min", "max")


def grouped(rows: Array, width: int) -> Array:
    """Return first, smallest and largest of groups of rows, NaN left out.

    ``rows`` has shape (n, columns), the answer (3, ⌈n / width⌉, columns).
    """
    full = len(rows) // width * width
    cut = rows[:full].reshape(-1, width, rows.shape[1])
    groups = np.stack([cut[:, 0], np.fmin.reduce(cut, 1), np.fmax.reduce(cut, 1)])
    if full == len(rows):
        return groups
    rest = rows[full:]
    last = np.stack([rest[0], np.fmin.reduce(rest, 0), np.fmax.reduce(rest, 0)])
    return np.concatenate([groups, last[:, None]], axis=1)


def regrouped(groups: Array, factor: int) -> Array:
    """Join every ``factor`` groups, the last ones as many as are left.

    Both have shape (3, n, columns).
    """
    first, low, high = (grouped(plane, factor) for plane in groups)
    return np.stack([first[0], low[1], high[2]])


class Overview:
    """Groups rows as they are written, block by block."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = tuple(columns)
        self.rows = 0
        self._done: list[Array] = []
        self._open = np.empty((0, len(self.columns)))

    def add(self, block: Mapping[str, Array]) -> None:
        """Take the rows that follow those taken before."""
        more = np.stack([np.asarray(block[n], float) for n in self.columns], axis=1)
        self.rows += len(more)
        rows = np.concatenate([self._open, more])
        full = len(rows) // WIDTH * WIDTH
        if full:
            self._done.append(grouped(rows[:full], WIDTH))
        self._open = rows[full:]

    def groups(self) -> Array:
        """Return all groups, shape (3, n, columns), the last one as far as it came."""
        parts = list(self._done)
        if len(self._open):
            parts.append(grouped(self._open, WIDTH))
        if not parts:
            return np.empty((3, 0, len(self.columns)))
        return np.concatenate(parts, axis=1)
