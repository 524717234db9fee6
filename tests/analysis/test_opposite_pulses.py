"""Short currents back within a half cycle are pulses; short cycles are cycles."""

from collections.abc import Sequence

import numpy as np
import pytest

from labctl.analysis.cells.half_cycles import HalfCycles, split_half_cycles
from labctl.analysis.cells.opposite_pulses import opposite_pulses, without_pulses

Charges = Sequence[float]


def halves_of(charges: Charges, size: float = 100.0) -> HalfCycles:
    """Return half cycles of 1 A, mAh each; the voltage follows the charge passed."""
    t, i, v, now, passed = [0.0], [0.0], [0.5], 0.0, 0.0
    for charge in charges:
        for _ in range(5):
            now += 3.6 * abs(charge) / 5
            passed += charge / 5
            t.append(now)
            i.append(np.sign(charge))
            v.append(0.5 + passed / size)
    return split_half_cycles(t, v, i)


FIVE_STATES: Charges = [*([-20, -0.3, 0.2] * 5), 100]


def numbers(charges: Charges) -> list[int]:
    halves = halves_of(charges)
    return list(without_pulses(halves, opposite_pulses(halves).sure))


@pytest.mark.parametrize(
    ("charges", "expected"),
    [
        # plain cycles of one size
        ([-100, 90, -90, 90], [0, 1, 2, 3]),
        # pulses back at five states of a discharge, then the charge
        (FIVE_STATES, [*[0] * 9, 1]),
        # the same behind a cycle; pulses before the first state go to the charge
        ([-90, 90, -0.3, 0.2, *FIVE_STATES], [0, 1, 1, 1, *[2] * 9, 3]),
        # a cell cycled by one percent of what it holds, after it was filled half
        ([-50, *([1, -1] * 20), 50], list(range(42))),
        # and one that is looked at now and then by a whole cycle
        ([-99, 99, *([-1, 1] * 9), -99, 99], list(range(22))),
    ],
)
def test_pulses_are_told_from_cycles(charges: Charges, expected: list[int]) -> None:
    assert numbers(charges)[: len(expected)] == expected


def test_a_cell_that_gives_little_back_has_cycles_though_doubtful_ones() -> None:
    t, i, v = [0.0], [0.0], [3.0]
    for k in range(8):  # charges without end, and is empty at once
        charge = 100.0 if k % 2 == 0 else -5.0
        for part in range(1, 6):
            t.append(t[-1] + 3.6 * abs(charge) / 5)
            i.append(float(np.sign(charge)))
            v.append(3.0 + 1.2 * part / 5 if charge > 0 else 4.2 - 1.2 * part / 5)
    halves = split_half_cycles(t, v, i)

    found = opposite_pulses(halves)

    assert not found.sure.any()
    assert found.perhaps.any()


def test_one_small_cycle_between_large_ones_is_doubted_and_no_pulse() -> None:
    found = opposite_pulses(halves_of([-90, 90, -2, 2, -90, 90]))

    assert not found.sure.any()
    assert found.perhaps.tolist() == [False, False, True, True, False, False]
