"""Distribution of relaxation times of a spectrum: how many arcs, where, how sure.

Z = R_inf + jωL + 1/(jωC) + ∫ γ(ln τ)/(1 + jωτ) d ln τ, with γ ≥ 0 on a grid even in
ln τ, by non-negative least squares with a Tikhonov penalty on the second difference
(tr-nnls); rows are weighted with 1/|Z|.

The uncertainty has two parts: what the residuals, taken as noise, leave on the points
where γ > 0 (covariance of the penalised least squares), and what a penalty ten times
weaker or stronger would have given, for its strength is a choice. A peak's resistance
is the area between its valleys; the area is surer than the height, as neighbouring γ
are wrong in opposite directions. What lies in satellites (a constant phase element's
arc has them: a distribution with a cusp is no sum of smooth peaks) and under the
valleys may belong to either side: half of the satellites counts for each, and under
the next peak lies at most what an arc with the exponent `FLAT` has there.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.local_tops import find_tops
from labctl.analysis.nonnegative import nonnegative
from labctl.analysis.spectra.elements import Complexes, Floats
from labctl.analysis.uncertainty import Measured, estimated, rectangular
from labctl.verdicts.condition import Doubts
from labctl.verdicts.spectra import ARC_SEEN, DETERMINED, FOLLOWED, PARTED

POINTS_PER_DECADE = 12
BEYOND = 0.5
"""Decades that the grid reaches beyond the measured frequencies at either end."""
SMOOTHING = 1e-3
OTHER = (0.1, 10.0)
"""Times the penalty, that is tried as well."""
SMALLEST_PEAK = 0.01
"""Part of the highest γ that counts as a peak."""
SATELLITE = 0.15
"""Area, of the larger neighbour's, below which a peak is no arc of its own."""
HIDDEN = 0.05
"""Part of a peak that may be another arc, less than a decade away: it shows nothing."""
FLAT = 0.8
"""Exponent of the flattest arc that is taken for one: its tails reach under others."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One arc."""

    tau: float
    """s, at the top."""
    resistance: Measured
    """Area between the neighbouring valleys in Ω, with its doubts."""
    response: Complexes
    """∂ln R/∂ε of a relative error ε of Z, by frequency, shape (n,)."""

    @property
    def frequency(self) -> float:
        """1/(2πτ) in Hz: the top of the arc."""
        return 1 / (2 * np.pi * self.tau)


@dataclass(frozen=True, slots=True)
class RelaxationTimes:
    """A distribution; arrays have shape (m,)."""

    tau: Floats
    """s, ascending."""
    gamma: Floats
    """γ per unit of ln τ in Ω, ≥ 0; its sum times the step of ln τ is a resistance."""
    uncertainty: Floats
    """Standard uncertainty of γ in Ω; neighbours are not independent."""
    series: float
    """R_inf in Ω."""
    inductance: float
    """H; 0 if not fitted."""
    capacitance: float
    """Series C in F; inf if not fitted or not seen."""
    peaks: tuple[Peak, ...]
    """From the fastest to the slowest."""
    residual: float
    """Root mean square of |Z - Ẑ|/|Z|."""

    @property
    def doubts(self) -> Doubts:
        """What to doubt of all of it."""
        return FOLLOWED.at_most(100 * self.residual)


class _Rows(NamedTuple):
    """The linear problem: columns γ, R_inf, L, 1/C; rows real, imaginary, penalty."""

    columns: Complexes
    """Of Z in Ω, shape (n, m + 1 …)."""
    scaled: Floats
    """Weighted, normalised, shape (2n, m + 1 …)."""
    norm: Floats
    target: Floats
    bend: Floats
    """The penalty at λ = 1."""


