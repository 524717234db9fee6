"""Descends to minima of a sum of squares from many starts at once, within bounds.

Levenberg and Marquardt's method on a whole stack of starts: numpy evaluates and solves
all of them in one call, which is what makes dozens of starts affordable. A variable at
its bound whose gradient points outwards is held for the step. Coordinates are
logarithms, so damping is isotropic: no direction is scaled by its own curvature, which
for an undetermined direction would be none.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = Callable[[Floats], tuple[Floats, Floats]]
"""From k points (k, p) to residuals (k, m) and their Jacobians (k, m, p)."""

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
    points = np.clip(starts, low, high)
    fixed = np.zeros(points.shape, dtype=bool) if held is None else held
    left, slopes = rows(points)
    costs, gradients, curvatures = _cost(left), *_normal(left, slopes)
    damping = np.full(len(points), FIRST_DAMPING)
    calm = np.zeros(len(points), dtype=int)
    active = np.arange(len(points))
    left_behind = np.zeros(len(points), dtype=bool)
    for number in range(steps):
        at, gradient = points[active], gradients[active]
        stuck = (
            fixed[active]
            | ((at <= low) & (gradient > 0))
            | ((at >= high) & (gradient < 0))
        )
        step = _step(gradient, curvatures[active], damping[active], stuck)
        tried = np.minimum(np.maximum(at + step, low), high)
        left, slopes = rows(tried)
        cost = _cost(left)
        better = cost < costs[active]  # a NaN is not better
        gain = costs[active] - cost
        small = gain <= still * costs[active] + NOTHING * left.shape[1]
        taken = active[better]
        points[taken], costs[taken] = tried[better], cost[better]
        gradients[taken], curvatures[taken] = _normal(left[better], slopes[better])
        damping[taken] = np.maximum(damping[taken] / 8, LEAST_DAMPING)
        damping[active[~better]] *= 6
        calm[active] = np.where(better & ~small, 0, calm[active] + (better & small))
        active = active[(calm[active] < 2) & (damping[active] < MOST_DAMPING)]  # noqa: PLR2004
        if number == TRIED:
            left_behind[active] = costs[active] > HOPELESS * costs.min()
            active = active[~left_behind[active]]
        if not len(active):
            break
    rests = np.ones(len(points), dtype=bool)
    rests[active] = False
    rests[left_behind] = False
    return Minima(points, costs, rests)


def _cost(left: Floats) -> Floats:
    return np.asarray(np.einsum("km,km->k", left, left))


def _normal(left: Floats, slopes: Floats) -> tuple[Floats, Floats]:
    """Return gradients, (k, p), and curvatures, (k, p, p), of half the costs."""
    across = slopes.transpose(0, 2, 1)
    return (across @ left[:, :, None])[:, :, 0], across @ slopes


def _step(gradient: Floats, curvature: Floats, damping: Floats, fixed: Flags) -> Floats:
    """Return the steps; writes into ``gradient`` and ``curvature``."""
    some = bool(fixed.any())
    if some:
        gradient[fixed] = 0.0
        curvature[fixed, :] = 0.0
        curvature.transpose(0, 2, 1)[fixed, :] = 0.0
    diagonal = np.einsum("kpp->kp", curvature)
    mean = np.maximum(diagonal.mean(axis=1, keepdims=True), 1e-300)
    diagonal += damping[:, None] * mean + 1e-15 * mean
    if some:
        diagonal[fixed] = 1.0
    step = -np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300)))
