"""Cycles, efficiencies, retention and rate tables against numbers known by hand."""

import numpy as np
import pytest
from scipy import stats

from labctl.analysis.cells.cycling import Cycles, Pairing, pair_cycles
from labctl.analysis.cells.efficiency import initial_coulombic_efficiency
from labctl.analysis.cells.half_cycles import split_half_cycles
from labctl.analysis.cells.rates import RateBlock, rate_table
from labctl.analysis.cells.retention import retention, theil_sen
from labctl.verdicts.cycling import PLAUSIBLE_RETENTION

MASS = 0.4e-3
"""g."""


def cycled(
    charges: list[float],
    pairing: Pairing = Pairing.DISCHARGE_FIRST,
    current: float | list[float] = 1e-3,
) -> Cycles:
    """Return cycles whose halves carry ``charges`` (C, signed), at ``current``."""
    t, v, i = [0.0], [0.3], [0.0]
    currents = np.broadcast_to(current, len(charges))
    for charge, size in zip(charges, currents, strict=True):
        for share in (0.0, 0.5, 0.5):
            t.append(t[-1] + share * abs(charge) / size)
            v.append(0.2 if charge < 0 else 0.4)
            i.append(np.sign(charge) * size)
    return pair_cycles(split_half_cycles(t, v, i), pairing)


def mah_per_gram(*capacities: float) -> list[float]:
    return [c * 3.6 * MASS for c in capacities]


# lithiation and delithiation in mAh/g, efficiency in %
EFFICIENCIES = [(3621.6, 3350.0, 92.50), (3524.0, 3080.0, 87.40)]


@pytest.mark.parametrize(("lithiation", "delithiation", "percent"), EFFICIENCIES)
def test_initial_coulombic_efficiency_is_delithiation_over_lithiation(
    lithiation: float, delithiation: float, percent: float
) -> None:
    first, second = mah_per_gram(lithiation, delithiation)

    efficiency = initial_coulombic_efficiency(cycled([-first, second]))

    assert efficiency.value == pytest.approx(percent, abs=0.005)


def test_pairing_decides_what_the_efficiency_divides() -> None:
    halves = [-4.0, 3.0, -2.9, 2.8]

    anode = cycled(halves, Pairing.DISCHARGE_FIRST)
    full = cycled(halves, Pairing.CHARGE_FIRST)

    np.testing.assert_allclose(anode.coulombic_efficiency, [0.75, 2.8 / 2.9])
    assert full.number.tolist() == [0, 1, 2]
    np.testing.assert_allclose(full.coulombic_efficiency[1], 2.9 / 3.0)
    assert full.complete.tolist() == [False, True, False]


def test_the_files_cycle_column_can_decide_the_pairing() -> None:
    t = np.arange(12.0)
    i = np.repeat([-1.0, 1.0, -1.0, 1.0], 3)
    halves = split_half_cycles(t, 0 * t + 0.3, i, cycle=np.repeat([7, 8], 6))

    cycles = pair_cycles(halves, Pairing.FILE)

    assert cycles.number.tolist() == [7, 8]
    assert cycles.opening.tolist() == [-1, -1]


def test_pairing_by_a_missing_column_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle column"):
        cycled([-1.0, 1.0], Pairing.FILE)


def test_energy_efficiency_is_given_over_taken() -> None:
    cycles = cycled([-1.0, 1.0])

    np.testing.assert_allclose(cycles.energy_efficiency, 0.5, rtol=1e-9)
    np.testing.assert_allclose(cycles.hysteresis, 0.2, rtol=1e-9)


def faded(cycles: int, exponent: float = 1.50199, a: float = 2.47361e-5) -> Cycles:
    """Return one formation cycle and ``cycles`` that fade as s(n) = 1 - a n^p."""
    charges = [-4.4, 4.0]
    for n in range(cycles + 1):
        second = 3.8 * (1 - a * n**exponent)
        charges += [-second / 0.999, second]
    return cycled(charges)


@pytest.mark.parametrize(("cycles", "left"), [(300, 0.87), (500, 0.72)])
def test_retention_refers_to_the_first_cycle_after_formation(
    cycles: int, left: float
) -> None:
    result = retention(faded(cycles), formation_cycles=1)

    assert result.reference_cycle == 2
    assert result.last.value == pytest.approx(100 * left, abs=1e-2)


def test_life_ends_at_the_interpolated_crossing_of_80_percent() -> None:
    life = retention(faded(500), formation_cycles=1).cycles_to_end

    assert life.value == pytest.approx((0.2 / 2.47361e-5) ** (1 / 1.50199), abs=0.01)


def test_a_cell_that_has_not_faded_says_so_instead_of_a_number() -> None:
    life = retention(faded(100), formation_cycles=1).cycles_to_end

    assert not life.valid
    assert "after 100 cycles" in life.reason


def test_a_reference_that_is_none_makes_the_fade_suspect_too() -> None:
    capacities = [1.0, *(3.6 - 0.01 * k for k in range(12))]

    found = retention(cycled([q * way for q in capacities for way in (-1, 1)]))
    for number in (found.last, found.fade_per_cycle):
        assert PLAUSIBLE_RETENTION.code in {doubt.code for doubt in number.doubts}


def test_fade_per_cycle_is_robust_against_one_bad_cycle() -> None:
    charges = [q for n in range(50) for q in (-1.0, 1 - 1e-3 * n)]
    charges[41] = 0.2

    fade = retention(cycled(charges)).fade_per_cycle

    assert fade.value == pytest.approx(-0.1, rel=1e-6)


def test_rate_table_refers_to_the_lowest_rate_and_shows_recovery() -> None:
    capacities = [3000.0] * 3 + [2250.0] * 3 + [2970.0] * 2
    rates = [1e-4] * 6 + [2e-3] * 6 + [1e-4] * 4
    charges = [s * q for q in mah_per_gram(*capacities) for s in (-1, 1)]
    cycles = cycled(charges, current=rates)

    blocks = [
        RateBlock("0.1C", (1, 2, 3)),
        RateBlock("2C", (4, 5, 6)),
        RateBlock("0.1C", (7, 8)),
    ]
    table = rate_table(cycles, blocks, mass=MASS)

    assert [r.cycles for r in table] == [3, 3, 2]
    assert [r.retention.value for r in table] == pytest.approx([100, 75, 99])
    assert [r.second for r in table] == pytest.approx([3000, 2250, 2970])
    assert [r.current for r in table] == pytest.approx([1e-4, 2e-3, 1e-4])


def test_a_rate_without_a_complete_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="5C"):
        rate_table(cycled([-1.0, 1.0]), [RateBlock("5C", (9,))], mass=MASS)


@pytest.mark.parametrize("current", [[], [0.0, 0.0, 0.0]])
def test_a_run_in_which_nothing_moved_has_no_cycles(current: list[float]) -> None:
    n = len(current)
    halves = split_half_cycles(np.arange(n) * 1.0, np.full(n, 3.0), np.array(current))

    cycles = pair_cycles(halves, Pairing.DISCHARGE_FIRST)

    assert len(cycles.number) == 0


@pytest.mark.parametrize("n", [2, 3, 24, 25, 500])
def test_the_line_through_the_medians_is_that_of_scipy(n: int) -> None:
    chance = np.random.default_rng(n)
    x = np.unique(chance.integers(0, 3 * n, 4 * n))[:n]
    y = 1.0 - 1e-4 * x + chance.normal(0.0, 1e-3, len(x))
    expected = stats.theilslopes(y, x)

    assert theil_sen(x, y) == (expected.slope, expected.intercept)
