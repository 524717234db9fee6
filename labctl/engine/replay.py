"""Whether a plan, fed with recorded outcomes, yields the steps that were executed."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from labctl.data import Outcome
from labctl.errors import OperatorError
from labctl.protocol import Plan, Step, StepRecord

MOST_SAID = 3
"""Differences of a step that are named."""
LONGEST_SAID = 60
"""Characters of a value that are shown."""


def rehearse(plan: Plan, steps: Mapping[int, StepRecord]) -> None:
    """Go through the past of a run without touching anything.

    OperatorError: a past step would be another one, or there would be fewer.
    """
    outcome = None
    for step_count in sorted(steps):
        record = steps[step_count]
        same(_next(plan, outcome, record), record)
        outcome = record.outcome
        if outcome is None:
            return


def advance(plan: Plan, steps: Mapping[int, StepRecord], until: int) -> Step | None:
    """Bring a fresh plan to step ``until``; None if it has no steps so far.

    OperatorError: a past step would be another one, or did not end.
    """
    outcome = None
    for step_count in range(1, until):
        record = steps.get(step_count)
        if record is None or record.outcome is None:
            raise OperatorError(f"step {step_count} has not ended in the journal yet")
        same(_next(plan, outcome, record), record)
        outcome = record.outcome
    try:
        return plan.send(outcome) if outcome is not None else next(plan)
    except StopIteration:
        return None


def _next(plan: Plan, outcome: Outcome | None, record: StepRecord) -> Step:
    try:
        return plan.send(outcome) if outcome is not None else next(plan)
    except StopIteration:
        raise OperatorError(
            f"step {record.step_count} was {record.label!r} and would not be done any "
            "more; a run can only go on with parameters that leave its past as it was"
        ) from None


def same(step: Step, record: StepRecord) -> None:
    """Refuse a replay in which a past step would have been another one."""
    if record.payload.get("digest") != step.digest():
        said = "; ".join(_differences(record.payload, step.payload()))
        raise OperatorError(
            f"step {record.step_count} was {record.label!r} and would now be "
            f"{step.label!r}{f' ({said})' if said else ''}; a run can only go on with "
            "parameters that leave its past as it was"
        )


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield what differs, old and new, the first few; what only one knows is left."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        inner = ((f"{path}.{k}".lstrip("."), old[k], new[k]) for k in old if k in new)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        inner = ((f"{path}[{k}]", one, other) for k, (one, other) in pairs)
    else:
        if old != new:
            yield f"{path}: {_short(old)} → {_short(new)}"
        return
    found = (
        text for place, one, other in inner for text in _differences(one, other, place)
    )
    yield from islice(found, MOST_SAID)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SAID else text[:LONGEST_SAID] + "…"
