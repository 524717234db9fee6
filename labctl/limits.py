"""The safety envelope: what no reading may leave, whatever the plan says.

Checked on every batch as ``not (low <= x <= high)``, so that NaN trips it too.

A fresh full cell stands far below its window and has to be charged into it. For this
there are ``eased`` bounds, which hold instead of the others as long as no current
discharges the cell; a current that is NaN eases nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from labctl import columns
from labctl.data import Array, Batch, Column

CURRENT = "current_ampere"
AT_REST = 1e-3
"""Of the largest current allowed; what noise shows at rest is no discharge."""
ANYTHING = (-math.inf, math.inf)


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
        quantity, unit = _SAID.get(self.column, (self.column, ""))
        if math.isnan(self.value):
            return f"{quantity} could not be read"
        side, bound = ("below", self.low)
        if self.value > self.high:
            side, bound = ("above", self.high)
        bound_said = f"{bound:g} {unit}".rstrip()
        return f"{quantity} {self.value:.6g} {unit}".rstrip() + (
            f" is {side} the limit of {bound_said}"
        )


def _said(column: Column) -> tuple[str, str]:
    quantity, _, unit = column.long_name.rpartition(" / ")
    return quantity.lower(), "" if unit == "1" else unit


_SAID = {
    column.name: _said(column)
    for column in vars(columns).values()
    if isinstance(column, Column)
}
"""Column -> what people call it, and its unit."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bounds by column name, in the column's SI unit; both ends belong to it."""

    bounds: Mapping[str, tuple[float, float]]
    eased: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Column -> bounds that hold instead while the current does not discharge."""

    def __post_init__(self) -> None:
        for column, (low, high) in (*self.bounds.items(), *self.eased.items()):
            if not low < high:
                raise ValueError(f"{column}: {low:g} … {high:g} is not a range")

    def violation(self, batch: Batch) -> Violation | None:
        """Return the earliest reading that leaves the envelope; None if none does."""
        worst: Violation | None = None
        for column, bounds in self.bounds.items():
            values = batch.columns.get(column)
            if values is None:
                continue
            outside = _outside(values, bounds)
            if column in self.eased and outside.any():
                easy = self._discharges_nothing(batch)
                outside &= ~easy | _outside(values, self.eased[column])
            if not outside.any():
                continue
            row = int(np.argmax(outside))
            if worst is None or row < worst.row:
                worst = Violation(column, float(values[row]), *bounds, row)
        return worst

    def intersect(self, other: "Envelope") -> "Envelope":
        """Return the bounds that both allow."""
        eased = {
            column: _both(
                self.eased.get(column, self.bounds.get(column, ANYTHING)),
                other.eased.get(column, other.bounds.get(column, ANYTHING)),
            )
            for column in (*self.eased, *other.eased)
        }
        bounds = dict(self.bounds)
        for column, theirs in other.bounds.items():
            bounds[column] = _both(bounds.get(column, ANYTHING), theirs)
        return Envelope(bounds, eased)

    def _discharges_nothing(self, batch: Batch) -> Array:
        """Return which rows are at rest or charge; shape (n,), bool."""
        current = batch.columns.get(CURRENT)
        if current is None:
            return np.zeros(len(batch), dtype=bool)
        low, _ = self.bounds.get(CURRENT, ANYTHING)
        rest = AT_REST * low if math.isfinite(low) else 0.0
        return np.asarray(current >= rest)


def _outside(values: Array, bounds: tuple[float, float]) -> Array:
    return np.asarray(~((values >= bounds[0]) & (values <= bounds[1])))


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])
