"""The protocol ``soak``: temperatures one after the other, each held for a while."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.analysis.uncertainty import estimated
from labctl.data import Quality, Result, Stream
from labctl.figures.figure import Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Celsius, Second
from labctl.sample import Sample, SampleKind
from labctl.verdicts.condition import Condition
from labctl_climate.chamber import Chamber
from labctl_climate.climate import AIR, CLIMATE, PLOT
from labctl_climate.steps import CheckChamber, HoldTemperature

OVERSHOOT = 10.0
"""°C above the highest and below the lowest temperature that end the run."""
STAYED = Condition(
    code="climate-stayed",
    holds="The air stayed within the tolerance once it had reached it.",
    advice="Hold longer before the samples count, or close the door.",
)
FEWEST = 3
"""Rows that make a mean with a scatter."""


class SoakParameters(Parameters):
    """Which temperatures, and how long each."""

    temperatures: Annotated[tuple[Celsius, ...], Field(min_length=1, max_length=30)]
    """One after the other."""
    hold: Annotated[Second, Field(gt=0)] = 1800.0
    """At each of them, once it is reached."""
    tolerance: Annotated[float, Field(gt=0, le=5)] = 0.5
    """°C that count as reached; leaving them ends the run."""
    deadline: Annotated[Second, Field(gt=0)] = 7200.0
    """To reach one of them."""


class Soak(Protocol):
    """See the module."""

    name = "soak"
    title = "Temperatures in a chamber, each held for a while"
    parameters_model = SoakParameters
    streams: ClassVar[tuple[Stream, ...]] = (CLIMATE,)
    plots: ClassVar[tuple[Plot, ...]] = (PLOT,)
    sample_kinds = frozenset(SampleKind)

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, SoakParameters)
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Return the one instrument that it needs."""
        return {"chamber": Chamber}

    def duration(self) -> float:
        """Return how long it may take at most, s."""
        p = self.parameters
        return len(p.temperatures) * (p.hold + p.deadline)

    def envelope(self) -> Envelope:
        """Stop a chamber that runs away; it may begin at any room's temperature."""
        wanted = (*self.parameters.temperatures, 10.0, 35.0)
        return Envelope({AIR.name: (min(wanted) - OVERSHOOT, max(wanted) + OVERSHOOT)})

    def plan(self) -> Plan:
        """Yield the bench's check, then a step a temperature."""
        p = self.parameters
        yield CheckChamber(label="can the chamber do it", temperatures=p.temperatures)
        for number, celsius in enumerate(p.temperatures, start=1):
            yield HoldTemperature(
                label=f"{celsius:g} °C",
                cycle=number,
                temperature=celsius,
                hold=p.hold,
                tolerance=p.tolerance,
                deadline=p.deadline,
            )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the mean temperature of each hold and how soon it was reached."""
        found: dict[str, Result] = {}
        for number, celsius in enumerate(self.parameters.temperatures, start=1):
            name = f"{number}_at_{celsius:g}"
            found[f"mean_{name}"] = self._mean(run, number)
            found[f"reached_{name}"] = _reached(run, number)
        return found

    def _mean(self, run: RecordedRun, number: int) -> Result:
        table = run.table(CLIMATE.name)
        own = table[AIR.name][table["cycle_count"] == number]
        wanted = self.parameters.temperatures[number - 1]
        outside = np.abs(own - wanted) > self.parameters.tolerance
        begins = int(np.argmin(outside)) if len(own) and not outside.all() else len(own)
        held = own[begins:]
        if len(held) < FEWEST:
            return Result.absent("degC", f"{len(held)} rows within the tolerance")
        # The scatter itself: what drifts is not averaged away by more rows.
        mean, scatter = float(held.mean()), float(held.std(ddof=1))
        found = estimated(mean, scatter, "scatter of the rows").with_unit("degC")
        return found.suspect(*STAYED.met(not outside[begins:].any())).to_result()


def _reached(run: RecordedRun, number: int) -> Result:
    """Return what the step said at its end; absent while it goes on."""
    for record in run.steps:
        outcome = record.outcome
        if record.payload.get("cycle") == number and outcome is not None:
            seconds = outcome.values.get("reached_after")
            if seconds is not None and np.isfinite(seconds):
                return Result(float(seconds), "s", quality=Quality.GOOD)
    return Result.absent("s", "it was not reached and held to the end")
