"""Fits all pulses of a titration together: one distribution of sizes, D(q) by branch.

Every pulse is fitted by itself (`gitt_fit`) at several spreads σ of the particle
sizes, of which all pulses together say how likely they are (`gitt_spread`). Then the
titration is marched with the D(q) found, each branch with its own (`gitt_march`), and
fitted again with what the march adds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_bends import bends
from labctl.analysis.cells.gitt_cost import Costs
from labctl.analysis.cells.gitt_courses import Courses
from labctl.analysis.cells.gitt_curve import RateCurve, rate_curve
from labctl.analysis.cells.gitt_fit import (
    Minima,
    SphereFit,
    changes,
    fitted,
    minima,
    told,
)
from labctl.analysis.cells.gitt_march import march
from labctl.analysis.cells.gitt_models import (
    CROSSING_FIRST,
    CROSSING_LATER,
    PulseModels,
)
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.gitt_spread import FITS, SPREADS, TELLING, Spread, judged

Floats = NDArray[np.float64]

ROUNDS = 2
"""Marches; D(q) changes by less than 1 % after the second."""
ASKED = 12.0
"""Fall of χ² (in units of its value per bin) that frees the hysteresis term."""
ASTRAY = 2.0
"""χ² per degree of freedom above which a pulse is tried with that term free."""
BEGINNING = 0.35
"""Part of the pulse after each switching in which slow films, and salt in the pores of
an electrode, answer as well."""
UNHEARD = 1e-3
"""Part of their weight that these bins keep where they are left out."""
LEAST_HALF = 0.02
"""Of σ, on either side of its mean, at which pulses are fitted in the end."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the fit of the whole titration says of one pulse."""

    fit: SphereFit
    """At the mean spread of sizes."""
    log_tau: float
    """ln(Dτ/r̄²), mean over the spreads that are possible."""
    by_sizes: float
    """Standard deviation of ln D over these, signed as it runs with σ."""
    by_march: float
    """What the composition dependence of D changed in ln D."""
    by_crossing: float
    """Standard deviation of ln D where the hysteresis term was held and need not be."""
    by_start: float
    """What ln D changes by, beyond noise, without the beginnings of pulse and rest."""
    slope: float
    """d ln D/dq in 1/C, q the charge of lithium; NaN where no neighbour tells."""
    bend: float
    """|κ| + |λ| of the open-circuit voltage over the step, as parts of the step."""


@dataclass(frozen=True, slots=True)
class Titrated:
    """The fit of a whole titration."""

    found: tuple[Found | None, ...]
    """One a pulse; None where there are too few rows."""
    sigma: float
    """Mean spread of ln r."""
    sigma_uncertainty: float

    @property
    def described(self) -> float:
        """Part of the pulses whose χ² spheres explain; NaN without any."""
        fits = [found.fit.misfit <= FITS for found in self.found if found is not None]
        return sum(fits) / len(fits) if fits else math.nan


def fit_titration(
    time: Floats, voltage: Floats, pulses: Sequence[Pulse], *, skip: float
) -> Titrated:
    """Fit every pulse; ``skip`` in s after each switching is left out."""
    models = PulseModels.of(time, voltage, pulses, skip)
    if not len(models):
        return Titrated((None,) * len(pulses), 0.0, math.nan)
    costs = Costs.of(models)
    low = minima(costs, 0.0)
    error = told(costs, 0.0, low).uncertainty
    plain = costs = Costs.of(_bent(costs, low, pulses))
    end = float(time[pulses[-1].rows.end - 1])
    spread = judged(costs, low.log_tau, error)
    slopes = np.full(len(pulses), math.nan)
    for _ in range(ROUNDS):
        low = minima(costs, spread.mean, low.log_tau)
        error = told(costs, spread.mean, low).uncertainty
        curves = _curves(costs.models, low.log_tau, error, pulses)
        if curves:
            slopes = _slopes(curves, pulses)
            shifted = _marched(costs.models, curves, pulses, spread.mean, end)
            costs = Costs.of(shifted)
        costs = _held(costs, low, spread.mean)
        spread = judged(costs, low.log_tau, error)
    found: list[Found | None] = [None] * len(pulses)
    each = _found(costs, plain, spread, low, slopes[models.places])
    for k, one in zip(models.places.tolist(), each, strict=True):
        found[k] = one
    return Titrated(tuple(found), spread.mean, spread.deviation)


