"""How warm a point was, by whoever measured it best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from toy_series import SAMPLE, Toy, ToyParameters, series_of

from labctl.columns import AMBIENT_TEMPERATURE, STAMP, SURFACE_TEMPERATURE
from labctl.data import Array, Column, EndReason, Outcome, Stream
from labctl.protocol import StepRecord
from labctl.sample import Sample
from labctl.series.over_temperatures import OverTemperatures
from labctl.series.points import places_of
from labctl.series.temperatures import temperature_at


@dataclass
class Recorded:
    """One point at 45 °C by the chamber, with or without thermometers."""

    sample: Sample = SAMPLE
    thermometers: Mapping[Column, Sequence[float]] = field(default_factory=dict)
    stated: float = math.nan

    @property
    def streams(self) -> Sequence[Stream]:
        return (Stream("rows", (*STAMP, *self.thermometers)),)

    @property
    def steps(self) -> Sequence[StepRecord]:
        ends = ({"celsius": 45.1}, {"ohm": 1.0}, {"ohm": 1.0}, {"celsius": 44.9})
        return [
            StepRecord(k, {}, 0.0, 1.0, Outcome(EndReason.COMPLETED, values=values))
            for k, values in enumerate(ends, 1)
        ]

    def table(self, stream: str) -> Mapping[str, Array]:
        del stream
        rows = max(map(len, self.thermometers.values()), default=0)
        values = {c.name: np.array(x) for c, x in self.thermometers.items()}
        return {"step_count": np.full(rows, 3), **values}

    def accuracy(self, role: str) -> None:
        del role

    def temperature_uncertainty(self, column: str) -> float:
        del column
        return self.stated


@pytest.mark.parametrize(
    ("run", "celsius", "uncertainty"),
    [
        # The chamber's sensor, and that the sample is not in it.
        (Recorded(), 45.0, math.hypot(0.5, 0.2, 0.1 / math.sqrt(3))),
        # What is around the sample is not the sample either.
        (
            Recorded(thermometers={AMBIENT_TEMPERATURE: [44.0, 44.0]}),
            44.0,
            math.hypot(0.5, 0.2),
        ),
        # A thermometer on the sample, of which nobody knows how good it is.
        (Recorded(thermometers={SURFACE_TEMPERATURE: [43.0, 43.0]}), 43.0, 0.5),
        # One that says so, and a sample that drifted by 0.2 K.
        (
            Recorded(thermometers={SURFACE_TEMPERATURE: [42.9, 43.1]}, stated=0.05),
            43.0,
            math.hypot(0.05, 0.1 / math.sqrt(3)),
        ),
        # The nearer one counts; one that broke does not.
        (
            Recorded(
                thermometers={
                    SURFACE_TEMPERATURE: [math.nan, math.nan],
                    AMBIENT_TEMPERATURE: [44.0, 44.0],
                }
            ),
            44.0,
            math.hypot(0.5, 0.2),
        ),
    ],
)
def test_the_nearest_thermometer_counts(
    run: Recorded, celsius: float, uncertainty: float
) -> None:
    protocol = series_of(temperatures="45 °C")
    assert isinstance(protocol, OverTemperatures)
    inner = Toy(ToyParameters(), SAMPLE)
    places = places_of(inner, protocol.series, run.steps)

    found = temperature_at(run, places, 0, band=0.5)

    assert found.value == pytest.approx(celsius + 273.15)
    assert found.uncertainty == pytest.approx(uncertainty)
    assert found.valid


def test_a_point_at_whose_end_nobody_looked_is_doubted() -> None:
    # The chamber's sensor broke while it was measured, or the run was cut.
    class Cut(Recorded):
        @property
        def steps(self) -> Sequence[StepRecord]:
            return super().steps[:-1]

    run, protocol = Cut(), series_of(temperatures="45 °C")
    assert isinstance(protocol, OverTemperatures)
    places = places_of(Toy(ToyParameters(), SAMPLE), protocol.series, run.steps)

    found = temperature_at(run, places, 0, band=0.5)

    assert [doubt.code for doubt in found.doubts] == ["temperature-held"]
    assert found.uncertainty == pytest.approx(math.hypot(0.5, 0.2, 0.5 / math.sqrt(3)))


def test_a_temperature_that_moved_beyond_the_band_is_doubted() -> None:
    run = Recorded(thermometers={SURFACE_TEMPERATURE: [42.0, 45.0]})
    protocol = series_of(temperatures="45 °C")
    assert isinstance(protocol, OverTemperatures)
    places = places_of(Toy(ToyParameters(), SAMPLE), protocol.series, run.steps)

    found = temperature_at(run, places, 0, band=0.5)

    assert [doubt.code for doubt in found.doubts] == ["temperature-held"]
