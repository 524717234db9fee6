"""R_ct under a direct current, and what it is at none.

The symmetric Butler–Volmer film (α = 1/2) under a current I has
R_ct(I) = (RT/F)/√(I0² + I²/4), which gives I0 = √((RT/(F R_ct))² - I²/4) and
R_ct(0) = RT/(F I0) back. All of I flows through the one film.
"""

import math

from labctl.analysis.uncertainty import Measured, combine, known, rectangular
from labctl.verdicts import spectra as conditions

GAS_OVER_FARADAY = 8.31446261815324 / 96485.33212331
"""R/F in V/K."""
ROOM = 298.15
"""K."""
TEMPERATURE_LIMIT = 2.0
"""K: how far a cell in a room is from what its label says, where nobody measured it."""
SYMMETRY = 0.1
"""Part of the correction that another α (0.4 to 0.6) moves."""


def exchange_current(
    measured: Measured, current: float, temperature: float = ROOM
) -> Measured:
    """Return I0 in A from R_ct measured while ``current`` (A) flowed."""
    heat = known(temperature, rectangular(TEMPERATURE_LIMIT), "temperature (assumed)")
    thermal = heat * GAS_OVER_FARADAY
    r = measured.value
    square = (thermal.value / r) ** 2 - (current / 2) ** 2
    if not square > 0:
        text = (
            f"R_ct = {r:.4g} Ω is above what {abs(current):.3g} A leaves "
            f"({2 * thermal.value / abs(current):.4g} Ω)"
            if current
            else "R_ct is not known"
        )
        (doubt,) = conditions.ONE_FILM.met(fulfilled=False, text=text)
        return Measured.absent(doubt)
    value = math.sqrt(square)
    ratio = (thermal.value / r) ** 2 / value
    return combine(value, (measured, -ratio / r), (thermal, ratio / thermal.value))


def at_rest_of(
    measured: Measured, exchange: Measured, current: float, temperature: float = ROOM
) -> Measured:
    """Return R_ct in Ω at no current; ``exchange`` is what `exchange_current` gave."""
    if current == 0 or exchange.is_absent:
        return measured if current == 0 else exchange
    value = GAS_OVER_FARADAY * temperature / exchange.value
    growth = value / measured.value
    heat = known(
        temperature,
        rectangular(TEMPERATURE_LIMIT),
        "temperature (assumed)",
    )
    # R(0) = R/√(1 - (I R F/2RT)²): ∂ln R(0)/∂ln R = growth², and less 1 for T
    found = combine(
        value,
        (measured, growth**3),
        (heat, -value * (growth**2 - 1) / temperature),
    )
    shift = rectangular(SYMMETRY * (value - measured.value))
    return found.with_part("symmetry of the film (assumed)", shift).suspect(
        *conditions.CORRECTION.at_most(growth)
    )
