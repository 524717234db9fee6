"""A thinned window against all rows: no peak is lost, nothing is made up."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.data import Batch, Column, Stream
from labctl.service.records.archive import forgotten
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.thinning.pyramid import LIVE_GROUPS, LIVE_ROWS, Pyramid

NAMES = ("test_time_second", "voltage_volt", "current_ampere")


def fed(rows: np.ndarray, sizes: list[int], kept: int | None = None) -> Pyramid:
    """Return a pyramid that got ``rows`` in batches of these sizes, then the rest."""
    groups = None if kept is None else max(kept // 8, 4)
    pyramid = Pyramid(NAMES, rows=kept, groups=groups)
    at = 0
    for size in [*sizes, len(rows)]:
        part = rows[at : at + size]
        if len(part):
            pyramid.add(dict(zip(NAMES, part.T, strict=True)))
        at += size
    return pyramid


def some_rows(count: int, seed: int, holes: bool) -> np.ndarray:
    random = np.random.default_rng(seed)
    time = np.cumsum(random.exponential(1.0, count))
    volts = random.normal(3.5, 1.0, count)
    if holes:
        volts[random.random(count) < 0.2] = np.nan
    return np.stack([time, volts, random.normal(0, 1e-3, count)], axis=1)


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 3000),
    seed=st.integers(0, 1000),
    holes=st.booleans(),
    sizes=st.lists(st.integers(0, 700), max_size=8),
    begin=st.floats(-10, 3200),
    span=st.floats(0, 4000),
    pixels=st.integers(2, 300),
)
def test_a_window_is_the_first_least_and_greatest_of_its_rows(
    count: int,
    seed: int,
    holes: bool,
    sizes: list[int],
    begin: float,
    span: float,
    pixels: int,
) -> None:
    rows = some_rows(count, seed, holes)
    found = fed(rows, sizes).window(NAMES[0], NAMES[1:], begin, begin + span, pixels)

    inside = np.flatnonzero((rows[:, 0] >= begin) & (rows[:, 0] <= begin + span))
    assert found.rows == count
    if found.rows_per_point == 1:
        np.testing.assert_array_equal(found.values, rows[inside].T)
        return
    width = found.rows_per_point
    assert len(inside) > 4 * pixels
    assert found.first_row == inside[0] // width * width
    last = min((inside[-1] // width + 1) * width, count)
    expected = []
    for at in range(found.first_row, last, width):
        group = rows[at : min(at + width, count)]
        for k in range(3):
            column = group[:, k]
            expected.append(
                (
                    column[0],
                    np.fmin.reduce(column),
                    np.fmax.reduce(column),
                )
            )
    groups = np.array(expected).reshape(-1, 9).T
    np.testing.assert_array_equal(found.values, groups)
    assert found.values.shape[1] <= 8 * pixels + 2


@pytest.mark.parametrize("begin", [0.0, 500.0, 4500.0])
def test_rows_that_were_let_go_still_show_their_peaks(
    begin: float,
) -> None:
    rows = some_rows(5000, 7, holes=False)
    pyramid = fed(rows, [100] * 60, kept=400)

    whole = pyramid.window(NAMES[0], NAMES[1:2], -1.0, 1e9, 50)
    part = pyramid.window(NAMES[0], NAMES[1:2], begin, begin + 300.0, 100)

    assert pyramid.rows == 5000
    assert whole.values[4].min() == rows[:, 1].min()
    assert whole.values[5].max() == rows[:, 1].max()
    inside = rows[(rows[:, 0] >= begin) & (rows[:, 0] <= begin + 300.0)]
    y_min = whole.names.index("voltage_volt:min")
    low = part.values[y_min if part.rows_per_point > 1 else 1].min()
    assert low <= inside[:, 1].min()


def test_the_cursor_brings_every_row_once() -> None:
    rows = some_rows(1000, 3, holes=True)
    pyramid = fed(rows, [333])
    parts, cursor = [], 0

    while True:
        first, block = pyramid.tail(cursor, 77)
        if not len(block):
            break
        assert first == cursor
        parts.append(block)
        cursor = first + len(block)

    np.testing.assert_array_equal(np.concatenate(parts), rows)


def test_a_loop_keeps_its_order() -> None:
    turn = np.linspace(0, 6 * np.pi, 9000)
    rows = np.stack([turn, np.cos(turn), np.sin(turn)], axis=1)
    found = fed(rows, []).window("voltage_volt", ["current_ampere"], -1, 1e9, 200)

    x = found.values[found.names.index("voltage_volt:first")]
    y = found.values[found.names.index("current_ampere:first")]

    np.testing.assert_allclose(np.hypot(x, y), 1.0)
    assert np.all(np.diff(np.unwrap(np.arctan2(y, x))) > 0)


@settings(max_examples=100, deadline=None)
@given(
    count=st.integers(1, 9000),
    seed=st.integers(0, 1000),
    sizes=st.lists(st.integers(1, 900), max_size=8),
    begin=st.floats(-10, 9000),
    span=st.floats(0, 9000),
    pixels=st.integers(2, 300),
)
def test_what_was_forgotten_is_named_and_its_peaks_are_there(
    count: int, seed: int, sizes: list[int], begin: float, span: float, pixels: int
) -> None:
    rows = some_rows(count, seed, holes=False)
    found = fed(rows, sizes, kept=256).window(
        NAMES[0], NAMES[1:2], begin, begin + span, pixels
    )

    inside = np.flatnonzero((rows[:, 0] >= begin) & (rows[:, 0] <= begin + span))
    width = found.rows_per_point
    if not len(inside):
        return
    assert found.first_row <= inside[0]
    low = found.values[4 if width > 1 else 1]
    assert low.min() <= rows[inside, 1].min()
    if found.forgotten:
        assert found.forgotten.start <= inside[0]
        assert found.forgotten.stop > inside[-1]
    elif width == 1:
        np.testing.assert_array_equal(found.values[1], rows[inside, 1])


def test_a_stream_that_goes_on_takes_no_more_memory_after_a_while() -> None:
    pyramid = Pyramid(NAMES, rows=LIVE_ROWS, groups=LIVE_GROUPS)
    sizes = []
    for start in range(0, 400_000, 4_000):
        time = np.arange(start, start + 4_000.0)
        pyramid.add(dict(zip(NAMES, (time, time, time), strict=True)))
        sizes.append(pyramid.nbytes)

    assert (sizes[-1] - sizes[10]) / 360_000 < 1.5  # bytes a row


def test_rows_that_were_forgotten_are_read_again_from_the_journal(
    tmp_path: Path,
) -> None:
    stream = Stream("timeseries", tuple(Column(n, "", n) for n in NAMES))
    header = RunHeader("run", "run", "test", (stream,))
    rows = some_rows(3000, 3, holes=False)
    with Journal.create(tmp_path / "run" / "journal.sqlite", header) as journal:
        for part in np.array_split(rows, 30):
            journal.append(Batch("timeseries", dict(zip(NAMES, part.T, strict=True))))
            journal.commit()

    found = forgotten(
        tmp_path / "run", "timeseries", NAMES[0], NAMES[1:2], range(111, 222), 300
    )

    assert (found.rows_per_point, found.first_row, found.rows) == (1, 111, 3000)
    np.testing.assert_array_equal(found.values, rows[111:222, :2].T)
