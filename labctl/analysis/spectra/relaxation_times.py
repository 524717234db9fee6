"""Distribution of relaxation times of a spectrum: how many arcs, and where.

Z = R_inf + jωL + 1/(jωC) + ∫ γ(ln τ)/(1 + jωτ) d ln τ, with γ ≥ 0 on a grid even in
ln τ, by non-negative least squares with a Tikhonov penalty on the second difference
(tr-nnls); rows are weighted with 1/|Z|.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

POINTS_PER_DECADE = 12
BEYOND = 0.5
"""Decades that the grid reaches beyond the measured frequencies at either end."""
SMOOTHING = 1e-3
SMALLEST_PEAK = 0.01
"""Part of the highest γ that counts as a peak."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One arc."""

    tau: float
    """s, at the top."""
    resistance: float
    """Area between the neighbouring valleys in Ω."""

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
    from scipy import optimize  # noqa: PLC0415  (start-up time)

    f = np.asarray(frequency, dtype=np.float64)
    z = np.asarray(impedance, dtype=np.complex128)
    omega = 2 * np.pi * f
    low = np.log10(1 / omega.max()) - BEYOND
    high = np.log10(1 / omega.min()) + BEYOND
    count = int((high - low) * POINTS_PER_DECADE) + 1
    tau = np.logspace(low, high, count)
    step = float(np.log(tau[1] / tau[0]))
    columns = [step / (1 + 1j * omega[:, None] * tau), np.ones((len(f), 1))]
    if inductance:
        columns.append(1j * omega[:, None])
    if capacitance:
        columns.append(1 / (1j * omega[:, None]))
    weight = 1 / np.abs(z)
    scaled = np.hstack(columns) * weight[:, None]
    rows = np.vstack((scaled.real, scaled.imag))
    norm = np.ones(rows.shape[1])
    norm[count:] = np.linalg.norm(rows[:, count:], axis=0)
    bend = np.zeros((count - 2, rows.shape[1]))
    bend[:, :count] = np.diff(np.eye(count), 2, axis=0)
    typical = float(np.linalg.norm(rows[:, :count], axis=0).max())
    target = z * weight
    found, _ = optimize.nnls(
        np.vstack((rows / norm, np.sqrt(smoothing) * typical * bend)),
        np.concatenate((target.real, target.imag, np.zeros(count - 2))),
    )
    found = found / norm
    gamma = found[:count]
    rest = list(found[count:])
    series = float(rest.pop(0))
    coil = float(rest.pop(0)) if inductance else 0.0
    elastance = float(rest.pop(0)) if capacitance else 0.0
    left = np.abs(np.hstack(columns) @ found - z) * weight
    return RelaxationTimes(
        tau=tau,
        gamma=gamma,
        series=series,
        inductance=coil,
        capacitance=1 / elastance if elastance > 0 else np.inf,
        peaks=_peaks(tau, gamma, step),
        residual=float(np.sqrt(np.mean(left**2))),
    )


def _peaks(tau: Floats, gamma: Floats, step: float) -> tuple[Peak, ...]:
    from scipy import signal  # noqa: PLC0415  (start-up time)

    padded = np.concatenate(([0.0], gamma, [0.0]))
    tops, _ = signal.find_peaks(padded, prominence=SMALLEST_PEAK * gamma.max(initial=0))
    tops = tops - 1
    valleys = [int(a + np.argmin(gamma[a:b])) for a, b in pairwise(tops)]
    bounds = [0, *valleys, len(gamma)]
    if not len(tops):
        return ()
    return tuple(
        Peak(float(tau[top]), float(gamma[a:b].sum() * step))
        for top, a, b in zip(tops, bounds[:-1], bounds[1:], strict=True)
    )
