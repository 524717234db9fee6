"""A number from an analysis: value, standard uncertainty, and whether it holds."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Estimate:
    """One derived number; its unit is said by the field or function that gives it."""

    value: float
    """NaN when it could not be worked out; `reason` then says why."""
    uncertainty: float = math.nan
    """Standard uncertainty (k = 1), same unit as the value; NaN if not known."""
    valid: bool = True
    """False when a condition of the method was not met."""
    reason: str = ""
    """Why it is not valid; several reasons are separated by a semicolon."""

    @property
    def relative(self) -> float:
        """Relative standard uncertainty; NaN if not known or the value is zero."""
        return abs(self.uncertainty / self.value) if self.value else math.nan

    @classmethod
    def absent(cls, reason: str) -> "Estimate":
        """Return the estimate that says why there is no number."""
        return cls(math.nan, math.nan, valid=False, reason=reason)

    def doubted(self, reason: str) -> "Estimate":
        """Return the same number marked not valid, with ``reason`` added."""
        reasons = "; ".join(filter(None, (self.reason, reason)))
        return replace(self, valid=False, reason=reasons)

    def scaled(self, factor: float) -> "Estimate":
        """Return value and uncertainty times an exact ``factor`` (a unit's)."""
        return replace(
            self,
            value=self.value * factor,
            uncertainty=abs(self.uncertainty * factor),
        )
