"""No extreme is lost where a clock was set back, or a curve runs to and fro."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.store.run_file.reader import Table
from labctl.thinning.curves import thin
from labctl.thinning.finished_rows import FinishedRows
from labctl.thinning.groups import WIDTH, grouped
from labctl.thinning.pyramid import Pyramid

NAMES = ("test_time_second", "voltage_volt")


def zigzag(count: int, seed: int, backwards: float) -> np.ndarray:
    """Return times, of which some go back, and voltages."""
    random = np.random.default_rng(seed)
    steps = random.exponential(1.0, count)
    steps[random.random(count) < 0.02] *= -backwards
    return np.stack([np.cumsum(steps), random.normal(size=count)], axis=1)


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(2, 3000),
    seed=st.integers(0, 1000),
    backwards=st.floats(0, 50),
    most=st.integers(8, 600),
)
def test_what_is_drawn_reaches_as_far_as_what_was_measured_nearby(
    count: int, seed: int, backwards: float, most: int
) -> None:
    x, y = zigzag(count, seed, backwards).T

    rows = thin(x, y, most)

    assert rows.size <= 1.3 * most + 4
    assert (np.diff(rows) > 0).all()
    place = np.searchsorted(rows, np.arange(count))
    # a piece keeps its four extremes, so the ones of a row's piece are this near
    for shift in (y, x) if (np.diff(x) < 0).any() else (y,):
        kept = np.pad(shift[rows], 24, mode="edge")
        near = np.lib.stride_tricks.sliding_window_view(kept, 49)[
            np.minimum(place, rows.size - 1)
        ]
        assert (shift <= near.max(axis=1)).all()
        assert (shift >= near.min(axis=1)).all()


def test_every_single_dip_is_drawn_although_the_clock_was_set_back() -> None:
    x = np.arange(100_000.0)
    x[50_000:] -= 3600.0  # daylight saving, half way
    y = np.ones_like(x)
    dips = np.arange(500, 99_500, 1000)
    y[dips] = 0.0

    rows = thin(x / 100.0, y, 1000)

    assert set(dips) <= set(rows.tolist())


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 3000),
    seed=st.integers(0, 1000),
    backwards=st.floats(0, 300),
    begin=st.floats(-300, 1500),
    span=st.floats(0, 2000),
    pixels=st.integers(2, 300),
    kept=st.sampled_from([None, 64, 512]),
)
def test_a_window_of_a_live_run_holds_all_rows_of_its_time(
    count: int,
    seed: int,
    backwards: float,
    begin: float,
    span: float,
    pixels: int,
    kept: int | None,
) -> None:
    rows = zigzag(count, seed, backwards)
    pyramid = Pyramid(NAMES, rows=kept, groups=None if kept is None else kept // 8)
    for part in np.array_split(rows, 7):
        pyramid.add(dict(zip(NAMES, part.T, strict=True)))

    found = pyramid.window(NAMES[0], NAMES[1:], begin, begin + span, pixels)

    _holds(rows, found.names, found.values, begin, begin + span)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 50),
    backwards=st.floats(0, 3000),
    begin=st.floats(-300, 3000),
    span=st.floats(0, 5000),
    pixels=st.integers(2, 300),
)
def test_a_window_of_a_finished_run_holds_all_rows_of_its_time(
    seed: int, backwards: float, begin: float, span: float, pixels: int
) -> None:
    rows = zigzag(5 * WIDTH + 11, seed, backwards)
    groups = grouped(rows, WIDTH)
    run = FinishedRows(
        Table(dict(zip(NAMES, rows.T, strict=True)), len(rows)),
        {name: groups[:, :, at] for at, name in enumerate(NAMES)},
    )

    found = run.window(NAMES[0], NAMES[1:], begin, begin + span, pixels)

    _holds(rows, found.names, found.values, begin, begin + span)


def _holds(
    rows: np.ndarray,
    columns: tuple[str, ...],
    values: np.ndarray,
    begin: float,
    end: float,
) -> None:
    own = rows[(rows[:, 0] >= begin) & (rows[:, 0] <= end), 1]
    if not own.size:
        return
    named = dict(zip(columns, values, strict=True))
    low = named.get("voltage_volt", named.get("voltage_volt:min"))
    high = named.get("voltage_volt", named.get("voltage_volt:max"))
    assert low is not None
    assert high is not None
    assert low.min() <= own.min()
    assert high.max() >= own.max()


def test_a_curve_that_stands_still_is_one_point() -> None:
    rows = thin(np.zeros(5000), np.zeros(5000), 100)

    assert rows.size <= 100


@pytest.mark.parametrize("most", [8, 100])
def test_gaps_are_no_points(most: int) -> None:
    x = np.sin(np.linspace(0, 20, 5000))
    y = np.where(x > 0.5, np.nan, x)

    assert np.isfinite(y[thin(x, y, most)]).all()
