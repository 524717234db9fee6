"""Turn the packed rows of a ``.wrd`` file into columns, as far as they are complete.

No file and no header here: `read_rows` takes whatever bytes have arrived and gives
back what is left of the last row, so that a file that still grows is read on by
putting that rest in front of the bytes that follow.

A row is packed without gaps in the order of its columns. A text inside it is its
length (one byte) and its letters, so rows are of unequal size; those of equal size that
follow each other are read at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from labctl.data import Array

FIRST_GUESS = 64
"""Rows that are looked at first when a run of equal size begins; doubled each time."""
LONGEST_TEXT = 127
"""Longer ones would have a length of two bytes; a current range has four letters."""


class RowError(ValueError):
    """Bytes that are no row; ``row`` says which, from 0."""

    def __init__(self, what: str, row: int) -> None:
        super().__init__(f"row {row}: {what}")
        self.what = what
        self.row = row


class Cell(StrEnum):
    """How a column is packed; the value is numpy's name of it."""

    INT8 = "<u1"
    INT16 = "<i2"
    INT32 = "<i4"
    INT64 = "<i8"
    FLOAT = "<f4"
    DOUBLE = "<f8"
    TEXT = "text"

    @property
    def size(self) -> int:
        """Bytes; of a text only its length byte."""
        return 1 if self is Cell.TEXT else np.dtype(self.value).itemsize


@dataclass(frozen=True, slots=True)
class RowColumn:
    """One column of a row."""

    name: str
    """As the file calls it: ``TEST TIME``."""
    cell: Cell


@dataclass(frozen=True, slots=True)
class RowLayout:
    """The order in which a row is packed."""

    columns: tuple[RowColumn, ...]
    unknown: int = 0
    """Bytes behind the last column whose meaning is not known."""

    def __post_init__(self) -> None:
        texts = [each for each in self.columns if each.cell is Cell.TEXT]
        names = {each.name for each in self.columns}
        if len(texts) > 1:
            raise ValueError(f"{len(texts)} columns of text in a row; 0 or 1 is known")
        if len(names) != len(self.columns) or not names:
            raise ValueError("a row needs columns, each with a name of its own")

    @property
    def size(self) -> int:
        """Bytes of a row whose text is empty."""
        return sum(each.cell.size for each in self.columns) + self.unknown

    @property
    def text_at(self) -> int | None:
        """Where the text's length stands in a row; None: there is no text."""
        at = 0
        for each in self.columns:
            if each.cell is Cell.TEXT:
                return at
            at += each.cell.size
        return None

    def with_text_of(self, length: int) -> np.dtype[np.void]:
        """Return numpy's view of a row whose text has so many letters."""
        names, formats, offsets, at = [], [], [], 0
        for each in self.columns:
            text = each.cell is Cell.TEXT
            if not text:
                names.append(each.name)
                formats.append(each.cell.value)
                offsets.append(at)
            at += each.cell.size + (length if text else 0)
        return np.dtype(
            {
                "names": names,
                "formats": formats,
                "offsets": offsets,
                "itemsize": self.size + length,
            }
        )


Columns = Mapping[str, Array]
"""Name → numbers as packed, shape (n,); the text is left out."""


def read_rows(buffer: bytes, layout: RowLayout) -> tuple[Columns, bytes]:
    """Return the complete rows of a buffer, and the bytes of one that is not.

    RowError: a text longer than `LONGEST_TEXT`, so that these are no rows.
    """
    runs: list[tuple[int, int, int]] = []
    at = done = 0
    text_at = layout.text_at
    while True:
        length = 0
        if text_at is not None:
            if at + text_at >= len(buffer):
                break
            length = buffer[at + text_at]
            if length > LONGEST_TEXT:
                raise RowError(f"a current range of {length} letters or more", done)
        size = layout.size + length
        whole = (len(buffer) - at) // size
        if text_at is not None:
            whole = _alike(buffer, at + text_at, size, length, whole)
        if not whole:
            break
        runs.append((at, length, whole))
        at += whole * size
        done += whole
    return _columns(buffer, layout, runs), buffer[at:]


def _alike(buffer: bytes, at: int, size: int, length: int, most: int) -> int:
    """Return how many rows from here on have a text of that length."""
    done, guess = 0, FIRST_GUESS
    if most > 1 and buffer[at + size] != length:
        return 1
    while done < most:
        count = min(guess, most - done)
        lengths = np.frombuffer(buffer, np.uint8, (count - 1) * size + 1, at)[::size]
        other = np.flatnonzero(lengths != length)
        if len(other):
            return done + int(other[0])
        done += count
        at += count * size
        guess *= 2
    return most


def _columns(
    buffer: bytes, layout: RowLayout, runs: Sequence[tuple[int, int, int]]
) -> Columns:
    """Return the rows of runs (begin, letters, rows) column by column."""
    begins, letters, counts = np.array(runs, dtype=np.int64).reshape(-1, 3).T
    length = np.repeat(letters, counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    rows = len(length)
    at = np.repeat(begins, counts) + (np.arange(rows) - first) * (layout.size + length)
    plain = layout.with_text_of(0)
    columns = {name: np.empty(rows, plain[name]) for name in plain.names or ()}
    data = np.frombuffer(buffer, np.uint8)
    for each in np.unique(letters):
        kind = layout.with_text_of(int(each))
        alike = np.flatnonzero(length == each)
        packed = sliding_window_view(data, kind.itemsize)[at[alike]]
        held = packed.reshape(-1).view(kind)
        for name, values in columns.items():
            values[alike] = held[name]
    return columns
