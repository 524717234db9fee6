"""Fits all pulses of a titration together: one distribution of sizes, D(q) by branch.

Every pulse is fitted by itself (`gitt_fit`) at several spreads σ of the particle sizes.
σ belongs to the sample, so all pulses judge it: their χ² give it a distribution, flat
before between 0 and 0.8, and its width goes into every D as an error that all share.
Then the titration is marched with the D(q) found, each branch with its own
(`gitt_march`), and fitted again with what the march adds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_bends import bends
from labctl.analysis.cells.gitt_bins import bins_of
from labctl.analysis.cells.gitt_fit import (
    HISTORY,
    Minimum,
    PulseModel,
    SphereFit,
    fitted,
    minimum,
)
from labctl.analysis.cells.gitt_march import RateCurve, march
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.uncertainty import known

Floats = NDArray[np.float64]

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
ROUNDS = 2
"""Marches; D(q) changes by less than 1 % after the second."""
CROSSING_LENGTH = 0.06
"""Part of the capacity after which 1/e of a change of branch is left."""
CROSSING_FIRST, CROSSING_LATER = 3.0, 0.01
"""σ of the hysteresis term in units of the step: at a reversal, and far from one."""
REVERSING = 0.1
"""Part of a change of branch that may be left before D(q) leaves a pulse out."""
FITS = 4.0
"""χ² per degree of freedom of a pulse that may judge σ."""
ASKED = 12.0
"""Fall of χ² (in units of its value per bin) that frees the hysteresis term."""
BEYOND = 3.0
"""Steps by which D(q) goes on in a line beyond the first and last pulse."""
BEGINNING = 0.35
"""Part of the pulse after each switching in which slow films, and salt in the pores of
an electrode, answer as well."""
TELLING = 0.3
"""Standard uncertainty of ln D up to which a pulse says anything of D(q) or σ."""


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


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How likely each of `SPREADS` is, on a finer grid of σ."""

    sigma: Floats
    share: Floats

    @property
    def mean(self) -> float:
        return float(self.share @ self.sigma)

    @property
    def deviation(self) -> float:
        return math.sqrt(max(float(self.share @ self.sigma**2) - self.mean**2, 0.0))


def fit_titration(
    time: Floats, voltage: Floats, pulses: Sequence[Pulse], *, skip: float
) -> Titrated:
    """Fit every pulse; ``skip`` in s after each switching is left out."""
    models = _models(time, voltage, pulses, skip)
    own = [k for k, model in enumerate(models) if model is not None]
    if not own:
        return Titrated((None,) * len(pulses), 0.0, math.nan)
    at = {k: minimum(_model(models, k), 0.0) for k in own}
    _bend(models, at, pulses, 0.0)
    plain = list(models)
    end = float(time[pulses[-1].rows.end - 1])
    spread = _judged(models, at)
    slopes = [math.nan] * len(pulses)
    for _ in range(ROUNDS):
        at = {k: minimum(_model(models, k), spread.mean, at[k].log_tau) for k in own}
        slopes = _march(models, at, pulses, spread.mean, end)
        _hold(models, at, spread.mean)
        spread = _judged(models, at)
    found: list[Found | None] = [None] * len(pulses)
    for k in own:
        model = _model(models, k)
        found[k] = _found(model, _model(plain, k), spread, at[k], slopes[k])
    return Titrated(tuple(found), spread.mean, spread.deviation)


def _model(models: Sequence[PulseModel | None], k: int) -> PulseModel:
    model = models[k]
    assert model is not None  # noqa: S101 - the caller took those that are
    return model


def _models(
    time: Floats, voltage: Floats, pulses: Sequence[Pulse], skip: float
) -> list[PulseModel | None]:
    """Return what is known of each pulse before any is fitted."""
    charge = np.array([pulse.charge for pulse in pulses])
    passed = np.concatenate(([0.0], np.cumsum(charge)))
    scale = CROSSING_LENGTH * float(np.ptp(passed))
    moved, models = 0.0, []
    for k, pulse in enumerate(pulses):
        moved = moved if k and charge[k] * charge[k - 1] > 0 else 0.0
        step = abs(pulse.rest_change.value) + 1e-9
        near = math.exp(-moved / scale)
        moved += abs(charge[k])
        bins = bins_of(time, voltage, pulse, skip)
        few = bins is None or bins.on.sum() < 4 or (1 - bins.on).sum() < 8  # noqa: PLR2004
        models.append(
            None
            if bins is None or few
            else PulseModel(
                bins,
                pulses[max(0, k - HISTORY) : k + 1],
                known(0.0, 0.05 * step, "curvature"),
                known(0.0, 0.01 * step, "third order"),
                step * (CROSSING_FIRST * near + CROSSING_LATER),
                near > REVERSING,
                step,
            )
        )
    return models


def _telling(model: PulseModel, low: Minimum) -> float:
    """Return the standard uncertainty of ln D; infinite if D is not told."""
    if low.at_edge or not low.bend > 0:
        return math.inf
    return math.sqrt(2 * max(low.cost / model.freedom, 1.0) / low.bend)


