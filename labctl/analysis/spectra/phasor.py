"""Amplitude and phase of a sine that rides on a drifting signal.

One joint least squares of a polynomial drift and of sine and cosine at the frequency
and its harmonics. Never detrend first: that takes 2–4 % of the sine with it; a plain
Fourier sum is off by a factor of ten at 0.1 Hz and 1C. Current and voltage are fitted
the same way over common times, and Z = V/I. Convention: x(t) = Re{X exp(jωt)}.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

HARMONICS = (1, 2, 3)
CUBIC = 3
STEEPEST = 9
"""Highest order of drift that is tried; never above the number of periods + 1."""


@dataclass(frozen=True, slots=True)
class Phasor:
    """A sine found in a signal; amplitudes are peak values in the signal's unit."""

    value: complex
    """Complex amplitude X at the frequency; the phase refers to t = 0."""
    uncertainty: float
    """Standard uncertainty of real and of imaginary part."""
    harmonics: tuple[complex, ...]
    """Complex amplitudes at 2f, 3f, …"""
    distortion: float
    """Root sum square of the harmonics over the amplitude (THD)."""
    mean: float
    """Drift polynomial in the middle of the window: the DC value."""
    drift: float
    """Change of the drift polynomial over the window."""
    drift_order: int
    """Order of the polynomial that was fitted."""
    rms: float
    """Root mean square of the residual."""
    snr: float
    """Amplitude over its standard uncertainty; inf for an exact signal."""
    periods: float
    """Periods in the window."""


def fit_phasor(
    time: ArrayLike,
    signal: ArrayLike,
    frequency: float,
    *,
    drift_order: int | None = None,
    harmonics: tuple[int, ...] = HARMONICS,
) -> Phasor:
    """Fit drift and sine together.

    Parameters
    ----------
    time, signal
        Shape (n,), s and any unit; need not be evenly spaced.
    frequency
        Hz; exact, as the instrument was told.
    drift_order
        Order of the polynomial. None: 3 (a cell at 1C to 0.1 % down to 0.1 Hz), or
        higher where the data ask for it by Schwarz's criterion.
    harmonics
        Multiples of the frequency that are fitted; the first must be 1. Those above
        the Nyquist frequency of the mean sampling are left out.

    Raises
    ------
    ValueError
        Less than one period, or too few samples for the unknowns.
    """
    t, x = np.asarray(time, dtype=np.float64), np.asarray(signal, dtype=np.float64)
    n, span = len(t), float(t[-1] - t[0]) if len(t) else 0.0
    periods = frequency * span
    if drift_order is None:
        return _fit_with_best_drift(t, x, frequency, harmonics, int(periods + 0.5))
    kept = [h for h in harmonics if h == 1 or 2 * h * periods < n - 1]
    unknowns = drift_order + 1 + 2 * len(kept)
    if n <= unknowns or periods * n < (n - 1) * (1.0 - 1e-9):  # rounding
        raise ValueError(
            f"{n} samples over {periods:.2f} periods at {frequency:g} Hz: at least one "
            f"period and {unknowns + 1} samples are needed"
        )
    u = 2 * (t - t[0]) / span - 1
    drift = np.polynomial.legendre.legvander(u, drift_order)
    angle = 2 * np.pi * frequency * t
    waves = [wave(h * angle) for h in kept for wave in (np.cos, np.sin)]
    matrix = np.column_stack((drift, *waves))
    found, *_ = np.linalg.lstsq(matrix, x, rcond=None)
    left = x - matrix @ found
    variance = float(left @ left) / (n - unknowns)
    first = drift_order + 1
    inverse = np.linalg.pinv(matrix.T @ matrix)
    spread = math.sqrt(
        variance * (inverse[first, first] + inverse[first + 1, first + 1]) / 2
    )
    amplitudes = [complex(found[k], -found[k + 1]) for k in range(first, len(found), 2)]
    ends = np.polynomial.legendre.legval([-1.0, 0.0, 1.0], found[:first])
    size = abs(amplitudes[0])
    overtones = math.hypot(*(abs(a) for a in amplitudes[1:]))
    return Phasor(
        value=amplitudes[0],
        uncertainty=spread,
        harmonics=tuple(amplitudes[1:]),
        distortion=overtones / size if size else math.nan,
        mean=float(ends[1]),
        drift=float(ends[2] - ends[0]),
        drift_order=drift_order,
        rms=math.sqrt(float(left @ left) / n),
        snr=size / spread if spread else math.inf,
        periods=periods,
    )


