"""Which reading stands in a row, and when none does."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.columns import AMBIENT_TEMPERATURE, SURFACE_TEMPERATURE
from labctl.data import Batch
from labctl.temperatures import AHEAD, KEPT, STALE, Readings, Temperatures

SURFACE, AMBIENT = SURFACE_TEMPERATURE.name, AMBIENT_TEMPERATURE.name
nan = math.nan


def rows(**more: list[float]) -> Batch:
    columns = {"voltage_volt": [1.0, 2.0, 3.0], **more}
    return Batch("timeseries", {k: np.array(v) for k, v in columns.items()})


@pytest.mark.parametrize(
    ("time", "celsius"),
    [
        # nobody had looked yet; a moment before the first look
        (-5.0, nan),
        (-0.1, 25.0),
        # the last one before the row, however near the next one is
        (0.0, 25.0),
        (7.9, 25.0),
        (10.0, 26.0),
        # three intervals after the last one it says nothing any more
        (40.0, 26.0),
        (40.1, nan),
    ],
)
def test_a_row_has_the_last_reading_before_it(time: float, celsius: float) -> None:
    readings = Readings(10.0, [0.0, 10.0], [25.0, 26.0])

    (found,) = readings.at(np.array([time]))

    assert found == celsius or (math.isnan(found) and math.isnan(celsius))


def test_what_an_instrument_measures_itself_is_right() -> None:
    temperatures = Temperatures({SURFACE: Readings(10.0, [0.0], [25.0])})

    found = temperatures.joined(rows(**{SURFACE: [31.0, nan, 32.0]}), np.arange(3.0))

    assert found.columns[SURFACE].tolist() == [31.0, 25.0, 32.0]


def test_without_thermometers_rows_are_what_they_were() -> None:
    batch = rows()

    assert Temperatures().joined(batch, np.arange(3.0)) is batch


def test_a_reading_grows_old_between_two_looks() -> None:
    temperatures = Temperatures({SURFACE: Readings(10.0)})
    temperatures.take({SURFACE: 25.0}, 100.0)

    temperatures.now = 130.0
    assert temperatures.latest(SURFACE) == 25.0
    temperatures.now = 130.1
    assert math.isnan(temperatures.latest(SURFACE))
    assert math.isnan(temperatures.latest(AMBIENT))


def test_where_looks_are_rare_a_look_is_what_counts() -> None:
    temperatures = Temperatures({SURFACE: Readings(10.0)})
    temperatures.look(0.0)
    temperatures.look(500.0)
    temperatures.take({SURFACE: 25.0}, 500.0)

    found = temperatures.joined(rows(), np.array([600.0, 1500.0, 2100.0]))

    assert found.columns[SURFACE].tolist()[:2] == [25.0, 25.0]
    assert math.isnan(found.columns[SURFACE][2])


def test_a_run_of_months_keeps_no_more_than_it_needs() -> None:
    readings = Readings(1.0)
    for second in range(10 * KEPT):
        readings.take(25.0, float(second))

    assert len(readings.times) <= 2 * KEPT
    assert readings.at(np.array([10.0 * KEPT - 1.0]))[0] == 25.0


def test_where_the_runs_time_is_set_back_earlier_readings_are_forgotten() -> None:
    # An hour was waited for a record, whose own time begins now.
    readings = Readings(10.0)
    for time, celsius in ((0.0, 20.0), (10.0, 20.0), (3600.0, 25.0), (5.0, 45.0)):
        readings.take(celsius, time)

    found = readings.at(np.array([2.0, 6.0, 12.0]))

    assert math.isnan(found[0])
    assert found[1:].tolist() == [45.0, 45.0]


@given(
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20),
    st.lists(st.floats(-10.0, 1.1e6), min_size=1, max_size=20),
)
def test_no_row_has_a_number_that_nobody_read(
    looks: list[float], times: list[float]
) -> None:
    looks = sorted(looks)
    readings = Readings(10.0, looks, [float(k) for k in range(len(looks))])

    for time, celsius in zip(times, readings.at(np.array(times)), strict=True):
        if math.isfinite(celsius):
            look = looks[int(celsius)]
            assert -AHEAD <= time - look <= STALE * 10.0
        else:
            assert not any(-AHEAD < time - k < STALE * 10.0 for k in looks)
