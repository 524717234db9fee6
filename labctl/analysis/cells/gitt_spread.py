"""Tells how far the particle sizes of a titration spread, from what its pulses fit.

σ of ln r belongs to the sample, so all pulses judge it: their χ² give it a
distribution, flat before between 0 and 0.8, and its width goes into every D as an error
that all share.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_cost import Costs
from labctl.analysis.cells.gitt_fit import minima

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

SPREADS = np.array([0.0, 0.2, 0.35, 0.5, 0.65, 0.8])
"""σ of ln r at which pulses are fitted."""
NEAR = 0.05 * np.array([-2.0, -1.0, 1.0, 2.0])
"""Further ones around the best of these."""
SHAPE = 0.03
"""Standard uncertainty of σ because powders are only nearly lognormal."""
JUDGES = 24
"""Pulses at most that judge σ."""
INDEPENDENT = 8.0
"""So many pulses count as independent judges: the model's errors are common to all."""
FITS = 4.0
"""χ² per degree of freedom of a pulse that may judge σ."""
TELLING = 0.3
"""Standard uncertainty of ln D up to which a pulse says anything of D(q) or σ."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How likely each σ of ln r is."""

    sigma: Floats
    share: Floats

    @property
    def mean(self) -> float:
        """Mean of σ."""
        return float(self.share @ self.sigma)

    @property
    def deviation(self) -> float:
        """Standard deviation of σ."""
        return math.sqrt(max(float(self.share @ self.sigma**2) - self.mean**2, 0.0))


def judged(costs: Costs, log_tau: Floats, uncertainty: Floats) -> Spread:
    """Return how likely each spread is by the χ² of the pulses that tell most.

    ``log_tau`` is where each pulse has its minimum, with the standard uncertainty
    ``uncertainty``, both (rows,).
    """
    able = np.flatnonzero(uncertainty < TELLING)
    clear = able[~costs.models.reversing[able]]
    able = clear if len(clear) > 2 else able  # noqa: PLR2004 - a majority of three
    fine = np.linspace(SPREADS[0], SPREADS[-1], 81)
    if not len(able):
        return Spread(fine, np.full(len(fine), 1 / len(fine)))
    rows = able[np.unique(np.linspace(0, len(able) - 1, JUDGES).astype(int))]
    freedom = costs.models.freedom[rows]
    judges = _Judges(costs, rows, log_tau[rows])
    fits = judges.costs(SPREADS).min(axis=1) < FITS * freedom
    if fits.any():
        judges = judges.only(fits)
        freedom = freedom[fits]
    best = float(SPREADS[np.argmin(_disbelief(judges.costs(SPREADS), freedom))])
    near = np.clip(best + NEAR, SPREADS[0], SPREADS[-1])
    spreads = np.unique(np.concatenate((SPREADS, near)))
    total = _disbelief(judges.costs(spreads), freedom)
    smooth = akima(spreads, total, fine)
    share = np.exp(-0.5 * (smooth - smooth.min()))
    # the sizes are not just lognormal: blurred by what the shape leaves open
    blur = np.exp(-0.5 * ((fine[:, None] - fine) / SHAPE) ** 2)
    share = blur @ share
    return Spread(fine, share / share.sum())


class _Judges:
    """Pulses that judge: what they were asked once they remember."""

    def __init__(self, costs: Costs, rows: Places, log_tau: Floats) -> None:
        self._costs, self._rows = costs, rows
        self._log_tau = {0.0: log_tau}
        self._cost: dict[float, Floats] = {}

    def only(self, which: NDArray[np.bool_]) -> "_Judges":
        """Return some of them, with what they remember."""
        some = _Judges(self._costs, self._rows[which], self._log_tau[0.0][which])
        some._log_tau = {s: at[which] for s, at in self._log_tau.items()}
        some._cost = {s: cost[which] for s, cost in self._cost.items()}
        return some

    def costs(self, spreads: Floats) -> Floats:
        """Return χ² of each pulse at each spread, (judges, spreads)."""
        return np.stack([self._at(float(sigma)) for sigma in spreads], axis=1)

    def _at(self, sigma: float) -> Floats:
        if sigma not in self._cost:
            near = min(self._log_tau, key=lambda known: abs(known - sigma))
            low = minima(self._costs, sigma, self._log_tau[near], self._rows)
            self._log_tau[sigma], self._cost[sigma] = low.log_tau, low.cost
        return self._cost[sigma]


def _disbelief(costs: Floats, freedom: Floats) -> Floats:
    """Return the rise of χ² with the spread, the pulses together as few."""
    least = costs.min(axis=1)
    rise = (costs - least[:, None]) / np.maximum(least / freedom, 1.0)[:, None]
    middle: Floats = np.median(rise, axis=0) * min(INDEPENDENT, len(costs))
    return middle


def akima(x: Floats, y: Floats, at: Floats) -> Floats:
    """Return the smooth curve through (x, y) at ``at``; no overshoot at a corner.

    ``x`` rising, at least three; ``at`` within. Source: Akima 1970, with his slopes
    beyond the ends.
    """
    slopes = np.diff(y) / np.diff(x)
    before = 2 * slopes[0] - slopes[1]
    after = 2 * slopes[-1] - slopes[-2]
    ends = (2 * before - slopes[0], before), (after, 2 * after - slopes[-1])
    m = np.concatenate((ends[0], slopes, ends[1]))
    turn = np.abs(np.diff(m))
    left, right = turn[2:], turn[:-2]
    both = left + right
    corner = both <= 1e-9 * both.max(initial=0.0)
    weight = np.where(corner, 1.0, both)
    tangent = np.where(
        corner,
        (m[3:] + m[:-3]) / 2,
        (left * m[1:-2] + right * m[2:-1]) / weight,
    )
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    width = x[k + 1] - x[k]
    part = (at - x[k]) / width
    rise, begin, end = y[k + 1] - y[k], tangent[k] * width, tangent[k + 1] * width
    curve: Floats = y[k] + part * (
        begin + part * (3 * rise - 2 * begin - end + part * (begin + end - 2 * rise))
    )
    return curve
