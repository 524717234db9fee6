"""Whether one kind of carrier explains a Hall resistance over the field.

One carrier gives a straight line and no magnetoresistance. Two of different mobility
bend the line and raise the resistance with B². Even powers of the field take up
misalignment, so only odd ones are judged.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.linear_fit import fit_columns
from labctl.analysis.uncertainty import EXACT, Calibration, Measured, fresh

_FEWEST_FIELDS = 5
_SIGNIFICANT = 3.0


@dataclass(frozen=True, slots=True)
class FieldSweep:
    """What a Hall resistance over the field says."""

    slope: Measured
    """dR_xy/dB at zero field in ohm/T = m²/C; carries the suspicions."""
    curvature: float
    """Cubic over linear term at the largest field; NaN if not fitted."""
    magnetoresistance: float
    """(R_xx(B) - R_xx(0)) / R_xx(0) at the largest field; NaN if not measured."""
    is_single_carrier: bool
    """Whether nothing speaks against one kind of carrier."""


def field_sweep(
    field: ArrayLike,
    hall_resistance: ArrayLike,
    accuracy: Calibration = EXACT,
    *,
    longitudinal: ArrayLike | None = None,
    limit: float = 0.01,
) -> FieldSweep:
    """Fit a Hall resistance over the field and check for a second carrier.

    Parameters
    ----------
    field
        T, shape (n,), n ≥ 5, both signs; any order.
    hall_resistance
        V/I in ohm with the station's sign applied, shape (n,).
    longitudinal
        Sheet resistance (or R_xx) in ohm at the same fields, shape (n,), if measured.
    limit
        Largest curvature and magnetoresistance of a single carrier.
    """
    tesla = np.asarray(field, dtype=float)
    ohms = np.asarray(hall_resistance, dtype=float)
    keep = np.isfinite(tesla) & np.isfinite(ohms)
    tesla, ohms = tesla[keep], ohms[keep]
    if np.unique(tesla).size < _FEWEST_FIELDS or not tesla.min() < 0 < tesla.max():
        reason = f"{np.unique(tesla).size} fields, at least 5 of both signs needed"
        absent = Measured.absent(reason, "m^2/C")
        return FieldSweep(absent, math.nan, math.nan, is_single_carrier=False)
    end = float(np.abs(tesla).max())
    b = tesla / end
    bent = fit_columns((1.0, b, b**2, b**3), ohms)
    straight = fit_columns((1.0, b, b**2), ohms)
    linear, cubic = float(bent.coefficients[1]), float(bent.coefficients[3])
    real = abs(cubic) > _SIGNIFICANT * bent.scatter(3)
    curvature = cubic / linear if linear else math.nan
    curved = real and abs(curvature) > limit
    fit = bent if curved else straight
    doubts = []
    if curved:
        doubts.append(
            f"V_H(B) bends by {abs(curvature):.1%} (limit {limit:.0%}): two carriers"
            " or magnetism; the slope is that at zero field"
        )
    rise = math.nan
    if longitudinal is not None:
        rise, noise = _magnetoresistance(b, np.asarray(longitudinal, float)[keep])
        if abs(rise) > max(limit, _SIGNIFICANT * noise):
            doubts.append(
                f"magnetoresistance {rise:.1%} (limit {limit:.0%}): two carriers, or"
                " contacts"
            )
    slope = Measured(float(fit.coefficients[1]) / end)
    source = fresh("hall readings", tesla.tolist(), ohms.tolist())
    if fit.freedom:
        slope = slope.with_part(source, fit.scatter(1) / end, fit.freedom)
    for quantity, gain in (
        ("voltage", accuracy.voltage_gain),
        ("current", -accuracy.current_gain),
        ("field", -accuracy.field_gain),
    ):
        slope = slope.with_part(accuracy.source(quantity, "gain"), slope.value * gain)
    return FieldSweep(
        slope=slope.with_unit("m^2/C").suspect(*doubts),
        curvature=curvature,
        magnetoresistance=rise,
        is_single_carrier=not doubts,
    )


def _magnetoresistance(
    b: NDArray[np.float64], ohms: NDArray[np.float64]
) -> tuple[float, float]:
    fit = fit_columns((1.0, b, b**2), ohms)
    zero, rise = float(fit.coefficients[0]), float(fit.coefficients[2])
    return (rise / zero, fit.scatter(2) / abs(zero)) if zero else (math.nan, math.nan)
