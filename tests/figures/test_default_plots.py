"""A protocol's default plot, drawn from its columns."""

import numpy as np

from labctl.columns import CHAMBER_TEMPERATURE, CLIMATE, SETPOINT_TEMPERATURE
from labctl.figures.figure import Plot
from labctl.figures.from_plot import from_plot

TIME = "test_time_second"


def test_an_axis_writes_degrees_as_people_do() -> None:
    names = (CHAMBER_TEMPERATURE.name, SETPOINT_TEMPERATURE.name)
    plot = Plot("climate", "Temperature", CLIMATE.name, TIME, names)
    rows = {name: np.array([25.0, 26.0]) for name in (TIME, *names)}

    assert from_plot(plot, rows).y_label == "Chamber Temperature, Set Point / °C"
