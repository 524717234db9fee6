"""Resistance from alternating current: what does not reverse is not resistance.

Three-point delta: V_d = (V1 - 2 V2 + V3)/4 with alternating sign cancels a constant
offset and its linear drift. A fit of R I + offset + drift to the whole series is the
same with three readings and the best estimate with more; its scatter is honest, while
the moving deltas of an instrument overlap and are not independent.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.linear_fit import fit_columns
from labctl.analysis.uncertainty import EXACT, Accuracy, Measured, fresh

_DELTA = np.array([0.25, 0.5, 0.25])
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class DeltaResistance:
    """Resistance from alternating readings."""

    resistance: Measured
    """ohm."""
    offset_voltage: float
    """Thermal EMF and zero in V at the middle of the series; NaN if unknown."""
    drift: float
    """Change of the offset in V per reading; NaN if unknown."""


def reversal_resistance(
    voltage_plus: Measured,
    voltage_minus: Measured,
    current_plus: float,
    current_minus: float,
    accuracy: Accuracy = EXACT,
) -> Measured:
    """Return (V₊ - V₋)/(I₊ - I₋) in ohm; give the two voltages sources of their own."""
    span = current_plus - current_minus
    if span == 0:
        return Measured.absent("the current was not reversed", "ohm")
    return _with_gains((voltage_plus - voltage_minus) / span, accuracy)


def delta_resistance(
    voltage: ArrayLike, current: ArrayLike, accuracy: Accuracy = EXACT
) -> DeltaResistance:
    """Return the resistance from raw readings in the order they were taken.

    Parameters
    ----------
    voltage, current
        V and signed A, shape (n,), n ≥ 3, evenly spaced in time, alternating sign.
    """
    volts = np.asarray(voltage, dtype=float)
    amperes = np.asarray(current, dtype=float)
    usable = np.isfinite(volts) & np.isfinite(amperes)
    number = np.arange(volts.size) - (volts.size - 1) / 2
    volts, amperes, number = volts[usable], amperes[usable], number[usable]
    if volts.size < _FEWEST or not (amperes.min() < 0 < amperes.max()):
        reason = f"{volts.size} readings, at least 3 with alternating current needed"
        return DeltaResistance(Measured.absent(reason, "ohm"), math.nan, math.nan)
    fit = fit_columns((amperes, 1.0, number), volts)
    found = Measured(float(fit.coefficients[0]))
    if fit.freedom:
        found = found.with_part(
            fresh("delta readings", volts.tolist()), fit.scatter(0), fit.freedom
        )
    if not usable.all():
        found = found.suspect(f"{int((~usable).sum())} readings not measured")
    found = _with_gains(found, accuracy)
    return DeltaResistance(
        found, float(fit.coefficients[1]), float(fit.coefficients[2])
    )


def delta_mode_resistance(
    delta_voltage: ArrayLike, current: float, accuracy: Accuracy = EXACT
) -> DeltaResistance:
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
        return DeltaResistance(
            Measured.absent("no delta readings", "ohm"), math.nan, math.nan
        )
    found = Measured(float(usable.mean()) / current)
    if usable.size > 1:
        error, freedom = _overlapping_mean_error(usable)
        source = fresh("delta readings", usable.tolist())
        found = found.with_part(source, error / current, freedom)
    if usable.size < deltas.size:
        found = found.suspect(f"{deltas.size - usable.size} readings not measured")
    return DeltaResistance(_with_gains(found, accuracy), math.nan, math.nan)


def _overlapping_mean_error(deltas: np.ndarray) -> tuple[float, float]:
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


def _with_gains(resistance: Measured, accuracy: Accuracy) -> Measured:
    value = resistance.value
    found = resistance.with_part(
        accuracy.source("voltage", "gain"), value * accuracy.voltage_gain
    ).with_part(accuracy.source("current", "gain"), -value * accuracy.current_gain)
    return found.with_unit("ohm")
