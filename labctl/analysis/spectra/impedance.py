"""Circuits composed of elements.

A circuit is a tree of frozen values without numbers in it; the numbers come as one
vector in order of appearance (`Circuit.parameters` names them: ``R0``, ``CPE1_Q``,
``CPE1_alpha``, ``Wo1_Z0``, ``Wo1_tau``). `parse_circuit` reads the customary string,
``R0-p(R1,CPE1)-p(R2-Wo1,CPE2)``: ``-`` in series, ``p(a,b,…)`` in parallel; ``str``
writes it back. Impedances are complex with Im Z < 0 for a capacitance; f in Hz.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.spectra.elements import (
    KINDS,
    Complexes,
    Floats,
    ParameterScale,
    Values,
)

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

    count: int = field(init=False, repr=False, compare=False)
    """How many parameters it has."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", len(KINDS[self.kind].parameters))

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

    def steep(self, omega: Floats, values: Values, slopes: Complexes) -> Complexes:
        """Return the impedance, write its ∂Z/∂ln p to ``slopes``; see `Steep`."""
        return KINDS[self.kind].steep(omega, values, slopes)

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

    def steep(self, omega: Floats, values: Values, slopes: Complexes) -> Complexes:
        """Return the impedance, write its ∂Z/∂ln p to ``slopes``; see `Steep`."""
        at = 0
        whole: Complexes = np.zeros((1, 1), dtype=np.complex128)
        for part in self.parts:
            own = slice(at, at := at + part.count)
            whole = whole + part.steep(omega, values[own], slopes[:, own])
        return whole

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

    def steep(self, omega: Floats, values: Values, slopes: Complexes) -> Complexes:
        """Return the impedance, write its ∂Z/∂ln p to ``slopes``; see `Steep`.

        ∂Z/∂p = (Z/Z_b)² ∂Z_b/∂p = -Z² ∂Y_b/∂p of branch b.
        """
        at = 0
        whole: Complexes = np.zeros((1, 1), dtype=np.complex128)
        found: list[tuple[slice, Complexes | None]] = []
        for branch in self.branches:
            own = slice(at, at := at + branch.count)
            admitting = isinstance(branch, Element) and KINDS[branch.kind].admitting
            if admitting:
                y = admitting(omega, values[own], slopes[:, own])
                found.append((own, None))
            else:
                y = 1 / branch.steep(omega, values[own], slopes[:, own])
                found.append((own, y * y))
            whole = whole + y
        z: Complexes = 1 / whole
        square = z * z
        for own, turned in found:
            factor = -square if turned is None else square * turned
            slopes[:, own] *= factor[:, None]
        return z

    def __str__(self) -> str:
        return f"p({','.join(map(str, self.branches))})"


Part = Element | InSeries | Parallel


def shape_of(part: Part) -> str:
    """Return what two parts that differ in their numbers only have in common."""
    return "".join(c for c in str(part) if not c.isdigit())


@dataclass(frozen=True, slots=True)
class Circuit:
    """A whole circuit; `parse_circuit` makes one."""

    tree: Part
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Of the parameters, in order of appearance."""
    scales: tuple[ParameterScale, ...] = field(init=False, repr=False, compare=False)
    """What each parameter is, in the same order."""

    def __post_init__(self) -> None:
        names, scales = zip(*self.tree.parameters, strict=True)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "scales", scales)

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
