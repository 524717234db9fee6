"""What the instrument's errors of |Z| and phase make of a number from a spectrum.

An error of |Z| or phase is a smooth function of the frequency: neighbouring points are
wrong together and no number of points averages it away. It is taken as correlated over
two decades, with the limits that the instrument states as a rectangular distribution:
u² = Σ a_i a_j s_i s_j exp(-Δ²/2l²), a_i = ∂y/∂ε_i of a relative error at f_i, Δ in
decades. A gain common to all frequencies then passes in full into every resistance,
and a small arc on a large series resistance suffers from what differs between them.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.spectra.elements import Complexes, Floats
from labctl.analysis.uncertainty import Measured
from labctl.roles.channel_accuracy import ImpedanceAccuracy, ImpedanceRegion, Origin
from labctl.sources import Distribution, Source

ASSUMED = ImpedanceAccuracy(
    (ImpedanceRegion(0.0, math.inf, 0.0, math.inf, 0.01, math.radians(1.0)),),
    Origin.ASSUMED,
    "1 % and 1°: the usual contour within which makers of potentiostats promise a "
    "valid spectrum",
)
"""Of an instrument that states nothing."""
ALIKE = 2.0
"""l in decades of frequency: current ranges, filters and amplifiers change about that
often in a sweep."""


def with_calibration(
    found: Measured,
    relative: Complexes,
    frequency: ArrayLike,
    impedance: ArrayLike,
    accuracy: ImpedanceAccuracy | None,
    instrument: str = "",
) -> Measured:
    """Return a number with two more sources: the instrument's |Z| and its phase.

    Parameters
    ----------
    found
        A number from the spectrum, in any unit.
    relative
        How it follows a relative error ε of Z, by frequency: δy/y = Σ Re(relative ε).
    frequency, impedance
        Hz, Ω; shape (n,) as ``relative``.
    accuracy
        What the instrument states; None: `ASSUMED`, which also stands in where it
        states nothing.
    instrument
        What spectra share the error by; empty: the run.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    stated = accuracy or ASSUMED
    size, phase = stated.at(f, np.abs(z))
    missing = ~(np.isfinite(size) & np.isfinite(phase))
    assumed = stated.origin is Origin.ASSUMED or bool(missing.any())
    most, turned = ASSUMED.at(f, np.abs(z))
    size, phase = np.where(missing, most, size), np.where(missing, turned, phase)
    top = round(math.log10(float(np.median(f))))
    for term, weight, limit in (
        ("impedance magnitude", relative.real, size),
        ("impedance phase", -relative.imag, phase),
    ):
        source = Source(
            f"{term} (assumed)" if assumed else term,
            f"1e{top} Hz",
            distribution=Distribution.RECTANGULAR,
            shared=instrument,
            assumed=assumed,
        )
        part = abs(found.value) * _spread(weight * limit / math.sqrt(3.0), f)
        found = found.with_part(source, part)
    return found


def _spread(parts: Floats, f: Floats) -> float:
    decades = np.log10(f)
    apart = (decades[:, None] - decades) / ALIKE
    return math.sqrt(max(float(parts @ np.exp(-0.5 * apart**2) @ parts), 0.0))
