"""Half cycles are found as the trade counts them, and their charge is right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.analysis.cells import half_cycles as module
from labctl.analysis.cells.half_cycles import (
    HalfCycleCounter,
    HalfCycles,
    split_half_cycles,
)

STEP = 10.0


def rows(*segments: tuple[float, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return t, V, I of constant currents; every segment repeats the last time."""
    current = np.concatenate([np.full(n, value) for value, n in segments])
    step = np.concatenate([[0.0, *[STEP] * (n - 1)] for _, n in segments])
    time = np.cumsum(step)
    return time, 0.3 + 1e-6 * time, current


# name, segments (current, rows), expected directions
COUNTING = [
    ("a reversal ends a half cycle", [(-1, 5), (1, 5)], [-1, 1]),
    ("a rest belongs to the half cycle before it", [(-1, 5), (0, 9), (1, 5)], [-1, 1]),
    ("a rest before the first current opens it", [(0, 9), (-1, 5), (1, 5)], [-1, 1]),
    ("CC to CV of the same sign does not end it", [(1, 5), (0.1, 5), (-1, 5)], [1, -1]),
    ("a titration of many pulses is one half cycle", [(-1, 5), (0, 5)] * 20, [-1]),
    ("only rest is one half cycle without direction", [(0, 30)], [0]),
]


@pytest.mark.parametrize(
    ("segments", "directions"), [c[1:] for c in COUNTING], ids=[c[0] for c in COUNTING]
)
def test_half_cycles_are_counted_as_the_trade_counts(
    segments: list[tuple[float, int]], directions: list[int]
) -> None:
    halves = split_half_cycles(*rows(*segments))

    assert halves.direction.tolist() == directions
    assert halves.number.tolist() == list(range(len(directions)))
    assert halves.rows.sum() == sum(n for _, n in segments)


def test_charge_energy_and_duration_of_constant_current() -> None:
    halves = split_half_cycles(*rows((-2e-3, 101), (0, 50), (1e-3, 201)))

    np.testing.assert_allclose(halves.charge, [-2.0, 2.0], rtol=1e-12)
    np.testing.assert_allclose(halves.duration, [1000, 2000])
    np.testing.assert_allclose(halves.energy, [-2 * 0.3005, 2 * 0.30249], rtol=1e-6)
    np.testing.assert_allclose(halves.end_voltage, [0.301, 0.30349], rtol=1e-9)


def test_a_pause_longer_than_the_gap_counts_no_charge() -> None:
    time, voltage, current = rows((1e-3, 101))
    time[50:] += 7200

    halves = split_half_cycles(time, voltage, current, max_gap=60)

    assert halves.charge[0] == pytest.approx(0.99)
    assert halves.gap_time[0] == pytest.approx(7210)


def test_the_files_own_counters_win_when_given() -> None:
    time, voltage, current = rows((-1e-3, 10), (-1e-3, 10), (1e-3, 10))
    own = np.repeat([4, 5, 6], 10)

    halves = split_half_cycles(time, voltage, current, half_cycle=own, cycle=own // 2)

    assert halves.number.tolist() == [4, 5, 6]
    assert halves.cycle.tolist() == [2, 2, 3]


def test_open_circuit_rows_without_a_current_are_rests() -> None:
    time, voltage, current = rows((-1e-3, 11), (0, 11), (1e-3, 11))
    current[current == 0] = np.nan

    halves = split_half_cycles(time, voltage, current)

    np.testing.assert_allclose(halves.charge, [-0.1, 0.1])


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equal length"):
        split_half_cycles([0, 1], [0.1, 0.2], [1e-3])


def test_no_rows_are_no_half_cycles() -> None:
    assert len(split_half_cycles([], [], [])) == 0


@settings(max_examples=60, deadline=None)
@given(
    segments=st.lists(
        st.tuples(st.sampled_from([-1e-3, -2e-4, 0.0, 5e-4, 1e-3]), st.integers(2, 9)),
        min_size=1,
        max_size=25,
    ),
    cuts=st.lists(st.integers(1, 200), max_size=8),
)
def test_the_cut_into_blocks_changes_nothing(
    segments: list[tuple[float, int]], cuts: list[int]
) -> None:
    time, voltage, current = rows(*segments)
    whole = split_half_cycles(time, voltage, current, rest_current=1e-5)
    counter = HalfCycleCounter(rest_current=1e-5)
    for part in np.split(np.arange(len(time)), sorted({c % len(time) for c in cuts})):
        counter.add(time[part], voltage[part], current[part])

    for name in HalfCycles.__dataclass_fields__:
        np.testing.assert_allclose(
            getattr(counter.finish(), name), getattr(whole, name), atol=1e-12
        )


def test_charge_over_all_half_cycles_is_the_trapezoid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BLOCK_ROWS", 1000)
    time = np.linspace(0, 20_000, 20_001)
    current = 1e-3 * np.sin(2 * np.pi * time / 4000)

    halves = split_half_cycles(time, np.full_like(time, 0.5), current)

    exact = 1e-3 * 4000 / np.pi
    np.testing.assert_allclose(np.abs(halves.charge), exact, rtol=1e-5)
    np.testing.assert_allclose(halves.mean_voltage, 0.5)


def test_a_current_that_one_row_alone_has_stands_apart() -> None:
    time = np.arange(0.0, 3660.0, 60.0)
    current = np.full(len(time), -1e-3)
    current[30] = -50e-3  # the ammeter's switch of range, or a pulse

    halves = split_half_cycles(time, 0 * time, current)

    assert halves.charge[0] == pytest.approx(-3.6 - 49e-3 * 60)
    assert halves.current_charge[0] == pytest.approx(-3.6)


def test_a_count_over_a_reversal_hides_charge_of_both_directions() -> None:
    time = np.arange(0.0, 7200.0, 60.0)
    turn = 3600.0 - 20.0  # no row stands there
    net = -np.minimum(time, turn) + np.maximum(time - turn, 0.0)
    own = 1e-3 * np.diff(net, prepend=0.0)
    current = np.where(time < turn, -1e-3, 1e-3)

    halves = split_half_cycles(time, 0 * time, current, charge=own)

    error = abs(abs(halves.charge[0]) - 1e-3 * turn)
    assert error == pytest.approx(1e-3 * 40.0)
    assert halves.edge_charge == pytest.approx([1e-3 * 40.0, 1e-3 * 40.0])


def test_a_count_with_a_row_at_the_reversal_hides_nothing() -> None:
    time = np.arange(0.0, 7200.0, 60.0)
    current = np.where(time <= 3600.0, -1e-3, 1e-3)
    own = current * np.diff(time, prepend=0.0)

    halves = split_half_cycles(time, 0 * time, current, charge=own)

    assert halves.edge_charge.tolist() == [0.0, 0.0]
