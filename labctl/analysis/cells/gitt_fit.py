"""Fits the diffusivity of spheres to whole pulses and their rests, many at once.

ln(D/r̄²) is searched at a given spread σ of the sizes: from the best place of a grid, or
around a guess, then by Newton's steps on the slope of χ² (`gitt_cost`), which never go
uphill. All pulses step together; those that have arrived are left alone.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_cost import Costs
from labctl.analysis.cells.gitt_models import PulseModels

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

SEARCH = (1e-5, 50.0)
"""τ' = Dτ/r̄² between which the pulse says anything."""
GRID = np.linspace(math.log(SEARCH[0]), math.log(SEARCH[1]), 32)
"""ln τ' at which the search begins."""
BESIDE = 0.5
"""Distance of the places that are looked at, and so of the minimum from the best."""
AROUND = BESIDE * np.arange(-2.0, 3.0)
"""Steps of ln τ' around a guess: of several valleys the lowest nearby is taken."""
WALKS = 8
"""Times that the best of these is looked around again, while it is an outermost one."""
LONGEST = 0.3
"""Newton's step in ln τ' at most."""
STEPS = 20
"""Newton's steps at most; three are usual."""
ARRIVED = 1e-8
"""What a step may still win of χ², in units of its value per bin: 1e-4 of the standard
uncertainty of ln D."""
APART = 0.075
"""Steps of ln τ' on either side over which the slope's change gives the bend."""
TOLD_BY = 9.0
"""Rise of χ² towards both ends of the search, in units of its value per bin."""


@dataclass(frozen=True, slots=True, eq=False)
class Minima:
    """Where χ² is least at one spread of the sizes, all of shape (m,)."""

    log_tau: Floats
    cost: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """How well pulses tell D at their minima, all of shape (rows,)."""

    bend: Floats
    """d²χ²/d(ln τ')²; not above 0 where the pulse tells nothing."""
    at_edge: Flags
    """Whether the search ended at an edge: the pulse does not tell D."""
    uncertainty: Floats
    """Standard uncertainty of ln D at this spread; infinite where it is not told."""
    unbounded: Floats
    """The same, whether the ends of the search are excluded or not."""


@dataclass(frozen=True, slots=True)
class SphereFit:
    """What the full fit found for one pulse."""

    tau: float
    """D τ / r̄², dimensionless."""
    log_uncertainty: float
    """Standard uncertainty of ln D at this spread of sizes; infinite if not told."""
    change: float
    """ΔE + h: change of the relaxed voltage over the pulse in V."""
    branch: float
    """h: the part of it that is hysteresis in V."""
    jump: float
    """b in V."""
    rms: float
    """Root mean square of the residuals of the bins in V."""
    unrelaxed: float
    """|x - 1| at the end of the rest: how far the surface still was from its mean."""
    drift: float
    """dE/dt that the fit has at the end of the rest, V/s."""
    misfit: float
    """χ² per degree of freedom; above 1 the model or its floor does not describe."""
    at_edge: bool
    """True when the search ended at an edge: the pulse does not tell D."""
    lowest: float
    """τ' below which χ² rises by more than two standard deviations allow."""


def minima(
    costs: Costs,
    sigma: float,
    guess: Floats | None = None,
    rows: Places | None = None,
) -> Minima:
    """Search ln τ' of ``rows`` (None: all) at the spread ``sigma``.

    From a guess each; None: from the best of all there is.
    """
    rows = np.arange(len(costs.models)) if rows is None else rows
    if guess is None:
        at = _lowest_of(costs, rows, np.tile(GRID, (len(rows), 1)), sigma)[0]
    else:
        at = _around(costs, rows, guess, sigma)
    here = costs.look(rows, at, sigma)
    cost, slope, bend = here.cost, here.slope, here.bend
    reach = np.full(len(rows), LONGEST)
    # what lies beyond the places on either side is another valley, or a plateau
    left, right = np.maximum(at - BESIDE, GRID[0]), np.minimum(at + BESIDE, GRID[-1])
    enough = ARRIVED / costs.models.freedom[rows]
    for _ in range(STEPS):
        step = np.clip(-slope / np.maximum(bend, 1e-300), -reach, reach)
        step = np.clip(at + step, left, right) - at
        wins = np.abs(slope * step)
        going = np.flatnonzero(wins > np.maximum(ARRIVED, enough * cost))
        if not len(going):
            break
        step = step[going]
        there = costs.look(rows[going], at[going] + step, sigma)
        lower = there.cost <= cost[going]
        # the slope's own change bends as χ² does, with all that is not a straight line
        seen = (there.slope - slope[going]) / step
        good = np.where(seen > 0, seen, there.bend)
        reach[going] = np.where(lower, LONGEST, np.abs(step) / 4)
        down, new = going[lower], lower
        at[down] += step[new]
        cost[down], slope[down] = there.cost[new], there.slope[new]
        bend[down] = good[new]
    return Minima(at, cost)


