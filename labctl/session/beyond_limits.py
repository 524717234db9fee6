"""What of a plan would leave the bounds of bench, sample or run: found before it does.

An envelope ends a run at the first reading outside. A level or an end condition that
lies outside would end it for certain, after hours perhaps.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labctl.columns import CURRENT, VOLTAGE
from labctl.errors import Complaint
from labctl.limits import ANYTHING, Envelope, exceeds
from labctl.protocol import Step
from labctl.quantities import format_si
from labctl.steps.channel import RunTechniques
from labctl.techniques import Loop, current_of, voltages_of

CURES = {
    "safety": "Lower it, or widen `safety:` of the configuration.",
    "sample": "Lower it, or widen the limits of the sample's label.",
    "run": "Lower it, or widen the limits from which this run's follow.",
}
OWNERS = {
    "safety": "the {limit} that this bench allows",
    "sample": "the {limit} that the sample's label allows",
    "run": "the {limit} at which this run would be stopped",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One level that a technique asks for."""

    index: int
    """Of the technique in its step."""
    column: str
    value: float
    unit: str


def beyond_limits(step: Step, named: Mapping[str, Envelope]) -> list[Complaint]:
    """Return what ``step`` asks for beyond envelopes, each named as in `CURES`.

    At most one complaint for a level: the first envelope's.
    """
    found = []
    for asked in _asked(step):
        for owner, envelope in named.items():
            limit = _limit(envelope, asked)
            if limit is not None:
                found.append(_complaint(asked, owner, limit))
                break
    return found


def _asked(step: Step) -> Iterator[Asked]:
    if not isinstance(step, RunTechniques):
        return
    for index, technique in enumerate(step.techniques):
        if isinstance(technique, Loop):
            continue
        for volt in voltages_of(technique):
            yield Asked(index, VOLTAGE.name, volt, "V")
        ampere = current_of(technique)
        if ampere is not None:
            yield Asked(index, CURRENT.name, ampere, "A")


def _limit(envelope: Envelope, asked: Asked) -> float | None:
    """Return the bound that a level leaves; None if it leaves none."""
    low, high = envelope.bounds.get(asked.column, ANYTHING)
    easy = envelope.eased.get(asked.column, (low, high))
    low, high = min(low, easy[0]), max(high, easy[1])
    if exceeds(asked.value, high):
        return high
    return low if exceeds(-asked.value, -low) else None


def _complaint(asked: Asked, owner: str, limit: float) -> Complaint:
    said = OWNERS[owner].format(limit=format_si(limit, asked.unit, 3))
    side = "beyond" if asked.value > limit else "below"
    value = format_si(asked.value, asked.unit, _digits(asked.value, limit))
    return Complaint(
        ("techniques", asked.index),
        f"{value} is {side} {said}.",
        CURES[owner] if side == "beyond" else CURES[owner].replace("Lower", "Raise"),
        value=asked.value,
        limit=limit,
        unit=asked.unit,
    )


def _digits(value: float, limit: float) -> int:
    """Return how many digits tell a value from its limit; at least 3."""
    apart = abs(value - limit)
    if not apart > 0.0:
        return 3
    return min(max(3, 2 + math.ceil(math.log10(abs(value or limit) / apart))), 9)
