"""How far a maker lets a reading be off: the type B part of an uncertainty."""

import math
from dataclasses import dataclass, replace

LAB = 23.0
"""°C; temperature to which data sheets refer (23 ± 5 °C)."""
AROUND = 5.0
"""K about `LAB` within which limits hold as they stand."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Limits of error of one quantity on the range in use, one-year specification."""

    gain: float
    """Largest relative error of the reading, one sign: ``1.2e-4``."""
    offset: float
    """Largest error at zero in the reading's unit, one sign: ``3e-4``."""
    asymmetry: float = math.nan
    """Largest relative difference between the gains of the two signs; NaN: not
    stated."""
    resolution: float = 0.0
    """Step of the converter in the reading's unit; 0: contained in the limits."""
    per_kelvin: float = 0.0
    """Part of both limits that is added for each K beyond 23 ± 5 °C; 0: none stated."""

    def standard(self, value: float) -> float:
        """Return the standard uncertainty at ``value``, in its unit.

        The limits are taken as a rectangular distribution (GUM 4.3.7), gain, offset
        and the step of the converter as independent.
        """
        limits = math.hypot(self.gain * value, self.offset, self.resolution / 2)
        return limits / math.sqrt(3.0)

    def at(self, celsius: float) -> "Accuracy":
        """Return the limits at another temperature of the instrument.

        They hold there: nothing is left to be added for each K.
        """
        beyond = max(abs(celsius - LAB) - AROUND, 0.0)
        if not beyond:
            return self
        wider = 1.0 + self.per_kelvin * beyond
        gain, offset = self.gain * wider, self.offset * wider
        return replace(self, gain=gain, offset=offset, per_kelvin=0.0)
