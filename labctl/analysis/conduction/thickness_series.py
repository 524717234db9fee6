"""Bulk and contacts of a powder from pellets of several thicknesses.

    R(t) = R_c + t / (σ A)

Slope and intercept are fitted where both thickness and resistance were measured
(York). Pellets of one powder differ by more than their gauges: density, faces, load.
How much is seen from the scatter about the line, with n - 2 degrees of freedom, but
never taken to be less than what is expected of such pellets: three that lie on a line
by luck prove nothing. Of both the wider interval is stated, so that it holds whether
the pellets differ as expected or more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.label import not_given
from labctl.analysis.linear_fit import Floats, LinearFit, fit_both
from labctl.analysis.uncertainty import Measured, combine
from labctl.data import Result
from labctl.sources import Kind, Source
from labctl.verdicts import pellet as verdicts
from labctl.verdicts.condition import Doubts

PELLET_SCATTER = 0.03
"""Standard deviation of the resistance of pellets of one powder pressed alike, as a
share of it: density and load of a hand press repeat to a few percent. A choice."""
EXPECTED = Source("pellet scatter (expected)", assumed=True)
SEEN = "pellet scatter"

_LINE = 2


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


def thickness_series(
    thickness: Sequence[Measured],
    resistance: Sequence[Measured],
    area: Measured | None,
    scatter: float = PELLET_SCATTER,
) -> ThicknessSeries:
    """Fit R(t) = R_c + t / (σ A) to pellets of one powder.

    Parameters
    ----------
    thickness, resistance
        m and ohm, one a pellet, two or more, sleeve subtracted.
    area
        m², the same for all; without it the conductivity is absent.
    scatter
        What is expected of such pellets, relative standard deviation.
    """
    pairs = [
        (t, r)
        for t, r in zip(thickness, resistance, strict=True)
        if not (t.is_absent or r.is_absent)
    ]
    complete = verdicts.SERIES_COMPLETE.met(
        len(pairs) == len(thickness), f"{len(pairs)} of {len(thickness)} pellets used"
    )
    x = np.array([t.value for t, _ in pairs])
    y = np.array([r.value for _, r in pairs])
    kinds = float(np.unique(x).size)
    if kinds < _LINE:
        (doubt,) = verdicts.THICKNESSES.at_least(kinds)
        absent = Measured.absent(doubt).suspect(*complete)
        return ThicknessSeries(
            absent.with_unit("S/m"),
            absent.with_unit("ohm"),
            absent.with_unit("ohm/m"),
            math.nan,
        )
    ux = _own([t for t, _ in pairs])
    expected = np.hypot(_own([r for _, r in pairs]), scatter * np.abs(y))
    fit = fit_both(x, y, ux, np.where(expected > 0, expected, np.abs(y).max()))
    crossing, slope = (_coefficient(fit, i, pairs, scatter) for i in (0, 1))
    doubts = (
        *complete,
        *verdicts.THICKNESSES.at_least(kinds),
        *verdicts.THICKNESS_RANGE.at_least(float(x.max() / x.min())),
        *_line_doubts(fit, np.hypot(expected, slope.value * ux)),
        *verdicts.CONTACT_SHARE.at_most(100 * crossing.value / float(y[np.argmin(x)])),
        *verdicts.INTERCEPT.at_least(_times(crossing)),
        *verdicts.GROWS.at_least(_times(slope)),
    )
    slope = slope.with_unit("ohm/m").suspect(*doubts)
    face = area or not_given("area")
    return ThicknessSeries(
        conductivity=(1.0 / (slope * face)).with_unit("S/m"),
        contact_resistance=crossing.with_unit("ohm").suspect(*doubts),
        slope=slope,
        r_squared=fit.r_squared,
    )


def _own(values: Sequence[Measured]) -> Floats:
    """Return each one's own uncertainty; what is not known is left to the scatter."""
    sizes = np.array([value.uncertainty for value in values])
    found: Floats = np.nan_to_num(sizes, nan=0.0)
    return found


def _coefficient(
    fit: LinearFit,
    index: int,
    pairs: Sequence[tuple[Measured, Measured]],
    scatter: float,
) -> Measured:
    """Return offset or slope, with the wider of what is expected and what was seen."""
    value = float(fit.coefficients[index])
    weights = [float(weight) for weight in fit.leverage[index]]
    tilt = float(fit.coefficients[1])
    terms = [
        (item, weight * factor)
        for (t, r), weight in zip(pairs, weights, strict=True)
        for item, factor in ((t, -tilt), (r, 1.0))
    ]
    own = combine(value, *terms)
    each = [w * scatter * r.value for w, (_, r) in zip(weights, pairs, strict=True)]
    expected = own.with_part(EXPECTED, math.hypot(*each))
    if not fit.freedom:
        return expected
    # What the pellets do not share is in the scatter already; one meter's gain is not.
    counts: dict[Source, int] = {}
    for item, _ in terms:
        for source in item.parts:
            counts[source] = counts.get(source, 0) + 1
    common = {s: part for s, part in own.parts.items() if counts[s] > 1}
    # One gauge may have measured all: its scale does not scatter.
    scale = float(np.dot(weights, _own([t for t, _ in pairs]))) * -tilt
    source = Source.fresh(SEEN, index, fit.residuals.tolist(), kind=Kind.A)
    seen = (
        Measured(value, "", common, doubts=own.doubts)
        .with_part(source, _seen(fit, index, pairs), fit.freedom)
        .with_part(Source("thickness", "one gauge"), scale)
    )
    return seen if seen.expanded() > expected.expanded() else expected


def _seen(
    fit: LinearFit, index: int, pairs: Sequence[tuple[Measured, Measured]]
) -> float:
    """Return the standard deviation of a coefficient, from the residuals.

    Nobody knows whether pellets scatter in proportion (density) or all alike (faces):
    of both the larger.
    """
    x = np.array([t.value for t, _ in pairs])
    y = np.array([r.value for _, r in pairs])
    rest = np.eye(x.size) - np.stack([np.ones_like(x), x], axis=1) @ fit.leverage
    found = []
    for variance in (y**2, np.ones_like(y)):
        left = float(np.sum(rest**2 @ variance / variance))
        size = float(np.sum(fit.residuals**2 / variance)) / left
        found.append(math.sqrt(size * float(fit.leverage[index] ** 2 @ variance)))
    return max(found)


def _line_doubts(fit: LinearFit, expected: Floats) -> Doubts:
    if not fit.freedom:
        return ()
    squares = float(np.sum((fit.residuals / expected) ** 2)) / fit.freedom
    return verdicts.ON_A_LINE.at_most(math.sqrt(squares))


def _times(value: Measured) -> float:
    """Return how many standard uncertainties a value is from zero, with its sign."""
    half = value.expanded() / 2
    return value.value / half if half > 0 else math.nan