def _judged(models: Sequence[PulseModel | None], at: dict[int, Minimum]) -> _Sizes:
    """Return how likely each spread is by the χ² of the pulses that tell most."""
    told = {k: _telling(_model(models, k), low) for k, low in at.items()}
    able = [k for k in told if told[k] < TELLING]
    clear = [k for k in able if not _model(models, k).reversing]
    able = clear if len(clear) > 2 else able  # noqa: PLR2004 - a majority of three
    fine = np.linspace(SPREADS[0], SPREADS[-1], 81)
    if not able:
        return _Sizes(fine, np.full(len(fine), 1 / len(fine)))
    places = np.unique(np.linspace(0, len(able) - 1, JUDGES).astype(int))
    told_by = [
        (_model(models, k), at[k].log_tau) for k in map(able.__getitem__, places)
    ]
    costs = _costs(told_by, SPREADS)
    fits = costs.min(axis=1) < FITS * np.array([m.freedom for m, _ in told_by])
    if fits.any():
        told_by = [pair for pair, fit in zip(told_by, fits, strict=True) if fit]
        costs = costs[fits]
    total = _disbelief(told_by, costs)
    best = float(SPREADS[np.argmin(total)])
    near = np.clip(best + NEAR, SPREADS[0], SPREADS[-1])
    spreads = np.unique(np.concatenate((SPREADS, near)))
    total = _disbelief(told_by, _costs(told_by, spreads))
    from scipy.interpolate import Akima1DInterpolator  # noqa: PLC0415  (start-up time)

    smooth = Akima1DInterpolator(spreads, total)(fine)
    share = np.exp(-0.5 * (smooth - smooth.min()))
    # the sizes are not just lognormal: blurred by what the shape leaves open
    blur = np.exp(-0.5 * ((fine[:, None] - fine) / SHAPE) ** 2)
    share = blur @ share
    return _Sizes(fine, share / share.sum())


def _costs(told_by: Sequence[tuple[PulseModel, float]], spreads: Floats) -> Floats:
    """Return χ² of each pulse at each spread."""
    costs = np.zeros((len(told_by), len(spreads)))
    for row, (model, start) in enumerate(told_by):
        guess = start
        for column, sigma in enumerate(spreads):
            low = minimum(model, float(sigma), guess)
            guess = low.log_tau
            costs[row, column] = low.cost
    return costs


def _disbelief(told_by: Sequence[tuple[PulseModel, float]], costs: Floats) -> Floats:
    """Return the rise of χ² with the spread, the pulses together as few."""
    freedom = np.array([model.freedom for model, _ in told_by])
    least = costs.min(axis=1)
    rise = (costs - least[:, None]) / np.maximum(least / freedom, 1.0)[:, None]
    middle: Floats = np.median(rise, axis=0) * min(INDEPENDENT, len(told_by))
    return middle


def _march(
    models: list[PulseModel | None],
    at: dict[int, Minimum],
    pulses: Sequence[Pulse],
    sigma: float,
    end: float,
) -> list[float]:
    """Give every model what the march adds; return d ln D/dq at each pulse, 1/C."""
    charge = -np.array([pulse.charge for pulse in pulses])
    middle = np.cumsum(charge) - charge / 2
    curves = {
        way: curve
        for way in (1.0, -1.0)
        if (curve := _curve(models, at, pulses, middle, way)) is not None
    }
    if not curves:
        return [math.nan] * len(pulses)
    spare = next(iter(curves.values()))
    each = [curves.get(float(np.sign(c)), spare) for c in charge]
    tracks = march(pulses, each, sigma, end)
    for k in at:
        model, track = _model(models, k), tracks[k]
        rate = float(each[k].at(middle[k : k + 1])[0])
        log_tau = np.array([math.log(rate * pulses[k].duration)])
        level = replace(model.bins, time=track.time)
        closed = replace(model, bins=level, shift=0.0).surface(log_tau, sigma)[0]
        seen = np.maximum(model.bins.time, 0.0)
        shift = np.interp(seen, track.time, track.surface - closed)
        models[k] = replace(model, shift=shift)
    half = np.abs(charge) / 2
    return [
        float(np.log(curve.at(m + h) / curve.at(m - h)) / (2 * h))
        for curve, m, h in zip(each, middle, half, strict=True)
    ]


def _bend(
    models: list[PulseModel | None],
    at: dict[int, Minimum],
    pulses: Sequence[Pulse],
    sigma: float,
) -> None:
    """Give every model the bends of the open-circuit voltage that neighbours show."""
    changes = {k: fitted(_model(models, k), sigma, low).change for k, low in at.items()}
    for k in at:
        second, third = bends(pulses, changes, k)
        models[k] = replace(_model(models, k), curvature=second, third=third)


