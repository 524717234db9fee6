"""Techniques as lines of a WonATech schedule, for a person to enter.

What is known of its controls (constant current, constant voltage, both, rest) and
cut-offs (time, voltage, current) was seen in its files. Anything else is refused here
by name, though the cycler may have it: nobody could compare it afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labctl.errors import Complaint, RefusedError
from labctl.roles.schedule import CutOff, ScheduleStep
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Technique,
)

LONGEST_BLOCK = 60
"""Lines of a cycle that is looked for as a repeated one."""
_KNOWN = {
    ConditionQuantity.VOLTAGE: "voltage",
    ConditionQuantity.ABSOLUTE_CURRENT: "current",
    ConditionQuantity.CURRENT: "current",
}
_CALLED = {"eis": "impedance (EIS)", "power": "constant power", "sweep": "a sweep"}
_SAME = 1e-6
"""V; a hold at the voltage that the current ran into is one step with it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A step before it has a name; equal ones make a loop."""

    control: str
    current: float | None = None
    voltage: float | None = None
    taper: float | None = None
    ends: tuple[CutOff, ...] = ()
    every: float | None = None


def schedule_for(techniques: Sequence[Technique]) -> tuple[ScheduleStep, ...]:
    """Return the lines. RefusedError: all that cannot be entered, by name."""
    complaints: list[Complaint] = []
    for k, technique in enumerate(techniques):
        complaints += (
            Complaint(("techniques", k), what, "Leave it out, or use another cycler.")
            for what in _beyond(technique)
        )
    if complaints:
        raise RefusedError(_once(complaints))
    lines: list[_Line] = []
    starts: list[int] = []
    for technique in techniques:
        starts.append(len(lines))
        if isinstance(technique, Loop):
            block = lines[starts[technique.back_to] :]
            lines += block * (technique.passes - 1)
        else:
            _add(lines, _line(technique))
    return _named(lines)


def _beyond(technique: Technique) -> Iterator[str]:
    if technique.kind in _CALLED:
        yield f"{_CALLED[technique.kind]} cannot be entered at a WBCS3000."
        return
    if isinstance(technique, Loop):
        return
    if isinstance(technique, ConstantVoltage) and technique.versus_initial:
        yield "a hold at the voltage found before cannot be entered: it is not known."
    for condition in technique.until:
        if condition.quantity not in _KNOWN:
            words = condition.quantity.replace("_", " ")
            yield f"a cut-off by {words} ({condition.name}) cannot be entered."


def _once(complaints: Sequence[Complaint]) -> list[Complaint]:
    return list({each.what: each for each in complaints}.values())


def _line(technique: Technique) -> _Line:
    assert not isinstance(technique, Loop)  # noqa: S101  (run through before)
    ends = [_cut(condition) for condition in technique.until]
    every = technique.record.every_s
    if isinstance(technique, ConstantCurrent):
        time = CutOff("time", False, technique.duration)
        return _Line("CC", technique.current, ends=(*ends, time), every=every)
    if isinstance(technique, ConstantVoltage):
        tapers = [e.value for e in ends if e.what == "current"]
        others = [e for e in ends if e.what != "current"]
        time = CutOff("time", False, technique.duration)
        return _Line(
            "CV",
            voltage=technique.voltage,
            taper=tapers[0] if tapers else None,
            ends=(*others, time),
            every=every,
        )
    assert isinstance(technique, OpenCircuit)  # noqa: S101  (the rest is refused)
    time = CutOff("time", False, technique.duration)
    return _Line("REST", ends=(*ends, time), every=every)


def _after(seconds: float) -> CutOff:
    return CutOff("time", falling=False, value=seconds)


def _cut(condition: Condition) -> CutOff:
    falling = condition.comparison is Comparison.AT_MOST
    return CutOff(_KNOWN[condition.quantity], falling, condition.value)


def _add(lines: list[_Line], line: _Line) -> None:
    """Append a line; a hold where the current before it ended becomes one with it."""
    before = lines[-1] if lines else None
    if before is not None and line.control == "CV" and before.control == "CC":
        ended = [e.value for e in before.ends if e.what == "voltage"]
        there = ended[0] if len(ended) == 1 else None
        at = line.voltage
        if there is not None and at is not None and abs(there - at) <= _SAME:
            both = (*before.ends, *line.ends)
            end = _after(sum(e.value or 0.0 for e in both if e.what == "time"))
            lines[-1] = replace(
                before,
                control="CCCV",
                voltage=line.voltage,
                taper=line.taper,
                ends=(end,),
            )
            return
    lines.append(line)


def _named(lines: Sequence[_Line]) -> tuple[ScheduleStep, ...]:
    """Return the lines with names, what repeats as a loop."""
    out: list[ScheduleStep] = []
    at = 0
    while at < len(lines):
        size, times = _repeated(lines, at)
        if times > 1 and lines[at].control == "REST":  # a cycle ends with its rest
            later = _repeated(lines, at + 1)
            if later[0] * later[1] >= size * times:
                size, times = 1, 1
        first = len(out) + 1
        for k in range(size):
            out.append(_step(lines[at + k], len(out) + 1))
        if times > 1:
            out[-1] = replace(out[-1], to_step=f"{first}STEP", loops=times)
        at += size * times
    return tuple(out)


def _repeated(lines: Sequence[_Line], at: int) -> tuple[int, int]:
    """Return the block from here that covers most by repeating: lines, times."""
    best = (1, 1)
    for size in range(1, min(LONGEST_BLOCK, (len(lines) - at) // 2) + 1):
        times = 1
        block = lines[at : at + size]
        while lines[at + times * size : at + (times + 1) * size] == block:
            times += 1
        if times > 1 and size * times > best[0] * best[1]:
            best = size, times
    return best


def _step(line: _Line, number: int) -> ScheduleStep:
    return ScheduleStep(
        f"{number}STEP",
        line.control,
        line.current,
        line.voltage,
        line.taper,
        line.ends,
        "",
        1,
        line.every,
    )
