"""The constant of a law from values at several temperatures, with its uncertainty.

Both axes were measured: an error of the temperature moves a point along the line as
well, u(ln y) = |E/(k T²)| u(T). Every source of every point is propagated through the
fit (`labctl.analysis.uncertainty`), so that what all points share, a meter's gain, a
particle's radius, an area, cancels in an activation energy as it does on the bench.

Whether the law holds is asked of the residuals r: with C the points' covariance and M
the matrix that leaves them from the points, r' (M C M')⁺ r is χ² with n − 2 degrees of
freedom. Where it does not hold the uncertainty grows by √(χ²/(n − 2)).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.linear_fit import Floats, LinearFit, fit_line
from labctl.analysis.temperature.law import Law
from labctl.analysis.uncertainty import Measured, combine
from labctl.sources import Kind as Evaluated
from labctl.sources import Source
from labctl.verdicts import temperature as verdicts

_LINE = 2
_ROUNDS = 3
"""Of weights that follow from a slope that follows from weights; two are enough."""
APART = 0.003
"""Of T: temperatures nearer than 0.9 K at 300 K are one and the same. A choice: sensors
of chambers differ by as much, and so does one temperature that comes twice."""
_NOTHING = 1e-9
"""Of the largest eigenvalue: what is below is rounding."""
SCATTER = "scatter about the line"


@dataclass(frozen=True, slots=True)
class FittedLaw:
    """A law and the line through its points; arrays of shape (n,)."""

    law: Law
    constant: Measured
    """In the law's unit; absent where it could not be fitted, and why."""
    kelvin: Floats
    across: Floats
    """1/T in 1/K, or ln(T/K)."""
    up: Floats
    """ln of the quantity as the law has it."""
    error: Floats
    """Standard uncertainty of ``up``, the temperature's part in it; NaN: unknown."""
    intercept: float = math.nan
    slope: float = math.nan
    band: Floats | None = None
    """Covariance of intercept and slope, shape (2, 2); None: unknown."""
    chance: float = math.nan
    """Probability of as much scatter by chance; NaN with two points."""


def fit_law(
    law: Law, temperatures: Sequence[Measured], values: Sequence[Measured]
) -> FittedLaw:
    """Fit ``law`` to values in their own unit at temperatures in K.

    A value that is absent, zero or negative has no logarithm: it is left out. Fewer
    than two different temperatures: the constant is absent.
    """
    pairs = [
        (t, y)
        for t, y in zip(temperatures, values, strict=True)
        if y.value > 0 and t.value > 0
    ]
    kelvin = np.array([t.value for t, _ in pairs])
    across = np.array([law.across(t) for t in kelvin])
    up = np.array([law.up(y.value, t.value) for t, y in pairs])
    unknown = np.full(len(pairs), np.nan)
    count = different(kelvin)
    if count < _LINE:
        (doubt,) = verdicts.TEMPERATURES.at_least(float(count))
        absent = Measured.absent(doubt, law.unit)
        return FittedLaw(law, absent, kelvin, across, up, unknown)
    slope, fit = 0.0, fit_line(across, up)
    for _ in range(_ROUNDS):
        slope = float(fit.coefficients[1])
        points = [_point(law, t, y, slope) for t, y in pairs]
        fit = fit_line(across, up, _weights(points))
    points = [_point(law, t, y, float(fit.coefficients[1])) for t, y in pairs]
    parts = _parts(points)
    own = combine(float(fit.coefficients[1]), *_terms(points, fit))
    chance, ratio = _chance(fit, across, parts)
    known = all(math.isfinite(x.uncertainty) for pair in pairs for x in pair)
    if not known:
        own = _by_scatter(own, fit)
    elif ratio > 1 and chance < verdicts.STRAIGHT.limit:
        more = own.uncertainty * math.sqrt(ratio**2 - 1)
        own = own.with_part(Source(SCATTER, kind=Evaluated.A), more)
    doubts = verdicts.TEMPERATURES.at_least(float(count))
    if fit.freedom and known:
        doubts += verdicts.STRAIGHT.at_least(chance)
    constant = own.with_unit(law.unit, law.factor)
    if law.sensible is not None:
        doubts += law.sensible.between(constant.value)
    constant = constant.suspect(*doubts)
    spread = fit.leverage @ parts
    return FittedLaw(
        law,
        constant,
        kelvin,
        across,
        up,
        np.array([point.uncertainty for point in points]) if known else unknown,
        float(fit.coefficients[0]),
        float(fit.coefficients[1]),
        spread @ spread.T * max(ratio, 1.0) ** 2 if known else None,
        chance,
    )


