"""Whether carriers freeze out, and then how deep their level lies.

Colder than its donors can be ionised by, a semiconductor loses its carriers: their
density is activated, and the slope tells the donor level. Warmer, every donor has
given its electron (saturation): the density is the donors' and tells no level.
"""

import math
from collections.abc import Sequence

from labctl.analysis.temperature.fitted_law import FittedLaw, fit_law
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.verdicts.temperature import FREEZE_OUT

SATURATION = "saturation: the carrier density does not rise with temperature"


def donor_level(
    law: Law, temperatures: Sequence[Measured], densities: Sequence[Measured]
) -> FittedLaw:
    """Return the level in eV; absent in saturation, and the reason says so.

    ``law`` is of the kind `donor`; temperatures in K.
    """
    plain = Law(law.quantity, law.result, Kind.ACTIVATED, law.unit)
    energy = fit_law(plain, temperatures, densities).constant
    level = fit_law(law, temperatures, densities)
    if energy.is_absent:
        return level
    half = energy.expanded() / 2 if math.isfinite(energy.uncertainty) else math.nan
    times = energy.value / half if half else math.inf
    doubts = (
        FREEZE_OUT.at_least(times)
        if energy.value > 0
        else FREEZE_OUT.met(fulfilled=False, text=SATURATION)
    )
    if doubts or level.constant.value <= 0:
        (doubt,) = doubts or FREEZE_OUT.met(
            fulfilled=False,
            text=f"{SATURATION} faster than the band's states, T^3/2",
        )
        return _without(level, Measured.absent(doubt, law.unit))
    return level


def _without(level: FittedLaw, absent: Measured) -> FittedLaw:
    return FittedLaw(
        level.law, absent, level.kelvin, level.across, level.up, level.error
    )
