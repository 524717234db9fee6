"""How far each parameter of a fit may go before the data object (profile likelihood).

A parameter is moved away from the minimum while all others are fitted anew; where the
sum of squares has risen by t²/ν of itself (t: Student's quantile for 95.45 %) the
interval ends. The curvature at the minimum says the same only where the fit is
straight and every direction is determined; at a bound, in a bent valley or along a
direction that the data do not see it says too little, or nothing.
"""

from dataclasses import dataclass

import numpy as np

from labctl.analysis.spectra.descent import STILL, Flags, Floats, Rows, descend

FARTHEST = 3.0
"""ln 20: a parameter that may change twentyfold is not determined that way."""
ROUNDS = 6
STEPS = 12
NEAR = 0.05
"""Relative distance from the wanted rise at which an interval's end is found."""
ENOUGH = 2e-3
"""Part of the rise below which a gain moves no end."""
NARROW = 0.02
"""Two minima nearer than this (relative) are one."""
ROUNDING = 1e-18
"""Cost that is rounding: nothing is better than that."""
RISE = 1e-5
"""Relative fall of the cost along a profile that means a better minimum."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the intervals end."""

    below: Floats
    """Distance of the logarithm downwards, shape (p,); inf where the data do not
    object; 0 at a bound."""
    above: Floats
    better: Floats | None
    """A point below the minimum that was met on the way, shape (p,); None if none."""

    seen: Floats
    """Points within the rise that were met on the way, shape (m, p)."""

    def leave_out(self, points: Floats) -> Flags:
        """Return where ``points`` (from the minimum, (m, p)) are well outside."""
        below = self.below + np.maximum(self.below, NARROW)
        above = self.above + np.maximum(self.above, NARROW)
        return np.asarray((points < -below) | (points > above))

    def reaching(self, points: Floats) -> "Profile":
        """Return intervals that take in ``points``, given from the minimum (m, p)."""
        lowest = np.minimum(points.min(axis=0, initial=0.0), 0.0)
        highest = np.maximum(points.max(axis=0, initial=0.0), 0.0)
        return Profile(
            np.maximum(self.below, -lowest),
            np.maximum(self.above, highest),
            self.better,
            self.seen,
        )


def profile(
    rows: Rows,
    best: Floats,
    cost: float,
    covariance: Floats,
    low: Floats,
    high: Floats,
    *,
    rise: float,
    stop: bool,
) -> Profile:
    """Return the intervals around ``best``, where the cost has risen by ``rise``.

    ``stop``: end at once where a better minimum is met.
    ``covariance`` (p, p) of the logarithms only says where to look first.
    """
    count = len(best)
    which = np.tile(np.arange(count), 2)
    sign = np.repeat([-1.0, 1.0], count)
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-30))
    room = np.where(sign < 0, (best - low)[which], (high - best)[which])
    farthest = np.minimum(room, FARTHEST)
    away = np.minimum(2 * spread[which], farthest)
    along = covariance[which] / np.maximum(np.diag(covariance)[which], 1e-30)[:, None]
    held = np.zeros((2 * count, count), dtype=bool)
    held[np.arange(2 * count), which] = True
    inner, inner_rise = np.zeros(2 * count), np.zeros(2 * count)
    outer = np.full(2 * count, np.inf)
    starts = best + np.clip((sign * away)[:, None] * along, -2.0, 2.0)
    still = max(STILL, ENOUGH * rise / cost) if cost > 0 else STILL
    ended = farthest <= 0
    reached = np.zeros(2 * count)
    seen = [best[None]]
    for _ in range(ROUNDS):
        todo = np.flatnonzero(~ended)
        if not len(todo):
            break
        begin = starts[todo]
        begin[np.arange(len(todo)), which[todo]] = (
            best[which[todo]] + sign[todo] * away[todo]
        )
        found = descend(
            rows, begin, low, high, held=held[todo], steps=STEPS, still=still
        )
        seen.append(found.points[found.costs <= cost + (1 + NEAR) * rise])
        grown = (found.costs - cost) / rise if rise > 0 else np.full(len(todo), np.inf)
        lowest = int(found.costs.argmin())
        if stop and found.costs[lowest] < cost * (1 - RISE) - ROUNDING:
            return Profile(inner, inner, found.points[lowest], best[None])
        for k, one in enumerate(todo):
            far = away[one]
            if abs(grown[k] - 1) < NEAR or (grown[k] < 1 and far >= farthest[one]):
                reached[one] = far if grown[k] > 1 - NEAR else np.inf
                ended[one] = True
                continue
            if grown[k] < 1:
                inner[one], inner_rise[one] = far, grown[k]
            else:
                outer[one] = far
            guess = far / np.sqrt(max(grown[k], 1e-2))
            bounded = min(guess, farthest[one], 4 * far)
            if not inner[one] < bounded < outer[one]:
                bounded = 0.5 * (inner[one] + outer[one])
            away[one] = bounded
            scale = bounded / far
            starts[one] = best + (found.points[k] - best) * scale
    left = ~ended
    reached[left] = np.where(np.isfinite(outer[left]), outer[left], np.inf)
    at_bound = (room <= 0) | (np.isinf(reached) & (room < FARTHEST))
    reached[at_bound] = np.where(room[at_bound] < FARTHEST, room[at_bound], np.inf)
    met = np.vstack(seen)
    ends = Profile(reached[:count], reached[count:], None, met)
    return ends.reaching(met - best)
