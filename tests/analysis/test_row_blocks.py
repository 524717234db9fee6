"""A run's cycles are the same whether its rows come at once or block by block."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pytest

from labctl.analysis.cells.completeness import Cut
from labctl.analysis.cells.cycles_of_rows import cycles_of_rows
from labctl.analysis.cells.running_time import RunningTime, running_time
from labctl.analysis.row_blocks import BLOCK_ROWS, blocks, gathered, largest_size
from labctl.columns import CURRENT_RANGE
from labctl.data import Array
from labctl.sample import Sample

SAMPLE = Sample.model_validate(
    {
        "name": "cell",
        "kind": "half_cell",
        "active_mass": "1.2 mg",
        "first_step": "discharge",
    }
)
CYCLES, ROWS_A_STEP, STEPS_A_CYCLE = 40, 1300, 3


class OnDisk(Mapping[str, Array]):
    """A table that gives rows; that it must never give a whole column is the point."""

    def __init__(self, table: Mapping[str, Array]) -> None:
        self._table = table

    def rows_between(
        self, after: int, until: int, columns: Collection[str]
    ) -> Mapping[str, Array]:
        return {name: self._table[name][after:until] for name in columns}

    def __getitem__(self, name: str) -> Array:
        if name not in self._table:
            raise KeyError(name)
        raise AssertionError(f"{name} was read as a whole")

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def cycled() -> dict[str, Array]:
    """Return discharge, charge and rest again and again, two blocks and a half long."""
    rng = np.random.default_rng(7)
    steps = CYCLES * STEPS_A_CYCLE
    step = np.repeat(np.arange(steps), ROWS_A_STEP)
    part, n = step % STEPS_A_CYCLE, len(step)
    own = np.tile(np.arange(1.0, ROWS_A_STEP + 1), steps)
    current = np.choose(part, [-1e-3, 1e-3, np.nan]) * (1 + 1e-3 * rng.normal(size=n))
    swing = own / ROWS_A_STEP
    return {
        "test_time_second": step * (ROWS_A_STEP + 7.0) + own,
        "instrument_time_second": own,
        "step_count": step,
        "technique_index": np.zeros(n, np.int64),
        "voltage_volt": np.choose(part, [1.5 - swing, 0.5 + swing, 1.5 + 0 * swing]),
        "current_ampere": current,
        "half_cycle": step // STEPS_A_CYCLE * 2 + np.minimum(part, 1),
        "cycle_count": step // STEPS_A_CYCLE + 1,
        CURRENT_RANGE.name: part % 2 + (step % 11 == 0) * (own > ROWS_A_STEP / 2),
    }


def ways(counted: bool) -> dict[str, Array]:
    table = cycled()
    return table if counted else table | {"half_cycle": 0 * table["half_cycle"] - 1}


@pytest.mark.parametrize("counted", [True, False], ids=["own counter", "by the sign"])
def test_cycles_are_the_same_block_by_block(*, counted: bool) -> None:
    table = ways(counted)
    ended = {4: Cut.STOPPED, 51: Cut.TIMED, 117: Cut.LIMIT, 118: Cut.WHOLE}

    found = cycles_of_rows(OnDisk(table), SAMPLE, ended=ended)

    expected = cycles_of_rows(table, SAMPLE, ended=ended)
    assert len(expected) == CYCLES
    for each in dataclasses.fields(expected):
        np.testing.assert_array_equal(
            getattr(found, each.name), getattr(expected, each.name), each.name
        )


def test_a_step_cut_in_one_block_is_found_from_rows_of_the_next() -> None:
    """Step 50 stands over the edge of two blocks: 50 * 1300 < 65536 < 51 * 1300."""
    found = cycles_of_rows(OnDisk(cycled()), SAMPLE, ended={49: Cut.STOPPED})
    assert 49 // STEPS_A_CYCLE + 1 == 17

    cut = np.flatnonzero(found.cut)
    assert found.number[cut].tolist() == [17]
    assert found.second_cut[cut].tolist() == [Cut.STOPPED]


def test_running_time_goes_on_from_block_to_block() -> None:
    table, clock = cycled(), RunningTime()

    parts = [clock.of(rows) for _, rows in blocks(table, list(table))]

    assert len(parts) == 3
    # 7 s between two uploads, in which no current flowed, are left out
    assert running_time(table)[-1] == CYCLES * STEPS_A_CYCLE * ROWS_A_STEP
    assert np.array_equal(np.concatenate(parts), running_time(table))


@pytest.mark.parametrize("rows", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_blocks_hold_every_row_once(rows: int) -> None:
    table = {"a": np.arange(rows), "b": -np.arange(rows)}

    found = list(blocks(OnDisk(table), ["b", "not there"]))

    assert [first for first, _ in found] == list(range(0, rows, BLOCK_ROWS))
    assert sum(len(each["b"]) for _, each in found) == rows
    assert gathered(OnDisk(table), ["b"])["b"].tolist() == table["b"].tolist()


def test_only_wanted_rows_are_gathered() -> None:
    table = {"a": np.arange(BLOCK_ROWS + 5), "b": 2 * np.arange(BLOCK_ROWS + 5)}

    found = gathered(OnDisk(table), ["a", "b"], lambda rows: rows["a"] > BLOCK_ROWS)

    assert found["b"].tolist() == [2 * (BLOCK_ROWS + k) for k in range(1, 5)]


def test_the_largest_size_is_that_of_what_is_known() -> None:
    assert largest_size({"i": np.array([1.0, np.nan, -3.0])}, "i") == 3.0
    assert largest_size({"i": np.full(2, np.nan)}, "i") == 0.0
