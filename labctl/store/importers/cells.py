"""Numbers out of a column's cells: strictly, with the place of what is none."""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.clock_text import duration
from labctl.store.importers.titles import Kind, Quantity

_DIGITS = frozenset("0123456789+-.eE\n")
NO_NUMBER = frozenset({"", "-", "--", "NaN", "nan", "NAN", "N/A", "null"})
"""Cells that say that there is no number."""
LARGEST = 1e30
"""No cell goes there; instruments write 9.9e37 where they have no reading."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where cells stand, for complaints."""

    path: Path
    lines: Sequence[int]
    """Number of each cell's line, from 1."""
    title: str


def numbers_of(
    place: Place, cells: Sequence[str], quantity: Quantity, comma: bool
) -> Array:
    """Return float64 of shape (n,); NaN where a cell is empty. StoreError."""
    texts = [cell.replace(",", ".") for cell in cells] if comma else list(cells)
    joined = "\n".join(texts)
    clock = quantity.kind is Kind.CLOCK
    if not clock and _DIGITS.issuperset(joined) and "" not in texts:
        with contextlib.suppress(ValueError):  # the loop says in which line
            found = np.array(texts, dtype=np.float64)
            if (np.abs(found) < LARGEST).all():
                return found
    values = np.empty(len(texts))
    for at, cell in enumerate(texts):
        text = cell.strip()
        value = duration(text) if clock and text not in NO_NUMBER else number(text)
        if value is None:
            what = "of which nobody knows the unit" if clock else "which is no number"
            raise StoreError(
                f"{place.path}:{place.lines[at]}: {place.title.strip()} is "
                f"{cells[at]!r}, {what}"
            )
        values[at] = value
    return values


def number(text: str) -> float | None:
    """Return a cell's number; NaN: it says that it has none; None: it is no number."""
    if text in NO_NUMBER:
        return math.nan
    if not _DIGITS.issuperset(text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < LARGEST else None
