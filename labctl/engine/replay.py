"""Whether a plan, fed with recorded outcomes, yields the steps that were executed."""

from collections.abc import Mapping

from labctl.data import Outcome
from labctl.errors import OperatorError
from labctl.protocol import Plan, Step, StepRecord


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
        raise OperatorError(
            f"step {record.step_count} was {record.label!r} and would now be "
            f"{step.label!r} or differ in its details; a run can only go on with "
            "parameters that leave its past as it was"
        )
