"""A thermocouple: what its volts mean, once the other junction's temperature is known.

    E = E(t) − E(t_junction)

solved for t with the reference function itself, not with the standard's approximate
inverses (up to 0.06 K off). IEC 60584-1:2013.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from drivers.thermometry.reference_functions import MAGNETIC, PIECES

LOWEST_OF_B = 50.0
"""°C. Below 42 °C type B gives the same volts at two temperatures."""
RESOLUTION = 1e-9
"""K; to which the function is solved."""


class Letter(StrEnum):
    """The standard's letters."""

    B = "B"
    E = "E"
    J = "J"
    K = "K"
    N = "N"
    R = "R"
    S = "S"
    T = "T"


TOLERANCES = {
    Letter.B: (4.0, 0.005),
    Letter.E: (2.5, 0.0075),
    Letter.J: (2.5, 0.0075),
    Letter.K: (2.5, 0.0075),
    Letter.N: (2.5, 0.0075),
    Letter.R: (1.5, 0.0025),
    Letter.S: (1.5, 0.0025),
    Letter.T: (1.0, 0.0075),
}
"""Class 2 of IEC 60584-1 (B: class 3): K, or a part of |t|, whichever is larger."""


@dataclass(frozen=True, slots=True)
class Thermocouple:
    """One letter."""

    letter: Letter

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the lowest and the highest temperature that its volts tell, °C."""
        pieces = PIECES[self.letter]
        lowest = LOWEST_OF_B if self.letter is Letter.B else pieces[0].lowest
        return lowest, pieces[-1].highest

    def volts(self, celsius: float) -> float:
        """Return E(t) in V, the other junction at 0 °C; NaN beyond the standard."""
        for piece in PIECES[self.letter]:
            if piece.lowest <= celsius <= piece.highest:
                terms = enumerate(piece.coefficients)
                millivolts = math.fsum(c * celsius**power for power, c in terms)
                if self.letter is Letter.K and celsius > 0.0:
                    height, width, middle = MAGNETIC
                    millivolts += height * math.exp(width * (celsius - middle) ** 2)
                return 1e-3 * millivolts
        return math.nan

    def seebeck(self, celsius: float) -> float:
        """Return dE/dt in V/K; NaN at and beyond the ends of the standard."""
        half = 0.01
        up, down = self.volts(celsius + half), self.volts(celsius - half)
        return (up - down) / (2.0 * half)

    def celsius(self, volts: float, junction: float) -> float:
        """Return t in °C of ``volts`` with the other junction at ``junction`` °C.

        NaN: there is none within `bounds`, or one of the two is NaN.
        """
        total = volts + self.volts(junction)
        low, high = self.bounds
        if not self.volts(low) <= total <= self.volts(high):
            return math.nan
        from scipy.optimize import brentq  # noqa: PLC0415  (start-up time)

        return float(
            brentq(lambda t: self.volts(t) - total, low, high, xtol=RESOLUTION)
        )

    def tolerance(self, celsius: float) -> float:
        """Return how far a class 2 wire may be off at ``celsius``, K."""
        least, part = TOLERANCES[self.letter]
        return max(least, part * abs(celsius))
