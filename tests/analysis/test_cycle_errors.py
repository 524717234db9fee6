"""What averages over cycles make smaller and what they do not, on rows made by hand."""

import math

import numpy as np
import pytest

from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycle_scatter import with_scatter
from labctl.analysis.cells.cycling import Cycles, Pairing, pair_cycles
from labctl.analysis.cells.efficiency import (
    energy_efficiency,
    initial_coulombic_efficiency,
    mean_efficiency,
)
from labctl.analysis.cells.half_cycles import split_half_cycles
from labctl.analysis.cells.rates import RateBlock, rate_table
from labctl.analysis.cells.retention import retention
from labctl.analysis.uncertainty import Measured, known
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import MeterAccuracy, Origin, RangeAccuracy

MILLIAMPERE = 1e-3
ZERO = 1e-6
"""A; 0.01 % of the 10 mA range."""


def meter(gain: float = 0.0, zero: float = 0.0, uneven: float = 0.0) -> MeterAccuracy:
    limits = Accuracy(gain, zero, asymmetry=uneven)
    both = (RangeAccuracy(1, 5e-3, limits), RangeAccuracy(2, 1e-2, limits))
    return MeterAccuracy(both, Origin.SHEET)


def read(
    hours: list[float],
    gain: float = 1.0,
    zero: float = 0.0,
    currents: list[float] | None = None,
    noise: float = 0.0,
) -> Cycles:
    """Return cycles of square waves that truly last so long, read by such a meter."""
    random = np.random.default_rng(5)
    t, v, i = [0.0], [0.3], [0.0]
    each = currents or [MILLIAMPERE] * len(hours)
    for half, (length, current) in enumerate(zip(hours, each, strict=True)):
        sign = -1 if half % 2 == 0 else 1
        seen = (sign * current * gain + zero) * (1 + noise * random.standard_normal())
        t += [t[-1], t[-1] + 3600 * length]
        v += [0.2 if sign < 0 else 0.4] * 2
        i += [seen, seen]
    return pair_cycles(split_half_cycles(t, v, i), Pairing.DISCHARGE_FIRST)


def part(found: Measured, term: str) -> float:
    """Return what a term adds, on a range that the rows name or not."""
    return found.part(term, f"{term} (range assumed)")


def alone(cycles: Cycles, accuracy: MeterAccuracy | None = None) -> CycleErrors:
    return cycle_errors(cycles, accuracy)


@pytest.mark.parametrize("zero", [ZERO, -ZERO])
def test_a_zero_error_moves_every_cycle_alike_and_the_interval_says_so(
    zero: float,
) -> None:
    cycles = read([1.0] * 200, zero=zero)

    found = mean_efficiency(
        cycles, np.arange(100), alone(cycles, meter(zero=ZERO / 0.9))
    )

    assert found.value == pytest.approx(100 + 0.2 * np.sign(zero), abs=1e-3)
    assert found.valid
    # a limit is rectangular: 95 % of it is within 2 u; ΔCE = 2 I₀/I
    assert part(found, "current zero") == pytest.approx(
        0.2 / 0.9 / math.sqrt(3), rel=1e-2
    )
    assert abs(found.value - 100) < found.expanded()


def test_a_meter_that_states_nothing_still_covers_a_zero_of_a_tenth_of_a_percent() -> (
    None
):
    cycles = read([1.0] * 20, zero=MILLIAMPERE / 1000)

    found = mean_efficiency(cycles, np.arange(10))

    assert abs(found.value - 100) < found.expanded()
    assert "current accuracy (assumed)" in found.budget


def test_gain_cancels_in_ratios_on_one_range_and_only_there() -> None:
    same = read([1.0, 1.0] * 4)
    other = read([1.0, 1.0] * 2 + [0.2, 0.2] * 2, currents=[1e-3] * 4 + [7e-3] * 4)
    accuracy = meter(gain=1e-3)

    one = retention(same, errors=alone(same, accuracy)).last
    two = retention(other, errors=alone(other, accuracy)).last

    assert part(one, "current gain") < 1e-9
    expected = math.sqrt(2) * 1e-3 * two.value / math.sqrt(3)
    assert part(two, "current gain") == pytest.approx(expected)