def _bent(costs: Costs, low: Minima, pulses: Sequence[Pulse]) -> PulseModels:
    """Return the models with the bends of the open-circuit voltage neighbours show."""
    models = costs.models
    whole = changes(costs, 0.0, low)[0]
    each = dict(zip(models.places.tolist(), whole.tolist(), strict=True))
    return models.bent([bends(pulses, each, k) for k in each])


def _held(costs: Costs, low: Minima, sigma: float) -> Costs:
    """Hold the hysteresis term where it runs backwards: a crossing adds to the step."""
    models = costs.models
    at = minima(costs, sigma, low.log_tau)
    change, branch = changes(costs, sigma, at)
    least = CROSSING_LATER * models.step
    crossing = np.where(branch * change < 0, least, models.crossing)
    return Costs.of(replace(models, crossing=crossing))


def _curves(
    models: PulseModels, log_tau: Floats, error: Floats, pulses: Sequence[Pulse]
) -> list[RateCurve]:
    """Return D(q) as each pulse of the titration sees it: that of its branch.

    A branch none of whose pulses tells D has the other one's; empty where none does.
    """
    charge, middle = _charges(pulses)
    own, at = charge[models.places], middle[models.places]
    log_rate = log_tau - np.log(models.duration)
    curves = {}
    for way in (1.0, -1.0):
        tell = np.flatnonzero((own * way > 0) & (error < TELLING))
        clear = tell[~models.reversing[tell]]
        tell = clear if len(clear) > 2 else tell  # noqa: PLR2004 - a line, its error
        if len(tell):
            curves[way] = rate_curve(
                at[tell], log_rate[tell], error[tell], np.abs(own[tell])
            )
    if not curves:
        return []
    spare = next(iter(curves.values()))
    return [curves.get(float(np.sign(c)), spare) for c in charge]


def _charges(pulses: Sequence[Pulse]) -> tuple[Floats, Floats]:
    """Return the lithium of each pulse, and what had entered by its middle, C."""
    charge = -np.array([pulse.charge for pulse in pulses])
    return charge, np.cumsum(charge) - charge / 2


def _slopes(curves: Sequence[RateCurve], pulses: Sequence[Pulse]) -> Floats:
    """Return d ln D/dq at each pulse, 1/C."""
    charge, middle = _charges(pulses)
    half = np.abs(charge) / 2
    return np.array(
        [
            float(np.log(curve.at(m + h) / curve.at(m - h)) / (2 * h))
            for curve, m, h in zip(curves, middle, half, strict=True)
        ]
    )


def _marched(
    models: PulseModels,
    curves: Sequence[RateCurve],
    pulses: Sequence[Pulse],
    sigma: float,
    end: float,
) -> PulseModels:
    """Return the models with what the march adds to the closed form."""
    tracks = march(pulses, curves, sigma, end)
    places = models.places.tolist()
    middle = _charges(pulses)[1]
    longest = max(len(track.time) for track in tracks)
    times = np.stack(
        [
            np.pad(tracks[k].time, (0, longest - len(tracks[k].time)), mode="edge")
            for k in places
        ]
    )
    rate = np.array([float(curves[k].at(middle[k])) for k in places])
    closed, _ = Courses.of(pulses, places, times).surface(
        np.arange(len(places)), np.log(rate * models.duration), sigma
    )
    shift = np.zeros(models.time.shape)
    for row, k in enumerate(places):
        track = tracks[k]
        lead = track.surface - closed[row, : len(track.time)]
        seen = np.maximum(models.time[row], 0.0)
        shift[row] = np.interp(seen, track.time, lead)
    return replace(models, shift=shift)


