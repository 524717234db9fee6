"""At which temperature a conductivity holds, and what its uncertainty does to it.

A thermometer recorded beside the run counts first, the label's temperature else; it
is that of the room unless somebody wrote it, so a declared default stands in for its
uncertainty. With an activation energy E, σ ~ exp(-E / kT) and

    u(σ)/σ = E / (k T²) · u(T)

Without one the conductivity is that of the temperature told, whatever this was.
"""

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.uncertainty import Measured, rectangular
from labctl.sources import Kind, Source

BOLTZMANN = 8.617333262e-5
"""eV/K, exact to the digits given (SI 2019)."""
CELSIUS = 273.15
"""K at 0 °C."""
THERMOMETER = 1.0
"""K, standard: of a thermometer that is near the sample and not in it. A choice."""
ROOM = 2.0
"""K, standard: of a room whose temperature nobody recorded. A choice."""


def temperature_of(celsius: ArrayLike, stated: float) -> Measured:
    """Return the sample's temperature in K.

    ``celsius``: what a thermometer recorded during the run in °C, shape (n,), n may be
    0, NaN allowed; ``stated``: the label's temperature in K.
    """
    read = np.asarray(celsius, dtype=float)
    read = read[np.isfinite(read)]
    if not read.size:
        source = Source("temperature (assumed)", assumed=True)
        return Measured(stated, "K", {source: ROOM})
    moved = rectangular(float(np.ptp(read)) / 2)
    return Measured(
        float(read.mean()) + CELSIUS,
        "K",
        {
            Source("thermometer (assumed)", assumed=True): THERMOMETER,
            Source("temperature during the run", kind=Kind.A): moved,
        },
    )


def activated(value: Measured, temperature: Measured, energy: float | None) -> Measured:
    """Return a conductivity with the part of the temperature; ``energy`` in eV."""
    if energy is None or value.is_absent:
        return value
    relative = energy / (BOLTZMANN * temperature.value**2)
    part = Measured(0.0, "", temperature.parts) * (value.value * relative)
    return (value + part).with_unit(value.unit)
