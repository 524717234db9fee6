"""How wide an interval must be for what is normal and what lies within limits.

The distribution of the sum is followed (JCGM 101:2008, propagation of distributions)
instead of taking it for normal: an error that can be anywhere within ±a has the
standard uncertainty a/√3 and lies within 1.65 of those in 95.45 % of all cases.

For one rectangle of half width a beside normal noise of σ, with r(x) = ∫Φ(x/σ) dx,

    P(X ≤ w) = [r(w + a) − r(w − a)] / 2a;

a second one is averaged over at Gauss's nodes, smaller ones count as normal.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
NOTABLE = 0.2
"""Share of the whole below which limits cannot be told from noise: the half width
would change by less than 1 %."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_BISECTIONS = 50


def half_width(limits: Sequence[float], noise: float, probability: float) -> float:
    """Return w with P(|X| ≤ w) = ``probability``; NaN if anything is unknown.

    ``limits``: standard uncertainties of rectangular parts, each of its own source;
    ``noise``: standard uncertainty of all that is normal, in the same unit.
    """
    first, second, *small = (*sorted(limits, reverse=True), 0.0, 0.0)
    noise = math.hypot(noise, *small)
    whole = math.hypot(first, second, noise)
    if not math.isfinite(whole):
        return math.nan
    if first <= NOTABLE * whole:
        return NORMAL.inv_cdf((1 + probability) / 2) * whole
    if second <= NOTABLE * whole:
        noise, second = math.hypot(noise, second), 0.0
    wide, narrow = math.sqrt(3.0) * first, math.sqrt(3.0) * second
    low, high = 0.0, 4.0 * whole
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if 2 * _below(middle, wide, narrow, noise) - 1 < probability:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _below(w: float, wide: float, narrow: float, noise: float) -> float:
    """Return P(X ≤ w)."""
    if not narrow:
        return (_ramp(w + wide, noise) - _ramp(w - wide, noise)) / (2 * wide)
    places = (w - narrow * _NODES).tolist()
    return sum(
        weight * (_ramp(x + wide, noise) - _ramp(x - wide, noise)) / (4 * wide)
        for x, weight in zip(places, _WEIGHTS.tolist(), strict=True)
    )


def _ramp(x: float, noise: float) -> float:
    """Return ∫Φ(x/σ) dx from −∞: x where it is certain, 0 where it is not."""
    if not noise:
        return max(x, 0.0)
    z = x / noise
    return noise * (z * NORMAL.cdf(z) + NORMAL.pdf(z))
