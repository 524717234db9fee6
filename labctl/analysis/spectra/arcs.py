"""Which arcs of a fitted circuit are interfaces, and which are diffusion."""

import math
from collections.abc import Mapping
from typing import NamedTuple

VOLUME = 300.0
"""Times the capacitance of the next faster arc: double layers and films are within
a factor of a hundred, the lithium stored in a particle is 10 000 times as much."""


class Arc(NamedTuple):
    """One arc of a circuit."""

    resistance: float
    """Ω."""
    time: float
    """(R Q)^(1/α) in s."""
    alpha: float

    @property
    def capacitance(self) -> float:
        """Return τ/R in F."""
        return self.time / self.resistance


def all_arcs(p: Mapping[str, float]) -> list[Arc]:
    """Return every arc of a circuit with these parameters, fastest first."""
    arcs = []
    for k in range(1, 10):
        if f"CPE{k}_Q" in p:
            r, alpha = p[f"R{k}"], p[f"CPE{k}_alpha"]
            time = float((r * p[f"CPE{k}_Q"]) ** (1 / alpha))
            arcs.append(Arc(r, time, alpha))
    return sorted(arcs, key=lambda arc: arc.time)


def arcs_of(p: Mapping[str, float], low: float) -> list[Arc]:
    """Return the arcs of interfaces, fastest first.

    By time constant and not as written: a tail far below both arcs may stand in series
    with either resistance. A slow arc is diffusion in another guise, and left out, if
    its top lies below the lowest frequency ``low`` (Hz) or if its capacitance is that
    of a volume and not of an interface. The fastest arc is kept whatever it is.
    """
    arcs = all_arcs(p)
    while len(arcs) > 1:
        before, last = arcs[-2:]
        unseen = 1 / (2 * math.pi * last.time) < low
        if not unseen and last.capacitance < VOLUME * before.capacitance:
            break
        arcs.pop()
    return arcs


def slowest_of(p: Mapping[str, float], low: float) -> Arc:
    """Return the slowest arc of an interface."""
    return arcs_of(p, low)[-1]


def films_of(p: Mapping[str, float], low: float) -> float:
    """Return what the faster arcs of interfaces add up to in Ω."""
    return sum(arc.resistance for arc in arcs_of(p, low)[:-1])
