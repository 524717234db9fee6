"""Whether a spectrum can choose between circuits, and what the choice leaves open.

AICc compares circuits of different size; a difference Δ means odds of e^(-Δ/2). Noise
is what the best circuit leaves; where even that has waves, neighbouring points say the
same thing twice, and the variance counts (1 + ρ)/(1 - ρ) times, with the least
correlation ρ that any circuit leaves (QAICc, Burnham & Anderson 2002). Circuits that
cannot be told from the best are not wrong: how far they disagree on the same arc is a
part of the uncertainty. One without that arc says that it may not exist.
"""

import math
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from labctl.analysis.spectra.fitted_circuit import CircuitFit
from labctl.analysis.uncertainty import Measured
from labctl.verdicts.spectra import CIRCUIT_CHOICE, DETERMINED

LOOSE = DETERMINED.limit / 100
"""Relative standard uncertainty of R_ct above which a circuit does not determine it."""
RELIED = CIRCUIT_CHOICE.limit
UNDECIDED = 4.0
"""AICc difference below which the data prefer neither (Burnham & Anderson 2002)."""
OTHER_ARC = 1.0
"""Decades of time beyond which two circuits' slowest arcs are not the same arc."""
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
    time: float
    """τ of that arc in s."""
    slowest: float
    """τ of its slowest arc, which may be diffusion in another guise, in s."""
    lag: float
    """AICc above the best circuit's."""

    @property
    def determines(self) -> bool:
        """Whether it sets limits to the resistance."""
        return self.resistance.relative <= LOOSE


class Scored(typing.Protocol):
    """What AICc is made of: a `CircuitFit`, or a `Search` that nobody reported yet."""

    @property
    def cost(self) -> float:
        """Half the least weighted sum of squares."""
        ...

    @property
    def penalty(self) -> float:
        """What AICc takes for the number of parameters."""
        ...

    @property
    def waviness(self) -> float:
        """Correlation of neighbouring residuals, 0–1."""
        ...

    @property
    def freedom(self) -> int:
        """Residuals less parameters."""
        ...


def lags(fits: Sequence[Scored]) -> list[float]:
    """Return by how much each circuit's AICc lies above the least."""
    waves = min(fit.waviness for fit in fits)
    noise = min(fit.cost / max(fit.freedom, 1) for fit in fits)
    noise = max(noise, 1e-30) * (1 + waves) / (1 - waves)
    scores = [fit.cost / noise + fit.penalty for fit in fits]
    least = min(scores)
    return [score - least for score in scores]


def choose(
    fits: Sequence[CircuitFit],
    resistance: Callable[[CircuitFit], Measured],
    times: Callable[[CircuitFit], tuple[float, float]],
    far: Sequence[Scored] = (),
) -> list[Ranked]:
    """Return the circuits, the best first; ``times``: `Ranked.time` and `slowest`.

    ``far``: circuits that are ruled out; they say what is noise as all do.
    """
    ranked = [
        Ranked(fit, resistance(fit), *times(fit), lag)
        for fit, lag in zip(fits, lags([*fits, *far]), strict=False)
    ]
    return sorted(ranked, key=lambda one: one.lag)


def best_of(ranked: Sequence[Ranked]) -> Ranked:
    """Return the best circuit that determines the resistance, or the best of all.

    One that the data rule out determines something else: an arc of its own.
    """
    sure = [one for one in ranked if one.determines and one.lag < DECIDED]
    clear = [one for one in sure if one.resistance.valid and one.lag <= RELIED]
    return (clear or sure or list(ranked))[0]


def model_spread(kept: Ranked, ranked: Sequence[Ranked]) -> tuple[float, Choice, bool]:
    """Return what circuits not ruled out disagree on, in Ω, and the word for it.

    The mean square distance from the kept one, each with its odds; those within
    `UNDECIDED` count in full. Last: whether one of these has no such arc.
    """
    others = [
        one
        for one in ranked
        if one is not kept and one.lag < kept.lag + DECIDED and one.determines
    ]
    word, missing = Choice.DECIDES, False
    total, weights = 0.0, 1.0
    for one in others:
        behind = abs(one.lag - kept.lag)
        if abs(math.log10(one.time / kept.time)) > OTHER_ARC:
            faster = math.log10(kept.time / one.slowest) > OTHER_ARC
            missing |= faster and behind < UNDECIDED
            continue
        weight = math.exp(-max(behind - UNDECIDED, 0.0) / 2)
        total += weight * (one.resistance.value - kept.resistance.value) ** 2
        weights += weight
    if others:
        nearest = min(abs(one.lag - kept.lag) for one in others)
        word = Choice.CANNOT_TELL if nearest < UNDECIDED else Choice.PREFERS
    return math.sqrt(total / weights), word, missing
