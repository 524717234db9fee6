"""What contacts that are not points leave unknown of sheet resistance and Hall effect.

Van der Pauw (Philips Res. Rep. 13 (1958) 1) for a disc of diameter D, each of the four
contacts of length d; all read too low:

    where the contact is          Δρ/ρ                Δ R_H / R_H
    along the rim           -(d/D)² / (16 ln 2)     -2 (d/D) / π²
    across it, inwards      -(d/D)² / (4 ln 2)      -4 (d/D) / π²
    a point, inset by d     -(d/D)² / (2 ln 2)      -2 (d/D) / π

Where somebody stated size and place, what four contacts do is corrected for, and half
of it is left open: a soldered dot is none of the three exactly. A size that is only
assumed corrects nothing; all that it may do is left open. Both are limits of
rectangular distributions.
"""

import math
from dataclasses import dataclass
from enum import Enum

from labctl.analysis.uncertainty import Measured, rectangular
from labctl.sources import Distribution, Source
from labctl.verdicts import van_der_pauw as verdicts

CONTACTS = 4
_TOO_LARGE = 0.5
"""Beyond it the formulas, of first order, correct nothing; the size is doubted."""


class Place(Enum):
    """Where a contact lies: factors of (d/D)² and d/D of one contact."""

    RIM = (1 / (16 * math.log(2)), 2 / math.pi**2)
    ACROSS = (1 / (4 * math.log(2)), 4 / math.pi**2)
    INSET = (1 / (2 * math.log(2)), 2 / math.pi)


@dataclass(frozen=True, slots=True)
class ContactSize:
    """How large the four contacts are."""

    share: float
    """Length of one over the sample's size."""
    place: Place = Place.RIM
    assumed: bool = False
    """Nobody stated it."""

    def on_resistance(self, measured: Measured) -> Measured:
        """Return a sheet resistance with what the contacts leave unknown of it."""
        return self._with(measured, self.place.value[0] * self.share**2, "resistance")

    def on_hall(self, measured: Measured) -> Measured:
        """Return a Hall coefficient with what the contacts leave unknown of it."""
        return self._with(measured, self.place.value[1] * self.share, "Hall")

    def _with(self, measured: Measured, each: float, detail: str) -> Measured:
        source = Source(
            "contact size (assumed)" if self.assumed else "contact size",
            detail,
            distribution=Distribution.RECTANGULAR,
            assumed=self.assumed,
        )
        doubted = measured.suspect(*verdicts.CONTACT_SIZE.at_most(self.share))
        if not each or measured.is_absent:
            return doubted
        low = CONTACTS * each
        if self.assumed or low >= _TOO_LARGE:
            return doubted.with_part(source, measured.value * rectangular(low))
        found = (doubted * (1 / (1 - low))).with_unit(measured.unit)
        return found.with_part(source, found.value * rectangular(low / 2))


POINTS = ContactSize(0.0)
"""Contacts that are points."""
USUAL = ContactSize(0.05, assumed=True)
"""Where nobody stated them: dots of 0.5 mm at the rim of a sample of 10 mm."""
