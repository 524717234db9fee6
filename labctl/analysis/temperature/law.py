"""Which law a quantity follows against temperature, and how it becomes a line.

    activated       ln y          = a − E/(k T)      conductivity, diffusivity
    resistance      ln(1/y)       = a − E/(k T)      charge transfer, electrolyte
    donor           ln(y T^−3/2)  = a − E/(k T)      carriers that freeze out
    power           ln y          = a + m ln T       mobility

The donor law is that of a compensated semiconductor, n ∝ T^3/2 exp(−E/kT), where E is
the donor level; with little compensation n ∝ T^3/4 exp(−E/2kT) and the level is
2 E + 3/2 k T, E being what is found here (Sze, Physics of Semiconductor Devices, 1.4).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from labctl.verdicts.condition import Condition

KILOJOULE = 8.314462618e-3
"""Gas constant in kJ/(mol K), CODATA 2018."""
ELECTRONVOLT = 8.617333262e-5
"""Boltzmann's constant in eV/K, CODATA 2018."""
PER_KELVIN = {"kJ/mol": KILOJOULE, "eV": ELECTRONVOLT, "": 1.0}
"""Unit of a law's constant -> what its slope is multiplied by."""


class Kind(StrEnum):
    """See the module."""

    ACTIVATED = "activated"
    RESISTANCE = "resistance"
    DONOR = "donor"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Law:
    """One law that one result of a protocol follows."""

    quantity: str
    """Name of the result that is measured at every temperature."""
    result: str
    """Name of the law's constant among the results."""
    kind: Kind
    unit: str = "kJ/mol"
    """Of the constant: ``kJ/mol``, ``eV``; empty for an exponent."""
    sensible: Condition | None = None
    """Between what bounds the constant makes sense: beyond them the points follow
    another law, however well they lie on this one's line. None: everywhere."""

    @property
    def factor(self) -> float:
        """What the line's slope is multiplied by to give the constant."""
        return (1.0 if self.kind is Kind.POWER else -1.0) * PER_KELVIN[self.unit]

    def across(self, kelvin: float) -> float:
        """Return where a temperature stands on the line: 1/T in 1/K, or ln(T/K)."""
        return math.log(kelvin) if self.kind is Kind.POWER else 1.0 / kelvin

    def across_per_kelvin(self, kelvin: float) -> float:
        """Return the derivative of `across`."""
        return 1.0 / kelvin if self.kind is Kind.POWER else -1.0 / kelvin**2

    def up(self, value: float, kelvin: float) -> float:
        """Return how high a value stands; ``value`` > 0, in its own unit."""
        height = math.log(value)
        if self.kind is Kind.RESISTANCE:
            return -height
        return height - 1.5 * math.log(kelvin) if self.kind is Kind.DONOR else height

    def up_per_kelvin(self, kelvin: float) -> float:
        """Return ∂`up`/∂T at constant value."""
        return -1.5 / kelvin if self.kind is Kind.DONOR else 0.0

    @property
    def sign(self) -> float:
        """∂`up`/∂ ln(value)."""
        return -1.0 if self.kind is Kind.RESISTANCE else 1.0
