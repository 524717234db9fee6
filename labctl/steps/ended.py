"""How the executed steps of a run ended, as the pairing of half cycles asks for it."""

from collections.abc import Iterable

from labctl.analysis.cells.completeness import Ended, end_of_step
from labctl.data import IMPORTED
from labctl.protocol import StepRecord


def ended_steps(steps: Iterable[StepRecord]) -> Ended:
    """Return how each step ended, by its count; nothing of another program's file."""
    return {
        step.step_count: end_of_step(
            None if step.outcome is None else step.outcome.reason,
            has_limit=any(
                each.get("until") for each in step.payload.get("techniques", ())
            ),
        )
        for step in steps
        if step.payload.get("kind") != IMPORTED  # whose end is that of the file
    }
