"""A chamber's front panel: a temperature, a ramp, off, and a row a look meanwhile.

A chamber is warm for hours and regulates by itself, within bounds of its own. So it is
left on for longer than a current is when nobody touches it; at the end of the run it is
made safe like everything else.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.columns import CHAMBER_TEMPERATURE, CLIMATE, SETPOINT_TEMPERATURE
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Plot
from labctl.protocol import Bench, Parameters, RecordedRun
from labctl.quantities import Celsius, Quantity, Second
from labctl.roles.chamber import Chamber
from labctl.sample import SampleKind
from labctl.steps.asking import KEPT, Ask
from labctl.steps.asking_chamber import AskChamber
from labctl.steps.temperature import ROLE, TemperatureTarget, target_beyond
from protocols.by_hand.by_hand import (
    COMMON,
    ByHand,
    ByHandParameters,
    Doing,
    kept_result,
)

HOUR = 3600.0
AIR, SETPOINT = CHAMBER_TEMPERATURE.name, SETPOINT_TEMPERATURE.name


@dataclass(frozen=True, slots=True)
class Front:
    """Where the chamber stands between two requests."""

    target: TemperatureTarget | None = None
    """None: off."""

    @property
    def is_on(self) -> bool:
        """See `Holds`."""
        return self.target is not None


class ChamberParameters(ByHandParameters):
    """How long the chamber waits for its person."""

    patience: Annotated[Second, Field(ge=1, le=30 * 24 * HOUR)] = 12 * HOUR
    """It is made safe when nobody touched it for that long."""
    every: Annotated[Second, Field(ge=0.2, le=HOUR)] = 10.0
    """Between two rows."""


class HoldTemperature(Parameters):
    """Go to a temperature and stay there."""

    temperature: Celsius
    """By its own sensor."""
    ramp: Annotated[float, Quantity("K/s"), Field(gt=0)] | None = None
    """How fast; none: as fast as it can."""


class ChamberByHand(ByHand[Front]):
    """See the module."""

    name = "chamber-by-hand"
    title = "A chamber by hand"
    parameters_model = ChamberParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "hold-temperature": HoldTemperature,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        CLIMATE,
        dataclasses.replace(CLIMATE, name=KEPT, title="Readings that were kept"),
    )
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "climate",
            "Temperature against time",
            CLIMATE.name,
            "test_time_second",
            (AIR, SETPOINT),
        ),
    )
    sample_kinds = frozenset(SampleKind)

    def roles(self) -> Mapping[str, type]:
        """One chamber."""
        return {ROLE: Chamber}

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare temperature and ramp with the chamber's bounds; no talk."""
        if not isinstance(asked, HoldTemperature):
            return []
        found = target_beyond(bench.role(ROLE, Chamber), _target(asked))
        return [
            dataclasses.replace(
                each, path=("ramp" if each.unit == "K/s" else "temperature",)
            )
            for each in found
        ]

    def begin(self) -> Front:
        """Return the chamber off."""
        return Front()

    def ask(self, held: Front) -> Ask:
        """Return the step that holds a temperature and waits."""
        if held.target is None:
            return AskChamber(label="off")
        label = f"holds {held.target.celsius:g} °C"
        return AskChamber(label=label, target=held.target)

    def do(self, asked: Parameters, held: Front) -> Doing[Front]:
        """Take another temperature."""
        yield from ()
        return Front(_target(asked)) if isinstance(asked, HoldTemperature) else held

    def release(self, held: Front) -> Doing[Front]:
        """Every step leaves the chamber safe."""
        del held
        yield from ()
        return Front()

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return its last temperature, and what was kept."""
        found = run.table(CLIMATE.name).get(AIR, np.empty(0))
        last = Result.absent("degC", "nothing was read")
        if len(found) and np.isfinite(found[-1]):
            last = Result(float(found[-1]), "degC")
        return {"last_temperature": last, **kept_result(run, AIR, SETPOINT)}


def _target(asked: HoldTemperature) -> TemperatureTarget:
    return TemperatureTarget(asked.temperature, ramp=asked.ramp)
