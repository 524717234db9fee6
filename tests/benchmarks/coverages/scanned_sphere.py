"""Spheres under linear sweeps by finite volumes: scans whose diffusivity is known.

Nothing here is the analysis' own: the sphere is cut into shells, time goes on
implicitly, and the current is solved for at every step. Sizes, a diffusivity that
depends on composition, Butler–Volmer kinetics, a resistance and a current beside can be
given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from labctl.analysis.cells.finite_diffusion import Scan

Floats = NDArray[np.float64]
LOW, HIGH = 0.05, 1.0
"""V, the vertices."""
THERMAL = 0.025693
"""RT/F at 25 °C, V."""
RATES = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 1.0]) * 1e-3
"""V/s."""


def silicon_like(filling: float) -> float:
    """Return the voltage of a lithium fraction: sloping, with one step."""
    x = min(max(filling, 1e-4), 1 - 1e-4)
    step = 0.03 * np.tanh((x - 0.5) / 0.1)
    beyond = -1e4 * (filling - x)  # never empty, never over full
    return float(0.45 - 0.35 * x + 0.03 * np.log((1 - x) / x) + step + beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sphere:
    """An electrode of spheres."""

    k: float
    """D/r² of a sphere of relative radius 1, 1/s."""
    resistance: float = 0.0
    """Ω."""
    charge: float = 4.0
    """C."""
    exchange: float = 0.0
    """Exchange current in A; 0: kinetics without limit."""
    changing: float = 0.0
    """D goes with exp(changing (θ - ½))."""
    sizes: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    """Share of the volume and relative radius."""
    beside: float = 0.0
    """Current that is not the spheres', A."""
    voltage: Callable[[float], float] = silicon_like


def scans(
    of: Sphere,
    *,
    anodic: bool,
    rates: Floats = RATES,
    noise: float = 0.0,
    seed: int = 0,
    steps: int = 600,
) -> list[Scan]:
    """Return two cycles at each rate; the last branch of the asked direction is marked.

    ``noise``: of the largest current; ``steps``: rows of a cycle.
    """
    rng = np.random.default_rng(seed)
    found = []
    for rate in rates.tolist():
        time, voltage, current = _sweep(of, rate, steps)
        current = current + noise * np.abs(current).max() * rng.normal(size=len(time))
        quarter = (len(time) - 1) // 4
        first = 3 * quarter if anodic else 2 * quarter
        rows = slice(first, first + quarter + 1)
        found.append(Scan(time, voltage, current + of.beside, rows))
    return found


class _Shells:
    """One size of sphere."""

    def __init__(self, of: Sphere, radius: float, start: float) -> None:
        shells = 40
        even = np.linspace(0, 1, shells + 1)
        edges = 1 - (1 - even) ** 1.6  # finer towards the surface
        self.volume = edges[1:] ** 3 - edges[:-1] ** 3
        centre = 0.5 * (edges[1:] + edges[:-1])
        self.conductance = 3 * edges[1:-1] ** 2 / np.diff(centre)
        self.outer = 1 - centre[-1]
        self.k, self.changing = of.k / radius**2, of.changing
        self.filling = np.full(shells, start)
        self.step(1.0)

    def step(self, h: float) -> None:
        """Work out where all shells and the surface are led to in a time step."""
        d = np.exp(self.changing * (self.filling - 0.5))
        flow = 0.5 * (d[1:] + d[:-1]) * self.conductance * self.k * h
        n = len(d)
        matrix = np.eye(n)
        at = np.arange(n - 1)
        matrix[at, at] += flow / self.volume[:-1]
        matrix[at, at + 1] -= flow / self.volume[:-1]
        matrix[at + 1, at + 1] += flow / self.volume[1:]
        matrix[at + 1, at] -= flow / self.volume[1:]
        source = np.zeros((n, 2))
        source[:, 0] = self.filling
        source[-1, 1] = h / self.volume[-1]
        self.led = np.linalg.solve(matrix, source)
        self.surface = float(self.led[-1, 0])
        self.per_flux = float(self.led[-1, 1] + self.outer / (3 * self.k * d[-1]))

    def take(self, flux: float) -> None:
        """Go on with the uptake of a fraction of full charge a second."""
        self.filling = self.led[:, 0] + self.led[:, 1] * flux


def _sweep(of: Sphere, rate: float, steps: int) -> tuple[Floats, Floats, Floats]:
    cycles, span = 2, HIGH - LOW
    h = 2 * span / rate / steps
    start = brentq(lambda x: of.voltage(x) - HIGH, -0.1, 1.1)
    shells = [_Shells(of, radius, start) for _, radius in of.sizes]
    share = np.array([weight for weight, _ in of.sizes])
    share = share / share.sum()
    area = share / np.array([radius for _, radius in of.sizes])
    area = area / area.sum()
    phase = (np.arange(1, cycles * steps + 1) % steps) / steps
    volts = HIGH - 2 * span * np.minimum(phase, 1 - phase)
    current = np.zeros(len(volts))
    for row, volt in enumerate(volts.tolist()):
        for one in shells:
            one.step(h)
        current[row] = _current(of, shells, share, area, volt)
        inner = volt - current[row] * of.resistance
        for one, s, a in zip(shells, share, area, strict=True):
            one.take(_flux(of, one, float(s), float(a), inner))
    time = np.concatenate([[0.0], h * np.arange(1, len(volts) + 1)])
    return (
        time,
        np.concatenate([[HIGH], volts]),
        np.concatenate([[0.0], current]),
    )


def _flux(of: Sphere, one: _Shells, share: float, area: float, inner: float) -> float:
    """Return the uptake of one size at a voltage behind the resistance, 1/s."""

    def off(flux: float) -> float:
        kinetic = 0.0
        if of.exchange:
            size = -flux * of.charge * share / (2 * of.exchange * area)
            kinetic = 2 * THERMAL * float(np.arcsinh(size))
        return of.voltage(one.surface + one.per_flux * flux) + kinetic - inner

    most = 5 / one.per_flux
    return float(brentq(off, -most, most, xtol=1e-14))


def _current(
    of: Sphere, shells: Sequence[_Shells], share: Floats, area: Floats, volt: float
) -> float:
    def taken(inner: float) -> float:
        fluxes = (
            s * _flux(of, one, float(s), float(a), inner)
            for one, s, a in zip(shells, share, area, strict=True)
        )
        return float(-of.charge * sum(fluxes))

    if not of.resistance:
        return taken(volt)
    return float(
        brentq(lambda i: taken(volt - i * of.resistance) - i, -0.5, 0.5, xtol=1e-11)
    )
