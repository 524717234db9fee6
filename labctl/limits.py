"""The safety envelope: what no reading may leave, whatever the plan says.

Checked on every batch as ``not (low <= x <= high)``, so that NaN trips it too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labctl.data import Batch


@dataclass(frozen=True, slots=True)
class Violation:
    """The first reading outside the envelope."""

    column: str
    value: float
    low: float
    high: float
    row: int
    """Index of the row in its batch."""

    def __str__(self) -> str:
        return (
            f"{self.column}: {self.value:.6g} is outside {self.low:g} … {self.high:g}"
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bounds by column name, in the column's SI unit; both ends belong to it."""

    bounds: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        for column, (low, high) in self.bounds.items():
            if not low < high:
                raise ValueError(f"{column}: {low:g} … {high:g} is not a range")

    def violation(self, batch: Batch) -> Violation | None:
        """Return the earliest reading that leaves the envelope; None if none does."""
        worst: Violation | None = None
        for column, (low, high) in self.bounds.items():
            values = batch.columns.get(column)
            if values is None:
                continue
            outside = ~((values >= low) & (values <= high))
            if not outside.any():
                continue
            row = int(np.argmax(outside))
            if worst is None or row < worst.row:
                worst = Violation(column, float(values[row]), low, high, row)
        return worst

    def intersect(self, other: "Envelope") -> "Envelope":
        """Return the bounds that both allow."""
        bounds = dict(self.bounds)
        for column, (low, high) in other.bounds.items():
            mine = bounds.get(column, (-math.inf, math.inf))
            bounds[column] = (max(low, mine[0]), min(high, mine[1]))
        return Envelope(bounds)
