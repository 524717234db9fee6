"""What peaks at several scan rates say: Randles–Ševčík, b, Dunn's split.

Reversible: i_p = 0.4463 n F A C √(n F v D/(R T)) (Randles 1948, Ševčík 1948);
irreversible: i_p = 0.4958 n F A C √(α F v D/(R T)). The peak current is fitted against
√v with a free intercept. What scatters is taken to be relative to the peak, as it is
for a baseline, a width, a repeated cycle. Every line has n - 2 degrees of freedom; what
a meter or a baseline does to all peaks together goes through the line as it is: a gain
cancels in b and not in D, a zero cancels in neither.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.linear_fit import LinearFit, fit_columns, fit_line
from labctl.analysis.student import student_quantile
from labctl.analysis.uncertainty import Measured, combine
from labctl.sources import Distribution, Kind, Source
from labctl.verdicts import voltammetry as verdicts
from labctl.verdicts.condition import Doubts

Floats = NDArray[np.float64]

FARADAY = 96485.33212331
GAS = 8.31446261815324
REVERSIBLE = 0.4463
IRREVERSIBLE = 0.4958
FEWEST_RATES = 3
FEWEST_FOR_BEND = 5
"""Rates from which on a bend can be told from scatter."""
PROBABILITY = 0.975
NOISE = "peak noise"
PICKING = "peak picking"
PICKED = 0.005
"""Relative, standard: what the height of one peak is not known better than, by where
its foot lies and how far one cycle repeats another. A choice; it matters where few
peaks lie on a line by luck."""
LINE = "line"
Sizes = Sequence[Measured] | ArrayLike


@dataclass(frozen=True, slots=True)
class RandlesSevcik:
    """Apparent diffusivity from peak currents at several scan rates."""

    diffusivity: Measured
    """m²/s, apparent; valid only where the line is straight."""
    slope: Measured
    """d|i_p|/d√v in A/(V/s)^½."""
    intercept: Measured
    """A; not zero when something else than diffusion flows."""
    r_squared: float


def randles_sevcik(
    rates: ArrayLike,
    peaks: Sizes,
    *,
    area: Measured | float,
    concentration: Measured | float,
    electrons: float = 1.0,
    transfer: float | None = None,
    temperature: Measured | float = 298.15,
) -> RandlesSevcik:
    """Fit |i_p| against √v.

    Parameters
    ----------
    rates, peaks
        V/s and A, shape (n,), n ≥ 3; peaks with their own uncertainties, or none.
    area
        Electroactive area in m²; D goes with 1/area².
    concentration
        Of the diffusing species at the peak in mol/m³; D goes with 1/C².
    electrons
        n.
    transfer
        Transfer coefficient α of an irreversible couple; None: reversible.
    temperature
        K.
    """
    rate, sizes = _rates_and_sizes(rates, peaks)
    heights = [one.value for one in sizes]
    fit = fit_line(np.sqrt(rate), heights, sigma=heights)
    slope = _through(fit, 1, sizes, np.ones(len(sizes)))
    intercept = _through(fit, 0, sizes, np.ones(len(sizes)))
    # i_p = 0.4463 n F A C √(n F v D/RT), or 0.4958 n F A C √(α F v D/RT)
    inner = electrons if transfer is None else transfer
    number = REVERSIBLE if transfer is None else IRREVERSIBLE
    per_area = slope / (number * electrons * FARADAY * _as(area) * _as(concentration))
    found = per_area * per_area * _as(temperature) * (GAS / (inner * FARADAY))
    largest = max(one.value for one in sizes)
    rest = max(abs(intercept.value) - 2 * intercept.uncertainty, 0.0)
    found = found.suspect(
        *verdicts.ENOUGH_RATES.at_least(len(rate)),
        *verdicts.STRAIGHT.at_least(fit.r_squared),
        *verdicts.INTERCEPT.at_most(100.0 * rest / largest),
    )
    return RandlesSevcik(found, slope, intercept, fit.r_squared)


def b_value(rates: ArrayLike, peaks: Sizes) -> Measured:
    """Return b of i_p = a v^b: 0.5 diffusion, 1 surface; n ≥ 3 scan rates (V/s, A)."""
    rate, sizes = _rates_and_sizes(rates, peaks)
    x, y = np.log(rate), np.log([one.value for one in sizes])
    fit = fit_line(x, y)
    found = _through(fit, 1, sizes, np.array([1 / one.value for one in sizes]))
    return found.suspect(
        *verdicts.ENOUGH_RATES.at_least(len(rate)),
        *verdicts.POWER_LAW.at_least(fit.r_squared),
        *verdicts.B_PHYSICAL.between(found.value),
        *_bend(x, y),
    )


def _bend(x: Floats, y: Floats) -> Doubts:
    """Return a doubt where a quadratic term is more than the scatter explains."""
    if len(x) < FEWEST_FOR_BEND:
        return ()
    centred = x - x.mean()
    fit = fit_columns((1.0, centred, centred**2), y)
    limit = student_quantile(fit.freedom, PROBABILITY) * fit.scatter(2)
    # residuals that are rounding know no bend
    exact = float(np.abs(fit.residuals).max()) < 1e-9  # noqa: PLR2004
    bend = 0.0 if exact else abs(float(fit.coefficients[2])) / limit
    return verdicts.NO_BEND.at_most(bend)


def _through(
    fit: LinearFit, index: int, sizes: Sequence[Measured], slopes: Floats
) -> Measured:
    """Return a coefficient: scatter about the line, and the sizes' common errors.

    ``slopes``: ∂y/∂size, shape (n,). What is random in single peaks is in the scatter;
    it counts by itself where it is larger than the scatter happens to be.
    """
    common = [
        replace(one, parts={s: p for s, p in one.parts.items() if s.term != NOISE})
        for one in sizes
    ]
    weights = fit.leverage[index] * slopes
    value = float(fit.coefficients[index])
    found = combine(value, *zip(common, weights.tolist(), strict=True))
    alone = math.hypot(
        *(w * one.part(NOISE) for w, one in zip(weights, sizes, strict=True))
    )
    scatter = fit.scatter(index)
    data = (index, *(one.value for one in sizes))
    picked = PICKED * math.hypot(
        *(w * one.value for w, one in zip(weights, sizes, strict=True))
    )
    found = found.with_part(Source.fresh(PICKING, *data), picked)
    if alone > scatter:
        return found.with_part(Source.fresh(NOISE, *data, kind=Kind.A), alone)
    source = replace(
        Source.fresh(LINE, *data, kind=Kind.A), distribution=Distribution.STUDENT
    )
    return found.with_part(source, scatter, max(fit.freedom, 1))


@dataclass(frozen=True, slots=True)
class DunnSplit:
    """i(V) = k1 v + k2 √v, voltage by voltage; arrays have shape (m,)."""

    surface: Floats
    """k1(V) in A s/V."""
    diffusion: Floats
    """k2(V) in A (s/V)^½."""
    r_squared: Floats
    """Of the line at each voltage."""
    shares: tuple[Measured, ...]
    """Surface share of the charge at each scan rate, a fraction; not clipped, and
    doubted where it is not in 0–1."""


def dunn_split(rates: ArrayLike, voltage: ArrayLike, currents: ArrayLike) -> DunnSplit:
    """Split one branch's currents into surface and diffusion parts.

    ``rates`` V/s, shape (n,), n ≥ 3; ``voltage`` V, shape (m,), the grid common to all;
    ``currents`` A, shape (n, m). The split is linear in the currents, so that of the
    charges is the same: its scatter over the rates is the shares' uncertainty.
    """
    v = np.asarray(rates, dtype=np.float64)
    grid = np.asarray(voltage, dtype=np.float64)
    i = np.asarray(currents, dtype=np.float64)
    if len(v) < FEWEST_RATES or i.shape != (len(v), len(grid)):
        raise ValueError(
            f"{len(v)} scan rates and currents of shape {i.shape}: at least "
            f"{FEWEST_RATES} rates and shape (rates, voltages) are needed"
        )
    root = np.sqrt(v)
    target = i / root[:, None]
    matrix = np.stack((root, np.ones_like(root)), axis=1)
    found, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    left = ((target - matrix @ found) ** 2).sum(axis=0)
    total = ((target - target.mean(axis=0)) ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        straight = np.where(total > 0, 1 - left / total, 1.0)
    areas: Floats = np.asarray(np.trapezoid(i, grid, axis=1))
    fit = fit_line(root, areas / root)
    slope = Measured(
        float(fit.coefficients[1]),
        "",
        {(line := Source.fresh(LINE, areas.tolist(), kind=Kind.A)): fit.scatter(1)},
        {line: max(fit.freedom, 1)},
    )
    misfit = 100.0 * float(np.abs(fit.residuals * root / areas).max())
    shares = []
    for rate, area in zip(v, areas, strict=True):
        share = slope * (float(rate) / float(area))
        shares.append(
            share.suspect(
                *verdicts.ENOUGH_RATES.at_least(len(v)),
                *verdicts.SHARE_PHYSICAL.between(100.0 * share.value),
                *verdicts.SHARE_STRAIGHT.at_most(misfit),
            )
        )
    return DunnSplit(found[0], found[1], straight, tuple(shares))


def shift_in_a_decade(rates: ArrayLike, voltages: ArrayLike) -> float:
    """Return by how much peaks move in a decade of the rate, mV; NaN for one peak."""
    x = np.log10(np.asarray(rates, dtype=np.float64))
    if len(x) < 2:  # noqa: PLR2004  (a line needs two)
        return math.nan
    return abs(1e3 * float(fit_line(x, voltages).coefficients[1]))


def exponent(rates: ArrayLike, charges: ArrayLike) -> float:
    """Return p of charge ∝ v^p: -½ semi-infinite, 0 where all charge is moved."""
    q = np.abs(np.asarray(charges, dtype=np.float64))
    if len(q) < 2 or not (q > 0).all():  # noqa: PLR2004
        return math.nan
    x = np.log(np.asarray(rates, dtype=np.float64))
    return float(fit_line(x, np.log(q)).coefficients[1])


def _as(value: Measured | float) -> Measured:
    return value if isinstance(value, Measured) else Measured(float(value))


def _rates_and_sizes(
    rates: ArrayLike, peaks: Sizes
) -> tuple[Floats, tuple[Measured, ...]]:
    v = np.asarray(rates, dtype=np.float64)
    given = peaks if isinstance(peaks, Sequence) else np.ravel(np.asarray(peaks))
    sizes = tuple(map(_size, given))
    if len(v) != len(sizes) or len(v) < FEWEST_RATES:
        raise ValueError(
            f"{len(v)} scan rates and {len(sizes)} peaks: {FEWEST_RATES} pairs are "
            "needed"
        )
    if not ((v > 0).all() and all(one.value > 0 for one in sizes)):
        raise ValueError("scan rates and peak currents must be above 0")
    return v, sizes


def _size(peak: Measured | float) -> Measured:
    one = _as(peak)
    return one if one.value >= 0 else -one