def test_a_difference_of_the_signs_gains_stays_in_the_efficiency() -> None:
    cycles = read([1.0] * 40)
    accuracy = meter(gain=1e-2, uneven=1e-3)

    found = mean_efficiency(cycles, np.arange(20), alone(cycles, accuracy))

    assert part(found, "current gain by sign") == pytest.approx(
        0.1 / math.sqrt(3), rel=1e-6
    )
    assert part(found, "current gain") < 1e-9


def test_only_what_belongs_to_one_half_cycle_averages_away() -> None:
    few, many = read([1.0] * 4), read([1.0] * 400)

    def timing(cycles: Cycles) -> float:
        used = np.arange(len(cycles))
        return mean_efficiency(cycles, used, alone(cycles, meter())).part(
            "end of half cycle"
        )

    assert timing(many) == pytest.approx(timing(few) / 10, rel=1e-6)


def test_a_taper_takes_longer_and_so_does_its_zero() -> None:
    # 1 mA for an hour, then a tenth of it for ten hours: same charge, eleven hours
    t = np.array([0, 1, 1, 2, 2, 12]) * 3600.0
    i = np.array([-1, -1, 1, 1, 0.1, 0.1]) * MILLIAMPERE
    halves = split_half_cycles(t, 0 * t + 0.3, i)
    cycles = pair_cycles(halves, Pairing.DISCHARGE_FIRST)

    found = initial_coulombic_efficiency(cycles, alone(cycles, meter(zero=ZERO)))

    # δCE = CE·I₀ (t₁/Q₁ + t₂/Q₂) with t₁ = 1 h, t₂ = 11 h, Q₂ = 2 Q₁
    expected = 200 * 1e-3 * (1 + 11 / 2) / math.sqrt(3)
    assert part(found, "current zero") == pytest.approx(expected, rel=1e-6)


def noisy_means(count: int, alike: float, runs: int = 400) -> tuple[float, float]:
    """Return how often the mean of cycles covers its truth, and its median ± 2 u.

    The true efficiency rises as that of young cells; its error is 0.02 % a cycle.
    """
    random, inside, widths = np.random.default_rng(count), 0, []
    for _ in range(runs):
        error = random.standard_normal(count + 50)
        for k in range(1, count + 50):
            error[k] = alike * error[k - 1] + math.sqrt(1 - alike**2) * error[k]
        true = 99.9 - 1.5 * np.exp(-np.arange(count) / 4)
        seen = true + 0.02 * error[50:]
        found = with_scatter(Measured(float(seen.mean()), "%"), seen)
        inside += abs(found.value - true.mean()) < found.expanded()
        widths.append(found.expanded())
    return inside / runs, float(np.median(widths))


@pytest.mark.parametrize(("count", "alike"), [(12, 0.0), (100, 0.0), (100, 0.6)])
def test_the_scatter_of_a_mean_holds_although_young_cells_change(
    count: int, alike: float
) -> None:
    covered, width = noisy_means(count, alike)

    assert covered > 0.93
    assert width < 0.1  # the rise of 1.5 % is no scatter


@pytest.mark.parametrize("first", [1e-5, 0.93])
def test_cycles_paired_the_wrong_way_round_are_never_good(first: float) -> None:
    # the label says charge first, but the cell began with its discharge
    hours = [first, *[1.0, 0.9995] * 50, 1.0]

    cycles = read(hours)
    found = mean_efficiency(cycles, np.arange(1, 51), alone(cycles, meter()))

    assert not found.valid
    assert {doubt.code for doubt in found.doubts} == {"cycling-mean-efficiency"}


def test_the_end_of_life_is_as_uncertain_as_the_slope_is_small() -> None:
    def life(fade: float) -> Measured:
        hours = [h for n in range(400) for h in (1.0, 1 - fade * n)]
        cycles = read(hours, noise=1e-4)
        return retention(cycles, errors=alone(cycles, meter())).cycles_to_end

    fast, slow = life(2e-3), life(6e-4)

    assert abs(fast.value - 100) < fast.expanded() < 3
    assert abs(slow.value - 1000 / 3) < slow.expanded()
    # a slope 10/3 times as small; the assumed drift of zero had longer to act, too
    assert 10 / 3 / 1.5 < slow.uncertainty / fast.uncertainty < 2 * 10 / 3


