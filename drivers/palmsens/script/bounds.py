"""The envelope in a script's own breaks, so that an instrument stops without a host."""

import math
from dataclasses import dataclass
from typing import Self

from drivers.margins import Margins
from labctl.limits import Envelope


@dataclass(frozen=True, slots=True)
class Bounds(Margins):
    """What a script watches: V and A; infinite ends are not watched."""

    @classmethod
    def of(cls, envelope: Envelope | None) -> Self:
        """Return the envelope's bounds with their margins, in five digits.

        A bound is no set-point: that is enough, and scripts stay short.
        """
        exact = Margins.of(envelope)
        return cls(_rounded(exact.voltage), _rounded(exact.current))


def _rounded(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(f"{b:.5g}") if math.isfinite(b) else b for b in bounds)
    return low, high
