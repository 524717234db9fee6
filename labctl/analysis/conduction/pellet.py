"""Conductivity of a pressed pellet, and its contacts from a series of thicknesses.

σ = t / (R A). Two pistons measure R = R_c + ρ t / A: the slope over thickness gives
ρ, what is left at zero thickness is the contacts and leads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.linear_fit import Floats, LinearFit, fit_line
from labctl.analysis.uncertainty import Measured, combine, fresh
from labctl.data import Result

_RESOLVED = 2.0
_FEWEST_FOR_CHECK = 3
_CONTACT_SHARE = 0.5
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ThicknessSeries:
    """What pellets of different thickness say together."""

    conductivity: Measured
    """S/m; absent without area."""
    contact_resistance: Measured
    """ohm, both contacts and leads together."""
    slope: Measured
    """ohm/m."""
    r_squared: float
    """NaN if nothing could be fitted."""

    def results(self) -> dict[str, Result]:
        """Return the named results for the run file."""
        return {
            "conductivity": self.conductivity.to_result(),
            "contact_resistance": self.contact_resistance.to_result(),
        }


def pellet_conductivity(
    resistance: Measured,
    thickness: Measured | None,
    area: Measured | None,
    contact_resistance: Measured | None = None,
) -> Measured:
    """Return σ = t / ((R - R_c) A) in S/m; absent without thickness or area."""
    depth = thickness or Measured.absent("thickness is not given")
    face = area or Measured.absent("area is not given")
    bulk = resistance - (contact_resistance or 0.0)
    found = (depth / (bulk * face)).with_unit("S/m")
    if bulk.value < 0:
        found = found.suspect("resistance is below that of the contacts, or negative")
    return found


def thickness_series(
    thickness: Sequence[Measured],
    resistance: Sequence[Measured],
    area: Measured | None,
) -> ThicknessSeries:
    """Fit R(t) = R_c + t / (σ A) to pellets of one powder.

    Parameters
    ----------
    thickness, resistance
        m and ohm, one a pellet, two or more. Where pellets scatter more than their
        own uncertainties say, the scatter about the line is added.
    area
        m², the same for all; without it the conductivity is absent.
    """
    pairs = [
        (t, r)
        for t, r in zip(thickness, resistance, strict=True)
        if not (t.is_absent or r.is_absent)
    ]
    x = np.array([t.value for t, _ in pairs])
    y = np.array([r.value for _, r in pairs])
    if np.unique(x).size < 2:  # noqa: PLR2004 - a line
        absent = Measured.absent("fewer than two thicknesses")
        return ThicknessSeries(
            absent.with_unit("S/m"),
            absent.with_unit("ohm"),
            absent.with_unit("ohm/m"),
            math.nan,
        )
    rough = float(fit_line(x, y).coefficients[1])
    points = [r + (t - t.value) * -rough for t, r in pairs]
    spread = np.array([point.uncertainty for point in points])
    known = bool(np.all(np.isfinite(spread) & (spread > 0)))
    fit = fit_line(x, y, spread if known else None)
    crossing, slope = _coefficients(fit, x, points)
    doubts = [f"{len(x)} of {len(thickness)} pellets used"] * (len(x) < len(thickness))
    if np.unique(x).size < _FEWEST_FOR_CHECK:
        doubts.append("two thicknesses only: the line is not checked")
    share = crossing.value / float(y[np.argmin(x)])
    if share > _CONTACT_SHARE:
        doubts.append(f"contacts are {share:.0%} of the thinnest pellet's resistance")
    known_to = crossing.uncertainty if crossing.parts else 0.0
    if crossing.value < -max(_RESOLVED * known_to, _ROUNDING * float(y.max())):
        doubts.append(
            f"contact resistance {crossing.value:.3g} ohm is negative: thickness, or"
            " pellets that differ"
        )
    if slope.value <= 0:
        doubts.append("resistance does not grow with thickness")
    slope = slope.with_unit("ohm/m").suspect(*doubts)
    face = area or Measured.absent("area is not given")
    return ThicknessSeries(
        conductivity=(1.0 / (slope * face)).with_unit("S/m"),
        contact_resistance=crossing.with_unit("ohm").suspect(*doubts),
        slope=slope,
        r_squared=fit.r_squared,
    )


def _coefficients(
    fit: LinearFit, x: Floats, points: Sequence[Measured]
) -> tuple[Measured, Measured]:
    found = []
    for index in (0, 1):
        weights = [float(weight) for weight in fit.leverage[index]]
        value = float(fit.coefficients[index])
        coefficient = combine(value, *zip(points, weights, strict=True))
        if fit.freedom:
            extra = fit.scatter(index) * _unexplained(fit, x, points)
            source = fresh("pellet scatter", index, fit.residuals.tolist())
            coefficient = coefficient.with_part(source, extra, fit.freedom)
        found.append(coefficient)
    return found[0], found[1]


def _unexplained(fit: LinearFit, x: Floats, points: Sequence[Measured]) -> float:
    """Return the share (0 to 1) of the scatter that the points' own errors miss."""
    hat = np.column_stack([np.ones_like(x), x]) @ fit.leverage
    expected = 0.0
    for row, point in enumerate(points):
        others = zip(points, (-hat[row]).tolist(), strict=True)
        own = combine(0.0, (point, 1.0), *others).uncertainty
        expected += own**2 if math.isfinite(own) else 0.0
    seen = float(np.sum(fit.residuals**2))
    return math.sqrt(1 - expected / seen) if seen > expected else 0.0
