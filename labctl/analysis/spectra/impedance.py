"""Circuit elements, and circuits composed of them.

A circuit is a tree of frozen values without numbers in it; the numbers come as one
vector in order of appearance (`Circuit.parameters` names them: ``R0``, ``CPE1_Q``,
``CPE1_alpha``, ``Wo1_Z0``, ``Wo1_tau``). `parse_circuit` reads the customary string,
``R0-p(R1,CPE1)-p(R2-Wo1,CPE2)``: ``-`` in series, ``p(a,b,…)`` in parallel; ``str``
writes it back. Impedances are complex with Im Z < 0 for a capacitance; f in Hz.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

Values = Sequence[float] | Floats
"""One number per parameter; or shape (parameters, k, 1) for k sets at once, which
gives impedances of shape (k, n)."""


class ParameterScale(Enum):
    """What a parameter is, which says how a fit may move it."""

    OHM = "ohm"
    FARAD = "F"
    HENRY = "H"
    ADMITTANCE = "ohm^-1 s^alpha"
    EXPONENT = ""
    WARBURG = "ohm s^-1/2"
    SECOND = "s"


def _root(w: Floats, tau: Any) -> tuple[Complexes, Complexes]:
    """Return s = √(jωτ) and tanh s: with x = √(ωτ/2), s = (1 + j) x."""
    x = np.sqrt(0.5 * w * tau)
    faded = np.exp(-2 * x)
    top = 2j * faded * np.sin(2 * x) - np.expm1(-4 * x)
    return (1 + 1j) * x, top / (1 + faded**2 + 2 * faded * np.cos(2 * x))


def _blocked(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] / (t * s)


def _transmitting(w: Floats, p: Values) -> Complexes:
    s, t = _root(w, p[1])
    return p[0] * t / s


def _sphere(w: Floats, p: Values) -> Complexes:
    """Return tanh s / (s - tanh s), whose series at 0 is 3/s² + 1/5 - s²/175."""
    s, t = _root(w, p[1])
    near = np.abs(s) < 0.1  # noqa: PLR2004
    series = 3 / s**2 + 0.2 - s**2 / 175
    ratio: Complexes = np.where(near, series, t / np.where(near, 1.0, s - t))
    return p[0] / 3 * ratio


def _constant_phase(w: Floats, p: Values) -> Complexes:
    """Return 1/(Q (jω)^α) by its size and its angle: no power of complex numbers."""
    angle = np.pi / 2 * p[1]
    turned: Complexes = (np.cos(angle) - 1j * np.sin(angle)) / p[0]
    return turned * np.exp(-p[1] * np.log(w))


class ElementKind(NamedTuple):
    """One kind of element: its parameters and its impedance."""

    parameters: tuple[tuple[str, ParameterScale], ...]
    """Suffix (empty for a single parameter) and scale."""
    impedance: Callable[[Floats, Values], Complexes]
    """Of the angular frequency in 1/s and the parameters."""


KINDS: Mapping[str, ElementKind] = {
    "R": ElementKind((("", ParameterScale.OHM),), lambda w, p: p[0] + 0j * w),
    "C": ElementKind((("", ParameterScale.FARAD),), lambda w, p: 1 / (1j * w * p[0])),
    "L": ElementKind((("", ParameterScale.HENRY),), lambda w, p: 1j * w * p[0]),
    # constant phase element: 1/(Q (jω)^α)
    "CPE": ElementKind(
        (("Q", ParameterScale.ADMITTANCE), ("alpha", ParameterScale.EXPONENT)),
        _constant_phase,
    ),
    # semi-infinite diffusion: σ (1 - j)/√ω
    "W": ElementKind(
        (("", ParameterScale.WARBURG),), lambda w, p: p[0] * (1 - 1j) / np.sqrt(w)
    ),
    # finite space, blocked: Z0 coth(√(jωτ))/√(jωτ), τ = L²/D
    "Wo": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _blocked,
    ),
    # finite length, transmitting: Z0 tanh(√(jωτ))/√(jωτ)
    "Ws": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _transmitting,
    ),
    # sphere: (Z0/3) tanh s/(s - tanh s), s = √(jωτ), τ = r²/D, Z0 = |dU/dθ| τ/Q
    "Sp": ElementKind(
        (("Z0", ParameterScale.OHM), ("tau", ParameterScale.SECOND)),
        _sphere,
    ),
}
_SYMBOLS = sorted(KINDS, key=len, reverse=True)
_TOKEN = re.compile(rf"\s*(p\(|[,)-]|(?:{'|'.join(_SYMBOLS)})\d*)\s*")
_NAME = re.compile(rf"({'|'.join(_SYMBOLS)})(\d*)$")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a circuit."""

    kind: str
    """Key of `KINDS`."""
    label: str
    """As written: ``CPE1``; unique in its circuit."""

    @property
    def count(self) -> int:
        """How many parameters it has."""
        return len(KINDS[self.kind].parameters)

    @property
    def parameters(self) -> tuple[tuple[str, ParameterScale], ...]:
        """Names and scales, in order."""
        return tuple(
            (f"{self.label}_{suffix}" if suffix else self.label, scale)
            for suffix, scale in KINDS[self.kind].parameters
        )

    def at(self, omega: Floats, values: Values) -> Complexes:
        """Return the impedance at angular frequencies ``omega``; see `Values`."""
        return KINDS[self.kind].impedance(omega, values)

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class InSeries:
    """Parts one after the other."""

    parts: tuple["Part", ...]
    count: int = field(init=False, repr=False, compare=False)
    """How many parameters it has."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", sum(part.count for part in self.parts))

    @property
    def parameters(self) -> tuple[tuple[str, ParameterScale], ...]:
        """Names and scales, in order."""
        return tuple(p for part in self.parts for p in part.parameters)

    def at(self, omega: Floats, values: Values) -> Complexes:
        """Return the impedance at angular frequencies ``omega``; see `Values`."""
        first, *rest = (
            part.at(omega, own) for part, own in _shared(self.parts, values)
        )
        return sum(rest, start=first)

    def __str__(self) -> str:
        return "-".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches side by side."""

    branches: tuple["Part", ...]
    count: int = field(init=False, repr=False, compare=False)
    """How many parameters it has."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", sum(part.count for part in self.branches))

    @property
    def parameters(self) -> tuple[tuple[str, ParameterScale], ...]:
        """Names and scales, in order."""
        return tuple(p for branch in self.branches for p in branch.parameters)

    def at(self, omega: Floats, values: Values) -> Complexes:
        """Return the impedance at angular frequencies ``omega``; see `Values`."""
        first, *rest = (
            1 / branch.at(omega, own) for branch, own in _shared(self.branches, values)
        )
        return 1 / sum(rest, start=first)

    def __str__(self) -> str:
        return f"p({','.join(map(str, self.branches))})"


Part = Element | InSeries | Parallel


@dataclass(frozen=True, slots=True)
class Circuit:
    """A whole circuit; `parse_circuit` makes one."""

    tree: Part

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter names in order of appearance."""
        return tuple(name for name, _ in self.tree.parameters)

    @property
    def scales(self) -> tuple[ParameterScale, ...]:
        """What each parameter is, in the same order."""
        return tuple(scale for _, scale in self.tree.parameters)

    def impedance(
        self, frequency: ArrayLike, values: Sequence[float] | Mapping[str, float]
    ) -> Complexes:
        """Return Z in Ω at ``frequency`` (Hz, shape (n,), above 0).

        ``values`` are in order of `names`, or a mapping by name.
        """
        if isinstance(values, Mapping):
            values = [values[name] for name in self.names]
        if len(values) != len(self.names):
            raise ValueError(
                f"circuit {self}: {len(values)} values for {len(self.names)} "
                f"parameters {', '.join(self.names)}"
            )
        omega = 2 * np.pi * np.atleast_1d(np.asarray(frequency, dtype=np.float64))
        return self.tree.at(omega, values)

    def __str__(self) -> str:
        return str(self.tree)


