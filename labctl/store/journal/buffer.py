"""Rows of one stream on their way to the journal, checked and column by column."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from labctl.data import Array, Batch, Stream
from labctl.errors import StoreError
from labctl.store.journal.schema import DTYPES

LOOSE = 256
"""Batches that wait as they came; more are joined, so that a row costs its bytes."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one stream as they go to the disk."""

    stream: int
    """Place of the stream in the header."""
    first: int
    """Number of the first row."""
    count: int
    blob: bytes
    """See `labctl.store.journal.schema`."""


class RowBuffer:
    """Holds the rows since the last commit as the bytes that go to the disk."""

    def __init__(self, stream: Stream, number: int, rows: int) -> None:
        self.stream = stream
        self.number = number
        """Place of the stream in the header."""
        self.stored = rows
        """Rows handed over; number of the first row in this buffer."""
        self.pending = 0
        """Rows in this buffer."""
        self._names = frozenset(column.name for column in stream.columns)
        self._types = [(each.name, DTYPES[each.dtype]) for each in stream.columns]
        self._joined: list[tuple[bytes, ...]] = []
        self._loose: list[list[bytes]] = []

    @property
    def nbytes(self) -> int:
        """Bytes that wait."""
        return self.pending * 8 * len(self._types)

    def add(self, batch: Batch) -> None:
        """Take the rows of ``batch``, all of them or none.

        StoreError: other columns than the stream's, unequal lengths, wrong type.
        """
        columns = batch.columns
        if columns.keys() != self._names:
            raise StoreError(self._difference(batch))
        count = len(batch)
        shape = (count,)
        taken = []
        for name, dtype in self._types:
            values = columns[name]
            if (
                type(values) is not np.ndarray
                or values.dtype is not dtype
                or values.shape != shape
            ):
                values = self._checked(name, values, count, dtype)
            taken.append(values.tobytes())
        self._loose.append(taken)
        self.pending += count
        if len(self._loose) >= LOOSE:
            self._joined.append(tuple(map(b"".join, zip(*self._loose, strict=True))))
            self._loose = []

    def take(self) -> "Rows":
        """Hand over what waits; the buffer is empty afterwards."""
        columns = zip(*self._joined, *self._loose, strict=True)
        blob = b"".join(chain.from_iterable(columns))
        rows = Rows(self.number, self.stored, self.pending, blob)
        self.stored += self.pending
        self.pending = 0
        self._joined, self._loose = [], []
        return rows

    def _checked(
        self, name: str, given: Any, count: int, dtype: "np.dtype[Any]"
    ) -> Array:
        """Return a column as its type; StoreError: it would not be the same numbers."""
        values = np.asarray(given)
        if values.shape != (count,):
            raise StoreError(
                f"{self.stream.name}: {name} has shape {values.shape}, "
                f"the batch has {count} rows; give every column one value a row"
            )
        kind = values.dtype.kind
        if kind == "i" or (kind in "fub" and dtype.kind == "f"):
            return values.astype(dtype)
        with np.errstate(invalid="ignore"):  # NaN has no whole number
            fits = kind in "fub" and np.array_equal(values, values.astype(dtype))
        if not fits:
            raise StoreError(
                f"{self.stream.name}: {name} got {values[:3]} ({values.dtype}), "
                "not numbers of its type; a missing whole number is −1"
            )
        return values.astype(dtype)

    def _difference(self, batch: Batch) -> str:
        missing = sorted(self._names - batch.columns.keys())
        more = sorted(batch.columns.keys() - self._names)
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"has {', '.join(more)} too many"] if more else []
        return f"{self.stream.name}: a batch {' and '.join(parts)}"
