"""A window of a long run that is done: from its overview, or from just the rows seen.

The whole of ten million rows comes from the overview that stands in the sealed file;
what is zoomed in on is read from the rows themselves. Nothing is read that is not
shown, so the first plot of a run does not wait for its last row.
"""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.data import Array, Columns
from labctl.thinning.groups import PLANES, WIDTH, grouped, regrouped
from labctl.thinning.pyramid import NARROWEST

TIME = "test_time_second"


class Table(typing.Protocol):
    """A stream whose columns can be read in parts."""

    @property
    def rows(self) -> int:
        """How many there are."""
        ...

    def part(self, name: str, begin: int, end: int) -> Array:
        """Return rows ``begin`` to ``end`` of a column."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedRows:
    """The rows of a stream that do not change any more, and their overview."""

    table: Table
    overview: Mapping[str, Array]
    """Column -> first, min, max of groups of `WIDTH` rows, shape (3, n)."""

    def window(
        self, x: str, ys: Sequence[str], begin: float, end: float, pixels: int
    ) -> Columns:
        """Return what lies between two test times; see `Pyramid.window`.

        KeyError: no such column.
        """
        names = (x, *ys)
        if missing := [name for name in names if name not in self.overview]:
            raise KeyError(missing[0])
        pixels = max(pixels, NARROWEST)
        first, last = self._range(begin, end)
        count = last - first
        if count <= 4 * pixels:
            values = self._read(names, first, last).T
            return Columns(names, values, first, self.table.rows)
        width = 1
        while count / width > 2 * pixels:
            width *= 2
        start, stop = first // width * width, -(-last // width) * width
        groups = self._groups(names, start, min(stop, self.table.rows), width)
        labels = tuple(f"{name}:{plane}" for name in names for plane in PLANES)
        values = groups.transpose(2, 0, 1).reshape(len(labels), -1)
        return Columns(labels, values, start, self.table.rows, width)

    def _groups(self, names: Sequence[str], start: int, stop: int, width: int) -> Array:
        """Return groups of ``width`` rows, shape (3, n, columns)."""
        if width < WIDTH:
            return grouped(self._read(names, start, stop), width)
        part = slice(start // WIDTH, -(-stop // WIDTH))
        groups = np.stack([self.overview[name][:, part] for name in names], axis=2)
        return regrouped(groups, width // WIDTH)

    def _read(self, names: Sequence[str], begin: int, end: int) -> Array:
        """Return rows, shape (n, columns)."""
        known = {n: self.table.part(n, begin, end) for n in dict.fromkeys(names)}
        return np.stack([np.asarray(known[n], float) for n in names], axis=1)

    def _range(self, begin: float, end: float) -> tuple[int, int]:
        """Return rows that hold every one between two test times, which may go back."""
        _, low, high = self.overview[TIME]
        first, last = np.flatnonzero(high >= begin), np.flatnonzero(low <= end)
        if not (len(first) and len(last)):
            return 0, 0
        start, stop = int(first[0]) * WIDTH, int(last[-1]) * WIDTH
        ahead = self.table.part(TIME, start, start + WIDTH)
        behind = self.table.part(TIME, stop, stop + WIDTH)
        start += int(np.flatnonzero(ahead >= begin)[0])
        stop += int(np.flatnonzero(behind <= end)[-1]) + 1
        return start, max(start, stop)
