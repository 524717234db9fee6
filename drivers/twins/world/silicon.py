"""Silicon's equilibrium potential: two steps each way, and two crystalline phases.

Each curve is a sum of steps of the potential, as a host with a few kinds of sites
and some repulsion between neighbours fills them,

    θ(U) = Σ w_k / (1 + exp((U − E_k)/s_k)),   Σ w_k = 1,

so dθ/dU is a sum of bells at E_k, and U falls with θ everywhere. Positions as measured:
lithiation of the amorphous alloy near 0.24 and 0.09 V and delithiation near 0.29 and
0.48 V (Hatchard and Dahn 2004); crystalline silicon turns amorphous at 0.1 V (Obrovac
and Christensen 2004); crystalline Li15Si4, formed below 50 mV, delithiates at 0.43 V
(Obrovac and Krause 2007). They include the hysteresis of slow cycling. What they do not
say is chosen: the weights, and that the alloy of every history ends alike.

U is tabulated against ξ = ln(θ/(1−θ)), in which both ends are straight lines, as
cubics with matching slopes: the derivative is continuous and belongs to the potential.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.twins.world.kernel.hosts import END, PER_UNIT

FloatArray = NDArray[np.float64]

Cubic = tuple[float, float, float, float]
"""U = a + b·t + c·t² + d·t³ in V, t from 0 to 1 across a piece."""


class Step(NamedTuple):
    """One bell of dθ/dU."""

    weight: float
    potential: float
    """V."""
    softness: float
    """V; its full width at half maximum is 3.5 times this."""


LITHIATION: Final = (
    Step(0.03, 0.55, 0.12),
    Step(0.31, 0.24, 0.030),
    Step(0.66, 0.103, 0.010),
)
DELITHIATION: Final = (
    Step(0.03, 0.60, 0.12),
    Step(0.45, 0.475, 0.032),
    Step(0.47, 0.29, 0.032),
    Step(0.05, 0.15, 0.04),
)
CRYSTALLINE_SILICON: Final = (
    Step(0.03, 0.40, 0.12),
    Step(0.92, 0.105, 0.006),
    Step(0.05, 0.07, 0.016),
)
LI15SI4: Final = (
    Step(0.03, 0.60, 0.12),
    Step(0.12, 0.48, 0.032),
    Step(0.72, 0.435, 0.009),
    Step(0.08, 0.30, 0.032),
    Step(0.05, 0.15, 0.04),
)


def table() -> list[float]:
    """Return the curves as one row: piece by piece, four cubics of four numbers each.

    In the order lithiation, delithiation, crystalline silicon, Li15Si4.
    """
    curves = (LITHIATION, DELITHIATION, CRYSTALLINE_SILICON, LI15SI4)
    pieces = zip(*(_cubics(curve) for curve in curves), strict=True)
    return [number for piece in pieces for cubic in piece for number in cubic]


def filled(steps: tuple[Step, ...], potential: FloatArray) -> FloatArray:
    """Return θ at potentials in V, same shape."""
    return sum(
        (s.weight / (1.0 + np.exp((potential - s.potential) / s.softness)))
        for s in steps
    ) + np.zeros_like(potential)


def _cubics(steps: tuple[Step, ...]) -> tuple[Cubic, ...]:
    """Return the pieces of U against ξ."""
    xi = np.linspace(-END, END, int(2 * END * PER_UNIT) + 1)
    low, high = np.full_like(xi, -2.0), np.full_like(xi, 6.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = _logit(steps, middle) < xi
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    u = 0.5 * (low + high)
    fine = 1e-6
    slope = 2.0 * fine / (_logit(steps, u + fine) - _logit(steps, u - fine)) / PER_UNIT
    rise, start, end = np.diff(u), slope[:-1], slope[1:]
    columns = (u[:-1], start, 3.0 * rise - 2.0 * start - end, start + end - 2.0 * rise)
    return tuple(zip(*(column.tolist() for column in columns), strict=True))


def _logit(steps: tuple[Step, ...], potential: FloatArray) -> FloatArray:
    """Return ln(θ/(1−θ)), both from sums without cancellation."""
    theta, empty = np.zeros_like(potential), np.zeros_like(potential)
    for s in steps:
        above = (potential - s.potential) / s.softness
        theta += s.weight * np.exp(-np.logaddexp(0.0, above))
        empty += s.weight * np.exp(-np.logaddexp(0.0, -above))
    logit: FloatArray = np.log(theta) - np.log(empty)
    return logit
