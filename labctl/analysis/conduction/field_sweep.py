"""Whether one kind of carrier explains a Hall resistance over the field.

One carrier gives a straight line and no magnetoresistance. Two of different mobility
bend the line and raise the resistance with B², both by about (µB)²: where that is
below what is seen, one kind cannot be told from two. Even powers of the field take up
misalignment, so only odd ones are judged.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.linear_fit import fit_columns
from labctl.analysis.uncertainty import EXACT, Calibration, Measured, fresh
from labctl.data import Result
from labctl.verdicts import hall as verdicts
from labctl.verdicts.condition import Doubts
from labctl.verdicts.hall import ONE_CARRIER_CURVE as ONE
from labctl.verdicts.hall import ONE_CARRIER_RESISTANCE as RISE

_SIGNIFICANT = 3.0


@dataclass(frozen=True, slots=True)
class FieldSweep:
    """What a Hall resistance over the field says."""

    slope: Measured
    """dR_xy/dB at zero field in ohm/T = m²/C; carries the doubts."""
    curvature: float
    """Cubic over linear term at the largest field; NaN if not fitted."""
    magnetoresistance: Measured
    """(R_xx(B) - R_xx(0)) / R_xx(0) at the largest field; absent if not measured."""
    is_single_carrier: bool
    """Whether nothing speaks against one kind of carrier, and it would be seen."""
    doubts: Doubts = ()
    """Each condition that one kind of carrier did not meet."""

    def kinds(self) -> Result:
        """Return how many kinds of carrier there are, in words."""
        seen = {ONE.code, RISE.code} & {doubt.code for doubt in self.doubts}
        if not seen and not self.is_single_carrier:
            return Measured.absent("cannot be told").suspect(*self.doubts).to_result()
        found = Result("two or more" if seen else "one", "")
        for doubt in self.doubts:
            found = found.suspect(doubt)
        return found


def field_sweep(
    field: ArrayLike,
    hall_resistance: ArrayLike,
    accuracy: Calibration = EXACT,
    *,
    longitudinal: ArrayLike | None = None,
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
    """
    tesla = np.asarray(field, dtype=float)
    ohms = np.asarray(hall_resistance, dtype=float)
    keep = np.isfinite(tesla) & np.isfinite(ohms)
    tesla, ohms = tesla[keep], ohms[keep]
    many = float(np.unique(tesla).size)
    doubts = verdicts.SWEEP_FIELDS.at_least(many)
    doubts = doubts or verdicts.REVERSED.met(tesla.min() < 0 < tesla.max())
    if doubts:
        absent = Measured.absent(doubts[0], "m^2/C")
        return FieldSweep(
            absent, math.nan, absent, is_single_carrier=False, doubts=doubts
        )
    end = float(np.abs(tesla).max())
    b = tesla / end
    bent = fit_columns((1.0, b, b**2, b**3), ohms)
    straight = fit_columns((1.0, b, b**2), ohms)
    linear, cubic = float(bent.coefficients[1]), float(bent.coefficients[3])
    curvature = cubic / linear if linear else math.nan
    noise = 100 * bent.scatter(3) / abs(linear) if linear else math.nan
    doubts = ONE.at_most(
        100 * abs(curvature), max(ONE.limit, _SIGNIFICANT * noise if noise > 0 else 0)
    )
    fit = bent if doubts else straight
    rise, along = Measured.absent("not measured"), math.nan
    if longitudinal is not None:
        along, rise = _magnetoresistance(b, np.asarray(longitudinal, float)[keep])
        loud = 100 * _SIGNIFICANT * rise.part("hall readings")
        doubts += RISE.at_most(100 * abs(rise.value), max(RISE.limit, loud))
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
    # Two carriers bend the line and raise the resistance by (µB)² at most.
    quiet = verdicts.SWEEP_TELLS.at_most(noise)
    quiet += verdicts.SWEEP_REACHES.at_least(100 * (linear / along) ** 2)
    return FieldSweep(
        slope=slope.with_unit("m^2/C").suspect(*doubts),
        curvature=curvature,
        magnetoresistance=rise,
        is_single_carrier=not doubts and not quiet,
        doubts=(*doubts, *quiet),
    )


def _magnetoresistance(
    b: NDArray[np.float64], ohms: NDArray[np.float64]
) -> tuple[float, Measured]:
    """Return R_xx without a field, and its relative rise at the end."""
    fit = fit_columns((1.0, b, b**2), ohms)
    zero, rise = float(fit.coefficients[0]), float(fit.coefficients[2])
    if not zero > 0:
        return math.nan, Measured.absent("no resistance without a field")
    found = Measured(rise / zero)
    if not fit.freedom:
        return zero, found
    source = fresh("hall readings", "rise", b.tolist(), ohms.tolist())
    return zero, found.with_part(source, fit.scatter(2) / zero, fit.freedom)
