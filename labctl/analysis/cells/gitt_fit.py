"""Fits the diffusivity of a sphere to a whole pulse and its rest, with its history.

E(t) = E0 + ΔE x + κ (x² - x) + on(t) (b + c x) + h m(t), where x(t) is the composition
at the surface in units of the pulse's own step: 0 in the rest before, above 1 at the
end of the pulse, 1 after an endless rest. It follows from `sphere_surface` for the
pulse and for the ones before it, so that unfinished rests do no harm. E0, ΔE, b (the
jump) and c (a jump that changes with composition) are linear; κ, the curvature of the
open-circuit voltage over the step, is held to what the neighbouring pulses say within
its uncertainty. h is for pulses that are still crossing from one hysteresis branch to
the other: it follows the mean composition m(t), which runs from 0 to 1 in the pulse and
does not relax; it is only taken in where the pulse asks for it. ln(D/r²) is searched.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere import sphere_surface
from labctl.analysis.uncertainty import Measured, known

Floats = NDArray[np.float64]

HISTORY = 4
"""Earlier pulses whose relaxation is still seen."""
BINS_PER_DECADE = 12
FLOOR = 2e-3
"""Error of the model, as part of the voltage change in the pulse (1σ of a bin)."""
SEARCH = (1e-5, 50.0)
"""τ' = Dτ/r² between which the pulse says anything."""
GRID = np.linspace(math.log(SEARCH[0]), math.log(SEARCH[1]), 32)
"""ln τ' at which the search begins."""
ASKED = 12.0
"""Fall of χ² (in units of its value per bin) that takes the hysteresis term in."""
FLAT = known(0.0, 1e-9, "curvature")
"""No curvature, held fast."""


@dataclass(frozen=True, slots=True)
class SphereFit:
    """What the full fit found for one pulse."""

    tau: float
    """D τ / r², dimensionless."""
    log_uncertainty: float
    """Standard uncertainty of ln D."""
    change: float
    """ΔE + h: change of the relaxed voltage over the pulse in V."""
    branch: float
    """h: the part of it that is hysteresis in V; 0 if not taken in."""
    jump: float
    """b in V."""
    rms: float
    """Root mean square of the residuals of the bins in V."""
    unrelaxed: float
    """|x - 1| at the end of the rest: how far the surface still was from its mean."""
    misfit: float
    """χ² per degree of freedom; above 1 the model or its floor does not describe."""
    at_edge: bool
    """True when the search ended at an edge: the pulse does not tell D."""


@dataclass(frozen=True, slots=True)
class _Data:
    """Bins of one pulse and its rests."""

    time: Floats
    """s after the pulse began; negative in the rest before."""
    voltage: Floats
    weight: Floats
    """1/σ of a bin."""
    on: Floats
    """1 under current, 0 at rest."""


def fit_sphere(
    time: Floats,
    voltage: Floats,
    pulses: Sequence[Pulse],
    index: int,
    *,
    skip: float,
    curvature: Measured = FLAT,
) -> SphereFit | None:
    """Fit pulse ``index`` of ``pulses``; None when it has too few rows.

    ``skip`` in s is left out after each switching (double layer and films);
    ``curvature`` is κ in V with its uncertainty.
    """
    data = _bins(time, voltage, pulses[index], skip)
    if data.on.sum() < HISTORY or (1 - data.on).sum() < 2 * HISTORY:
        return None
    past = pulses[max(0, index - HISTORY) : index + 1]
    surfaces = [_surface(data.time, past, math.exp(g)) for g in GRID]
    plain = _search(_Model(data, past, curvature, with_branch=False), surfaces)
    crossing = _search(_Model(data, past, curvature, with_branch=True), surfaces)
    gain = plain[0] - crossing[0]
    spread = max(crossing[0] / len(data.time), 1.0)
    return (crossing if gain > ASKED * spread else plain)[1]


