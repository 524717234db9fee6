"""The protocol ``soak``: humidities at one temperature, each held for a while.

The temperature is labctl's own step on labctl's own role, `Chamber`; the humidity is
this package's.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.analysis.uncertainty import estimated
from labctl.columns import CLIMATE
from labctl.data import Quality, Result, Stream
from labctl.figures.figure import Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Celsius, Fraction, Second
from labctl.roles.chamber import Chamber
from labctl.sample import Sample, SampleKind
from labctl.steps.temperature import SetTemperature, TemperatureTarget
from labctl.verdicts.condition import Condition
from labctl_climate.humidifier import Humidifier
from labctl_climate.humidity import AIR, HUMIDITY, PLOT
from labctl_climate.steps import CheckHumidifier, HoldHumidity

PERCENT = 100.0
OVERSHOOT = 15.0
"""% above the highest and below the lowest humidity that end the run."""
ROOMS = (20.0, 70.0)
"""%; how humid it may be when a run begins."""
STAYED = Condition(
    code="humidity-stayed",
    holds="The air stayed within the tolerance once it had reached it.",
    advice="Hold longer before the samples count, or close the door.",
)
FEWEST = 3
"""Rows that make a mean with a scatter."""


class SoakParameters(Parameters):
    """Which temperature and humidities, and how long each."""

    humidities: Annotated[tuple[Fraction, ...], Field(min_length=1, max_length=30)]
    """One after the other, relative: ``60 %``."""
    temperature: Celsius = 25.0
    """Of the air, all the time."""
    hold: Annotated[Second, Field(gt=0)] = 1800.0
    """At each of them, once it is reached."""
    tolerance: Annotated[Fraction, Field(gt=0, le=0.1)] = 0.02
    """Of humidity that counts as reached; leaving it ends the run."""
    deadline: Annotated[Second, Field(gt=0)] = 7200.0
    """To reach one of them."""


class Soak(Protocol):
    """See the module."""

    name = "soak"
    title = "Humidities in a climate chamber, each held for a while"
    parameters_model = SoakParameters
    streams: ClassVar[tuple[Stream, ...]] = (HUMIDITY, CLIMATE)
    plots: ClassVar[tuple[Plot, ...]] = (PLOT,)
    sample_kinds = frozenset(SampleKind)

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, SoakParameters)
        self.parameters = parameters
        self.percents = tuple(PERCENT * each for each in parameters.humidities)

    def roles(self) -> Mapping[str, type]:
        """Return what it needs: both may be one instrument's."""
        return {"chamber": Chamber, "humidifier": Humidifier}

    def duration(self) -> float:
        """Return how long it may take at most, s."""
        p = self.parameters
        return (len(p.humidities) + 1) * (p.hold + p.deadline)

    def envelope(self) -> Envelope:
        """Stop a humidifier that runs away; it may begin at any room's humidity."""
        wanted = (*self.percents, *ROOMS)
        return Envelope({AIR.name: (min(wanted) - OVERSHOOT, max(wanted) + OVERSHOOT)})

    def plan(self) -> Plan:
        """Yield the bench's check, the temperature, then a step a humidity."""
        p = self.parameters
        yield CheckHumidifier(
            label="can the humidifier do it", humidities=self.percents
        )
        target = TemperatureTarget(p.temperature, deadline=p.deadline)
        yield SetTemperature(label=f"{p.temperature:g} °C", target=target)
        for number, percent in enumerate(self.percents, start=1):
            yield HoldHumidity(
                label=f"{percent:g} %",
                cycle=number,
                humidity=percent,
                hold=p.hold,
                tolerance=PERCENT * p.tolerance,
                deadline=p.deadline,
            )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the mean humidity of each hold and how soon it was reached."""
        found: dict[str, Result] = {}
        for number, percent in enumerate(self.percents, start=1):
            name = f"{number}_at_{percent:g}"
            found[f"mean_{name}"] = self._mean(run, number)
            found[f"reached_{name}"] = _reached(run, number)
        return found

    def _mean(self, run: RecordedRun, number: int) -> Result:
        table = run.table(HUMIDITY.name)
        own = table[AIR.name][table["cycle_count"] == number]
        wanted = self.percents[number - 1]
        outside = np.abs(own - wanted) > PERCENT * self.parameters.tolerance
        begins = int(np.argmin(outside)) if len(own) and not outside.all() else len(own)
        held = own[begins:]
        if len(held) < FEWEST:
            return Result.absent("%", f"{len(held)} rows within the tolerance")
        # The scatter itself: what drifts is not averaged away by more rows.
        mean, scatter = float(held.mean()), float(held.std(ddof=1))
        found = estimated(mean, scatter, "scatter of the rows").with_unit("%")
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
