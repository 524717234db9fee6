"""Rows of one stream on their way to the journal, checked and column by column."""

from dataclasses import dataclass

import numpy as np

from labctl.data import Array, Batch, Stream
from labctl.errors import StoreError

INITIAL_ROWS = 256


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
    """Grows with the rows since the last commit; keeps its memory for the next."""

    def __init__(self, stream: Stream, number: int, rows: int) -> None:
        self.stream = stream
        self.number = number
        """Place of the stream in the header."""
        self.stored = rows
        """Rows handed over; number of the first row in this buffer."""
        self.pending = 0
        """Rows in this buffer."""
        self._names = frozenset(column.name for column in stream.columns)
        self._allocate(INITIAL_ROWS)

    @property
    def nbytes(self) -> int:
        """Bytes that wait."""
        return self.pending * 8 * len(self.stream.columns)

    def add(self, batch: Batch) -> None:
        """Take the rows of ``batch``, all of them or none.

        StoreError: other columns than the stream's, unequal lengths, wrong type.
        """
        columns = batch.columns
        if columns.keys() != self._names:
            raise StoreError(self._difference(batch))
        count = len(batch)
        end = self.pending + count
        if end > self._floats.shape[1]:
            self._grow(end)
        for name, target in self._targets:
            self._check(name, np.asarray(columns[name]), count, target is not None)
        start = self.pending
        for i, (name, target) in enumerate(self._targets):
            row = self._floats[i] if target is None else target
            row[start:end] = columns[name]
        self.pending = end

    def columns(self) -> Array:
        """Return what waits, shape (columns, rows), 8 bytes a value."""
        return self._floats[:, : self.pending]

    def take(self) -> "Rows":
        """Hand over what waits; the buffer is empty afterwards."""
        rows = Rows(self.number, self.stored, self.pending, self.columns().tobytes())
        self.stored += self.pending
        self.pending = 0
        if self._floats.shape[1] > 64 * INITIAL_ROWS:
            self._allocate(INITIAL_ROWS)
        return rows

    def _allocate(self, rows: int) -> None:
        self._floats = np.empty((len(self.stream.columns), rows), "<f8")
        integers = self._floats.view("<i8")
        self._targets = [
            (column.name, integers[i] if column.dtype == "i8" else None)
            for i, column in enumerate(self.stream.columns)
        ]

    def _grow(self, rows: int) -> None:
        old = self.columns()
        self._allocate(max(rows, 2 * self._floats.shape[1]))
        self._floats.view("<i8")[:, : self.pending] = old.view("<i8")

    def _check(self, name: str, values: Array, count: int, integer: bool) -> None:
        if values.shape != (count,):
            raise StoreError(
                f"{self.stream.name}: {name} has shape {values.shape}, "
                f"the batch has {count} rows; give every column one value a row"
            )
        kind = values.dtype.kind
        if kind == "i" or (kind in "fub" and not integer):
            return
        with np.errstate(invalid="ignore"):  # NaN has no whole number
            fits = kind in "fub" and np.array_equal(values, values.astype("<i8"))
        if not fits:
            raise StoreError(
                f"{self.stream.name}: {name} got {values[:3]} ({values.dtype}), "
                "not numbers of its type; a missing whole number is −1"
            )

    def _difference(self, batch: Batch) -> str:
        missing = sorted(self._names - batch.columns.keys())
        more = sorted(batch.columns.keys() - self._names)
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"has {', '.join(more)} too many"] if more else []
        return f"{self.stream.name}: a batch {' and '.join(parts)}"
