"""Fits the diffusivity of spheres to a whole pulse and its rest, with its history.

E(t) = E0 + ΔE x + κ y² + λ (y³ - y/4) + on(t) (b + c y) + h m(t) + d r(t), y = x - 1/2,
where x(t) is the composition at the surface in units of the pulse's own step: 0 in the
rest before, above 1 at the end of the pulse, 1 after an endless rest. It follows from
`sizes_surface` for the pulse and for the ones before it, so that unfinished rests do no
harm, plus what a diffusivity that changes with composition adds (`gitt_march`). E0, ΔE,
b (the jump) and c (a jump that changes with composition) are linear; κ and λ, the bends
of the open-circuit voltage over the step, h and d are held by what is known of them. h
is for pulses that cross from one hysteresis branch to the other: it follows the mean
composition m(t), which runs from 0 to 1 in the pulse and does not relax. d is for the
slow end of a double layer that is no ideal capacitor: a constant-phase element of
exponent α answers a step with a tail as t^-α. ln(D/r̄²) is searched, at a given spread σ
of the sizes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_bins import Bins
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere_sizes import sizes_surface
from labctl.analysis.uncertainty import Measured, known

Floats = NDArray[np.float64]

HISTORY = 4
"""Earlier pulses whose relaxation is seen in closed form; older ones by the march."""
SEARCH = (1e-5, 50.0)
"""τ' = Dτ/r̄² between which the pulse says anything."""
GRID = np.linspace(math.log(SEARCH[0]), math.log(SEARCH[1]), 32)
"""ln τ' at which the search begins."""
COARSE = 0.25 * np.arange(-4.0, 5.0)
"""Steps of ln τ' around a first guess."""
FINE = 0.05 * np.arange(-2.0, 3.0)
TAIL = 0.9
"""α of the double layer's tail: 0.8 to 1 are seen."""
TAIL_PART = 0.004
"""σ of the tail after 1 s, as part of the jump: (R C / 1 s)^α at 2 ms."""
TOLD_BY = 9.0
"""Rise of χ² towards both ends of the search, in units of its value per bin."""
FLAT = known(0.0, 1e-9, "curvature")
"""No curvature, held fast."""


