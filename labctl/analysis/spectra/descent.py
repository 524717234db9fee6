"""Descends to minima of a sum of squares from many starts at once, within bounds.

Levenberg and Marquardt's method on a whole stack of starts: numpy evaluates and solves
all of them in one call, which is what makes dozens of starts affordable. A variable at
its bound whose gradient points outwards is held for the step. Coordinates are
logarithms, so damping is isotropic: no direction is scaled by its own curvature, which
for an undetermined direction would be none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = Callable[[Floats], tuple[Floats, Floats]]
"""From k points (k, p) to residuals (k, m) and their slopes (k, p, m)."""

LONGEST = 1.5
"""Most that a logarithm moves in one step: a factor of 4.5."""
FIRST_DAMPING = 1e-2
LEAST_DAMPING = 1e-12
MOST_DAMPING = 1e9
STILL = 1e-8
"""Relative decrease of the cost below which a start has arrived; twice in a row."""
TRIED = 24
"""Steps after which a descent that is far behind the best is given up."""
HOPELESS = 3.0
"""Times the least cost that far is: where one is, no other minimum of it is a rival."""
NOTHING = 1e-28
"""Cost per residual that is rounding and not distance."""


class Minima(NamedTuple):
    """Where each start ended."""

    points: Floats
    """Shape (k, p)."""
    costs: Floats
    """Σ r², shape (k,)."""
    rests: Flags
    """Whether it came to rest there and was not stopped on the way, shape (k,)."""

    def apart(self, most: int, distance: float, within: float) -> Floats:
        """Return at most so many points that lie apart, the best first, (k, p).

        ``distance``: of any coordinate; ``within``: times the least cost.
        """
        order = np.argsort(self.costs, kind="stable")
        limit = within * self.costs[order[0]]
        kept: list[Floats] = []
        for k in order[self.costs[order] <= limit]:
            point = self.points[k]
            if all(np.abs(point - one).max() > distance for one in kept):
                kept.append(point)
            if len(kept) == most:
                break
        return np.array(kept).reshape(-1, self.points.shape[1])


def descend(
    rows: Rows,
    starts: Floats,
    low: Floats,
    high: Floats,
    *,
    held: Flags | None = None,
    steps: int,
    still: float = STILL,
) -> Minima:
    """Return where ``starts``, shape (k, p), come to rest within at most ``steps``.

    ``held`` (shape (k, p)) marks variables that stay where they start. ``still``: see
    `STILL`.
    """
    points = np.minimum(np.maximum(starts, low), high)
    left, slopes = rows(points)
    costs = _cost(left)
    rests = np.ones(len(points), dtype=bool)
    here = _Here(
        np.arange(len(points)),
        points.copy(),
        costs.copy(),
        *_normal(left, slopes),
        np.full(len(points), FIRST_DAMPING),
        np.zeros(len(points), dtype=int),
        held,
    )
    for number in range(steps):
        step = _step(here, low, high)
        tried = np.minimum(np.maximum(here.points + step, low), high)
        left, slopes = rows(tried)
        cost = _cost(left)
        better = cost < here.costs  # a NaN is not better
        gain = here.costs - cost
        small = gain <= still * here.costs + NOTHING * left.shape[1]
        here.take(better, tried, cost, left, slopes)
        here.calm = np.where(better & ~small, 0, here.calm + (better & small))
        goes_on = (here.calm < 2) & (here.damping < MOST_DAMPING)  # noqa: PLR2004
        if number == TRIED:
            least = min(float(costs.min()), float(here.costs.min()))
            behind = goes_on & (here.costs > HOPELESS * least)
            rests[here.index[behind]] = False
            goes_on &= ~behind
        if not goes_on.all():
            ended = ~goes_on
            points[here.index[ended]] = here.points[ended]
            costs[here.index[ended]] = here.costs[ended]
            here = here.only(goes_on)
            if not len(here.index):
                break
    points[here.index], costs[here.index] = here.points, here.costs
    rests[here.index] = False
    return Minima(points, costs, rests)


@dataclass(slots=True)
class _Here:
    """Where the descents are that go on; one row each."""

    index: NDArray[np.intp]
    """Which of the starts it is."""
    points: Floats
    costs: Floats
    gradients: Floats
    curvatures: Floats
    damping: Floats
    calm: NDArray[np.int_]
    """Steps in a row that gained nothing to speak of."""
    held: Flags | None

    def take(
        self,
        better: Flags,
        tried: Floats,
        cost: Floats,
        left: Floats,
        slopes: Floats,
    ) -> None:
        """Go where it is ``better``, with less damping; stay elsewhere, with more."""
        if better.all():
            self.points, self.costs = tried, cost
            self.gradients, self.curvatures = _normal(left, slopes)
            self.damping = np.maximum(self.damping / 8, LEAST_DAMPING)
            return
        if better.any():
            gradients, curvatures = _normal(left[better], slopes[better])
            self.points[better], self.costs[better] = tried[better], cost[better]
            self.gradients[better], self.curvatures[better] = gradients, curvatures
        eased = np.maximum(self.damping / 8, LEAST_DAMPING)
        self.damping = np.where(better, eased, 6 * self.damping)

    def only(self, kept: Flags) -> "_Here":
        """Return those that are ``kept``."""
        return _Here(
            self.index[kept],
            self.points[kept],
            self.costs[kept],
            self.gradients[kept],
            self.curvatures[kept],
            self.damping[kept],
            self.calm[kept],
            None if self.held is None else self.held[kept],
        )


def _cost(left: Floats) -> Floats:
    return np.asarray(np.einsum("km,km->k", left, left))


def _normal(left: Floats, slopes: Floats) -> tuple[Floats, Floats]:
    """Return gradients, (k, p), and curvatures, (k, p, p), of half the costs."""
    gradients = (slopes @ left[:, :, None])[:, :, 0]
    return gradients, slopes @ slopes.transpose(0, 2, 1)


def _step(here: _Here, low: Floats, high: Floats) -> Floats:
    at, gradient, curvature = here.points, here.gradients, here.curvatures.copy()
    fixed = ((at <= low) & (gradient > 0)) | ((at >= high) & (gradient < 0))
    if here.held is not None:
        fixed |= here.held
    some = bool(fixed.any())
    if some:
        gradient = np.where(fixed, 0.0, gradient)
        curvature[fixed, :] = 0.0
        curvature.transpose(0, 2, 1)[fixed, :] = 0.0
    k, p = at.shape
    diagonal = curvature.reshape(k, p * p)[:, :: p + 1]
    mean = np.maximum(diagonal.sum(axis=1) / p, 1e-300)
    diagonal += ((here.damping + 1e-15) * mean)[:, None]
    if some:
        diagonal[fixed] = 1.0
    step = -np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
    longest = np.maximum(step.max(axis=1), -step.min(axis=1))
    return np.asarray(
        step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300))[:, None]
    )
