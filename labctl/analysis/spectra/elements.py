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
    slopes: Callable[[Floats, Values, Complexes], Slopes]
    """The same with the impedance; see the module."""


def _root(w: Floats, tau: Any) -> tuple[Complexes, Complexes]:
    """Return s = √(jωτ) and tanh s: with x = √(ωτ/2), s = (1 + j) x."""
    x = np.sqrt(0.5 * w * tau)
    faded = np.exp(-2 * x)
    top = 2j * faded * np.sin(2 * x) - np.expm1(-4 * x)
    return (1 + 1j) * x, top / (1 + faded**2 + 2 * faded * np.cos(2 * x))


def _blocked(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] / (t * s)


def _blocked_slopes(w: Floats, p: Values, z: Complexes) -> Slopes:
    _, t = _root(w, p[1])
    return z, -0.5 * (p[0] * (1 / t**2 - 1) + z)


def _transmitting(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] * t / s


def _transmitting_slopes(w: Floats, p: Values, z: Complexes) -> Slopes:
    _, t = _root(w, p[1])
    return z, 0.5 * (p[0] * (1 - t**2) - z)


def _sphere(w: Floats, p: Values) -> Complexes:
    """Return tanh s / (s - tanh s), whose series at 0 is 3/s² + 1/5 - s²/175."""
    s, t = _root(w, p[1])
    near = np.abs(s) < NEAR
    series = 3 / s**2 + 0.2 - s**2 / 175
    ratio: Complexes = np.where(near, series, t / np.where(near, 1.0, s - t))
    return p[0] / 3 * ratio


def _sphere_slopes(w: Floats, p: Values, z: Complexes) -> Slopes:
    s, t = _root(w, p[1])
    near = np.abs(s) < NEAR
    gap = np.where(near, 1.0, s - t)
    far = 0.5 * s * ((1 - t**2) * gap - t**3) / gap**2
    slope: Complexes = np.where(near, -3 / s**2 - s**2 / 175, far)
    return z, p[0] / 3 * slope


def _constant_phase(w: Floats, p: Values) -> Complexes:
    """Return 1/(Q (jω)^α) by its size and its angle: no power of complex numbers."""
    angle = np.pi / 2 * p[1]
    turned: Complexes = (np.cos(angle) - 1j * np.sin(angle)) / p[0]
    return turned * np.exp(-p[1] * np.log(w))


def _constant_phase_slopes(w: Floats, p: Values, z: Complexes) -> Slopes:
    return -z, -p[1] * (np.log(w) + 0.5j * np.pi) * z


def _proportional(w: Floats, p: Values, z: Complexes) -> Slopes:  # noqa: ARG001
    return (z,)


def _inverse(w: Floats, p: Values, z: Complexes) -> Slopes:  # noqa: ARG001
    return (-z,)


KINDS: Mapping[str, ElementKind] = {
    "R": ElementKind(
        (("", ParameterScale.OHM),), lambda w, p: p[0] + 0j * w, _proportional
    ),
    "C": ElementKind(
        (("", ParameterScale.FARAD),), lambda w, p: 1 / (1j * w * p[0]), _inverse
    ),
    "L": ElementKind(
        (("", ParameterScale.HENRY),), lambda w, p: 1j * w * p[0], _proportional
    ),
    # constant phase element: 1/(Q (jω)^α)
    "CPE": ElementKind(
        (("Q", ParameterScale.ADMITTANCE), ("alpha", ParameterScale.EXPONENT)),
        _constant_phase,
        _constant_phase_slopes,
    ),
    # semi-infinite diffusion: σ (1 - j)/√ω
    "W": ElementKind(
        (("", ParameterScale.WARBURG),),
        lambda w, p: p[0] * (1 - 1j) / np.sqrt(w),
        _proportional,
    ),
    # finite space, blocked: Z0 coth(√(jωτ))/√(jωτ), τ = L²/D
    "Wo": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _blocked,
        _blocked_slopes,
    ),
    # finite length, transmitting: Z0 tanh(√(jωτ))/√(jωτ)
    "Ws": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _transmitting,
        _transmitting_slopes,
    ),
    # sphere: (Z0/3) tanh s/(s - tanh s), s = √(jωτ), τ = r²/D, Z0 = |dU/dθ| τ/Q
    "Sp": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _sphere,
        _sphere_slopes,
    ),
}
