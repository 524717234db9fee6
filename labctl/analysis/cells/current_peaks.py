"""Peaks of a voltammogram, branch by branch, each with what noise leaves unknown.

A peak is looked for in smoothed rows and read from a parabola through the raw rows
within a third of its half width: the scatter of those rows is its uncertainty.
All voltages are
E - i R_u.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.local_tops import find_tops

Floats = NDArray[np.float64]

PROMINENCE = 0.1
"""Part of the branch's current range that a peak must stand out."""
FEWEST_ROWS = 6
"""Of a branch."""
NEAR_TOP = 0.3
"""Of the half width: there a parabola is a peak to 0.1 % of its height."""
LEAST_NEAR = 2
"""Rows on each side of the top that the parabola takes at least."""
TERMS = 3


@dataclass(frozen=True, slots=True)
class CurrentPeak:
    """One peak of a voltammogram."""

    voltage: float
    """V; corrected for iR if a resistance was given."""
    current: float
    """Height above the baseline in A, signed: positive when anodic."""
    anodic: bool
    """True on the branch with rising voltage."""
    half_width: float
    """|E_p - E_p/2| towards the foot in V; 56.5 mV for a reversible n = 1."""
    noise: float = math.nan
    """Standard uncertainty of the height from the rows' scatter, A; NaN: too few."""
    baseline: float = 0.0
    """Size of the current at the quieter end of the branch, A: not taken off."""
    fall: float = math.nan
    """Between the top and the end of the branch, of the height."""


def find_peaks(
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    resistance: float = 0.0,
    capacitive: float = 0.0,
    prominence: float = PROMINENCE,
    smooth: int = 1,
) -> tuple[CurrentPeak, ...]:
    """Find the peaks of one cycle, branch by branch, in order of time.

    ``resistance`` in Ω is taken off as I R; ``capacitive`` in A is the size of the
    baseline current, taken off both branches; ``smooth``: rows averaged (an odd
    number) before peaks are looked for, so that noise makes none.
    """
    v, i = np.asarray(voltage, dtype=np.float64), np.asarray(current, dtype=np.float64)
    way = np.sign(np.diff(v))
    way[way == 0] = 1
    edges = np.flatnonzero(np.diff(way)) + 1
    bounds = [0, *edges.tolist(), len(v) - 1]
    peaks: list[CurrentPeak] = []
    for start, end in pairwise(bounds):
        if end - start >= FEWEST_ROWS:
            rows = slice(start, end + 1)
            sign = float(way[start])
            inner = v[rows] - resistance * i[rows]
            branch = _Branch(inner, sign * i[rows] - capacitive, sign)
            peaks += branch.peaks(prominence, smooth)
    return tuple(peaks)


@dataclass(frozen=True, slots=True)
class _Branch:
    v: Floats
    """V without the voltage drop."""
    height: Floats
    """Current that drives the branch, above the baseline, A."""
    sign: float

    def peaks(self, prominence: float, smooth: int) -> list[CurrentPeak]:
        seen = _smoothed(self.height, smooth)
        span = float(np.ptp(seen))
        if span == 0:
            return []
        tops = find_tops(seen, prominence * span)
        return [self._peak(seen, top) for top in tops]

    def _peak(self, seen: Floats, top: int) -> CurrentPeak:
        first = _half_width(self.v, seen, top, float(self.v[top]), float(seen[top]))
        at, value, noise = _parabola(self.v, self.height, top, first)
        fall = (value - float(seen[-1])) / value if value else math.nan
        return CurrentPeak(
            voltage=at,
            current=self.sign * value,
            anodic=self.sign > 0,
            half_width=_half_width(self.v, seen, top, at, value),
            noise=noise,
            baseline=_quiet(seen),
            fall=fall,
        )


def _quiet(height: Floats) -> float:
    """Return the smaller of the sizes at both ends; between them it crosses zero."""
    rows = max(LEAST_NEAR, len(height) // 50)
    size = np.abs(height)
    return float(min(np.median(size[:rows]), np.median(size[-rows:])))


def _smoothed(height: Floats, rows: int) -> Floats:
    if rows <= 1:
        return height
    padded = np.pad(height, rows // 2, mode="edge")
    smooth: Floats = np.convolve(padded, np.ones(rows) / rows, mode="valid")
    return smooth


def _parabola(
    v: Floats, height: Floats, top: int, half_width: float
) -> tuple[float, float, float]:
    """Return voltage, height and the height's uncertainty of the vertex."""
    step = abs(float(v[top + 1] - v[top - 1])) / 2 or math.inf
    wide = NEAR_TOP * half_width / step if math.isfinite(half_width) else 0.0
    reach = max(int(wide), LEAST_NEAR)
    rows = slice(max(top - reach, 0), min(top + reach, len(v) - 1) + 1)
    x = v[rows] - v[top]
    scale = float(np.abs(x).max()) or 1.0
    design = np.stack([np.ones_like(x), x / scale, (x / scale) ** 2], axis=1)
    (c, b, a), *_ = np.linalg.lstsq(design, height[rows], rcond=None)
    if not a < 0 or abs(b / (2 * a)) > 1:
        return float(v[top]), float(height[top]), math.nan
    at = -b / (2 * a)
    there = np.array([1.0, at, at**2])
    left = height[rows] - design @ np.array([c, b, a])
    freedom = len(x) - TERMS
    noise = math.nan
    if freedom > 0:
        weight = there @ np.linalg.pinv(design.T @ design) @ there
        noise = math.sqrt(float(left @ left) / freedom * float(weight))
    return float(v[top] + at * scale), float(there @ np.array([c, b, a])), noise


def _half_width(v: Floats, height: Floats, top: int, at: float, value: float) -> float:
    below = np.flatnonzero(height[:top] <= value / 2)
    if not len(below):
        return math.nan
    k = int(below[-1])
    share = (value / 2 - height[k]) / (height[k + 1] - height[k])
    return abs(at - float(v[k] + share * (v[k + 1] - v[k])))
