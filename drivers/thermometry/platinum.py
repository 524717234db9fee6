"""A platinum resistor: R(t) = R₀ (1 + A t + B t² [+ C (t − 100) t³ below 0 °C]).

IEC 60751:2022 (Callendar and Van Dusen's equation), −200 to 850 °C.
"""

import math
from dataclasses import dataclass

A, B, C = 3.9083e-3, -5.775e-7, -4.183e-12
"""1/°C, 1/°C², 1/°C⁴."""
LOWEST, HIGHEST = -200.0, 850.0
"""°C."""
RESOLUTION = 1e-9
"""K; to which the equation is solved."""


@dataclass(frozen=True, slots=True)
class Platinum:
    """A Pt100, a Pt1000."""

    nominal: float = 100.0
    """R₀ in Ω, at 0 °C."""

    def ohms(self, celsius: float) -> float:
        """Return R(t) in Ω; NaN beyond the standard."""
        if not LOWEST <= celsius <= HIGHEST:
            return math.nan
        relative = 1.0 + A * celsius + B * celsius**2
        if celsius < 0.0:
            relative += C * (celsius - 100.0) * celsius**3
        return self.nominal * relative

    def celsius(self, ohms: float) -> float:
        """Return t in °C; NaN: no platinum resistor has ``ohms`` within the standard.

        So an open lead (beyond every range) and a shorted one are none.
        """
        if not self.ohms(LOWEST) <= ohms <= self.ohms(HIGHEST):
            return math.nan
        from scipy.optimize import brentq  # noqa: PLC0415  (start-up time)

        return float(
            brentq(lambda t: self.ohms(t) - ohms, LOWEST, HIGHEST, xtol=RESOLUTION)
        )

    def slope(self, celsius: float) -> float:
        """Return dR/dt in Ω/K; NaN at and beyond the ends of the standard."""
        half = 0.01
        up, down = self.ohms(celsius + half), self.ohms(celsius - half)
        return (up - down) / (2.0 * half)

    @staticmethod
    def tolerance(celsius: float) -> float:
        """Return how far a class B resistor may be off at ``celsius``, K."""
        return 0.3 + 0.005 * abs(celsius)