def _fit_with_best_drift(
    t: Floats, x: Floats, frequency: float, harmonics: tuple[int, ...], periods: int
) -> Phasor:
    """Return the fit whose drift order has the least Schwarz criterion."""
    best = fit_phasor(t, x, frequency, drift_order=CUBIC, harmonics=harmonics)
    n, noise = len(t), 1e-12 * float(np.abs(x).max())
    for order in range(CUBIC + 1, min(STEEPEST, periods + 1) + 1):
        if n <= order + 2 * (len(harmonics) + 1):
            break
        tried = fit_phasor(t, x, frequency, drift_order=order, harmonics=harmonics)
        gain = n * math.log((best.rms**2 + noise**2) / (tried.rms**2 + noise**2))
        if gain > (order - best.drift_order) * math.log(n) + 2:
            best = tried
    return best


@dataclass(frozen=True, slots=True)
class ImpedancePoint:
    """Impedance at one frequency from sampled voltage and current."""

    frequency: float
    """Hz."""
    value: complex
    """Ω; Im < 0 for a capacitance."""
    uncertainty: float
    """Standard uncertainty of real and of imaginary part in Ω."""
    voltage: Phasor
    current: Phasor
    drift_ratio: float
    """|DC voltage drift per period| over the voltage amplitude (peak)."""
    unsteadiness: float
    """|Z(second half) - Z(first half)|/|Z|; NaN with fewer than two periods a half."""
    unsteadiness_uncertainty: float
    """Standard uncertainty of the unsteadiness from the noise."""
    valid: bool
    reason: str
    """Why it is not valid; empty when it is."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a point must keep to be believed."""

    uncertainty: float = 0.02
    """Of |Z|, relative."""
    distortion: float = 0.05
    """THD of the voltage: beyond it the cell was driven out of its linear range."""
    unsteadiness: float = 0.05
    """Change of Z inside the window, relative, beyond its noise."""
    drift_ratio: float = 50.0
    """Drift per period over amplitude; a cubic follows what is below."""


def impedance_point(
    time: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    frequency: float,
    *,
    drift_order: int | None = None,
    acceptance: Acceptance | None = None,
) -> ImpedancePoint:
    """Return Z = V/I at ``frequency`` from waveforms with common times (s, V, A)."""
    limits = acceptance or Acceptance()
    t, v, i = (np.asarray(c, dtype=np.float64) for c in (time, voltage, current))
    wave_v = fit_phasor(t, v, frequency, drift_order=drift_order)
    wave_i = fit_phasor(t, i, frequency, drift_order=drift_order)
    if wave_i.value == 0:
        raise ValueError(f"no current at {frequency:g} Hz: Z cannot be formed")
    z = wave_v.value / wave_i.value
    u = abs(z) * math.hypot(1 / wave_v.snr, 1 / wave_i.snr)
    unsteady, unsteady_u = _unsteadiness(t, v, i, frequency, abs(z))
    size = abs(wave_v.value)
    ratio = abs(wave_v.drift) / wave_v.periods / size if size else math.inf
    reasons = []
    if u > limits.uncertainty * abs(z):
        reasons.append(f"noise leaves {100 * u / abs(z):.2g} % of |Z|")
    heard = math.hypot(*(abs(h) for h in wave_v.harmonics))
    if wave_v.distortion > limits.distortion and heard > 3 * wave_v.uncertainty:
        reasons.append(
            f"distortion {100 * wave_v.distortion:.2g} % "
            f"(limit {100 * limits.distortion:.2g} %)"
        )
    if unsteady > limits.unsteadiness + 3 * unsteady_u:
        reasons.append(f"Z changed by {100 * unsteady:.2g} % inside the window")
    if ratio > limits.drift_ratio:
        reasons.append(
            f"the voltage drifted {ratio:.3g} amplitudes per period "
            f"(limit {limits.drift_ratio:g})"
        )
    return ImpedancePoint(
        frequency=frequency,
        value=z,
        uncertainty=u,
        voltage=wave_v,
        current=wave_i,
        drift_ratio=ratio,
        unsteadiness=unsteady,
        unsteadiness_uncertainty=unsteady_u,
        valid=not reasons,
        reason="; ".join(reasons),
    )


def _unsteadiness(
    t: Floats, v: Floats, i: Floats, frequency: float, size: float
) -> tuple[float, float]:
    """Return the relative change of Z between the halves and its uncertainty."""
    middle = (t[0] + t[-1]) / 2
    if frequency * (middle - t[0]) < 2 or size == 0:  # noqa: PLR2004 - two periods
        return math.nan, math.nan
    halves = []
    for part in (t <= middle, t > middle):
        try:
            waves = [fit_phasor(t[part], x[part], frequency) for x in (v, i)]
        except ValueError:
            return math.nan, math.nan
        z = waves[0].value / waves[1].value
        halves.append((z, abs(z) * math.hypot(*(1 / w.snr for w in waves))))
    (early, early_u), (late, late_u) = halves
    return abs(late - early) / size, math.hypot(early_u, late_u) / size
