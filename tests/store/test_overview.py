"""The overview of a long stream: what follows from the rows, no more and no less."""

import dataclasses
from collections.abc import Callable

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.columns import COUNTER_VOLTAGE, EIS, OVERLOAD, TIMESERIES
from labctl.data import Batch, Stream
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile, Table
from labctl.store.run_file.seal import seal
from labctl.thinning.groups import LEAST, WIDTH, Overview, grouped, regrouped

Rows = Callable[[Stream, int, int], Batch]
MANY = LEAST + 3 * WIDTH // 2


@pytest.fixture
def long_run(journal: Journal, folder: RunFolder, make_rows: Rows) -> RunFolder:
    journal.set_status("running")
    for first in range(0, MANY, 5000):
        journal.append(make_rows(TIMESERIES, first, min(5000, MANY - first)))
    journal.append(make_rows(EIS, 0, 61))
    journal.finish("completed", {}, 1_760_000_500.0)
    journal.close()
    seal(folder)
    return folder


def test_a_long_stream_can_be_seen_at_once(long_run: RunFolder) -> None:
    with RunFile(long_run.sealed) as file:
        overview = file.overview("timeseries")
        volts = file.table("timeseries")["voltage_volt"]

    assert overview is not None
    assert set(overview) == {column.name for column in TIMESERIES.columns}
    first, low, high = overview["voltage_volt"]
    assert len(first) == -(-MANY // WIDTH)
    np.testing.assert_array_equal(first, volts[::WIDTH])
    assert (low[-1], high[-1]) == (volts[-WIDTH // 2], volts[-1])


def test_what_only_some_rows_know_is_in_the_overview_where_they_know_it(
    header: RunHeader, folder: RunFolder, make_rows: Rows
) -> None:
    grown = TIMESERIES.with_columns(COUNTER_VOLTAGE, OVERLOAD)
    told = dataclasses.replace(header, streams=(grown, EIS))
    with Journal.create(folder.journal, told) as journal:
        for first in range(0, MANY, 5000):
            rows = make_rows(grown, first, min(5000, MANY - first))
            volts = np.where(np.arange(len(rows)) % 2, 0.05, np.nan)
            journal.append(rows.with_columns({COUNTER_VOLTAGE.name: volts}))
        journal.finish("completed", {}, 1_760_000_500.0)
    seal(folder)

    with RunFile(folder.sealed) as file:
        overview = file.overview("timeseries")
        assert overview is not None
        _, low, high = overview[COUNTER_VOLTAGE.name]
        assert set(low) == set(high) == {0.05}
        assert OVERLOAD.name in overview


def test_short_streams_and_journals_have_none(long_run: RunFolder) -> None:
    with RunFile(long_run.sealed) as file, RunFile(long_run.journal) as journal:
        assert file.overview("eis") is None
        assert journal.overview("timeseries") is None
        assert journal.rows == file.rows == {"timeseries": MANY, "eis": 61}


def test_groups_of_another_width_are_not_taken_for_ours(long_run: RunFolder) -> None:
    with h5py.File(long_run.sealed, "r+") as file:
        file["entry/overview/timeseries"].attrs["rows_per_group"] = 4 * WIDTH

    with RunFile(long_run.sealed) as file:
        assert file.overview("timeseries") is None


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(0, 3 * WIDTH), max_size=6), factor=st.integers(1, 5))
def test_blocks_of_any_size_come_to_the_same_groups(
    sizes: list[int], factor: int
) -> None:
    rows = np.random.default_rng(sum(sizes)).normal(size=(sum(sizes), 2))
    rows[::7, 1] = np.nan
    overview = Overview(("a", "b"))
    at = 0
    for size in sizes:
        part = rows[at : at + size]
        overview.add({"a": part[:, 0], "b": part[:, 1]})
        at += size
    groups = overview.groups()

    np.testing.assert_array_equal(groups, grouped(rows, WIDTH))
    np.testing.assert_array_equal(
        regrouped(groups, factor), grouped(rows, factor * WIDTH)
    )


def test_asking_for_a_column_reads_no_rows() -> None:
    class Untouched:
        def __getitem__(self, _part: object) -> None:
            raise AssertionError("the rows were read")

    table = Table({"voltage_volt": Untouched()}, 10)

    assert "voltage_volt" in table
    assert "current_ampere" not in table
