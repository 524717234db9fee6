"""A protocol as the schedule of a cycler into which a person types it.

The plan is walked once with every step ending as it is meant to: by its own condition
where it has one, else by its time. What a plan decides by what it measures cannot be
entered anywhere, and is refused.
"""

import dataclasses
from collections.abc import Callable, Iterator

from labctl.errors import Complaint, OperatorError, RefusedError
from labctl.protocol import Protocol, Step
from labctl.roles.driver import Driver, Setup
from labctl.roles.schedule import ScheduleStep, TakesSchedules
from labctl.steps.channel import RunTechniques
from labctl.steps.channel_demands import CheckChannel
from labctl.techniques import Loop, Technique

MOST_STEPS = 20_000


def lines_for(
    protocol: Protocol,
    name: str,
    setup: Setup | None,
    driver_of: Callable[[str], Driver],
) -> tuple[ScheduleStep, ...]:
    """Return the lines for the cycler ``name``; it need not be reached.

    RefusedError: all that cannot be entered there. OperatorError: nobody enters
    anything there, or there is no such instrument.
    """
    if setup is None:
        raise OperatorError(f"{name} is no instrument of this station")
    driver = driver_of(setup.driver)
    if not isinstance(driver, TakesSchedules):
        raise OperatorError(
            f"{name} takes no schedule that a person enters: labctl drives it itself, "
            f"`labctl run {protocol.name} --role cell={name}/…`"
        )
    techniques: list[Technique] = []
    for step in _steps(protocol):
        begun = len(techniques)
        techniques += (
            dataclasses.replace(one, back_to=one.back_to + begun)
            if isinstance(one, Loop)
            else one
            for one in step.techniques
        )
    if not techniques:
        raise OperatorError(f"{protocol.name} drives no cell: nothing to enter")
    return driver.schedule(techniques)


def _steps(protocol: Protocol) -> Iterator[RunTechniques]:
    """Yield the steps that drive a cell. RefusedError: others have to be done too."""
    plan, outcome, count = protocol.plan(), None, 0
    while True:
        try:
            step: Step = next(plan) if outcome is None else plan.send(outcome)
        except StopIteration:
            return
        except Exception as error:
            what = (
                f"{protocol.name} decides by what it measures: no schedule can "
                f"({type(error).__name__}: {error})."
            )
            raise _refused(what) from error
        count += 1
        if count > MOST_STEPS:
            raise _refused(f"{protocol.name} has more than {MOST_STEPS} steps.")
        if isinstance(step, RunTechniques):
            if step.monitor:
                what = "a second channel that watches the cell cannot be entered there."
                raise _refused(what)
            yield step
        elif step.uses_bench and not isinstance(step, CheckChannel):
            raise _refused(f"{step.label!r} is nothing that a cycler does.")
        ends = step.ends_by()
        outcome = step.assumed(ends[-1] if ends else "")


def _refused(what: str) -> RefusedError:
    cure = "Leave it out, or use a cycler that labctl drives."
    return RefusedError([Complaint(("protocol",), what, cure)])
