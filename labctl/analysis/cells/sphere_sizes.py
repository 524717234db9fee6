"""Diffusion into spheres of many sizes that share one potential, at constant flux.

Particles in parallel have one surface composition, not one flux: the small ones take
what the large ones cannot. Of each, Y = 3/ρ² (u coth u - 1) with u = ρ√p is the uptake
for a unit of surface composition in the Laplace domain, ρ = r/r̄ and time in r̄²/D. The
surface of all then runs ahead as g(τ') = L⁻¹[3/(p ∫f Y dρ)], which is
`labctl.analysis.cells.sphere.sphere_surface` where all sizes are equal.

f is lognormal **by volume** with the spread σ of ln r; r̄ is its **median by volume**,
half of D50 as laser diffraction gives it. The volume-weighted mean (D[4,3]/2) is
r̄ exp(σ²/2), 3 × volume over surface (BET, D[3,2]/2) is r̄ exp(-σ²/2), which is what
early times see; late times see the root mean square, r̄ exp(σ²).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.sphere import sphere_surface

Floats = NDArray[np.float64]

NODES = 9
"""Sizes that stand for a distribution: Gauss-Hermite, 1 % in g up to σ = 0.8."""
TALBOT = 24
"""Points of the inversion: 1e-10 (Abate & Valkó 2004)."""
FIRST, LAST, PER_UNIT = -20.0, 9.0, 10
"""ln τ' of the table, and its rows for each factor e."""


@lru_cache(maxsize=32)
def sizes(sigma: float) -> tuple[Floats, Floats]:
    """Return radii in units of their median by volume, and shares of volume."""
    if sigma <= 0:
        return np.ones(1), np.ones(1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return np.exp(sigma * nodes), weights / weights.sum()


def sizes_surface(tau: ArrayLike, sigma: float) -> Floats:
    """Return g(τ') of spheres with the spread ``sigma`` of ln r; 0 for τ' ≤ 0."""
    t = np.asarray(tau, dtype=np.float64)
    if sigma <= 0:
        table, tail = _table(0.0)
    else:
        table, tail = _table(round(sigma, 6))
    low, high = math.exp(FIRST), math.exp(LAST)
    place = (np.log(np.clip(t, low, high)) - FIRST) * PER_UNIT
    row = np.minimum(place.astype(np.intp), table.shape[0] - 1)
    part = place - row
    a = table[row]
    surface: Floats = np.exp(
        a[..., 0] + part * (a[..., 1] + part * (a[..., 2] + part * a[..., 3]))
    )
    surface = np.where(t > high, 3 * t + tail, surface)
    return np.where(t < low, surface * np.sqrt(np.maximum(t, 0.0) / low), surface)


@lru_cache(maxsize=32)
def _table(sigma: float) -> tuple[Floats, float]:
    """Return the cubics of ln g over ln τ', shape (rows, 4), and g - 3τ' at the end."""
    from scipy.interpolate import CubicSpline  # noqa: PLC0415  (start-up time)

    count = round((LAST - FIRST) * PER_UNIT) + 1
    log_tau = np.linspace(FIRST, LAST, count)
    tau = np.exp(log_tau)
    surface = sphere_surface(tau) if sigma <= 0 else _inverted(tau, sigma)
    spline = CubicSpline(np.arange(count), np.log(surface))
    radii, shares = sizes(sigma)
    cubics = np.ascontiguousarray(spline.c[::-1].T)
    return cubics, 0.2 * float(shares @ radii**2)


def _inverted(tau: Floats, sigma: float) -> Floats:
    """Return g by Talbot's contour, shape of ``tau``."""
    radii, shares = sizes(sigma)
    angle = np.arange(1, TALBOT) * math.pi / TALBOT
    cot = 1 / np.tan(angle)
    contour = np.append(1.0, angle * (cot + 1j))
    bend = np.append(0.5, 1 + 1j * (angle + (angle * cot - 1) * cot))
    scale = 2 * TALBOT / (5 * tau)
    p = scale[:, None] * contour
    u = np.sqrt(p)[..., None] * radii
    small = np.abs(u) < 1e-2  # noqa: PLR2004 - the series is exact to 1e-12 there
    safe = np.where(small, 1.0, u)
    far = safe / np.tanh(safe) - 1
    each = np.where(small, u**2 / 3 - u**4 / 45 + 2 * u**6 / 945, far)
    uptake = (3 * shares / radii**2 * each).sum(axis=-1)
    terms = np.exp(p * tau[:, None]) * 3 / (p * uptake) * bend
    surface: Floats = scale / TALBOT * terms.real.sum(axis=-1)
    return surface
