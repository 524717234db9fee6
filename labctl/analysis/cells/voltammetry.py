"""Cyclic voltammograms at several scan rates: peaks, Randles–Ševčík, b, Dunn's split.

Reversible: i_p = 0.4463 n F A C √(n F v D/(R T)) (Randles 1948, Ševčík 1948);
irreversible: i_p = 0.4958 n F A C √(α F v D/(R T)). The peak current is fitted against
√v with a free intercept. For an alloying electrode the area and the concentration at
the peak are conventions, so D is apparent; store both with it. iR: E - I R_u.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.uncertainty import Measured, estimated

Floats = NDArray[np.float64]

FARADAY = 96485.33212331
GAS = 8.31446261815324
REVERSIBLE = 0.4463
IRREVERSIBLE = 0.4958
FEWEST_RATES = 3
LINEAR = 0.99
"""R² of a line over scan rates below which its slope is doubted."""
PROMINENCE = 0.1
"""Part of the branch's current range that a peak must stand out."""


@dataclass(frozen=True, slots=True)
class CurrentPeak:
    """One peak of a voltammogram."""

    voltage: float
    """V, refined by a parabola; corrected for iR if a resistance was given."""
    current: float
    """Height above the baseline in A, signed: positive when anodic."""
    anodic: bool
    """True on the branch with rising voltage."""
    half_width: float
    """|E_p - E_p/2| towards the foot in V; 56.5 mV for a reversible n = 1."""


def find_peaks(
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    resistance: float = 0.0,
    capacitive: float = 0.0,
    prominence: float = PROMINENCE,
) -> tuple[CurrentPeak, ...]:
    """Find the peaks of one cycle, branch by branch, in order of time.

    ``resistance`` in Ω is taken off as I R; ``capacitive`` in A is the size of the
    baseline current, taken off both branches.
    """
    from scipy import signal  # noqa: PLC0415  (start-up time)

    v, i = np.asarray(voltage, dtype=np.float64), np.asarray(current, dtype=np.float64)
    way = np.sign(np.diff(v))
    way[way == 0] = 1
    edges = np.flatnonzero(np.diff(way)) + 1
    bounds = [0, *edges.tolist(), len(v) - 1]
    peaks = []
    for start, end in pairwise(bounds):
        sign = float(way[start])
        rows = slice(start, end + 1)
        height = sign * i[rows] - capacitive
        span = float(np.ptp(height))
        if span == 0 or end - start < 2 * FEWEST_RATES:
            continue
        tops, _ = signal.find_peaks(height, prominence=prominence * span)
        for top in tops:
            at, value = _parabola(v[rows], height, int(top))
            peaks.append(
                CurrentPeak(
                    voltage=at - sign * (value + capacitive) * resistance,
                    current=sign * value,
                    anodic=sign > 0,
                    half_width=_half_width(v[rows], height, int(top), at, value),
                )
            )
    return tuple(peaks)


def _parabola(v: Floats, height: Floats, top: int) -> tuple[float, float]:
    a, b, c = height[top - 1 : top + 2]
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend else 0.0
    step = (v[top + 1] - v[top - 1]) / 2
    return float(v[top] + shift * step), float(b - 0.25 * (a - c) * shift)


def _half_width(v: Floats, height: Floats, top: int, at: float, value: float) -> float:
    below = np.flatnonzero(height[:top] <= value / 2)
    if not len(below):
        return math.nan
    k = int(below[-1])
    share = (value / 2 - height[k]) / (height[k + 1] - height[k])
    return abs(at - float(v[k] + share * (v[k + 1] - v[k])))


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
    area: float
    """As used, m²."""
    concentration: float
    """As used, mol/m³."""


def randles_sevcik(
    rates: ArrayLike,
    peaks: ArrayLike,
    *,
    area: float,
    concentration: float,
    electrons: float = 1.0,
    transfer: float | None = None,
    temperature: float = 298.15,
) -> RandlesSevcik:
    """Fit |i_p| against √v.

    Parameters
    ----------
    rates, peaks
        V/s and A, shape (n,), n ≥ 3.
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
    root, height = _rates_and_sizes(rates, peaks)
    slope, intercept, straight = _line(np.sqrt(root), height)
    # i_p = 0.4463 n F A C √(n F v D/RT), or 0.4958 n F A C √(α F v D/RT)
    inner = electrons if transfer is None else transfer
    number = REVERSIBLE if transfer is None else IRREVERSIBLE
    factor = number * electrons * FARADAY * area * concentration
    factor *= math.sqrt(inner * FARADAY / (GAS * temperature))
    value = (slope.value / factor) ** 2
    found = estimated(value, 2 * value * slope.relative, "line")
    if straight < LINEAR:
        found = found.suspect(f"i_p against √v has R² = {straight:.4f} < {LINEAR}")
    if abs(intercept.value) > 0.1 * height.max() + 2 * intercept.uncertainty:
        found = found.suspect(
            f"intercept {intercept.value:.3g} A: more than diffusion flows"
        )
    return RandlesSevcik(found, slope, intercept, straight, area, concentration)


def b_value(rates: ArrayLike, peaks: ArrayLike) -> Measured:
    """Return b of i_p = a v^b: 0.5 diffusion, 1 surface; n ≥ 3 scan rates (V/s, A)."""
    rate, height = _rates_and_sizes(rates, peaks)
    slope, _, straight = _line(np.log(rate), np.log(height))
    if straight < LINEAR:
        return slope.suspect(
            f"log i_p against log v has R² = {straight:.4f} < {LINEAR}"
        )
    return slope


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
    """Surface share of the charge at each scan rate, a fraction in 0–1; clipped and
    flagged where it is not."""


def dunn_split(rates: ArrayLike, voltage: ArrayLike, currents: ArrayLike) -> DunnSplit:
    """Split one branch's currents into surface and diffusion parts.

    ``rates`` V/s, shape (n,), n ≥ 3; ``voltage`` V, shape (m,), the grid common to all;
    ``currents`` A, shape (n, m).
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
    shares = []
    for rate, current in zip(v, i, strict=True):
        charge = float(np.trapezoid(current, grid))
        share = float(np.trapezoid(found[0] * rate, grid)) / charge
        estimate = Measured(min(max(share, 0.0), 1.0))
        if not 0 <= share <= 1:
            estimate = estimate.suspect(f"share {share:.3g} is not between 0 and 1")
        shares.append(estimate)
    return DunnSplit(found[0], found[1], straight, tuple(shares))


def _rates_and_sizes(rates: ArrayLike, peaks: ArrayLike) -> tuple[Floats, Floats]:
    v = np.asarray(rates, dtype=np.float64)
    i = np.abs(np.asarray(peaks, dtype=np.float64))
    if len(v) != len(i) or len(v) < FEWEST_RATES:
        raise ValueError(
            f"{len(v)} scan rates and {len(i)} peaks: {FEWEST_RATES} pairs are needed"
        )
    if not ((v > 0).all() and (i > 0).all()):
        raise ValueError("scan rates and peak currents must be above 0")
    return v, i


def _line(x: Floats, y: Floats) -> tuple[Measured, Measured, float]:
    matrix = np.stack((x, np.ones_like(x)), axis=1)
    found, *_ = np.linalg.lstsq(matrix, y, rcond=None)
    left = y - matrix @ found
    variance = float(left @ left) / (len(x) - 2)
    spread = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)) * variance)
    total = float(((y - y.mean()) ** 2).sum())
    return (
        estimated(float(found[0]), float(spread[0]), "line"),
        estimated(float(found[1]), float(spread[1]), "line"),
        1 - float(left @ left) / total if total else math.nan,
    )