@dataclass(frozen=True, slots=True)
class PulseModel:
    """One pulse with all that is known of it but D and the sizes."""

    bins: Bins
    past: Sequence[Pulse]
    """The pulse itself, after up to `HISTORY` earlier ones."""
    curvature: Measured = FLAT
    """κ in V."""
    third: Measured = FLAT
    """λ in V."""
    crossing: float = math.inf
    """Standard deviation of h around zero, V."""
    reversing: bool = False
    """Whether it lies so near a reversal that much of it may be a crossing."""
    step: float = 0.0
    """The step itself, V: what a change of branch is compared with."""
    shift: Floats | float = 0.0
    """What is to be added to x, shape (n,)."""

    def surface(self, log_tau: Floats, sigma: float) -> Floats:
        """Return x of the bins for each of ``log_tau`` (k,), shape (k, n)."""
        tau = np.exp(log_tau)[:, None]
        own = self.past[-1]
        starts = np.array([own.start - pulse.start for pulse in self.past])
        lengths = np.array([pulse.duration for pulse in self.past])
        shares = np.array([pulse.current / own.current for pulse in self.past])
        since = self.bins.time + np.append(starts, starts - lengths)[:, None]
        rate = tau / own.duration
        on, off = np.split(sizes_surface(rate[:, None] * since, sigma), 2, axis=1)
        settled = float(shares[:-1] @ lengths[:-1]) * 3 * rate
        x: Floats = (np.einsum("j,kjn->kn", shares, on - off) - settled) / (3 * tau)
        return x + self.shift

    def scaled(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the weighted design (k, n + 4, 8) of x (k, n), and the target."""
        bins = self.bins
        k, n = x.shape
        y = x - 0.5
        design = np.zeros((k, n + 4, 8))
        rows = design[:, :n]
        rows[..., 0] = 1.0
        rows[..., 1] = x
        rows[..., 2] = bins.on
        rows[..., 3] = bins.on * y
        rows[..., 4] = y**2
        rows[..., 5] = np.clip(bins.time / self.past[-1].duration, 0.0, 1.0)
        rows[..., 6] = y**3 - y / 4
        rows[..., 7] = self._tail()
        rows *= bins.weight[:, None]
        tight = 1 / self.curvature.uncertainty
        firm = 1 / self.third.uncertainty
        design[:, n, 4] = tight
        design[:, n + 1, 5] = 1 / self.crossing
        design[:, n + 2, 6] = firm
        middle = float(bins.voltage.mean())
        design[:, n + 3, 7] = 1 / (TAIL_PART * self._jump() + 1e-9)
        held = (self.curvature.value * tight, 0.0, self.third.value * firm, 0.0)
        return design, np.append((bins.voltage - middle) * bins.weight, held)

    def _jump(self) -> float:
        """Return the size of the jump in V; of the whole change if it is not known."""
        own = self.past[-1]
        jump = abs(own.jump.value)
        whole = abs(own.end_voltage - own.rest_before.value)
        return jump if math.isfinite(jump) else whole

    def _tail(self) -> Floats:
        """Return what is left of a jump of the double layer: 1 after a second."""
        own, bins = self.past[-1], self.bins
        since = np.where(bins.on > 0, bins.time, bins.time - own.duration)
        way = np.where(bins.on > 0, 1.0, -1.0) * (bins.time > 0)
        tail: Floats = way * np.maximum(since, 1e-3) ** -TAIL
        return tail

    def costs(self, log_tau: Floats, sigma: float) -> Floats:
        """Return χ² at each of ``log_tau``, the linear part being at its best."""
        design, target = self.scaled(self.surface(log_tau, sigma))
        basis = np.linalg.qr(design)[0]
        found = np.einsum("m,kmp->kp", target, basis)
        cost: Floats = float(target @ target) - (found**2).sum(axis=1)
        return np.maximum(cost, 0.0)

    @property
    def freedom(self) -> int:
        """Bins less the seven numbers that are fitted freely."""
        return max(len(self.bins.time) - 7, 1)


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where χ² is least at one spread of the sizes."""

    log_tau: float
    cost: float
    bend: float
    """d²χ²/d(ln τ')²; not above 0 where the pulse tells nothing."""
    at_edge: bool


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


def minimum(model: PulseModel, sigma: float, guess: float | None = None) -> Minimum:
    """Search ln τ' at the spread ``sigma`` from a guess, or over all there is."""
    if guess is None:
        guess = float(GRID[np.argmin(model.costs(GRID, sigma))])
    at = guess
    for _ in range(8):
        steps = np.clip(at + COARSE, GRID[0], GRID[-1])
        best = int(np.argmin(model.costs(steps, sigma)))
        at = float(steps[best])
        if 0 < best < len(steps) - 1 or at in {GRID[0], GRID[-1]}:
            break
    ends = model.costs(GRID[[0, -1]], sigma)
    at_edge = not GRID[1] < at < GRID[-2]
    bend = least = 0.0
    for _ in range(3):
        cost = model.costs(at + FINE, sigma)
        bend, slope, least = (float(c) for c in np.polyfit(FINE, cost, 2))
        if not bend > 0:
            break
        step = float(np.clip(-slope / (2 * bend), -0.2, 0.2))
        at += step
        if abs(step) < 0.02:  # noqa: PLR2004 - the parabola holds there
            least -= slope**2 / (4 * bend)
            break
    least = max(least, 0.0)
    told = TOLD_BY * max(least / model.freedom, 1.0)
    at_edge = at_edge or not bool(np.min(ends) - least > told)
    return Minimum(at, least, 2 * bend, at_edge)


def fitted(model: PulseModel, sigma: float, low: Minimum) -> SphereFit:
    """Return all that the fit says at its minimum."""
    x = model.surface(np.array([low.log_tau]), sigma)
    design, target = model.scaled(x)
    linear, *_ = np.linalg.lstsq(design[0], target, rcond=None)
    left = (target - design[0] @ linear)[:-4]
    misfit = float(left @ left) / model.freedom
    spread = max(low.cost / model.freedom, 1.0)
    bins = model.bins
    shown = (design[0] @ linear)[:-4] / bins.weight
    late = bins.time[-1] - bins.time[-2:-1]
    drift = float((shown[-1] - shown[-2]) / late[0]) if bins.on[-2] == 0 else math.nan
    return SphereFit(
        tau=math.exp(low.log_tau),
        log_uncertainty=math.sqrt(2 * spread / low.bend) if low.bend > 0 else math.inf,
        change=float(linear[1] + linear[5]),
        branch=float(linear[5]),
        jump=float(linear[2]),
        rms=float(np.sqrt(np.mean((left / bins.weight) ** 2))),
        unrelaxed=abs(float(x[0, -1]) - 1),
        drift=drift,
        misfit=misfit,
        at_edge=low.at_edge,
        lowest=_lowest(model, sigma, low, 4 * spread),
    )


def _lowest(model: PulseModel, sigma: float, low: Minimum, allowed: float) -> float:
    """Return the smallest τ' whose χ² is within ``allowed`` of the minimum."""
    costs = model.costs(GRID, sigma) - low.cost
    below = np.flatnonzero((low.log_tau > GRID) & (costs > allowed))
    if not len(below):
        return math.exp(GRID[0])
    k = int(below[-1])
    right = min(low.log_tau, float(GRID[k + 1])) if k + 1 < len(GRID) else low.log_tau
    rise = allowed if low.log_tau <= right else max(costs[k + 1], 0.0)
    rise = 0.0 if low.log_tau <= GRID[min(k + 1, len(GRID) - 1)] else float(rise)
    part = (costs[k] - allowed) / max(costs[k] - rise, 1e-12)
    return math.exp(float(GRID[k]) + part * (right - float(GRID[k])))