def _hold(
    models: list[PulseModel | None], at: dict[int, Minimum], sigma: float
) -> None:
    """Hold the hysteresis term where it runs backwards: a crossing adds to the step."""
    for k, low in at.items():
        model = _model(models, k)
        fit = fitted(model, sigma, minimum(model, sigma, low.log_tau))
        if fit.branch * fit.change < 0:
            least = CROSSING_LATER * model.step
            models[k] = replace(model, crossing=least)


def _curve(
    models: Sequence[PulseModel | None],
    at: dict[int, Minimum],
    pulses: Sequence[Pulse],
    middle: Floats,
    way: float,
) -> RateCurve | None:
    """Return D(q) of one branch: lines through five neighbours, by their errors."""
    told = {
        k: u
        for k, low in at.items()
        if pulses[k].charge * way < 0
        and (u := _telling(_model(models, k), low)) < TELLING
    }
    clear = {k: u for k, u in told.items() if not _model(models, k).reversing}
    told = clear if len(clear) > 2 else told  # noqa: PLR2004 - a line with its error
    if not told:
        return None
    own = np.array(sorted(told, key=lambda k: middle[k]))
    x = middle[own]
    y = np.array([at[k].log_tau - math.log(pulses[k].duration) for k in own])
    weight = np.array([1 / (told[k] ** 2 + 0.05**2) for k in own])
    level, slope = np.zeros(len(own)), np.zeros(len(own))
    for j in range(len(own)):
        near = np.arange(max(j - 2, 0), min(j + 3, len(own)))
        w, dx = weight[near], x[near] - x[j]
        w = w / (1 + (np.arange(len(near)) - (j - near[0])) ** 2)
        m = w @ dx / w.sum()
        spread = w @ (dx - m) ** 2
        slope[j] = w @ ((dx - m) * y[near]) / spread if spread > 0 else 0.0
        level[j] = w @ y[near] / w.sum() - slope[j] * m
    beyond = BEYOND * float(np.median(np.abs([pulses[k].charge for k in own])))
    rise = np.clip(slope[[0, -1]] * beyond, -1.0, 1.0)
    return RateCurve(
        np.concatenate(([x[0] - beyond], x, [x[-1] + beyond])),
        np.concatenate(([level[0] - rise[0]], level, [level[-1] + rise[1]])),
    )


def _found(
    model: PulseModel,
    plain: PulseModel,
    spread: _Sizes,
    guess: Minimum,
    slope: float,
) -> Found:
    """Return the fit of one pulse, averaged over the spreads that are possible."""
    mean, half = spread.mean, max(spread.deviation, 0.02)
    here = minimum(model, mean, guess.log_tau)
    freed = replace(model, crossing=max(model.crossing, CROSSING_FIRST * model.step))
    if here.cost > 2 * model.freedom:
        free = minimum(freed, mean, here.log_tau)
        if here.cost - free.cost > ASKED * max(free.cost / model.freedom, 1.0):
            model, here = freed, free
    sigmas = np.clip([mean - half, mean + half], SPREADS[0], SPREADS[-1])
    sides = [minimum(model, float(s), here.log_tau).log_tau for s in sigmas]
    if sigmas[0] < mean < sigmas[1]:
        curve = np.polyfit(
            [sigmas[0], mean, sigmas[1]], [sides[0], here.log_tau, sides[1]], 2
        )
    else:
        curve = np.polyfit(sigmas, sides, 1)
    over = np.polyval(curve, spread.sigma)
    centre = float(spread.share @ over)
    by_sizes = math.sqrt(max(float(spread.share @ (over - centre) ** 2), 0.0))
    unmarched = minimum(plain, mean, here.log_tau)
    by_crossing = 0.0
    if model.crossing < plain.crossing:
        free = minimum(replace(model, crossing=plain.crossing), mean)
        by_crossing = abs(free.log_tau - here.log_tau) / math.sqrt(3)
    return Found(
        fit=fitted(model, mean, here),
        log_tau=centre,
        by_sizes=math.copysign(by_sizes, float(np.polyval(np.polyder(curve), mean))),
        by_march=here.log_tau - unmarched.log_tau,
        by_crossing=by_crossing,
        by_start=_by_start(model, mean, here),
        slope=slope,
        bend=(abs(model.curvature.value) + abs(model.third.value)) / model.step,
    )


def _by_start(model: PulseModel, sigma: float, whole: Minimum) -> float:
    """Return by how much ln D changes without the beginnings, beyond noise.

    Of one physics both fits say the same: their difference has the difference of their
    variances (Hausman 1978). What is more is something that relaxes besides diffusion.
    """
    time, long = model.bins.time, model.past[-1].duration
    since = np.where(model.bins.on > 0, time, time - long)
    early = (time > 0) & (since < BEGINNING * long)
    weight = np.where(early, 1e-3 * model.bins.weight, model.bins.weight)
    late = replace(model, bins=replace(model.bins, weight=weight))
    rest = minimum(late, sigma, whole.log_tau)
    noise = _telling(late, rest) ** 2 - _telling(model, whole) ** 2
    apart = (rest.log_tau - whole.log_tau) ** 2 - max(noise, 0.0)
    return math.sqrt(apart) if apart > 0 else 0.0
