"""The envelope in a script's own breaks, so that an instrument stops without a host.

The host trips first while it lives: what stands in the script lies a margin outside.
"""

import math
from dataclasses import dataclass

from labctl import columns
from labctl.limits import ANYTHING, Envelope

LEAST_VOLTAGE_MARGIN = 0.02
"""V; single samples have noise and IR steps."""
PART_OF_SPAN = 0.01
"""Of the width of the bounds; the larger margin counts."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a script watches: V and A; infinite ends are not watched."""

    voltage: tuple[float, float] = ANYTHING
    current: tuple[float, float] = ANYTHING

    @classmethod
    def of(cls, envelope: Envelope | None) -> "Bounds":
        """Return the envelope's bounds with their margins; the wider ones if eased."""
        if envelope is None:
            return cls()
        return cls(
            _widened(envelope, columns.VOLTAGE.name, LEAST_VOLTAGE_MARGIN),
            _widened(envelope, columns.CURRENT.name, 0.0),
        )

    def __str__(self) -> str:
        said = [
            f"{low:.4g} … {high:.4g} {unit}"
            for (low, high), unit in ((self.voltage, "V"), (self.current, "A"))
            if (low, high) != ANYTHING
        ]
        return ", ".join(said)


def _widened(envelope: Envelope, column: str, least: float) -> tuple[float, float]:
    low, high = envelope.bounds.get(column, ANYTHING)
    if column in envelope.eased:  # a fresh full cell is charged from far below
        easy_low, easy_high = envelope.eased[column]
        low, high = min(low, easy_low), max(high, easy_high)
    finite = math.isfinite(low) and math.isfinite(high)
    margin = max(least, PART_OF_SPAN * (high - low) if finite else 0.0)
    # a bound is no set-point: five digits are enough, and scripts stay short
    return _rounded(low - margin), _rounded(high + margin)


def _rounded(bound: float) -> float:
    return float(f"{bound:.5g}") if math.isfinite(bound) else bound