def different(kelvin: Floats) -> int:
    """Return how many temperatures there are among ``kelvin``, shape (n,)."""
    ordered = np.sort(kelvin)
    apart = np.diff(ordered) > APART * ordered[1:]
    return int(apart.sum()) + bool(ordered.size)


def _point(law: Law, temperature: Measured, value: Measured, slope: float) -> Measured:
    """Return a point's height with all that moves it off a line of ``slope``."""
    t = temperature.value
    moves = law.up_per_kelvin(t) - slope * law.across_per_kelvin(t)
    plain = replace(temperature, doubts=())
    return combine(
        law.up(value.value, t), (value, law.sign / value.value), (plain, moves)
    )


def _weights(points: Sequence[Measured]) -> Floats | None:
    """Return each one's own standard uncertainty, without what several share."""
    counts: dict[Source, int] = {}
    for point in points:
        for source, part in point.parts.items():
            counts[source] = counts.get(source, 0) + bool(part)
    own = [
        math.hypot(*(p for s, p in point.parts.items() if counts[s] < 2), 0.0)  # noqa: PLR2004
        for point in points
    ]
    sizes = np.array(own)
    return sizes if np.all(np.isfinite(sizes)) and np.all(sizes > 0) else None


def _parts(points: Sequence[Measured]) -> Floats:
    """Return the signed parts, shape (n, sources)."""
    sources = list(dict.fromkeys(s for point in points for s in point.parts))
    return np.array([[point.parts.get(s, 0.0) for s in sources] for point in points])


def _terms(points: Sequence[Measured], fit: LinearFit) -> list[tuple[Measured, float]]:
    weights = fit.leverage[1]
    return [(point, float(w)) for point, w in zip(points, weights, strict=True)]


def _chance(fit: LinearFit, across: Floats, parts: Floats) -> tuple[float, float]:
    """Return how likely the residuals are, and √(χ²/freedom); NaN and 1: untold."""
    if not fit.freedom or not parts.size or not np.all(np.isfinite(parts)):
        return math.nan, 1.0
    design = np.stack([np.ones_like(across), across], axis=1)
    left = np.eye(across.size) - design @ fit.leverage
    spread = left @ parts
    values, vectors = np.linalg.eigh(spread @ spread.T)
    kept = values > _NOTHING * max(float(values.max()), 1e-300)
    kept[: _LINE if across.size > _LINE else 0] = False  # the line itself
    if not kept.any():
        return math.nan, 1.0
    along = vectors.T @ fit.residuals
    square = float(np.sum(along[kept] ** 2 / values[kept]))
    freedom = int(kept.sum())
    from scipy.special import chdtrc  # noqa: PLC0415  (start-up time)

    return float(chdtrc(freedom, square)), math.sqrt(square / freedom)


def _by_scatter(slope: Measured, fit: LinearFit) -> Measured:
    """Return the slope with what the residuals say, where a point says nothing."""
    if not fit.freedom:
        return Measured(slope.value, doubts=slope.doubts)
    source = Source.fresh(SCATTER, fit.residuals.tolist(), kind=Evaluated.A)
    bare = Measured(slope.value, doubts=slope.doubts)
    return bare.with_part(source, fit.scatter(1), fit.freedom)
