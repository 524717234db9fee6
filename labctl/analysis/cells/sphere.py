"""Diffusion into a sphere or a slab under constant flux, in closed form.

With τ' = D t / r², the surface of a sphere that takes the flux I from t = 0 on runs
ahead of its mean by Δθ_s(t) = (θ'/3)(r²/D) g(τ'), θ' = I/Q, with
g = 3τ' + 1/5 - 2 Σ exp(-λn² τ')/λn², tan λn = λn (Carslaw & Jaeger, 9.7). For a short
time g = exp(τ') erfc(-√τ') - 1, exact to exp(-1/τ'). The slab of thickness L has
g = τ' + 1/3 - (2/π²) Σ exp(-n²π²τ')/n² with τ' = D t / L².
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHORT = 0.03
"""Below this τ' the short-time form is exact to 1e-14, above it 12 terms are."""
TERMS = 12
FORGOTTEN = 40.0
"""Exponent beyond which a term of the series is nothing: 4e-18."""
STEPS, CLOSE = 20, 1e-9
"""Newton's steps of ln τ' at most, of which three or four suffice, and the last one."""


def _eigenvalues(terms: int) -> Floats:
    """Return the first positive roots of tan λ = λ, by λ = nπ + atan λ."""
    n: Floats = np.arange(1, terms + 1, dtype=np.float64)
    roots = np.asarray((n + 0.5) * np.pi)
    for _ in range(20):  # an error becomes 1/(1 + λ²) of itself, a twentieth
        roots = np.asarray(n * np.pi + np.arctan(roots))
    return roots


EIGENVALUES = _eigenvalues(TERMS)
SQUARES: list[float] = (EIGENVALUES**2).tolist()


def sphere_surface(tau: ArrayLike) -> Floats:
    """Return g(τ') of a sphere; 0 for τ' ≤ 0; same shape as ``tau``."""
    from scipy import special  # noqa: PLC0415  (start-up time)

    t = np.maximum(np.asarray(tau, dtype=np.float64), 0.0)
    short = np.minimum(t, SHORT)
    early = np.expm1(short) + np.exp(short) * special.erf(np.sqrt(short))
    series = np.exp(-np.multiply.outer(np.maximum(t, SHORT), EIGENVALUES**2))
    late = 3 * t + 0.2 - 2 * (series / EIGENVALUES**2).sum(axis=-1)
    surface: Floats = np.where(t < SHORT, early, late)
    return surface


def sphere_ratio(tau: ArrayLike) -> Floats:
    """Return ρ = ΔE_s/ΔE_t = 3τ'/g(τ') after a pulse of τ' on a sphere."""
    return 3 * np.asarray(tau, dtype=np.float64) / sphere_surface(tau)


def invert_sphere_ratio(ratio: float) -> float:
    """Return the τ' at which a sphere shows ``ratio``; inverse of `sphere_ratio`.

    Raises
    ------
    ValueError
        The ratio is not between 0 and 1.
    """
    if not 0 < ratio < 1:
        raise ValueError(f"ΔE_s/ΔE_t = {ratio:.4g} must lie between 0 and 1")
    short = math.pi * (ratio / 6) ** 2
    long = 0.2 / (3 * (1 / ratio - 1))
    # √τ' early and 1 - ρ late run with powers of τ', so ln(ρ/(1-ρ)) is nearly straight
    log_tau, wanted = math.log(short + long), math.log(ratio / (1 - ratio))
    for _ in range(STEPS):
        part, slope = ratio_and_slope(math.exp(log_tau))
        step = (wanted - math.log(part / (1 - part))) * part * (1 - part) / slope
        log_tau += step
        if abs(step) < CLOSE:
            break
    return math.exp(log_tau)


def ratio_and_slope(tau: float) -> tuple[float, float]:
    """Return ρ and dρ/d(ln τ') at one τ' above 0, as `sphere_ratio` does for many."""
    if tau < SHORT:
        grown, root = math.exp(tau), math.sqrt(tau)
        erf = math.erf(root)
        surface = math.expm1(tau) + grown * erf
        rate = grown * (1 + erf) + 1 / math.sqrt(math.pi * tau)
    else:
        told = (s for s in SQUARES if s * tau < FORGOTTEN)
        left = [(math.exp(-square * tau), square) for square in told]
        surface = 3 * tau + 0.2 - 2 * sum(part / square for part, square in left)
        rate = 3 + 2 * sum(part for part, _ in left)
    ratio = 3 * tau / surface
    return ratio, ratio * (1 - rate * tau / surface)