def _lowest_of(
    costs: Costs, rows: Places, places: Floats, sigma: float
) -> tuple[Floats, Places]:
    """Return of each row the lowest of its ``places`` (m, k), and which it is."""
    many = np.repeat(rows, places.shape[1])
    cost = costs.at(many, places.ravel(), sigma).reshape(places.shape)
    best = np.argmin(cost, axis=1)
    return places[np.arange(len(rows)), best], best


def _around(costs: Costs, rows: Places, guess: Floats, sigma: float) -> Floats:
    """Return the lowest place around each guess, going on while it lies outermost."""
    at, going = guess.copy(), np.arange(len(rows))
    for _ in range(WALKS):
        places = np.clip(at[going, None] + AROUND, GRID[0], GRID[-1])
        at[going], best = _lowest_of(costs, rows[going], places, sigma)
        outermost = (best == 0) | (best == len(AROUND) - 1)
        inside = (at[going] > GRID[0]) & (at[going] < GRID[-1])
        going = going[outermost & inside]
        if not len(going):
            break
    return at


def told(costs: Costs, sigma: float, low: Minima, ends: Floats | None = None) -> Told:
    """Return how well every pulse tells D at its minimum.

    ``ends`` are the costs at both ends of the search, shape (rows, 2), if known.
    """
    rows = np.arange(len(costs.models))
    before, after = (
        costs.look(rows, low.log_tau + way * APART, sigma).slope for way in (-1, 1)
    )
    bend = (after - before) / (2 * APART)
    ends = costs.over(GRID[[0, -1]], sigma) if ends is None else ends
    inside = (low.log_tau > GRID[1]) & (low.log_tau < GRID[-2])
    spread = np.maximum(low.cost / costs.models.freedom, 1.0)
    at_edge = ~(inside & (ends.min(axis=1) - low.cost > TOLD_BY * spread))
    bent = bend > 0
    wide = np.where(bent, np.sqrt(2 * spread / np.where(bent, bend, 1.0)), np.inf)
    return Told(bend, at_edge, np.where(at_edge, np.inf, wide), wide)


def changes(costs: Costs, sigma: float, low: Minima) -> tuple[Floats, Floats]:
    """Return ΔE + h, the change of the relaxed voltage, and h, both (rows,), V."""
    best = costs.best(low.log_tau, sigma)
    return best.change + best.branch, best.branch


def fitted(costs: Costs, sigma: float, low: Minima) -> tuple[SphereFit, ...]:
    """Return all that the fit says of each pulse at its minimum."""
    models = costs.models
    best = costs.best(low.log_tau, sigma)
    over = costs.over(GRID, sigma)
    tells = told(costs, sigma, low, over[:, [0, -1]])
    left = models.voltage - best.shown
    scaled = ((left * models.weight) ** 2).sum(axis=1)
    return tuple(
        SphereFit(
            tau=math.exp(low.log_tau[k]),
            log_uncertainty=float(tells.unbounded[k]),
            change=float(best.change[k] + best.branch[k]),
            branch=float(best.branch[k]),
            jump=float(best.jump[k]),
            rms=float(np.sqrt(np.mean(left[k, :n] ** 2))),
            unrelaxed=abs(float(best.surface[k, n - 1]) - 1),
            drift=_drift(models, best.shown, k, n),
            misfit=float(scaled[k] / models.freedom[k]),
            at_edge=bool(tells.at_edge[k]),
            lowest=_lowest(
                over[k] - low.cost[k],
                float(low.log_tau[k]),
                4 * max(float(low.cost[k] / models.freedom[k]), 1.0),
            ),
        )
        for k, n in enumerate(models.count)
    )


def _drift(models: PulseModels, shown: Floats, row: int, count: int) -> float:
    """Return dE/dt between the last two bins, V/s; NaN where one is under current."""
    if models.on[row, count - 2] > 0:
        return math.nan
    time = models.time[row, count - 2 : count]
    rise = shown[row, count - 1] - shown[row, count - 2]
    return float(rise / (time[1] - time[0]))


def _lowest(costs: Floats, log_tau: float, allowed: float) -> float:
    """Return the smallest τ' whose χ² is within ``allowed`` of the minimum.

    ``costs`` are its rises above the minimum on the grid.
    """
    below = np.flatnonzero((log_tau > GRID) & (costs > allowed))
    if not len(below):
        return math.exp(GRID[0])
    k = int(below[-1])
    right = min(log_tau, float(GRID[k + 1])) if k + 1 < len(GRID) else log_tau
    rise = allowed if log_tau <= right else max(costs[k + 1], 0.0)
    rise = 0.0 if log_tau <= GRID[min(k + 1, len(GRID) - 1)] else float(rise)
    part = (costs[k] - allowed) / max(costs[k] - rise, 1e-12)
    return math.exp(float(GRID[k]) + part * (right - float(GRID[k])))
