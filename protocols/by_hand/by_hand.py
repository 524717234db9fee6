"""What every run by hand shares: ask, do it, hold what it left on, ask again.

Nobody touched it for ``patience``: what is on is made safe, the channels stay. Nobody
touched it for ``idle`` then: the run completes and gives them back.
"""

import abc
import dataclasses
import typing
from collections.abc import Generator, Mapping
from typing import Annotated, Any, Generic, TypeVar

import numpy as np
from pydantic import Field

from labctl.columns import unit_of
from labctl.data import EndReason, Outcome, Result
from labctl.errors import Complaint
from labctl.limits import Envelope
from labctl.person import END, HERE, KEEP, SAFE
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun, Step
from labctl.quantities import SI, Second
from labctl.sample import Sample
from labctl.steps.asking import HOLDS, KEPT, NOBODY, PATIENCE, Ask


class Holds(typing.Protocol):
    """What a run by hand is at between two requests; a frozen value."""

    @property
    def is_on(self) -> bool:
        """Whether anything is left on."""
        ...


Held = TypeVar("Held", bound=Holds)
Doing = Generator[Step, Outcome, Held]
"""The steps of one request; returns what is held after them."""


class ByHandParameters(Parameters):
    """How long a run by hand waits for its person."""

    patience: Annotated[Second, Field(ge=1, le=3600)] = PATIENCE
    """What is on is made safe when nobody touched it for that long."""
    idle: Annotated[Second, Field(ge=1)] = 600.0
    """The run ends when nothing is on and nobody touched it for that long."""
    every: Annotated[Second, Field(ge=0.2, le=3600)] = 1.0
    """Between two rows while something can be read."""


class Here(Parameters):
    """Say that somebody is there: what is on stays on."""


class Safe(Parameters):
    """Switch everything off; the channels stay."""


class End(Parameters):
    """Switch everything off and give the channels back."""


class Keep(Parameters):
    """Keep the reading of this moment."""

    note: Annotated[str, Field(max_length=200)] = ""
    """What a person wants to remember of it."""


COMMON: Mapping[str, type[Parameters]] = {
    HERE: Here,
    KEEP: Keep,
    SAFE: Safe,
    END: End,
}


class ByHand(Protocol, Generic[Held]):
    """A person's run; `Held` is where it stands between two requests."""

    parameters: ByHandParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, ByHandParameters)  # noqa: S101
        self.parameters = parameters

    def warnings(self) -> list[str]:
        """Say that somebody has to ask."""
        return ["it waits for a person: in the window, or with `labctl do`"]

    @abc.abstractmethod
    def begin(self) -> Held:
        """Return where it stands before the first request: everything off."""

    @abc.abstractmethod
    def ask(self, held: Held) -> Ask:
        """Return the step that holds something and waits; its patience is set."""

    @abc.abstractmethod
    def do(self, asked: Parameters, held: Held) -> Doing[Held]:
        """Yield the steps of a request; return what is held then."""

    @abc.abstractmethod
    def release(self, held: Held) -> Doing[Held]:
        """Yield what switches off that which no asking step does: a magnet."""

    def plan(self) -> Plan:
        """Yield what the person asks for."""
        p = self.parameters
        held = self.begin()
        while True:
            patience = p.patience if held.is_on else p.idle
            step = dataclasses.replace(self.ask(held), patience=patience, every=p.every)
            outcome = yield step
            kind = outcome.asked.get("request")
            if held.is_on and not outcome.values.get(HOLDS):  # it was interrupted
                held = yield from self.release(held)
            alone = outcome.condition == NOBODY and not held.is_on
            if kind == END or alone:
                yield from self.release(held)
                return
            if kind is None or kind == SAFE:  # left alone, skipped, or asked for
                held = yield from self.release(held)
            else:
                held = yield from self._done(self.understood(outcome.asked), held)

    def _done(self, asked: Parameters, held: Held) -> Doing[Held]:
        """Do what was asked; where a step was cut short, everything is off."""
        doing, cut = self.do(asked, held), False
        try:
            step = next(doing)
            while True:
                outcome = yield step
                cut = cut or outcome.reason is EndReason.SKIPPED
                step = doing.send(outcome)
        except StopIteration as end:
            held = end.value
        return (yield from self.release(held)) if cut else held

    def understood(self, asked: Mapping[str, Any]) -> Parameters:
        """Return a request as its model, from what an outcome keeps of it."""
        values = {k: v for k, v in asked.items() if k not in {"request", "by"}}
        return self.requests[asked["request"]].model_validate(values, context=SI)


def outside(
    envelope: Envelope, column: str, values: Mapping[str, float]
) -> list[Complaint]:
    """Return which values, by the name a person gave them, an envelope forbids."""
    low, high = envelope.bounds.get(column, (-np.inf, np.inf))
    unit = unit_of(column)
    return [
        Complaint(
            (name,),
            f"{value:g} {unit} is outside {low:g} … {high:g} {unit}, the limits of "
            "this run.",
        )
        for name, value in values.items()
        if not low <= value <= high
    ]


def kept_result(run: RecordedRun, *names: str) -> dict[str, Result]:
    """Return the readings that were kept as a table; nothing if none was."""
    table = run.table(KEPT)
    found = {
        name: tuple(map(float, table[name]))
        for name in names
        if name in table and np.isfinite(table[name].astype(float)).any()
    }
    count = len(next(iter(table.values()), ()))
    return {"readings_kept": Result(float(count), "", table=found)} if count else {}
