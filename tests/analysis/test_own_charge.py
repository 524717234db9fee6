"""The instrument's own count of charge is used, and held against its currents."""

import numpy as np
import pytest

from labctl.analysis.cells.half_cycles import split_half_cycles
from labctl.analysis.row_blocks import BLOCK_ROWS


def test_the_own_count_is_summed_and_not_the_trapezoid() -> None:
    time = np.array([0.0, 10.0, 20.0, 30.0])
    current = np.array([0.0, -1.0, -1.0, 1.0])  # means of the intervals
    own = np.array([0.0, -10.0, -10.0, 10.0])

    halves = split_half_cycles(time, 0 * time + 2.0, current, charge=own)

    assert halves.charge.tolist() == [-20.0, 10.0]
    assert halves.energy.tolist() == [-40.0, 20.0]
    assert halves.current_charge.tolist() == [-20.0, 10.0]
    assert halves.edge_charge.tolist() == [0.0, 0.0]


def test_a_count_that_its_currents_cannot_have_passed_stands_apart() -> None:
    time = np.array([0.0, 10.0, 20.0, 1000.0, 1010.0])
    current = np.array([0.0, -1.0, -1.0, -1.0, -1.0])
    own = np.array([0.0, -10.0, -10.0, -9.0, -10.0])  # 971 s of the hole were at rest

    halves = split_half_cycles(time, 0 * time, current, charge=own)

    assert halves.charge.sum() == -39.0
    assert halves.current_charge.sum() == pytest.approx(-30.0 - 980.0)


def test_the_own_count_is_the_same_across_blocks() -> None:
    n = 2 * BLOCK_ROWS + 7
    time = np.arange(n, dtype=float)
    current = np.where(np.arange(n) % 30_000 < 15_000, -1.0, 1.0)
    own = current.copy()
    own[0] = 0.0

    halves = split_half_cycles(time, 0 * time, current, charge=own)

    assert halves.charge.sum() == pytest.approx(own.sum())
    assert halves.current_charge == pytest.approx(halves.charge)


@pytest.mark.parametrize("turn", [BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_what_a_turn_hides_is_seen_wherever_a_block_ends(turn: int) -> None:
    # the current turns in the middle of the interval that ends at row `turn`
    n = turn + 50
    time = 10.0 * np.arange(n)
    current = np.where(np.arange(n) < turn, -1.0, 1.0)
    own = 10.0 * current
    own[0] = own[turn] = 0.0

    halves = split_half_cycles(time, 0 * time, current, charge=own)

    assert halves.edge_charge == pytest.approx([5.0, 5.0])