def relaxation_times(
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    smoothing: float = SMOOTHING,
    inductance: bool = False,
    capacitance: bool = True,
) -> RelaxationTimes:
    """Return the distribution of a spectrum (Hz, Ω, Im < 0 for a capacitance).

    ``smoothing`` is the Tikhonov parameter λ relative to the data's rows: 1e-4 splits
    arcs that noise may fake, 1e-2 merges arcs less than a decade apart.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    tau, rows = _rows(f, z, inductance=inductance, capacitance=capacitance)
    count, step = len(tau), float(np.log(tau[1] / tau[0]))
    found = _solve(rows, smoothing)
    others = [_solve(rows, smoothing * factor)[:count] for factor in OTHER]
    left = np.abs(rows.columns @ found - z) / np.abs(z)
    residual = float(np.sqrt(np.mean(left**2)))
    follows = _follows(rows, found, smoothing)
    gamma = found[:count]
    noise = residual / math.sqrt(2) * np.linalg.norm(follows[:count], axis=1)
    choice = np.max(np.abs(np.array(others) - gamma), axis=0) / math.sqrt(3)
    rest = list(found[count:])
    series = float(rest.pop(0))
    coil = float(rest.pop(0)) if inductance else 0.0
    elastance = float(rest.pop(0)) if capacitance else 0.0
    spans, slowest = _spans(gamma), 1 / (2 * math.pi * float(f.min()))
    peaks = []
    for span in spans:
        core = np.zeros(count)
        core[span.core] = step
        for side in span.sides:
            core[side] = 0.5 * step
        weights = core @ follows[:count]
        area, time = float(core @ gamma), float(tau[span.top])
        apart = max(abs(float(core @ other) - area) for other in others)
        edges = step * _edges(span, spans, gamma, tau) + HIDDEN * area
        resistance = (
            estimated(area, residual / math.sqrt(2) * _norm(weights), "residuals")
            .with_part("choice of smoothing", rectangular(apart))
            .with_part("edges of the peak", rectangular(edges))
        )
        resistance = resistance.suspect(
            *FOLLOWED.at_most(100 * residual),
            *DETERMINED.at_most(100 * resistance.relative),
            *PARTED.at_most(max(span.valleys) / float(gamma[span.top])),
            *ARC_SEEN.at_least(slowest / time),
        )
        real, imaginary = np.split(weights, 2)
        response = (real - 1j * imaginary) * z / np.abs(z) / area
        peaks.append(Peak(time, resistance, response))
    return RelaxationTimes(
        tau=tau,
        gamma=gamma,
        uncertainty=np.hypot(noise, choice),
        series=series,
        inductance=coil,
        capacitance=1 / elastance if elastance > 0 else np.inf,
        peaks=tuple(peaks),
        residual=residual,
    )


def peak_times(frequency: ArrayLike, impedance: ArrayLike) -> tuple[float, ...]:
    """Return the time constants of the peaks in s, fastest first; nothing else."""
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    tau, rows = _rows(f, z, inductance=False, capacitance=True)
    gamma = _solve(rows, SMOOTHING)[: len(tau)]
    return tuple(float(tau[span.top]) for span in _spans(gamma))


def _rows(
    f: Floats, z: Complexes, *, inductance: bool, capacitance: bool
) -> tuple[Floats, _Rows]:
    omega = 2 * np.pi * f
    low = np.log10(1 / omega.max()) - BEYOND
    high = np.log10(1 / omega.min()) + BEYOND
    count = int((high - low) * POINTS_PER_DECADE) + 1
    tau: Floats = np.logspace(low, high, count)
    step = float(np.log(tau[1] / tau[0]))
    columns = [step / (1 + 1j * omega[:, None] * tau), np.ones((len(f), 1))]
    if inductance:
        columns.append(1j * omega[:, None])
    if capacitance:
        columns.append(1 / (1j * omega[:, None]))
    weight = 1 / np.abs(z)
    whole = np.hstack(columns)
    weighted = whole * weight[:, None]
    scaled = np.vstack((weighted.real, weighted.imag))
    norm = np.ones(scaled.shape[1])
    norm[count:] = np.linalg.norm(scaled[:, count:], axis=0)
    bend = np.zeros((count - 2, scaled.shape[1]))
    bend[:, :count] = np.diff(np.eye(count), 2, axis=0)
    bend *= float(np.linalg.norm(scaled[:, :count], axis=0).max())
    target = z * weight
    both = np.concatenate((target.real, target.imag))
    return tau, _Rows(whole, scaled / norm, norm, both, bend)


def _solve(rows: _Rows, smoothing: float) -> Floats:
    """Return γ on the grid, then R_inf and what else was fitted."""
    rows_of, bend = rows.scaled, rows.bend
    square = rows_of.T @ rows_of + smoothing * (bend.T @ bend)
    found = nonnegative(square, rows_of.T @ rows.target)
    return np.asarray(found / rows.norm)


def _follows(rows: _Rows, found: Floats, smoothing: float) -> Floats:
    """Return how each number follows the weighted data, (m + 1 …, 2n).

    Where γ is held at 0 it follows nothing.
    """
    free = found > 0
    data = rows.scaled[:, free]
    penalty = np.sqrt(smoothing) * rows.bend[:, free]
    square = data.T @ data + penalty.T @ penalty
    out = np.zeros((len(found), len(data)))
    out[free] = np.linalg.lstsq(square, data.T, rcond=None)[0]
    return np.asarray(out / rows.norm[:, None])


class _Span(NamedTuple):
    """Where one peak lies on the grid."""

    top: int
    core: slice
    """Its own and the satellites on either side."""
    sides: tuple[slice, ...]
    """The satellites."""
    valleys: tuple[float, float]
    """γ where the core ends."""


def _spans(gamma: Floats) -> list[_Span]:
    """Return the peaks that are arcs of their own, fastest first."""
    padded = np.concatenate(([0.0], gamma, [0.0]))
    least = SMALLEST_PEAK * float(gamma.max(initial=0.0))
    tops = [top - 1 for top in find_tops(padded, least)]
    if not tops:
        return []
    valleys = [int(a + np.argmin(gamma[a:b])) for a, b in pairwise(tops)]
    edges = [0, *valleys, len(gamma)]
    parts = [slice(a, b) for a, b in pairwise(edges)]
    areas = [float(gamma[part].sum()) for part in parts]
    own = [
        k
        for k, area in enumerate(areas)
        if area >= SATELLITE * max(areas[max(k - 1, 0) : k + 2])
    ]
    spans = []
    for place, k in enumerate(own):
        first = own[place - 1] + 1 if place else 0
        last = own[place + 1] if place + 1 < len(own) else len(parts)
        start, stop = parts[first].start, parts[last - 1].stop
        heights = (
            float(gamma[start]) if first else 0.0,
            float(gamma[stop]) if last < len(parts) else 0.0,
        )
        sides = tuple(parts[i] for i in range(first, last) if i != k)
        spans.append(_Span(tops[k], slice(start, stop), sides, heights))
    return spans


def _edges(span: _Span, spans: list[_Span], gamma: Floats, tau: Floats) -> float:
    """Return Σγ of what may be its own or not: satellites, a neighbour's foot."""
    sides = sum(0.5 * float(gamma[side].sum()) for side in span.sides)
    ends = {span.core.start, span.core.stop}
    feet = (
        float(gamma[other.core].sum()) * _beyond(edge, other.top, tau)
        for other in spans
        for edge in ends & {other.core.start, other.core.stop}
    )
    return sides + max(feet, default=0.0)


def _beyond(edge: int, top: int, tau: Floats) -> float:
    """Return the part of a flat arc at ``top`` that lies beyond ``edge`` of the grid.

    γ/R = sin(πβ)/(2π (cosh(α ln(τ/τ0)) - cos(πβ))), β = 1 - α; its integral to x is
    1/2 + arctan(tanh(αx/2)/tan(πβ/2))/(πα).
    """
    x = abs(math.log(tau[min(edge, len(tau) - 1)] / tau[top]))
    beta = 1 - FLAT
    within = math.atan(math.tanh(FLAT * x / 2) / math.tan(math.pi * beta / 2))
    return max(0.5 - within / (math.pi * FLAT), 0.0)


def _norm(weights: Floats) -> float:
    return float(np.linalg.norm(weights))