def _shared(parts: Sequence[Part], values: Values) -> list[tuple[Part, Values]]:
    out: list[tuple[Part, Values]] = []
    at = 0
    for part in parts:
        out.append((part, values[at : at + part.count]))
        at += part.count
    return out


def parse_circuit(text: str) -> Circuit:
    """Return the circuit that ``text`` describes.

    Raises
    ------
    ValueError
        The text is not a circuit; the message says where it breaks.
    """
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(
                f"circuit {text!r}: cannot read {text[at:]!r}; elements are "
                f"{', '.join(KINDS)} with a number, joined by - and p(…,…)"
            )
        tokens.append(match[1])
        at = match.end()
    tree, left = _series(text, tokens)
    if left:
        raise ValueError(f"circuit {text!r}: {''.join(left)!r} is left over")
    circuit = Circuit(tree)
    twice = sorted({n for n in circuit.names if circuit.names.count(n) > 1})
    if twice:
        raise ValueError(f"circuit {text!r}: {', '.join(twice)} stands twice")
    return circuit


def _series(text: str, tokens: list[str]) -> tuple[Part, list[str]]:
    parts = []
    while True:
        part, tokens = _part(text, tokens)
        parts.append(part)
        if not tokens or tokens[0] != "-":
            return (parts[0] if len(parts) == 1 else InSeries(tuple(parts))), tokens
        tokens = tokens[1:]


def _part(text: str, tokens: list[str]) -> tuple[Part, list[str]]:
    if not tokens:
        raise ValueError(f"circuit {text!r}: ends where an element should stand")
    if tokens[0] != "p(":
        match = _NAME.match(tokens[0])
        if match is None:
            raise ValueError(f"circuit {text!r}: {tokens[0]!r} is not an element")
        return Element(match[1], tokens[0]), tokens[1:]
    branches = []
    while True:
        branch, tokens = _series(text, tokens[1:])
        branches.append(branch)
        if not tokens or tokens[0] not in {",", ")"}:
            raise ValueError(f"circuit {text!r}: p( is not closed")
        if tokens[0] == ")":
            return Parallel(tuple(branches)), tokens[1:]
