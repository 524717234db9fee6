"""How far a maker lets a reading be off: the type B part of an uncertainty."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Limits of error of one quantity on the range in use, one-year specification."""

    gain: float
    """Largest relative error of the reading, one sign: ``1.2e-4``."""
    offset: float
    """Largest error at zero in the reading's unit, one sign: ``3e-4``."""

    def standard(self, value: float) -> float:
        """Return the standard uncertainty at ``value``, in its unit.

        The limits are taken as a rectangular distribution (GUM 4.3.7), gain and
        offset as independent.
        """
        return math.hypot(self.gain * value, self.offset) / math.sqrt(3.0)
