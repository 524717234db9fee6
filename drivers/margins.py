"""The envelope as an instrument or another program watches it: a margin further out.

The host trips first while it lives. What eases bounds for a fresh cell counts as the
wider ones: whoever watches there knows no such thing.
"""

import math
from dataclasses import dataclass
from typing import Self

from labctl import columns
from labctl.limits import ANYTHING, Envelope

LEAST_VOLTAGE_MARGIN = 0.02
"""V; they see single samples that no row shows: noise, IR steps of ms."""
PART_OF_SPAN = 0.01
"""Of the width of the bounds; the larger margin counts."""


@dataclass(frozen=True, slots=True)
class Margins:
    """V and A; infinite ends are not watched."""

    voltage: tuple[float, float] = ANYTHING
    current: tuple[float, float] = ANYTHING

    @classmethod
    def of(cls, envelope: Envelope | None) -> Self:
        """Return the envelope's bounds with their margins."""
        if envelope is None:
            return cls()
        return cls(
            _widened(envelope, columns.VOLTAGE.name, LEAST_VOLTAGE_MARGIN),
            _widened(envelope, columns.CURRENT.name, 0.0),
        )

    @property
    def complete(self) -> bool:
        """Whether voltage and current have both ends."""
        return all(map(math.isfinite, (*self.voltage, *self.current)))

    def __str__(self) -> str:
        return ", ".join(
            f"{low:.4g} … {high:.4g} {unit}"
            for (low, high), unit in ((self.voltage, "V"), (self.current, "A"))
            if (low, high) != ANYTHING
        )


def _widened(envelope: Envelope, column: str, least: float) -> tuple[float, float]:
    low, high = envelope.bounds.get(column, ANYTHING)
    if column in envelope.eased:  # a fresh full cell is charged from far below
        easy_low, easy_high = envelope.eased[column]
        low, high = min(low, easy_low), max(high, easy_high)
    finite = math.isfinite(low) and math.isfinite(high)
    margin = max(least, PART_OF_SPAN * (high - low) if finite else 0.0)
    return low - margin, high + margin
