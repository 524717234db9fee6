"""Whether a spectrum can choose between circuits, and what the choice leaves open.

AICc compares circuits of different size; a difference Δ means odds of e^(-Δ/2). It
counts independent data: where even the best circuit leaves waves in the residuals,
neighbouring points say the same thing twice, and all circuits are compared with as
many data as the waves of the smoothest one leave. Circuits that cannot be told from
the best are not wrong: how far they disagree is a part of the uncertainty.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from labctl.analysis.spectra.fitted_circuit import CircuitFit
from labctl.analysis.uncertainty import Measured
from labctl.verdicts.spectra import CIRCUIT_CHOICE

LOOSE = 0.15
"""Relative standard uncertainty of R_ct above which a circuit does not determine it."""
RELIED = CIRCUIT_CHOICE.limit
UNDECIDED = 4.0
"""AICc difference below which the data prefer neither (Burnham & Anderson 2002)."""
DECIDED = 10.0
"""Above it the other circuit has no support."""


class Choice(StrEnum):
    """What a spectrum says of its circuit."""

    DECIDES = "decides"
    """Every other circuit is 10 or more worse in AICc."""
    PREFERS = "prefers"
    """4 to 10: there is another that is not ruled out."""
    CANNOT_TELL = "cannot tell"
    """Below 4: another one describes the data alike."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One circuit among others."""

    fit: CircuitFit
    resistance: Measured
    """Of the slowest arc in Ω."""
    lag: float
    """AICc above the best circuit's."""

    @property
    def determines(self) -> bool:
        """Whether it sets limits to the resistance."""
        return self.resistance.relative <= LOOSE


def choose(
    fits: Sequence[CircuitFit], resistance: Callable[[CircuitFit], Measured]
) -> list[Ranked]:
    """Return the circuits, the best first."""
    waves = min(fit.waviness for fit in fits)
    least = min(fit.criterion(waves) for fit in fits)
    ranked = [Ranked(f, resistance(f), f.criterion(waves) - least) for f in fits]
    return sorted(ranked, key=lambda one: one.lag)


def best_of(ranked: Sequence[Ranked]) -> Ranked:
    """Return the best circuit that determines the resistance, or the best of all."""
    sure = [one for one in ranked if one.determines]
    clear = [one for one in sure if one.resistance.valid and one.lag <= RELIED]
    return (clear or sure or list(ranked))[0]


def model_spread(kept: Ranked, ranked: Sequence[Ranked]) -> tuple[float, Choice]:
    """Return what circuits not ruled out disagree on, in Ω, and the word for it.

    The mean square distance from the kept one, each with its odds; those within
    `UNDECIDED` count in full.
    """
    others = [
        one
        for one in ranked
        if one is not kept and abs(one.lag - kept.lag) < DECIDED and one.determines
    ]
    word = Choice.DECIDES
    total, weights = 0.0, 1.0
    for one in others:
        behind = abs(one.lag - kept.lag)
        weight = math.exp(-max(behind - UNDECIDED, 0.0) / 2)
        total += weight * (one.resistance.value - kept.resistance.value) ** 2
        weights += weight
    if others:
        nearest = min(abs(one.lag - kept.lag) for one in others)
        word = Choice.CANNOT_TELL if nearest < UNDECIDED else Choice.PREFERS
    return math.sqrt(total / weights), word
