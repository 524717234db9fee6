"""Techniques that end at a temperature: which do, who measures it, how warm it is."""

import math
from collections.abc import Sequence

from labctl import columns
from labctl.errors import Complaint, Place
from labctl.protocol import Bench
from labctl.roles.potentiostat import Poll, PotentiostatChannel, RecordsMore
from labctl.techniques import (
    TEMPERATURE,
    Condition,
    ConditionQuantity,
    Loop,
    Technique,
)
from labctl.temperatures import THERMOMETERS, Temperatures


def waiting(techniques: Sequence[Technique]) -> list[tuple[Place, Condition]]:
    """Return the conditions on a temperature, and where they stand in an upload."""
    return [
        (("techniques", i, "until", k), condition)
        for i, technique in enumerate(techniques)
        if not isinstance(technique, Loop)
        for k, condition in enumerate(technique.until)
        if condition.quantity is ConditionQuantity.TEMPERATURE
    ]


def unmeasured(
    bench: Bench, role: str, techniques: Sequence[Technique]
) -> list[Complaint]:
    """Return which techniques wait for a temperature that nobody measures."""
    waits = waiting(techniques)
    if not waits or TEMPERATURE in _measured(bench, role):
        return []
    return [
        Complaint(
            place,
            f"`{condition.name}` waits for what nobody measures: {role} has no "
            "thermometer on its sample.",
            "Say under `temperature:` of the configuration whose thermometer it is "
            "(`surface:`); or end the step by something else.",
        )
        for place, condition in waits
    ]


def celsius_now(bench: Bench, poll: Poll) -> float:
    """Return how warm the sample is now: by its channel, else its thermometer, °C."""
    own = (poll.live or {}).get(TEMPERATURE, math.nan)
    if math.isfinite(own):
        return own
    return bench.role(THERMOMETERS, Temperatures).latest(TEMPERATURE)


def _measured(bench: Bench, role: str) -> frozenset[str]:
    """Return the temperatures that somebody measures: a thermometer, or the channel."""
    thermometers = bench.role(THERMOMETERS, Temperatures).measured
    channel = bench.role(role, PotentiostatChannel)
    if not isinstance(channel, RecordsMore):
        return thermometers
    further = channel.further_columns.get(columns.TIMESERIES.name, ())
    return thermometers | {column.name for column in further}
