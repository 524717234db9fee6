"""The steps of a plan before anybody executes one; their outcomes are assumed.

A plan decides by outcomes. So it is walked several times: once with every step ending
when its time has passed, then once for each end condition by name, with every step that
has it ending by it. What a plan does with a measured value is not known: steps say what
is to be assumed (`Step.assumed`), and where a plan cannot go on with that, it is said.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.data import Outcome
from labctl.protocol import Plan, Protocol, Step, StepRecord

MOST_STEPS = 20_000
"""Steps of one walk; 500 cycles have 1,500."""
MOST_WALKS = 16
"""Walks through one plan."""
MOST_IN_ALL = 40_000
"""Steps of all walks together, about 2 s."""
_COUNTED: Mapping[str, Any] = {
    "label": "",
    "cycle": 0,
    "half_cycle": -1,
    "spectrum_id": 0,
    "sweep": 0,
}
"""Fields that only say which one it is."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What a plan may come to."""

    steps: tuple[Step, ...]
    """Each different step once, in the order of the plan; counters do not count."""
    unknown: tuple[str, ...] = ()
    """What of the plan could not be walked, and why."""


def walk(
    protocol: Protocol, recorded: Mapping[int, StepRecord] | None = None
) -> Walked:
    """Walk through a plan; ``recorded`` steps are past, or go on, and are left out.

    A plan whose steps come from a person has none of its own.
    """
    if protocol.requests:
        return Walked(())
    found: dict[Step, Step] = {}
    unknown: dict[str, None] = {}
    names: list[str] = [""]
    left = MOST_IN_ALL
    for name in names:  # grows while it is walked
        steps, said = _go(protocol, name, recorded or {}, found, min(left, MOST_STEPS))
        left -= steps
        if said:
            unknown[said] = None
        known = {end for step in found for end in step.ends_by()}
        names += sorted(known - set(names))
        if len(names) > MOST_WALKS:
            unknown[f"only {MOST_WALKS - 1} of its end conditions were assumed"] = None
            del names[MOST_WALKS:]
    return Walked(tuple(found.values()), tuple(unknown))


def _go(
    protocol: Protocol,
    ended_by: str,
    recorded: Mapping[int, StepRecord],
    found: dict[Step, Step],
    most: int,
) -> tuple[int, str]:
    """Walk once; return how many steps, and why not to the end, empty if it did."""
    last, count = "", 0
    try:
        for count, step in enumerate(_steps(protocol.plan(), ended_by, recorded), 1):
            last = step.label
            if count > most:
                return most, (
                    "it has more steps than are compared: what comes after the first "
                    f"{MOST_STEPS}, or behind one of its end conditions, is not known"
                )
            if count not in recorded and step.uses_bench:
                found.setdefault(_without_counters(step), step)
    except Exception as error:  # noqa: BLE001  (a plan fed with what nobody measured)
        said = f"what follows {last!r}" if last else "the plan"
        return count, (
            f"{said} depends on what is measured there and was not compared "
            f"({type(error).__name__}: {error})"
        )
    return count, ""


def _steps(
    plan: Plan, ended_by: str, recorded: Mapping[int, StepRecord]
) -> Iterator[Step]:
    outcome: Outcome | None = None
    count = 0
    while True:
        try:
            step = next(plan) if outcome is None else plan.send(outcome)
        except StopIteration:
            return
        count += 1
        yield step
        record = recorded.get(count)
        past = record.outcome if record is not None else None
        outcome = past or step.assumed(ended_by)


def _without_counters(step: Step) -> Step:
    names = {field.name for field in dataclasses.fields(step)}
    counters = {k: v for k, v in _COUNTED.items() if k in names}
    return dataclasses.replace(step, **counters)
