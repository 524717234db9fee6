"""Circuit elements: the impedance of each kind and its slope by each parameter.

Impedances are complex with Im Z < 0 for a capacitance; ω in 1/s. Slopes are
∂Z/∂(ln p) = p ∂Z/∂p, which a fit of logarithms needs. With s = √(jωτ) and
t = tanh s all diffusion elements are rational in s and t, and so are their slopes.

Slopes are written where the caller wants them, for a fit asks for them thousands of
times. What stands in a parallel circuit says its admittance where that is the simpler
number: no impedance is inverted twice.
"""

import math
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
Steep = Callable[[Floats, Values, Complexes], Complexes]
"""Of the angular frequency in 1/s, the parameters, and where slopes go: an array of
shape (k, parameters, n). The impedance is returned, of shape (k, n) or (k, 1)."""

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
    steep: Steep
    """The impedance and its slopes."""
    admitting: Steep | None = None
    """The admittance and its slopes, where these are simpler."""


def _root(w: Floats, tau: Any) -> tuple[Complexes, Complexes]:
    """Return s = √(jωτ) and tanh s: with x = √(ωτ/2), s = (1 + j) x."""
    x = np.sqrt(0.5 * w * tau)
    faded = np.exp(-2 * x)
    top = 2j * faded * np.sin(2 * x) - np.expm1(-4 * x)
    return (1 + 1j) * x, top / (1 + faded**2 + 2 * faded * np.cos(2 * x))


def _blocked(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] / (t * s)


def _blocked_steep(w: Floats, p: Values, slopes: Complexes) -> Complexes:
    s, t = _root(w, p[1])
    z: Complexes = p[0] / (t * s)
    slopes[:, 0] = z
    slopes[:, 1] = -0.5 * (p[0] * (1 / (t * t) - 1) + z)
    return z


def _transmitting(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] * t / s


def _transmitting_steep(w: Floats, p: Values, slopes: Complexes) -> Complexes:
    s, t = _root(w, p[1])
    z: Complexes = p[0] * t / s
    slopes[:, 0] = z
    slopes[:, 1] = 0.5 * (p[0] * (1 - t * t) - z)
    return z


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


def _sphere_steep(w: Floats, p: Values, slopes: Complexes) -> Complexes:
    s, t = _root(w, p[1])
    near = s.real < NEAR / math.sqrt(2)  # |s| = √2 Re s
    some = bool(near.any())
    gap = np.where(near, 1.0, s - t) if some else s - t
    ratio = t / gap
    square = t * t
    slope = 0.5 * s * ((1 - square) - square * ratio) / gap
    if some:
        square = s * s
        ratio = np.where(near, 3 / square + 0.2 - square / 175, ratio)
        slope = np.where(near, -3 / square - square / 175, slope)
    size = p[0] / 3
    z: Complexes = size * ratio
    slopes[:, 0] = z
    np.multiply(size, slope, out=slopes[:, 1])
    return z


def _constant_phase(w: Floats, p: Values) -> Complexes:
    """Return 1/(Q (jω)^α) by its size and its angle: no power of complex numbers."""
    angle = np.pi / 2 * p[1]
    turned: Complexes = (np.cos(angle) - 1j * np.sin(angle)) / p[0]
    return turned * np.exp(-p[1] * np.log(w))


def _constant_phase_steep(w: Floats, p: Values, slopes: Complexes) -> Complexes:
    z = _constant_phase(w, p)
    np.negative(z, out=slopes[:, 0])
    np.multiply(p[1] * (np.log(w) + 0.5j * np.pi), slopes[:, 0], out=slopes[:, 1])
    return z


def _constant_phase_admitting(w: Floats, p: Values, slopes: Complexes) -> Complexes:
    angle, log = np.pi / 2 * p[1], np.log(w)
    y: Complexes = p[0] * (np.cos(angle) + 1j * np.sin(angle)) * np.exp(p[1] * log)
    slopes[:, 0] = y
    np.multiply(p[1] * (log + 0.5j * np.pi), y, out=slopes[:, 1])
    return y


def _resistance(w: Floats, p: Values) -> Complexes:
    return p[0] + 0j * w


def _capacitance(w: Floats, p: Values) -> Complexes:
    return 1 / (1j * w * p[0])


def _inductance(w: Floats, p: Values) -> Complexes:
    return 1j * w * p[0]


def _warburg(w: Floats, p: Values) -> Complexes:
    return p[0] * (1 - 1j) / np.sqrt(w)


def _ohmic(_: Floats, p: Values) -> Complexes:
    return np.asarray(p[0])  # one number for all frequencies


def _inverse_resistance(_: Floats, p: Values) -> Complexes:
    return np.asarray(1 / p[0])


def _inverse_capacitance(w: Floats, p: Values) -> Complexes:
    return 1j * w * p[0]


def _in_proportion(value: Callable[[Floats, Values], Complexes], sign: float) -> Steep:
    """Return the slope too of what its one parameter multiplies (1) or divides (-1)."""

    def both(w: Floats, p: Values, slopes: Complexes) -> Complexes:
        found = value(w, p)
        slopes[:, 0] = found if sign > 0 else -found
        return found

    return both


KINDS: Mapping[str, ElementKind] = {
    "R": ElementKind(
        (("", ParameterScale.OHM),),
        _resistance,
        _in_proportion(_ohmic, 1),
        _in_proportion(_inverse_resistance, -1),
    ),
    "C": ElementKind(
        (("", ParameterScale.FARAD),),
        _capacitance,
        _in_proportion(_capacitance, -1),
        _in_proportion(_inverse_capacitance, 1),
    ),
    "L": ElementKind(
        (("", ParameterScale.HENRY),), _inductance, _in_proportion(_inductance, 1)
    ),
    # constant phase element: 1/(Q (jω)^α)
    "CPE": ElementKind(
        (("Q", ParameterScale.ADMITTANCE), ("alpha", ParameterScale.EXPONENT)),
        _constant_phase,
        _constant_phase_steep,
        _constant_phase_admitting,
    ),
    # semi-infinite diffusion: σ (1 - j)/√ω
    "W": ElementKind(
        (("", ParameterScale.WARBURG),), _warburg, _in_proportion(_warburg, 1)
    ),
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
