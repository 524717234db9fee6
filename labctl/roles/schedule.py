"""The schedule of a cycler that nobody can load from here, line by line, in SI.

A person enters it there; what the cycler writes of it is read back and compared.
Positive currents charge, as the cyclers' programs have it.
"""

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from labctl.techniques import Technique

_UNITS = {"time": "s", "voltage": "V", "current": "A"}


QUANTITIES = (
    *("schedule", "steps", "line", "line before it", "control", "current_ampere"),
    *("voltage_volt", "taper_ampere", "every_second", "time >=", "voltage >="),
    *("voltage <=", "current >=", "current <=", "end"),
    "times",
)
"""What of a schedule may differ; the place in here is its code in a run's results."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """One condition that ends a step."""

    what: str
    """``time``, ``voltage``, ``current``; ``cut-off 4`` of an unknown one."""
    falling: bool
    """Reached from above (≤); otherwise from below (≥)."""
    value: float | None
    """s, V or A; None: the file does not say it."""

    def __str__(self) -> str:
        sign = "<=" if self.falling else ">="
        value = "?" if self.value is None else f"{self.value:g}"
        return f"{self.what} {sign} {value} {_UNITS.get(self.what, '')}".rstrip()


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """One line of the schedule, SI; positive currents charge."""

    name: str
    control: str
    """``CC``, ``CV``, ``REST``, ``CCCV``; ``control 4`` of an unknown one."""
    current_ampere: float | None
    voltage_volt: float | None
    taper_ampere: float | None
    """Where the constant voltage of a CCCV ends."""
    ends: tuple[CutOff, ...]
    to_step: str
    """Name of the step it loops back to; empty: none."""
    loops: int | None
    """How often; None: the file does not say it."""
    every_second: float | None
    """Seconds between rows."""

    def to_json(self) -> Mapping[str, Any]:
        """Return it as JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> "ScheduleStep":
        """Return the step that `to_json` wrote."""
        ends = tuple(CutOff(**each) for each in text["ends"])
        return cls(**{**text, "ends": ends})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that did not run as it was planned."""

    step: int
    """Number of the line in the schedule, or of the step that ran, from 1; 0: all."""
    quantity: str
    """One of `QUANTITIES`."""
    planned: str | float | None
    ran: str | float | None
    """None: it is not there."""
    where: str = "schedule"
    """``schedule``: what was entered; ``rows``: what was recorded."""

    @property
    def code(self) -> int:
        """Place of the quantity in `QUANTITIES`; −1: a cut-off that is not known."""
        known = self.quantity in QUANTITIES
        return QUANTITIES.index(self.quantity) if known else -1

    def __str__(self) -> str:
        place = f"step {self.step}: " if self.step else ""
        told = [
            "nothing" if x is None else f"{x:g}" if isinstance(x, float) else x
            for x in (self.planned, self.ran)
        ]
        return f"{place}{self.quantity}: planned {told[0]}, ran {told[1]}"

    def to_json(self) -> Mapping[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


@typing.runtime_checkable
class TakesSchedules(typing.Protocol):
    """A driver of cyclers into which a person types what shall run."""

    def schedule(self, techniques: Sequence[Technique]) -> tuple[ScheduleStep, ...]:
        """Return techniques, in order, as lines of its schedule.

        RefusedError: what cannot be entered there, each by its name; its path is
        ``("techniques", i)``.
        """
        ...


def line_of(step: ScheduleStep) -> str:
    """Return a step as a person reads it."""
    words = [step.name, step.control]
    if step.current_ampere is not None:
        words.append(f"{step.current_ampere:+g} A")
    if step.voltage_volt is not None:
        words.append(f"{step.voltage_volt:g} V")
    if step.taper_ampere is not None:
        words.append(f"to {step.taper_ampere:g} A")
    words += [f"until {end}" for end in step.ends]
    loops = step.loops
    if step.to_step and (loops is None or loops > 1):
        words.append(f"back to {step.to_step}")
        words += [] if loops is None else [f"{loops} times"]
    return ", ".join(words)


def executed(steps: Sequence[ScheduleStep], most: int) -> Iterator[ScheduleStep]:
    """Yield the steps in the order in which they run, loops run through; ``most``.

    A loop runs from its target to its own line, so often in total as it says; one
    inside another begins anew each time. What loops to no known line runs once.
    """
    places = {step.name: k for k, step in enumerate(steps)}
    left: dict[int, int] = {}
    at = done = 0
    while at < len(steps) and done < most:
        step = steps[at]
        yield step
        done += 1
        target = places.get(step.to_step)
        if target is None or target > at or (step.loops or 1) <= 1:
            at += 1
            continue
        left[at] = left.get(at, step.loops or 1) - 1
        if left[at] > 0:
            for inner in [k for k in left if target <= k < at]:
                del left[inner]
            at = target
        else:
            del left[at]
            at += 1