def test_one_cycle_below_the_end_of_life_does_not_end_it() -> None:
    hours = [h for n in range(30) for h in (1.0, 0.7 if n == 9 else 1 - 2e-3 * n)]
    hours += [1.0, 0.7]

    life = retention(read(hours)).cycles_to_end

    assert life.value > 29
    assert [d.code for d in life.doubts] == ["cycling-confirmed-end"]


def test_a_fade_that_bends_is_no_number_per_cycle() -> None:
    straight = [h for n in range(60) for h in (1.0, 1 - 1e-3 * n)]
    bent = [h for n in range(60) for h in (1.0, 1 - 1e-5 * n**2)]

    assert retention(read(straight)).fade_per_cycle.valid
    doubts = retention(read(bent)).fade_per_cycle.doubts
    assert [d.code for d in doubts] == ["cycling-straight-fade"]


def test_energy_efficiency_keeps_the_voltmeter_s_zero_alone() -> None:
    cycles = read([1.0] * 4)
    zero = known(0.0, 1e-3, "voltage zero", "V")

    found = energy_efficiency(
        cycles, np.arange(2), alone(cycles, meter(gain=1e-2)), voltage_zero=zero
    )

    assert found.value == pytest.approx(50)
    # of 0.2 V + z over 0.4 V + z
    assert found.part("voltage zero") == pytest.approx(100 * 0.5e-3 / 0.4, rel=1e-2)
    assert part(found, "current gain") < 1e-9


def fading_rates(noise: float, seed: int) -> tuple[Cycles, list[RateBlock]]:
    random = np.random.default_rng(seed)
    hours, blocks, number = [], [], 1
    for label, share in (("C/5", 1.0), ("1C", 0.9), ("3C", 0.7), ("C/5", 0.98)):
        blocks.append(RateBlock(label, tuple(range(number, number + 5))))
        for _ in range(5):
            size = share * (1 - 2e-3 * number) * (1 + noise * random.standard_normal())
            hours += [1.0, size]
            number += 1
    return read(hours), blocks


def test_rates_cover_the_truth_although_cycles_scatter_and_fade() -> None:
    inside = 0
    for seed in range(200):
        cycles, blocks = fading_rates(5e-3, seed)
        row = rate_table(cycles, blocks, mass=1.0, errors=alone(cycles, meter()))[2]
        truth = 70 * (1 - 2e-3 * 13) / (1 - 2e-3 * 3)
        inside += abs(row.retention.value - truth) < row.retention.expanded()

    assert 0.92 < inside / 200 <= 0.99


def test_a_rate_at_which_the_capacity_still_moves_is_doubted() -> None:
    hours = [h for k in range(10) for h in (1.0, 1.0 if k < 5 else 0.9 - 0.05 * k)]
    blocks = [RateBlock("C/5", (1, 2, 3, 4, 5)), RateBlock("1C", (6, 7, 8, 9, 10))]

    first, fast = rate_table(read(hours), blocks, mass=1.0)

    assert first.retention.valid
    assert [d.code for d in fast.retention.doubts] == ["cycling-steady-rate"]


@pytest.mark.parametrize("count", [8, 12, 50])
def test_a_fade_covers_the_truth_at_any_number_of_cycles(count: int) -> None:
    random, inside = np.random.default_rng(count), 0
    for _ in range(200):
        size = 1 - 2e-3 * np.arange(count) + 2e-3 * random.standard_normal(count)
        cycles = read([h for one in size for h in (1.0, one)])
        fade = retention(cycles, errors=alone(cycles, meter())).fade_per_cycle
        inside += abs(fade.value + 0.2 / size[0]) < fade.expanded()

    assert inside / 200 > 0.92
    assert inside < 200


def test_five_cycles_tell_no_fade() -> None:
    fade = retention(read([1.0] * 10)).fade_per_cycle

    assert fade.is_absent
    assert "5 cycles give no slope" in fade.reason
