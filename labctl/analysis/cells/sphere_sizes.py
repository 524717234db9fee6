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

As long as no particle feels its centre, coth u is 1 and g has a closed form; once all
are past their slowest relaxation it is 3τ' + const. Only between is the transform
inverted, and all three fill one table of g/3τ', which fits read at any τ'.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NODES = ((0.09, 3), (0.18, 5), (0.26, 7), (math.inf, 9))
"""Up to which σ how many sizes stand for a distribution (Gauss-Hermite): 1e-6 in g,
with the nine of the widest 1e-5 at σ = 0.4 and 1e-3 at 0.8."""
TALBOT = 24
"""Points of the inversion: 1e-10 (Abate & Valkó 2004)."""
FIRST, LAST, PER_UNIT = -40.0, 16.0, 30
"""ln τ' of the table, and its rows for each factor e: cubics are exact to 1e-9."""
FORGOTTEN = 36.0
"""Exponent of what is left of a term: 2e-16."""
SLOWEST = math.pi**2
"""No relaxation of spheres that share a potential is slower than this times D/r² of
the largest: it is the pole of its uptake, and the zeros lie beyond it."""


@lru_cache(maxsize=32)
def sizes(sigma: float) -> tuple[Floats, Floats]:
    """Return radii in units of their median by volume, and shares of volume."""
    if sigma <= 0:
        return np.ones(1), np.ones(1)
    count = next(count for most, count in NODES if sigma <= most)
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return np.exp(sigma * nodes), weights / weights.sum()


def sizes_surface(tau: ArrayLike, sigma: float) -> Floats:
    """Return g(τ') of spheres with the spread ``sigma`` of ln r; 0 for τ' ≤ 0."""
    t = np.asarray(tau, dtype=np.float64)
    running = t > 0
    log_tau = np.log(np.where(running, t, 1.0))
    part = sizes_table(sigma).read(np.atleast_1d(log_tau))[0].reshape(t.shape)
    return np.where(running, 3 * t * part, 0.0)


def sizes_table(sigma: float) -> "SizesTable":
    """Return the table of spheres with the spread ``sigma``, to six decimals."""
    return _table(round(max(sigma, 0.0), 6))


@dataclass(frozen=True, slots=True, eq=False)
class SizesTable:
    """Cubics of ln(g/3τ') over ln τ', with the slopes that g has in its closed forms.

    Before its first row g runs as √τ', after its last one g/3τ' has come to 1: both
    are exact to 1e-8 there.
    """

    level: Floats
    """Of the row's own end, shape (rows,); likewise the other powers."""
    first: Floats
    second: Floats
    third: Floats
    settled: float
    """ln τ' from which on g = 3τ' + const to 2e-16."""

    def read(self, log_tau: Floats) -> tuple[Floats, Floats]:
        """Return g/3τ' and its derivative by ln τ', both of the shape of ``log_tau``.

        The surface's lead over the mean is g/3τ' - 1, in units of what has passed.
        """
        place = (log_tau - FIRST) * PER_UNIT
        row = np.clip(place.astype(np.intp), 0, len(self.level) - 1)
        place -= row
        third, second, first = self.third[row], self.second[row], self.first[row]
        part = third * place
        part += second
        part *= place
        part += first
        part *= place
        part += self.level[row]
        np.exp(part, out=part)
        third *= 3 * place
        third += 2 * second
        third *= place
        third += first
        third *= part
        third *= PER_UNIT
        return part, third


@lru_cache(maxsize=64)
def _table(sigma: float) -> SizesTable:
    count = round((LAST - FIRST) * PER_UNIT) + 1
    log_tau = np.linspace(FIRST, LAST, count)
    tau = np.exp(log_tau)
    radii, shares = sizes(sigma)
    begins = float(radii[0]) ** 2 / FORGOTTEN
    settled = math.log(FORGOTTEN / SLOWEST * float(radii[-1]) ** 2)
    surface, rate = 3 * tau + 0.2 * float(shares @ radii**2), np.full(count, 3.0)
    early, middle = tau < begins, (tau >= begins) & (log_tau < settled)
    surface[early], rate[early] = _early(tau[early], radii, shares)
    surface[middle], rate[middle] = _inverted(tau[middle], radii, shares)
    level = np.log(surface / (3 * tau))
    slope = (rate * tau / surface - 1) / PER_UNIT
    rise, near, far = np.diff(level), slope[:-1], slope[1:]
    second, third = 3 * rise - 2 * near - far, near + far - 2 * rise
    ends = [0, -1]  # beyond them straight lines go on
    near[ends], second[ends], third[ends] = (-0.5 / PER_UNIT, 0.0), 0.0, 0.0
    return SizesTable(level[:-1], near, second, third, settled)


def _early(tau: Floats, radii: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return g and dg/dτ' while u coth u = u in all sizes: ĝ = 1/(a p (√p - b)).

    L⁻¹ of it is (exp(b²τ') erfc(-b√τ') - 1)/(a b), with a = ∫f/ρ and a b = ∫f/ρ².
    """
    a, ab = float(shares @ (1 / radii)), float(shares @ (1 / radii**2))
    b = ab / a
    root = b * np.sqrt(tau)
    erf = np.array([math.erf(x) for x in root])
    grown = np.exp(root**2)
    surface: Floats = (np.expm1(root**2) + grown * erf) / ab
    rate: Floats = b * (grown * (1 + erf) + 1 / (math.sqrt(math.pi) * root)) / a
    return surface, rate


def _inverted(tau: Floats, radii: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return g and dg/dτ' by Talbot's contour, both of the shape of ``tau``."""
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
    response = np.exp(p * tau[:, None]) * 3 / uptake * bend
    surface: Floats = scale / TALBOT * (response / p).real.sum(axis=-1)
    rate: Floats = scale / TALBOT * response.real.sum(axis=-1)
    return surface, rate
