"""The safety envelope: what no reading may leave, whatever the plan says.

Checked on every batch as ``not (low <= x <= high)``, so that NaN trips it too.

A fresh full cell stands far below its window and has to be charged into it. For this
there are ``eased`` bounds, which hold instead of the others as long as no current
discharges the cell; a current that is NaN eases nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from labctl import columns
from labctl.data import Array, Batch, Column

CURRENT = "current_ampere"
AT_REST = 1e-3
"""Of the largest current allowed; what noise shows at rest is no discharge."""
ANYTHING = (-math.inf, math.inf)
STALE_POLLS = 3
"""Polls without a reading of a bounded quantity before that counts as leaving it."""


ROUNDING = 1e-9
"""Of a limit: what arithmetic may leave of a value that is written as large as it."""


def exceeds(value: float, limit: float) -> bool:
    """Tell whether what is asked for is larger than a limit, but for rounding.

    1C of a label that says 400 mA in A/g is 400.00000000000006 mA. For what somebody
    asks for; what is read is compared as it is. True if either is NaN.

    >>> exceeds(0.1 + 0.2, 0.3), exceeds(0.3001, 0.3)
    (False, True)
    """
    return not value <= limit + ROUNDING * abs(limit)


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
        quantity, unit = name_of(self.column)
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
    unit = {"1": "", "degC": "°C"}.get(unit, unit)
    return quantity.lower(), unit


_SAID = {
    column.name: _said(column)
    for column in vars(columns).values()
    if isinstance(column, Column)
}
"""Column -> what people call it, and its unit."""


def name_of(column: str) -> tuple[str, str]:
    """Return what people call a column, and its unit: ``("voltage", "V")``."""
    quantity, _, unit = column.rpartition("_")
    return _SAID.get(column) or (
        (quantity.replace("_", " "), "°C") if unit == "celsius" else (column, "")
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bounds by column name, in the column's SI unit; both ends belong to it."""

    bounds: Mapping[str, tuple[float, float]]
    eased: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Column -> bounds that hold instead while the current does not discharge."""
    soft: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Column -> narrower bounds that may be left for one reading, not for two."""

    def __post_init__(self) -> None:
        everything = (*self.bounds.items(), *self.eased.items(), *self.soft.items())
        for column, (low, high) in everything:
            if not low < high:
                raise ValueError(f"{column}: {low:g} … {high:g} is not a range")
        for column, (low, high) in self.soft.items():
            outer = self.bounds.get(column, ANYTHING)
            if not (outer[0] <= low and high <= outer[1]):
                raise ValueError(
                    f"{column}: the soft limits {low:g} … {high:g} do not lie within "
                    f"the hard ones {outer[0]:g} … {outer[1]:g}"
                )

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is bounded."""
        return frozenset((*self.bounds, *self.eased, *self.soft))

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
        soft = dict(self.soft)
        for column, theirs in other.soft.items():
            soft[column] = _both(soft.get(column, ANYTHING), theirs)
        soft = {k: _both(v, bounds.get(k, ANYTHING)) for k, v in soft.items()}
        return Envelope(bounds, eased, soft)

    def with_soft(self, column: str, margin: float) -> "Envelope":
        """Return the same bounds with soft ones ``margin`` within those of ``column``.

        ValueError: the margin leaves nothing between them.
        """
        low, high = self.bounds.get(column, ANYTHING)
        if (low, high) == ANYTHING:
            return self
        return replace(self, soft={**self.soft, column: (low + margin, high - margin)})

    def softened(self) -> "Envelope":
        """Return the soft bounds alone, eased where the hard ones are."""
        return Envelope(
            self.soft, {k: v for k, v in self.eased.items() if k in self.soft}
        )

    def _discharges_nothing(self, batch: Batch) -> Array:
        """Return which rows are at rest or charge; shape (n,), bool."""
        current = batch.columns.get(CURRENT)
        if current is None:
            return np.zeros(len(batch), dtype=bool)
        low, _ = self.bounds.get(CURRENT, ANYTHING)
        rest = AT_REST * low if math.isfinite(low) else 0.0
        return np.asarray(current >= rest)


class LimitWatch:
    """Checks what a run reads against its envelope, with a memory.

    Hard bounds trip on one reading. Soft ones trip when two readings in a row leave
    them. A bounded quantity that was read once and then is missing from `STALE_POLLS`
    polls counts as left: nobody knows what it is.
    """

    def __init__(self, envelope: Envelope) -> None:
        self._hard = envelope
        self._soft = envelope.softened()
        self._bounded = tuple(envelope.columns)
        self._suspect: str | None = None
        """Column whose last reading left its soft bounds."""
        self._missing: dict[str, int] = {}
        """Bounded column that was read -> polls since."""

    def check(self, batch: Batch) -> Violation | None:
        """Return how ``batch`` leaves the envelope; None if it does not."""
        for column in self._bounded:
            if column in batch.columns:
                self._missing[column] = 0
        violation = self._hard.violation(batch)
        if violation is None and self._soft.bounds:
            violation = self._debounced(batch)
        return violation

    def poll_ended(self) -> Violation | None:
        """Count a poll; return what has not been read for too many of them."""
        for column in self._missing:
            self._missing[column] += 1
            if self._missing[column] > STALE_POLLS:
                low, high = self._hard.bounds.get(column, ANYTHING)
                return Violation(column, math.nan, low, high, 0)
        return None

    def begin_step(self) -> None:
        """Forget what the step before was read from; its instrument may rest now."""
        self._missing.clear()
        self._suspect = None

    def _debounced(self, batch: Batch) -> Violation | None:
        for row in range(len(batch)):
            values = {k: v[row : row + 1] for k, v in batch.columns.items()}
            left = self._soft.violation(Batch(batch.stream, values))
            if left is not None and left.column == self._suspect:
                return replace(left, row=row)
            if left is not None or not self._soft.bounds.keys().isdisjoint(values):
                self._suspect = None if left is None else left.column
        return None


def _outside(values: Array, bounds: tuple[float, float]) -> Array:
    return np.asarray(~((values >= bounds[0]) & (values <= bounds[1])))


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])
