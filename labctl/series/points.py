"""The plan of a series: which step belongs to which point, and what it is counted as.

What a protocol does once for a sample (formation, the way to a state) it does at the
first point only; the plan of a later point is told its outcome again
(`labctl.protocol.Protocol.again`). Spectra, sweeps and cycles are counted on through
the whole run, so that nobody takes those of two temperatures for one; `PointView`
counts each point's from the beginning again, as its protocol knows them.
"""

import dataclasses
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.data import Outcome
from labctl.protocol import Protocol, Step, StepRecord
from labctl.series.parameters import SeriesParameters
from labctl.steps.channel import RunTechniques
from labctl.steps.temperature import (
    CheckTemperature,
    SetTemperature,
    TemperatureTarget,
)
from labctl.techniques import Loop, Spectrum

NOTHING = {"cycle": 0, "half_cycle": -1, "spectrum_id": -1, "sweep": -1}
"""Counters of steps, and what stands where nothing is counted."""
COLUMNS = {
    "cycle": "cycle_count",
    "half_cycle": "half_cycle",
    "spectrum_id": "spectrum_id",
    "sweep": "sweep_id",
}
"""Where their rows have them."""
RETURN = -1
"""The point of what comes after the last one."""

Shift = Mapping[str, int]
"""Counter -> by how much a point's is further than its protocol's own."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One step of the series."""

    step: Step
    point: int
    """Number of its temperature from 0; `RETURN` after the last."""
    shift: Shift = field(default_factory=dict)
    once: bool = False
    """Whether it belongs to all points, because it is done once."""

    @property
    def is_own(self) -> bool:
        """Whether it is the chamber's, not the protocol's."""
        return isinstance(self.step, SetTemperature | CheckTemperature)


Placing = Generator[Placed, Outcome, None]


def placed_steps(protocol: Protocol, parameters: SeriesParameters) -> Placing:
    """Yield every step of ``protocol`` at every temperature, sent their outcomes."""
    counted, first = _Counted(), dict[str, Outcome]()
    for number, celsius in enumerate(parameters.temperatures):
        yield Placed(_to(parameters, celsius), number)
        shift = counted.shift(number)
        plan, outcome = protocol.plan(), None
        while True:
            try:
                step = next(plan) if outcome is None else plan.send(outcome)
            except StopIteration:
                break
            again = protocol.again(step)
            known = first.get(step.digest()) if again is None and number else None
            if known is not None:
                outcome = known
                continue
            done = step if number == 0 or again is None else again
            moved = _moved(done, shift)
            once = number == 0 and again is None
            counted.see(moved, once=once)
            outcome = yield Placed(moved, number, shift, once)
            if once:
                first[step.digest()] = outcome
        yield Placed(CheckTemperature(label=f"still at {said(celsius)}"), number)
    if parameters.return_to is not None:
        back = dataclasses.replace(
            _to(parameters, parameters.return_to),
            label=f"back to {said(parameters.return_to)}",
            required=False,
        )
        soakless = dataclasses.replace(back.target, soak=0.0)
        yield Placed(dataclasses.replace(back, target=soakless), RETURN)


def places_of(
    protocol: Protocol, parameters: SeriesParameters, steps: Sequence[StepRecord]
) -> dict[int, Placed]:
    """Return where each executed step of a series belongs, by its count."""
    plan = placed_steps(protocol, parameters)
    found: dict[int, Placed] = {}
    outcome: Outcome | None = None
    for record in sorted(steps, key=lambda one: one.step_count):
        try:
            found[record.step_count] = (
                next(plan) if outcome is None else plan.send(outcome)
            )
        except StopIteration:
            break
        outcome = record.outcome
        if outcome is None:
            break
    return found


@dataclass(slots=True)
class _Counted:
    """How far each counter has come."""

    top: dict[str, int] = field(default_factory=lambda: dict(NOTHING))
    base: dict[str, int] = field(default_factory=lambda: dict(NOTHING))
    """How far those came that are done once."""

    def shift(self, number: int) -> Shift:
        if not number:
            return {}
        further = {name: self.top[name] - self.base[name] for name in NOTHING}
        return {name: by for name, by in further.items() if by}

    def see(self, step: Step, *, once: bool) -> None:
        for name, last in _counters(step):
            self.top[name] = max(self.top[name], last)
            if once:
                self.base[name] = max(self.base[name], last)


def _to(parameters: SeriesParameters, celsius: float) -> SetTemperature:
    p = parameters
    target = TemperatureTarget(
        celsius, p.settle_band, p.soak, p.settle_deadline, p.temperature_ramp
    )
    return SetTemperature(label=f"to {said(celsius)}", target=target)


def said(celsius: float) -> str:
    """Return a temperature as a person reads it: ``22.5 °C``."""
    return f"{celsius:.10g} °C"


def _moved(step: Step, shift: Shift) -> Step:
    counted = {name for name, _ in _counters(step)}
    changes: dict[str, Any] = {
        name: getattr(step, name) + by for name, by in shift.items() if name in counted
    }
    return dataclasses.replace(step, **changes) if changes else step


def _counters(step: Step) -> Iterable[tuple[str, int]]:
    """Yield each counter that a step uses, and the last number it takes."""
    for name, nothing in NOTHING.items():
        at = getattr(step, name, nothing)
        if name == "spectrum_id":
            spectra = _spectra(step)
            at = at + spectra - 1 if spectra else nothing
        if at != nothing:
            yield name, at


def _spectra(step: Step) -> int:
    """Return how many spectra a step takes at most."""
    techniques = step.techniques if isinstance(step, RunTechniques) else ()
    count = sum(isinstance(each, Spectrum) for each in techniques)
    for each in techniques:
        if isinstance(each, Loop):
            count *= each.passes
    return count
