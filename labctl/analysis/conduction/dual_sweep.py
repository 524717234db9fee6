"""Zero-bias conductance and hysteresis of a current-voltage loop.

Near zero bias I = I0 + G V + c3 V³; the cubic keeps a curved contact from bending the
slope. Rising and falling branches are fitted apart: G is their mean, half of their
difference is charging, heating or a moving contact.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.conduction.conduction import SCATTER, points_lost
from labctl.analysis.linear_fit import Floats, LinearFit, fit_columns
from labctl.analysis.uncertainty import (
    EXACT,
    Calibration,
    Measured,
    excess,
    fresh,
    mean,
)
from labctl.data import Result
from labctl.verdicts import conduction, particle
from labctl.verdicts.condition import Doubts

_FEWEST_POINTS = 6
_LEVEL = 1e-3
"""Of the largest |V|: readings that are closer than this are of one level."""
_SIGNIFICANT = 3.0
_SHRINKS = 3
_TOP = 0.9


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """How far from zero bias the fit reaches (project defaults)."""

    fit_share: float = 0.3
    """Half width of the fit over the largest |V|."""
    cubic_share: float = 0.05
    """The fit shrinks until |c3 V²/G| is below this at its edge."""


@dataclass(frozen=True, slots=True)
class ZeroBias:
    """What a sweep says about the conductance at zero bias."""

    conductance: Measured
    """S, mean of both branches."""
    conductance_rising: Measured
    """S; absent if the sweep has no such branch."""
    conductance_falling: Measured
    """S; absent if the sweep has no such branch."""
    offset_current: Measured
    """A at zero voltage, mean of both branches."""
    cubic: Measured
    """c3 in A/V³, mean of both branches."""
    fit_range: float
    """Half width of the fit in V."""
    rectification: Measured
    """|I(+V)| / |I(-V)| at the ends, offset removed; absent for one polarity."""
    hysteresis: Measured
    """See `hysteresis_index`; absent for one direction."""

    def results(self) -> dict[str, Result]:
        """Return the named results for the run file."""
        return {
            "conductance": self.conductance.to_result(),
            "offset_current": self.offset_current.to_result(),
            "cubic_coefficient": self.cubic.to_result(),
            "hysteresis_index": self.hysteresis.to_result(),
            "rectification_ratio": self.rectification.to_result(),
        }


def rising(voltage: ArrayLike) -> NDArray[np.bool_]:
    """Return where the voltage came up to its point, shape (n,), in time order."""
    volts = np.asarray(voltage, dtype=float)
    steps = np.sign(np.diff(volts))
    if steps.size == 0:
        return np.ones(volts.shape, dtype=bool)
    for index in range(1, steps.size):  # a repeated level belongs to the way there
        if steps[index] == 0:
            steps[index] = steps[index - 1]
    return np.concatenate([steps[:1], steps]) >= 0


def zero_bias_conductance(
    voltage: ArrayLike,
    current: ArrayLike,
    accuracy: Calibration = EXACT,
    *,
    sigma: ArrayLike | None = None,
    compliance: ArrayLike | None = None,
    fit_range: float | None = None,
    limits: SweepLimits | None = None,
) -> ZeroBias:
    """Fit I = I0 + G V + c3 V³ around zero to each branch of a sweep.

    Parameters
    ----------
    voltage, current
        V and A in the order they were taken, shape (n,); NaN: not measured.
    sigma
        Relative noise of each point (its range's); equal if not given.
    compliance
        True where the source was in compliance; left out and suspected.
    fit_range
        Half width in V; chosen by `SweepLimits` if not given.
    """
    limits = limits or SweepLimits()
    volts, amperes = np.asarray(voltage, dtype=float), np.asarray(current, dtype=float)
    noise = np.ones(volts.shape) if sigma is None else np.asarray(sigma, dtype=float)
    limited = np.zeros(volts.shape, dtype=bool)
    if compliance is not None:
        limited = np.asarray(compliance, dtype=bool)
    finite = np.isfinite(volts) & np.isfinite(amperes)
    doubts = [*points_lost(limited, finite)]
    up = rising(np.where(np.isfinite(volts), volts, 0.0))
    keep = finite & ~limited
    points = _Points(volts[keep], amperes[keep], noise[keep], up[keep])
    if not points.can_be_fitted:
        reason = "too few usable points about zero bias"
        doubts += conduction.POINTS.met(fulfilled=False, text=reason)
        return _nothing(tuple(doubts))
    width = points.at_least(fit_range or limits.fit_share * points.end)
    fit = points.near(width).fit()
    if fit_range is None:
        width, fit = _shrunk(points, width, fit, limits.cubic_share)
    near = points.near(width)
    branches = {way: near.branch(way) for way in (True, False)}
    used = {way: b for way, b in branches.items() if b.can_be_fitted}
    if len(used) < 2:  # noqa: PLR2004 - both ways, or one fit of all
        used = {} if len({bool(w) for w in near.up}) > 1 else {bool(near.up[0]): near}
    fits = {way: _coefficients(b, b.fit(), accuracy) for way, b in used.items()}
    every = list(fits.values()) or [_coefficients(near, fit, accuracy)]
    offset, conductance, cubic = (mean(c[i] for c in every) for i in range(3))
    if len(fits) > 1:
        apart = fits[True][1] - fits[False][1]
        extra = excess(apart.value, apart.part(SCATTER))
        conductance = conductance.with_part(
            fresh("branches differ", apart.value, conductance.value), extra
        )
    loop = _loop(points, near, fit)
    ratio = _rectification(points, offset.value, accuracy)
    doubts += _judged(conductance, ratio, loop)
    none = Measured.absent("no such branch in the sweep", "S")
    return ZeroBias(
        conductance=conductance.with_unit("S").suspect(*doubts),
        conductance_rising=fits[True][1].with_unit("S") if True in fits else none,
        conductance_falling=fits[False][1].with_unit("S") if False in fits else none,
        offset_current=offset.with_unit("A").suspect(*doubts),
        cubic=cubic.with_unit("A/V^3").suspect(*doubts),
        fit_range=width,
        rectification=ratio,
        hysteresis=loop,
    )


def _judged(conductance: Measured, ratio: Measured, loop: Measured) -> Doubts:
    """Return what the slope at zero, the two polarities and the loop do not meet."""
    scatter = conductance.part(SCATTER)
    allowed = max(particle.RECTIFIES.limit, 100 * _SIGNIFICANT * ratio.part(SCATTER))
    return (
        *conduction.POSITIVE.met(
            conductance.value > 0,
            "conductance is not positive: no contact, or wiring",
        ),
        *conduction.RESOLVED.at_least(
            abs(conductance.value) / scatter if scatter else math.inf
        ),
        *particle.RECTIFIES.at_most(100 * abs(ratio.value - 1), allowed),
        *particle.HYSTERESIS.at_most(loop.value),
    )


def hysteresis_index(voltage: ArrayLike, current: ArrayLike) -> float:
    """Return the loop's area over the area under both branches, 0 (none) and up.

    The area is taken with its sign within each polarity, so noise averages out. NaN
    if rising and falling branch do not overlap.
    """
    volts, amperes = np.asarray(voltage, dtype=float), np.asarray(current, dtype=float)
    up = rising(volts)
    ways = [_sorted_branch(volts[way], amperes[way]) for way in (up, ~up)]
    if any(v.size < 2 for v, _ in ways):  # noqa: PLR2004 - no area
        return math.nan
    low = max(float(v[0]) for v, _ in ways)
    high = min(float(v[-1]) for v, _ in ways)
    if not high > low:
        return math.nan
    inside = volts[(volts >= low) & (volts <= high)]
    grid = np.unique(np.concatenate([inside, np.clip([0.0], low, high)]))
    first, second = (np.interp(grid, v, i) for v, i in ways)
    gap = first - second
    loop = sum(
        abs(float(np.trapezoid(gap[side], grid[side])))
        for side in (grid >= 0, grid <= 0)
    )
    whole = float(np.trapezoid(np.abs(first) + np.abs(second), grid))
    return loop / whole if whole > 0 else math.nan


@dataclass(frozen=True, slots=True)
class _Points:
    volts: Floats
    amperes: Floats
    noise: Floats
    up: NDArray[np.bool_]

    @property
    def end(self) -> float:
        return float(np.abs(self.volts).max())

    @property
    def can_be_fitted(self) -> bool:
        """Whether both signs and levels enough are there; noise makes no level."""
        if not self.volts.size or not self.volts.min() < 0 < self.volts.max():
            return False
        levels = np.unique(np.round(self.volts / (_LEVEL * self.end)))
        return levels.size >= _FEWEST_POINTS

    def _where(self, mask: NDArray[np.bool_]) -> "_Points":
        return _Points(
            self.volts[mask], self.amperes[mask], self.noise[mask], self.up[mask]
        )

    def near(self, width: float) -> "_Points":
        return self._where(np.abs(self.volts) <= width * (1 + 1e-9))

    def branch(self, up: bool) -> "_Points":
        return self._where(self.up == up)

    def at_least(self, width: float) -> float:
        """Return ``width``, or the smallest that holds enough levels of both signs."""
        for size in np.unique(np.abs(self.volts)):
            if size >= width and self.near(float(size)).can_be_fitted:
                return width if self.near(width).can_be_fitted else float(size)
        return self.end

    def fit(self) -> LinearFit:
        columns = (1.0, self.volts, self.volts**3)
        return fit_columns(columns, self.amperes, self.noise)


def _shrunk(
    points: _Points, width: float, fit: LinearFit, share: float
) -> tuple[float, LinearFit]:
    for _ in range(_SHRINKS):
        slope, cubic = float(fit.coefficients[1]), float(fit.coefficients[2])
        real = abs(cubic) > _SIGNIFICANT * fit.scatter(2)
        if not real or slope == 0 or abs(cubic / slope) * width**2 <= share:
            break
        narrower = points.at_least(math.sqrt(share * abs(slope / cubic)))
        if not narrower < width:
            break
        width, fit = narrower, points.near(narrower).fit()
    return width, fit


def _coefficients(
    points: _Points, fit: LinearFit, accuracy: Calibration
) -> tuple[Measured, Measured, Measured]:
    found = []
    for index, powers in enumerate((0, 1, 3)):
        value = float(fit.coefficients[index])
        term = Measured(value)
        if fit.freedom:
            source = fresh(
                SCATTER,
                index,
                points.volts.tolist(),
                points.amperes.tolist(),
            )
            term = term.with_part(source, fit.scatter(index), fit.freedom)
        term = term.with_part(
            accuracy.source("current", "gain"), value * accuracy.current_gain
        ).with_part(
            accuracy.source("voltage", "gain"), -powers * value * accuracy.voltage_gain
        )
        found.append(term)
    found[0] = (
        found[0]
        .with_part(accuracy.source("current", "zero"), accuracy.current_zero)
        .with_part(
            accuracy.source("voltage", "zero"),
            -found[1].value * accuracy.voltage_zero,
        )
    )
    return found[0], found[1], found[2]


def _loop(points: _Points, near: _Points, fit: LinearFit) -> Measured:
    """Return the hysteresis index, with what the scatter near zero adds to it."""
    index = hysteresis_index(points.volts, points.amperes)
    if not math.isfinite(index):
        return Measured.absent("the sweep has one direction only")
    if not fit.freedom:
        return Measured(index)
    noise = math.sqrt(float(np.sum(fit.residuals**2)) / fit.freedom)
    size = float(np.mean(np.abs(points.amperes)))
    # n/4 gaps of two readings on each side, their sums in size added, over n readings
    # in size: of white noise the square of it is (1 + 2/π) (noise / size)² / n.
    wide = math.sqrt((1 + 2 / math.pi) / points.volts.size)
    part = noise / size * wide if size else math.nan
    source = fresh(SCATTER, "loop", near.volts.tolist(), near.amperes.tolist())
    return Measured(index).with_part(source, part, fit.freedom)


def _rectification(points: _Points, offset: float, accuracy: Calibration) -> Measured:
    none = Measured.absent("the sweep has one polarity only")
    sides = []
    reach = min(float(points.volts.max()), -float(points.volts.min()))
    for sign in (1, -1):
        along = sign * points.volts
        side = (along >= _TOP * reach) & (along <= reach * (1 + 1e-9))
        if not side.any():
            return none
        ratio = (points.amperes[side] - offset) / points.volts[side]
        error = float(ratio.std()) / math.sqrt(ratio.size)
        sides.append((float(ratio.mean()), error))
    (plus, plus_error), (minus, minus_error) = sides
    if plus == 0 or minus == 0:
        return none
    found = abs(plus / minus)
    relative = math.hypot(plus_error / plus, minus_error / minus)
    source = fresh(SCATTER, "ratio", plus, minus)
    zero = 2 * found * accuracy.voltage_zero / reach
    return (
        Measured(found)
        .with_part(source, found * relative)
        .with_part(accuracy.source("voltage", "zero"), zero)
    )


def _sorted_branch(volts: Floats, amperes: Floats) -> tuple[Floats, Floats]:
    levels, place = np.unique(volts, return_inverse=True)
    sums = np.bincount(place, weights=amperes, minlength=levels.size)
    return levels, sums / np.bincount(place, minlength=levels.size)


def _nothing(doubts: Doubts) -> ZeroBias:
    absent = Measured.absent(doubts[-1]).suspect(*doubts)
    siemens = absent.with_unit("S")
    return ZeroBias(
        conductance=siemens,
        conductance_rising=siemens,
        conductance_falling=siemens,
        offset_current=absent.with_unit("A"),
        cubic=absent.with_unit("A/V^3"),
        fit_range=math.nan,
        rectification=absent,
        hysteresis=absent,
    )