def _found(
    costs: Costs, plain: Costs, spread: Spread, guess: Minima, slopes: Floats
) -> list[Found]:
    """Return the fit of each pulse, averaged over the spreads that are possible."""
    mean, half = spread.mean, max(spread.deviation, LEAST_HALF)
    costs, here = _freed(costs, minima(costs, mean, guess.log_tau), mean)
    models = costs.models
    sigmas = np.clip([mean - half, mean + half], SPREADS[0], SPREADS[-1])
    sides = [minima(costs, float(s), here.log_tau).log_tau for s in sigmas]
    if sigmas[0] < mean < sigmas[1]:
        at, course = [sigmas[0], mean, sigmas[1]], [sides[0], here.log_tau, sides[1]]
    else:
        at, course = sigmas.tolist(), sides
    powers = np.polyfit(at, np.stack(course), len(at) - 1)
    over = np.stack([np.polyval(p, spread.sigma) for p in powers.T])
    centre = over @ spread.share
    variance = (over - centre[:, None]) ** 2 @ spread.share
    runs = np.array([np.polyval(np.polyder(p), mean) for p in powers.T])
    unmarched = minima(plain, mean, here.log_tau)
    crossing = _by_crossing(costs, plain.models.crossing, mean, here)
    start = _by_start(costs, mean, here)
    bend = (np.abs(models.bend) + np.abs(models.third)) / models.step
    return [
        Found(
            fit=fit,
            log_tau=float(centre[k]),
            by_sizes=math.copysign(math.sqrt(max(variance[k], 0.0)), runs[k]),
            by_march=float(here.log_tau[k] - unmarched.log_tau[k]),
            by_crossing=float(crossing[k]),
            by_start=float(start[k]),
            slope=float(slopes[k]),
            bend=float(bend[k]),
        )
        for k, fit in enumerate(fitted(costs, mean, here))
    ]


def _freed(costs: Costs, here: Minima, sigma: float) -> tuple[Costs, Minima]:
    """Free the hysteresis term of pulses that nothing else describes."""
    models = costs.models
    rows = np.flatnonzero(here.cost > ASTRAY * models.freedom)
    if not len(rows):
        return costs, here
    crossing = np.maximum(models.crossing, CROSSING_FIRST * models.step)
    freed = Costs.of(replace(models, crossing=crossing))
    free = minima(freed, sigma, here.log_tau[rows], rows)
    asked = ASKED * np.maximum(free.cost / models.freedom[rows], 1.0)
    better = here.cost[rows] - free.cost > asked
    taken = rows[better]
    log_tau, cost, held = here.log_tau.copy(), here.cost.copy(), models.crossing.copy()
    log_tau[taken], cost[taken] = free.log_tau[better], free.cost[better]
    held[taken] = crossing[taken]
    return Costs.of(replace(models, crossing=held)), Minima(log_tau, cost)


def _by_crossing(costs: Costs, crossing: Floats, sigma: float, here: Minima) -> Floats:
    """Return what ln D is uncertain by where ``crossing`` would have left h freer."""
    models = costs.models
    rows = np.flatnonzero(models.crossing < crossing)
    by_crossing = np.zeros(len(models))
    if len(rows):
        freer = Costs.of(replace(models, crossing=crossing))
        free = minima(freer, sigma, rows=rows)
        apart = np.abs(free.log_tau - here.log_tau[rows])
        by_crossing[rows] = apart / math.sqrt(3)
    return by_crossing


def _by_start(costs: Costs, sigma: float, whole: Minima) -> Floats:
    """Return by how much ln D changes without the beginnings, beyond noise.

    Of one physics both fits say the same: their difference has the difference of their
    variances (Hausman 1978). What is more is something that relaxes besides diffusion.
    """
    models = costs.models
    long = models.duration[:, None]
    since = np.where(models.on > 0, models.time, models.time - long)
    early = (models.time > 0) & (since < BEGINNING * long)
    weight = np.where(early, UNHEARD * models.weight, models.weight)
    late = Costs.of(replace(models, weight=weight))
    rest = minima(late, sigma, whole.log_tau)
    variance = told(costs, sigma, whole).uncertainty ** 2
    later = told(late, sigma, rest).uncertainty ** 2
    tells = np.isfinite(later)  # a fit that says nothing is no witness
    noise = np.maximum(later[tells] - variance[tells], 0.0)
    by_start = np.zeros(len(models))
    apart = (rest.log_tau - whole.log_tau)[tells] ** 2 - noise
    by_start[tells] = np.sqrt(np.maximum(apart, 0.0))
    return by_start
