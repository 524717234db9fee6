"""Diffusion into a sphere or a slab under constant flux, in closed form.

With τ' = D t / r², the surface of a sphere that takes the flux I from t = 0 on runs
ahead of its mean by Δθ_s(t) = (θ'/3)(r²/D) g(τ'), θ' = I/Q, with
g = 3τ' + 1/5 - 2 Σ exp(-λn² τ')/λn², tan λn = λn (Carslaw & Jaeger, 9.7). For a short
time g = exp(τ') erfc(-√τ') - 1, exact to exp(-1/τ'). The slab of thickness L has
g = τ' + 1/3 - (2/π²) Σ exp(-n²π²τ')/n² with τ' = D t / L².
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHORT = 0.03
"""Below this τ' the short-time form is exact to 1e-14, above it 12 terms are."""
TERMS = 12


def _eigenvalues(terms: int) -> Floats:
    """Return the first positive roots of tan λ = λ, by λ = nπ + atan λ."""
    n: Floats = np.arange(1, terms + 1, dtype=np.float64)
    roots = np.asarray((n + 0.5) * np.pi)
    for _ in range(20):  # an error becomes 1/(1 + λ²) of itself, a twentieth
        roots = np.asarray(n * np.pi + np.arctan(roots))
    return roots


EIGENVALUES = _eigenvalues(TERMS)


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
    from scipy import optimize  # noqa: PLC0415  (start-up time)

    if not 0 < ratio < 1:
        raise ValueError(f"ΔE_s/ΔE_t = {ratio:.4g} must lie between 0 and 1")
    short = np.pi * (ratio / 6) ** 2
    long = 0.2 / (3 * (1 / ratio - 1))
    low, high = np.log(0.5 * short), np.log(4 * (short + long))
    root = optimize.brentq(lambda x: float(sphere_ratio(np.exp(x))) - ratio, low, high)
    return float(np.exp(root))
