"""A protocol as the schedule of a cycler into which a person types it.

The plan is walked once with every step ending as it is meant to: by its own condition
where it has one, else by its time. What a plan decides by what it measures cannot be
entered anywhere, and is refused.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

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
    setups: Sequence[Setup],
    driver_of: Callable[[str], Driver],
) -> tuple[ScheduleStep, ...]:
    """Return the lines for the cycler ``name``; it need not be reached.

    ``setups``: the instruments of the station. RefusedError: all that cannot be
    entered there, by the step that asks for it. OperatorError: nobody enters anything
    there, or there is no such instrument.
    """
    driver = _taker(protocol, name, setups, driver_of)
    techniques: list[Technique] = []
    labels: list[str] = []
    for step in _steps(protocol):
        begun = len(techniques)
        techniques += (
            dataclasses.replace(one, back_to=one.back_to + begun)
            if isinstance(one, Loop)
            else one
            for one in step.techniques
        )
        labels += [step.label] * len(step.techniques)
    if not techniques:
        raise OperatorError(f"{protocol.name} drives no cell: nothing to enter")
    try:
        return driver.schedule(techniques)
    except RefusedError as error:
        raise RefusedError(_of_step(x, labels) for x in error.complaints) from error


def _taker(
    protocol: Protocol,
    name: str,
    setups: Sequence[Setup],
    driver_of: Callable[[str], Driver],
) -> TakesSchedules:
    """Return the driver of the cycler ``name``. OperatorError: see `lines_for`."""
    takers: dict[str, TakesSchedules] = {}
    for each in setups:
        driver = driver_of(each.driver)
        if isinstance(driver, TakesSchedules):
            takers[each.name] = driver
    if name in takers:
        return takers[name]
    others = f"; {', '.join(takers)} takes one" if takers else ""
    if all(each.name != name for each in setups):
        raise OperatorError(f"{name} is no instrument of this station{others}")
    raise OperatorError(
        f"{name} takes no schedule that a person enters: labctl drives it itself, "
        f"`labctl run {protocol.name}`{others}"
    )


def _of_step(complaint: Complaint, labels: Sequence[str]) -> Complaint:
    """Return a driver's complaint at the step of the plan, by its label."""
    match complaint.path:
        case ("techniques", int(index)) if index < len(labels):
            label = labels[index]
            what = f"{label}: {complaint.what}"
            return dataclasses.replace(complaint, path=(), what=what, step=label)
    return complaint


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