@dataclass(frozen=True, slots=True)
class _Model:
    """The linear part of the fit for a given D."""

    data: _Data
    past: Sequence[Pulse]
    curvature: Measured
    with_branch: bool

    def at(self, log_tau: float) -> tuple[float, Floats, Floats]:
        """Return χ², the linear coefficients and the residuals in V."""
        return self.solve(_surface(self.data.time, self.past, math.exp(log_tau)))

    def solve(self, x: Floats) -> tuple[float, Floats, Floats]:
        """Return the same for the surface composition ``x`` of the bins."""
        data, n = self.data, len(x)
        tight = 1 / self.curvature.uncertainty
        scaled = np.zeros((n + 1, 6 if self.with_branch else 5))
        rows = scaled[:n]
        rows[:, 0] = 1.0
        rows[:, 1] = x
        rows[:, 2] = data.on
        rows[:, 3] = data.on * (x - 0.5)
        rows[:, 4] = x**2 - x
        if self.with_branch:
            rows[:, 5] = np.clip(data.time / self.past[-1].duration, 0.0, 1.0)
        rows *= data.weight[:, None]
        scaled[n, 4] = tight
        target = np.append(data.voltage * data.weight, self.curvature.value * tight)
        found, *_ = np.linalg.lstsq(scaled, target, rcond=None)
        left = target - scaled @ found
        return float(left @ left), found, left[:n] / data.weight


def _search(model: _Model, surfaces: Sequence[Floats]) -> tuple[float, SphereFit]:
    """Return χ² and the fit at the best D."""
    from scipy import optimize  # noqa: PLC0415  (start-up time)

    best = int(np.argmin([model.solve(x)[0] for x in surfaces]))
    low, high = GRID[max(best - 1, 0)], GRID[min(best + 1, len(GRID) - 1)]
    log_tau = float(
        optimize.minimize_scalar(
            lambda x: model.at(x)[0],
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-4},
        ).x
    )
    cost, linear, left = model.at(log_tau)
    step = 0.02
    around = model.at(log_tau + step)[0] + model.at(log_tau - step)[0]
    bend = (around - 2 * cost) / step**2
    freedom = max(len(left) - len(linear), 1)
    spread = max(cost / freedom, 1.0)
    end = _surface(model.data.time[-1:], model.past, math.exp(log_tau))
    branch = float(linear[5]) if model.with_branch else 0.0
    return cost, SphereFit(
        tau=math.exp(log_tau),
        log_uncertainty=math.sqrt(2 * spread / bend) if bend > 0 else math.inf,
        change=float(linear[1]) + branch,
        branch=branch,
        jump=float(linear[2]),
        rms=float(np.sqrt(np.mean(left**2))),
        misfit=cost / freedom,
        unrelaxed=abs(float(end[0]) - 1),
        at_edge=best in {0, len(GRID) - 1},
    )


def _surface(time: Floats, past: Sequence[Pulse], tau: float) -> Floats:
    """Return x(t) from the last of ``past`` and the relaxation of those before."""
    own = past[-1]
    rate = tau / own.duration
    starts = np.array([own.start - pulse.start for pulse in past])
    lengths = np.array([pulse.duration for pulse in past])
    shares = np.array([pulse.current / own.current for pulse in past])
    since = time + np.append(starts, starts - lengths)[:, None]
    on, off = np.split(sphere_surface(rate * since), 2)
    settled = shares[:-1] @ lengths[:-1] * 3 * rate
    x: Floats = (shares @ (on - off) - settled) / (3 * tau)
    return x


def _bins(time: Floats, voltage: Floats, pulse: Pulse, skip: float) -> _Data:
    """Average the rows into bins even in the logarithm of time since switching."""
    rows = pulse.rows
    change = abs(pulse.end_voltage - pulse.rest_before.value - pulse.jump.value)
    floor = FLOOR * change if math.isfinite(change) and change > 0 else 1e-6
    parts = []
    off = pulse.start + pulse.duration
    late = max(rows.rest, int(np.searchsorted(time, time[rows.first - 1] - 60.0)))
    spans = (
        (late, rows.first, None, 0.0),
        (rows.first, rows.last, pulse.start, 1.0),
        (rows.last, rows.end, off, 0.0),
    )
    for first, last, switched, on in spans:
        t, v = time[first:last], voltage[first:last]
        if switched is None:
            label = np.zeros(len(t), dtype=int)
        else:
            kept = t - switched >= skip
            t, v = t[kept], v[kept]
            label = np.floor(BINS_PER_DECADE * np.log10(t - switched)).astype(int)
        if not len(t):
            continue
        starts = np.flatnonzero(np.diff(label, prepend=label[0] - 1))
        size = np.diff(np.append(starts, len(t)))
        parts.append(
            (
                np.add.reduceat(t, starts) / size - pulse.start,
                np.add.reduceat(v, starts) / size,
                1
                / np.hypot(
                    np.hypot(floor, pulse.resolution), pulse.noise / np.sqrt(size)
                ),
                np.full(len(starts), on),
            )
        )
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return _Data(*joined)
