"""What a plan uploads from its beginning to its end, if nothing depends on outcomes."""

from collections.abc import Iterator
from dataclasses import replace

from labctl.protocol import Protocol, Step
from labctl.steps.channel import RunTechniques
from labctl.steps.channel_demands import CheckChannel
from labctl.techniques import Loop, Technique
from protocols.compose.unicycler.loops import Jump, nested, unfolded
from protocols.compose.unicycler.losses import Losses

MOST = 200_000
"""Steps of one plan."""
FADING = 0.7
"""Of the charge before: a cell that ages fast, to see whether a plan asks for it."""
PLAN = ("plan",)


def unrolled(protocol: Protocol, losses: Losses) -> list[Technique]:
    """Return every technique in the order of the plan, as often as it runs.

    Steps that no cycler does alone, and plans that decide by how a step ended or by
    the charge it passed, are refused.
    """
    try:
        steps = list(_steps(protocol))
        what = _decides(protocol, steps)
    except Exception as error:  # noqa: BLE001  (a plan fed with what nobody measured)
        steps, what = [], f"what is measured ({type(error).__name__}: {error})"
    if what:
        losses.refuse(PLAN, f"decides by {what}, which unicycler cannot.")
        return []
    return [each for step in steps for each in _techniques(step, losses)]


def _decides(protocol: Protocol, steps: list[Step]) -> str:
    """Return by what the plan decides what comes next; empty if by nothing."""
    usual = list(map(_same, steps))
    if list(map(_same, _steps(protocol, fading=FADING))) != usual:
        return "the charge that was passed"
    for name in sorted({name for step in steps for name in step.ends_by()}):
        if list(map(_same, _steps(protocol, name))) != usual:
            return f"whether a step ended by {name!r}"
    return ""


def _same(step: Step) -> object:
    return step.techniques if isinstance(step, RunTechniques) else type(step)


def _steps(
    protocol: Protocol, ended_by: str = "", fading: float = 1.0
) -> Iterator[Step]:
    """Yield the steps where each ends so, and passes its charge, or less each time."""
    plan, left = protocol.plan(), 1.0
    try:
        step = next(plan)
        for _ in range(MOST):
            yield step
            outcome = step.assumed(ended_by)
            step = plan.send(replace(outcome, charge=left * outcome.charge))
            left *= fading
    except StopIteration:
        return
    raise OverflowError(f"more than {MOST} steps")


def _techniques(step: Step, losses: Losses) -> list[Technique]:
    if isinstance(step, CheckChannel) or not step.uses_bench:
        return []
    if not isinstance(step, RunTechniques):
        what = f"has a step that no cycler does: {step.label} ({type(step).__name__})."
        losses.refuse(PLAN, what)
        return []
    if step.monitor:
        what = "has a second channel that watches, which unicycler does not know."
        losses.lose("monitor", PLAN, what)
    for technique in step.techniques:
        for condition in getattr(technique, "until", ()):
            if condition.ends_all:
                what = f"{condition.name!r} ends several techniques at once."
                losses.refuse(PLAN, what)
    flat = [
        Jump(t.back_to, t.passes) if isinstance(t, Loop) else t for t in step.techniques
    ]
    return unfolded(nested(flat))
