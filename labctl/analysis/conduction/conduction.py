"""Resistance from current and voltage of both signs, with a verdict on the contact.

A line through points of both polarities separates the resistance from the offset
(thermal EMF, the meters' zeros). The verdict *ohmic* asks for three things: the line
explains the points, both polarities have the same slope, a cubic term adds nothing.
Points in compliance are never fitted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.linear_fit import Floats, LinearFit, fit_columns, fit_line
from labctl.analysis.uncertainty import EXACT, Calibration, Measured, fresh
from labctl.data import Result
from labctl.verdicts import conduction as verdicts
from labctl.verdicts.condition import Condition, Doubt, Doubts

SCATTER = "scatter of the points"
"""Budget term of what the points scatter about the line (type A)."""

_FEWEST_POINTS = 3
_LEVELS_PER_SIDE = 3
_LEVELS_FOR_CUBIC = 5
_SIGNIFICANT = 3.0
"""Standard uncertainties that make a deviation real."""
_RESOLVED = 2.0


class Drive(Enum):
    """Which quantity the source sets; the other one carries the noise."""

    VOLTAGE = "voltage"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class OhmicConditions:
    """When a line through current and voltage is a resistance."""

    linear: Condition = verdicts.LINEAR
    symmetric: Condition = verdicts.SYMMETRIC
    straight: Condition = verdicts.STRAIGHT


OHMIC = OhmicConditions()
"""Probe station and pellets."""
CONTACT = OhmicConditions(verdicts.CONTACT_LINEAR, verdicts.CONTACT_SYMMETRIC)
"""Contact check before a van der Pauw or Hall measurement."""


@dataclass(frozen=True, slots=True)
class OhmicFit:
    """What a line through an I-V curve says."""

    resistance: Measured
    """ohm."""
    conductance: Measured
    """S."""
    offset_voltage: Measured
    """V at zero current: thermal EMF and the voltmeter's zero."""
    offset_current: Measured
    """A at zero voltage."""
    r_squared: float
    """NaN if nothing could be fitted."""
    asymmetry: float
    """(slope at + minus slope at -) / slope; NaN with fewer than 3 levels a side."""
    nonlinearity: float
    """|cubic term| / |linear term| at the end of the sweep; NaN if not fitted."""
    points: int
    """Points fitted."""
    doubts: Doubts
    """Why the contact is not ohmic; empty if it is."""

    @property
    def is_ohmic(self) -> bool:
        """Whether every limit was met."""
        return not self.doubts and not self.resistance.is_absent

    def results(self) -> dict[str, Result]:
        """Return the named results for the run file."""
        return {
            "resistance": self.resistance.to_result(),
            "conductance": self.conductance.to_result(),
            "offset_voltage": self.offset_voltage.to_result(),
        }


def ohmic_fit(
    voltage: ArrayLike,
    current: ArrayLike,
    accuracy: Calibration = EXACT,
    *,
    driven: Drive = Drive.VOLTAGE,
    compliance: ArrayLike | None = None,
    conditions: OhmicConditions = OHMIC,
) -> OhmicFit:
    """Fit a line through an I-V curve of both polarities.

    Parameters
    ----------
    voltage, current
        V and A, shape (n,), any order; NaN marks a point that was not measured.
    driven
        What the source set; deviations are counted in the other quantity.
    compliance
        True where the source was in compliance, shape (n,); left out and suspected.
    """
    volts, amperes, lost = _usable(voltage, current, compliance)
    by_voltage = driven is Drive.VOLTAGE
    x, y = (volts, amperes) if by_voltage else (amperes, volts)
    if x.size < _FEWEST_POINTS or np.unique(x).size < 2:  # noqa: PLR2004 - a line
        reason = f"{x.size} usable points do not make a line"
        return _no_fit((*lost, *verdicts.POINTS.met(fulfilled=False, text=reason)))
    fit = fit_line(x, y)
    slope_unit, driven_name, measured_name = (
        ("S", "voltage", "current") if by_voltage else ("ohm", "current", "voltage")
    )
    gain = {"voltage": accuracy.voltage_gain, "current": accuracy.current_gain}
    value = float(fit.coefficients[1])
    offset, slope = _coefficients(fit, x, y)
    slope = slope.with_part(
        accuracy.source(measured_name, "gain"), value * gain[measured_name]
    ).with_part(accuracy.source(driven_name, "gain"), -value * gain[driven_name])
    zero = {"voltage": accuracy.voltage_zero, "current": accuracy.current_zero}
    offset = offset.with_part(
        accuracy.source(measured_name, "zero"), zero[measured_name]
    ).with_part(accuracy.source(driven_name, "zero"), -value * zero[driven_name])
    asymmetry, asymmetry_noise = _asymmetry(x, y, value)
    nonlinearity, cubic_noise = _nonlinearity(x, y)
    scatter = slope.part(SCATTER)
    doubts = (
        *lost,
        *verdicts.BOTH_POLARITIES.met(
            x.min() < 0 < x.max(), "one polarity only: an offset is not seen"
        ),
        *conditions.linear.at_least(fit.r_squared),
        *_percent(conditions.symmetric, asymmetry, _RESOLVED * asymmetry_noise),
        *_percent(conditions.straight, nonlinearity, _SIGNIFICANT * cubic_noise),
        *verdicts.POSITIVE.met(
            value > 0, "slope is not positive: wiring, or no contact"
        ),
        *verdicts.RESOLVED.at_least(abs(value) / scatter if scatter else math.inf),
    )
    slope = slope.with_unit(slope_unit).suspect(*doubts)
    other = 1.0 / slope
    crossing = -(offset / slope)
    if by_voltage:
        resistance, conductance = other.with_unit("ohm"), slope
        offset_voltage, offset_current = crossing, offset
    else:
        resistance, conductance = slope, other.with_unit("S")
        offset_voltage, offset_current = offset, crossing
    return OhmicFit(
        resistance=resistance,
        conductance=conductance,
        offset_voltage=offset_voltage.with_unit("V"),
        offset_current=offset_current.with_unit("A"),
        r_squared=fit.r_squared,
        asymmetry=asymmetry,
        nonlinearity=nonlinearity,
        points=int(x.size),
        doubts=doubts,
    )


