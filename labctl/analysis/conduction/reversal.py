"""Resistance from alternating current: what does not reverse is not resistance.

Three-point delta: V_d = (V1 - 2 V2 + V3)/4 with alternating sign cancels a constant
offset and its linear drift. The moving deltas of an instrument overlap: they are not
independent, and their scatter says so.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.uncertainty import EXACT, Calibration, Measured, fresh
from labctl.verdicts import conduction as verdicts

_DELTA = np.array([0.25, 0.5, 0.25])


def delta_mode_resistance(
    delta_voltage: ArrayLike, current: float, accuracy: Calibration = EXACT
) -> Measured:
    """Return the resistance from an instrument's own moving deltas (2182A with 6221).

    Parameters
    ----------
    delta_voltage
        V, shape (n,), successive three-point deltas; each belongs to +``current``.
    current
        Amplitude in A, the high one.

    Notes
    -----
    Successive deltas share two of three readings. The standard uncertainty of their
    mean and its degrees of freedom follow from that moving average of white noise.
    """
    deltas = np.asarray(delta_voltage, dtype=float)
    usable = deltas[np.isfinite(deltas)]
    if usable.size == 0 or current == 0:
        return Measured.absent("no delta readings", "ohm")
    found = Measured(float(usable.mean()) / current)
    if usable.size > 1:
        error, freedom = overlapping_error(usable)
        source = fresh("delta readings", usable.tolist())
        found = found.with_part(source, error / current, freedom)
    lost = deltas.size - usable.size
    complete = verdicts.COMPLETE.met(not lost, f"{lost} readings not measured")
    return _with_gains(found.suspect(*complete), accuracy)


def overlapping_error(deltas: np.ndarray) -> tuple[float, float]:
    """Return the standard uncertainty of the mean of moving deltas, and its freedom.

    ``deltas``: two or more in V, shape (n,).
    """
    count = deltas.size
    spread = np.zeros((count, count + 2))
    for row in range(count):
        spread[row, row : row + 3] = _DELTA
    shape = spread @ spread.T
    centred = shape - shape.mean(axis=0)
    # s² estimates white² tr(M C)/(n - 1); Satterthwaite's freedom from both traces.
    trace = float(np.trace(centred))
    white = float(np.sum((deltas - deltas.mean()) ** 2)) / trace
    freedom = trace**2 / float(np.sum(centred * centred.T))
    return math.sqrt(white * float(shape.mean())), freedom


def _with_gains(resistance: Measured, accuracy: Calibration) -> Measured:
    value = resistance.value
    found = resistance.with_part(
        accuracy.source("voltage", "gain"), value * accuracy.voltage_gain
    ).with_part(accuracy.source("current", "gain"), -value * accuracy.current_gain)
    return found.with_unit("ohm")
