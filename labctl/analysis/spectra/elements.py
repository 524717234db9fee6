"""Circuit elements: the impedance of each kind and its slope by each parameter.

Impedances are complex with Im Z < 0 for a capacitance; ω in 1/s. Slopes are
∂Z/∂(ln p) = p ∂Z/∂p, which a fit of logarithms needs. With s = √(jωτ) and
t = tanh s all diffusion elements are rational in s and t, and so are their slopes.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

Values = Sequence[float] | Floats
"""One number per parameter; or shape (parameters, k, 1) for k sets at once, which
gives impedances of shape (k, n)."""
Slopes = tuple[Complexes, ...]
"""One array per parameter, each of the impedance's shape."""

NEAR = 0.1
"""|s| below which the sphere's series at 0 is used: s - tanh s cancels there."""


class ParameterScale(Enum):
    """What a parameter is, which says how a fit may move it."""

    OHM = "ohm"
    FARAD = "F"
    HENRY = "H"
    ADMITTANCE = "ohm^-1 s^alpha"
    EXPONENT = ""
    WARBURG = "ohm s^-1/2"
    SECOND = "s"


class ElementKind(NamedTuple):
    """One kind of element: its parameters, its impedance and the slopes of it."""

    parameters: tuple[tuple[str, ParameterScale], ...]
    """Suffix (empty for a single parameter) and scale."""
    impedance: Callable[[Floats, Values], Complexes]
    """Of the angular frequency in 1/s and the parameters."""
    steep: Callable[[Floats, Values], tuple[Complexes, Slopes]]
    """The impedance and its slopes of the same; see the module."""


def _root(w: Floats, tau: Any) -> tuple[Complexes, Complexes]:
    """Return s = √(jωτ) and tanh s: with x = √(ωτ/2), s = (1 + j) x."""
    x = np.sqrt(0.5 * w * tau)
    faded = np.exp(-2 * x)
    top = 2j * faded * np.sin(2 * x) - np.expm1(-4 * x)
    return (1 + 1j) * x, top / (1 + faded**2 + 2 * faded * np.cos(2 * x))


def _blocked(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] / (t * s)


def _blocked_steep(w: Floats, p: Values) -> tuple[Complexes, Slopes]:
    s, t = _root(w, p[1])
    z: Complexes = p[0] / (t * s)
    return z, (z, -0.5 * (p[0] * (1 / (t * t) - 1) + z))


def _transmitting(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] * t / s


def _transmitting_steep(w: Floats, p: Values) -> tuple[Complexes, Slopes]:
    s, t = _root(w, p[1])
    z: Complexes = p[0] * t / s
    return z, (z, 0.5 * (p[0] * (1 - t * t) - z))


def _sphere(w: Floats, p: Values) -> Complexes:
    """Return tanh s / (s - tanh s), whose series at 0 is 3/s² + 1/5 - s²/175."""
    s, t = _root(w, p[1])
    return p[0] / 3 * _ratio(s, t)


def _ratio(s: Complexes, t: Complexes) -> Complexes:
    near = np.abs(s) < NEAR
    if not near.any():
        return t / (s - t)
    series = 3 / s**2 + 0.2 - s**2 / 175
    return np.where(near, series, t / np.where(near, 1.0, s - t))


def _sphere_steep(w: Floats, p: Values) -> tuple[Complexes, Slopes]:
    s, t = _root(w, p[1])
    z = p[0] / 3 * _ratio(s, t)
    near = np.abs(s) < NEAR
    gap = s - t
    if near.any():
        gap = np.where(near, 1.0, gap)
    square = t * t
    slope = 0.5 * s * ((1 - square) * gap - square * t) / (gap * gap)
    if near.any():
        slope = np.where(near, -3 / s**2 - s**2 / 175, slope)
    return z, (z, p[0] / 3 * slope)


def _constant_phase(w: Floats, p: Values) -> Complexes:
    """Return 1/(Q (jω)^α) by its size and its angle: no power of complex numbers."""
    angle = np.pi / 2 * p[1]
    turned: Complexes = (np.cos(angle) - 1j * np.sin(angle)) / p[0]
    return turned * np.exp(-p[1] * np.log(w))


def _constant_phase_steep(w: Floats, p: Values) -> tuple[Complexes, Slopes]:
    z = _constant_phase(w, p)
    return z, (-z, -p[1] * (np.log(w) + 0.5j * np.pi) * z)


def _resistance(w: Floats, p: Values) -> Complexes:
    return p[0] + 0j * w


def _capacitance(w: Floats, p: Values) -> Complexes:
    return 1 / (1j * w * p[0])


def _inductance(w: Floats, p: Values) -> Complexes:
    return 1j * w * p[0]


def _warburg(w: Floats, p: Values) -> Complexes:
    return p[0] * (1 - 1j) / np.sqrt(w)


def _steep(
    impedance: Callable[[Floats, Values], Complexes], sign: float
) -> Callable[[Floats, Values], tuple[Complexes, Slopes]]:
    """Return impedance and slope of what its one parameter multiplies or divides."""

    def both(w: Floats, p: Values) -> tuple[Complexes, Slopes]:
        z = impedance(w, p)
        return z, (z if sign > 0 else -z,)

    return both


KINDS: Mapping[str, ElementKind] = {
    "R": ElementKind((("", ParameterScale.OHM),), _resistance, _steep(_resistance, 1)),
    "C": ElementKind(
        (("", ParameterScale.FARAD),), _capacitance, _steep(_capacitance, -1)
    ),
    "L": ElementKind(
        (("", ParameterScale.HENRY),), _inductance, _steep(_inductance, 1)
    ),
    # constant phase element: 1/(Q (jω)^α)
    "CPE": ElementKind(
        (("Q", ParameterScale.ADMITTANCE), ("alpha", ParameterScale.EXPONENT)),
        _constant_phase,
        _constant_phase_steep,
    ),
    # semi-infinite diffusion: σ (1 - j)/√ω
    "W": ElementKind((("", ParameterScale.WARBURG),), _warburg, _steep(_warburg, 1)),
    # finite space, blocked: Z0 coth(√(jωτ))/√(jωτ), τ = L²/D
    "Wo": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _blocked,
        _blocked_steep,
    ),
    # finite length, transmitting: Z0 tanh(√(jωτ))/√(jωτ)
    "Ws": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _transmitting,
        _transmitting_steep,
    ),
    # sphere: (Z0/3) tanh s/(s - tanh s), s = √(jωτ), τ = r²/D, Z0 = |dU/dθ| τ/Q
    "Sp": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _sphere,
        _sphere_steep,
    ),
}
