"""A window of a long finished run against all its rows, wherever they are read from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.store.run_file.reader import Table
from labctl.thinning.finished_rows import FinishedRows
from labctl.thinning.groups import WIDTH, grouped

NAMES = ("test_time_second", "voltage_volt")
COUNT = 40 * WIDTH + 137


def finished() -> tuple[np.ndarray, FinishedRows]:
    random = np.random.default_rng(5)
    time = np.cumsum(random.exponential(1.0, COUNT))
    rows = np.stack([time, random.normal(3.5, 1.0, COUNT)], axis=1)
    rows[random.random(COUNT) < 0.01, 1] = np.nan
    groups = grouped(rows, WIDTH)
    overview = {name: groups[:, :, at] for at, name in enumerate(NAMES)}
    return rows, FinishedRows(
        Table(dict(zip(NAMES, rows.T, strict=True)), COUNT), overview
    )


ROWS, RUN = finished()


@settings(max_examples=200, deadline=None)
@given(
    begin=st.floats(-100, COUNT * 1.1),
    span=st.one_of(st.floats(0, 3000), st.floats(0, COUNT * 1.2)),
    pixels=st.integers(2, 900),
)
def test_a_window_is_the_first_least_and_greatest_of_its_rows(
    begin: float, span: float, pixels: int
) -> None:
    found = RUN.window(NAMES[0], NAMES[1:], begin, begin + span, pixels)

    inside = np.flatnonzero((ROWS[:, 0] >= begin) & (ROWS[:, 0] <= begin + span))
    if found.rows_per_point == 1:
        np.testing.assert_array_equal(found.values, ROWS[inside].T)
        return
    width = found.rows_per_point
    assert len(inside) > 4 * pixels
    assert found.first_row == inside[0] // width * width
    last = (inside[-1] // width + 1) * width
    groups = grouped(ROWS[found.first_row : last], width)
    np.testing.assert_array_equal(found.values[0:3], groups[:, :, 0])
    np.testing.assert_array_equal(found.values[3:6], groups[:, :, 1])
    assert pixels / 2 <= found.values.shape[1] <= 2 * pixels + 2


def test_open_ends_are_the_whole_run() -> None:
    found = RUN.window(NAMES[0], NAMES[1:], -np.inf, np.inf, 10)

    assert found.first_row == 0
    assert found.values[4].min() == np.nanmin(ROWS[:, 1])
    assert found.values[5].max() == np.nanmax(ROWS[:, 1])