def contact_doubts(resistances: Mapping[str, Measured]) -> Doubts:
    """Return what is wrong with two-point resistances between neighbours, by pair."""
    doubts = [
        Doubt(doubt.code, f"{pair}: {doubt}")
        for pair, resistance in resistances.items()
        for doubt in resistance.doubts
    ]
    sizes = {pair: abs(r.value) for pair, r in resistances.items() if not r.is_absent}
    if sizes:
        worst, best = max(sizes, key=sizes.__getitem__), min(sizes.values())
        doubts += verdicts.CONTACTS_ALIKE.at_most(
            sizes[worst] / best if best else math.inf, of=f"{worst}:"
        )
    return tuple(doubts)


def largest_current(resistance: float, power: float = 5e-3) -> float:
    """Return the current in A that dissipates ``power`` in W; NIST allows 5 mW."""
    return math.sqrt(power / resistance)


def _usable(
    voltage: ArrayLike, current: ArrayLike, compliance: ArrayLike | None
) -> tuple[Floats, Floats, Doubts]:
    volts = np.asarray(voltage, dtype=float)
    amperes = np.asarray(current, dtype=float)
    if volts.shape != amperes.shape or volts.ndim != 1:
        raise ValueError(f"voltage {volts.shape} and current {amperes.shape} differ")
    finite = np.isfinite(volts) & np.isfinite(amperes)
    limited: NDArray[np.bool_] = np.zeros(volts.shape, dtype=bool)
    if compliance is not None:
        limited = np.asarray(compliance, dtype=bool)
    keep = finite & ~limited
    return volts[keep], amperes[keep], points_lost(limited, finite)


def points_lost(limited: NDArray[np.bool_], finite: NDArray[np.bool_]) -> Doubts:
    """Return what to doubt where points were in ``compliance`` or never measured."""
    held, missing = int(limited.sum()), int((~finite).sum())
    return (
        *verdicts.COMPLIANCE.met(
            not held, f"{held} of {limited.size} points in compliance"
        ),
        *verdicts.COMPLETE.met(
            not missing, f"{missing} of {finite.size} points not measured"
        ),
    )


def _percent(condition: Condition, share: float, noise: float) -> Doubts:
    """Return a doubt unless ``share`` is within the limit, or within its noise."""
    return condition.at_most(
        100 * abs(share), max(condition.limit, 100 * noise if noise > 0 else 0.0)
    )


def _no_fit(doubts: Doubts) -> OhmicFit:
    absent = Measured.absent(doubts[-1]).suspect(*doubts)
    return OhmicFit(
        resistance=absent.with_unit("ohm"),
        conductance=absent.with_unit("S"),
        offset_voltage=absent.with_unit("V"),
        offset_current=absent.with_unit("A"),
        r_squared=math.nan,
        asymmetry=math.nan,
        nonlinearity=math.nan,
        points=0,
        doubts=doubts,
    )


def _coefficients(fit: LinearFit, x: Floats, y: Floats) -> tuple[Measured, Measured]:
    """Return offset and slope; what they share by the scatter has one source."""
    offset, slope = (Measured(float(c)) for c in fit.coefficients)
    if not fit.freedom:
        return offset, slope
    tilt, lift = (fresh(SCATTER, i, x.tolist(), y.tolist()) for i in (1, 0))
    slope = slope.with_part(tilt, fit.scatter(1), fit.freedom)
    common = float(fit.covariance[0, 1]) / fit.scatter(1) if fit.scatter(1) else 0.0
    own = math.sqrt(max(fit.scatter(0) ** 2 - common**2, 0.0))
    offset = offset.with_part(lift, own, fit.freedom)
    return offset.with_part(tilt, common, fit.freedom), slope


def _asymmetry(x: Floats, y: Floats, slope: float) -> tuple[float, float]:
    sides = []
    for side in (x >= 0, x <= 0):
        if np.unique(x[side]).size < _LEVELS_PER_SIDE:
            return math.nan, math.nan
        sides.append(fit_line(x[side], y[side]))
    if slope == 0:
        return math.nan, math.nan
    difference = float(sides[0].coefficients[1] - sides[1].coefficients[1])
    noise = math.hypot(*(side.scatter(1) for side in sides))
    return difference / slope, noise / abs(slope)


def _nonlinearity(x: Floats, y: Floats) -> tuple[float, float]:
    if np.unique(x).size < _LEVELS_FOR_CUBIC:
        return math.nan, math.nan
    end = float(np.abs(x).max())
    fit = fit_columns((1.0, x / end, (x / end) ** 3), y)
    _, linear, cubic = map(float, fit.coefficients)
    if linear == 0:
        return math.nan, math.nan
    return abs(cubic / linear), fit.scatter(2) / abs(linear)
