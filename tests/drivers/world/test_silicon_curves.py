"""Silicon looks like silicon: two steps each way, and two crystalline phases."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.electrode import TABLE
from drivers.twins.world.kernel.hosts import silicon
from drivers.twins.world.kernel.past import live_on
from drivers.twins.world.silicon import DELITHIATION, LITHIATION, Step, filled

SLOW = 2.0825e-4  # A: C/20 of 3.5 A/g
Floats = NDArray[np.float64]


def half_cycle(cell: Cell, current: float, limit: float) -> tuple[Floats, Floats]:
    """Go slowly to a limit; return charge in units of the capacity, and V."""
    charges, volts, passed = [0.0], [cell.voltage(current)], 0.0
    while True:
        lower, upper = (limit, np.inf) if current < 0 else (-np.inf, limit)
        step = cell.advance(current, 120.0, lower=lower, upper=upper)
        passed += step * abs(current) / cell.working.capacity
        charges.append(passed)
        volts.append(cell.voltage(current))
        if step < 120.0:
            return np.array(charges), np.array(volts)


def peaks(charges: Floats, volts: Floats, least: float = 1.0) -> list[float]:
    """Return where |dθ/dV| has maxima above ``least`` 1/V, in V, rising."""
    order = 1 if volts[-1] > volts[0] else -1
    grid = np.arange(0.02, 0.8, 0.01)
    slope = np.gradient(np.interp(grid, volts[::order], charges[::order]), grid)
    height = np.abs(slope)
    tops = (height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])
    return [float(v) for v in grid[1:-1][tops & (height[1:-1] > least)]]


@pytest.mark.parametrize("branch", [-1.0, 0.3, 1.0])
@pytest.mark.parametrize(("pristine", "deep"), [(0.0, 0.0), (1.0, 1.0), (0.4, 0.6)])
def test_the_potential_falls_and_its_derivative_belongs_to_it(
    branch: float, pristine: float, deep: float
) -> None:
    ends = np.logspace(-8, -1.5, 60)
    thetas = np.concatenate((ends, np.linspace(0.04, 0.96, 300), 1.0 - ends[::-1]))
    for theta in thetas:
        step = 1e-5 * theta * (1 - theta)
        low = silicon(TABLE, theta - step, branch, pristine, deep)[0]
        high = silicon(TABLE, theta + step, branch, pristine, deep)[0]
        slope = silicon(TABLE, theta, branch, pristine, deep)[1]

        assert slope < 0.0
        assert slope == pytest.approx((high - low) / (2 * step), rel=1e-3)


@pytest.mark.parametrize(("branch", "steps"), [(-1.0, LITHIATION), (1.0, DELITHIATION)])
def test_the_table_gives_back_the_sum_of_steps(
    branch: float, steps: tuple[Step, ...]
) -> None:
    for theta in (1e-4, 0.03, 0.2, 0.5, 0.8, 0.999):
        potential = silicon(TABLE, theta, branch, 0.0, 0.0)[0]

        assert filled(steps, np.array([potential]))[0] == pytest.approx(theta, rel=1e-3)


def test_the_second_lithiation_has_two_steps_and_the_first_one_plateau() -> None:
    cell = build_cell("qms-0.7")
    first = peaks(*half_cycle(cell, -SLOW, 0.005))
    half_cycle(cell, SLOW, 1.5)
    second = peaks(*half_cycle(cell, -SLOW, 0.005))

    assert first == pytest.approx([0.10], abs=0.012)
    assert second == pytest.approx([0.10, 0.235], abs=0.012)


@pytest.mark.parametrize(
    ("lower", "expected"),
    # above 50 mV the alloy stays amorphous; below it turns to Li15Si4
    [(0.085, [0.29, 0.48]), (0.005, [0.435])],
)
def test_delithiation_has_two_steps_or_the_sharp_one_of_li15si4(
    lower: float, expected: list[float]
) -> None:
    cell = build_cell("qms-0.7")
    half_cycle(cell, -SLOW, lower)

    assert peaks(*half_cycle(cell, SLOW, 1.5)) == pytest.approx(expected, abs=0.02)


def test_a_crystalline_plateau_waits_where_the_first_lithiation_stopped() -> None:
    cell = build_cell("qms-0.7")
    cell.step_current(-SLOW, 15_000.0)
    stopped = cell.theta
    half_cycle(cell, SLOW, 1.2)
    again = -SLOW * 1.05
    cell.step_current(again, 0.5 * stopped * cell.working.capacity / SLOW)
    before = cell.voltage(again)
    cell.step_current(again, 0.7 * stopped * cell.working.capacity / SLOW)

    assert before > 0.2
    assert cell.theta > stopped
    assert cell.voltage(again) < 0.12


def test_a_past_does_not_depend_on_how_the_way_is_cut() -> None:
    way = [0.1, 0.5, 0.45, 0.8, 0.3, 0.95]
    # mean, faradaic, branch, slack, furthest, deep
    whole = [0.1, 0.0, 1.0, 0.1, 0.1, 0.0]
    fine = whole.copy()
    for start, end in pairwise(way):
        live_on(whole, whole, 0, end, 0.2, 30.0, 3e-4)
        for mean in np.linspace(start, end, 40):
            live_on(fine, fine, 0, float(mean), 0.2, 30.0, 3e-4)

    assert fine == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("rate", [1e-4, 5e-4])
def test_a_voltammogram_has_a_cathodic_peak_and_no_spike_at_the_reversal(
    rate: float,
) -> None:
    cell = build_cell("qms-0.7")
    half_cycle(cell, -SLOW, 0.005)
    half_cycle(cell, SLOW, 1.2)
    step = 0.004
    down = np.arange(1.2, 0.01, -step)
    there = np.array([cell.step_voltage(v, step / rate) for v in down])
    back = np.array([cell.step_voltage(v, step / rate) for v in down[::-1]])

    peak = int(np.argmin(there[down > 0.05]))
    assert 0.05 < down[peak] < 0.25
    assert np.all(there[peak] < there[: peak - 5])
    # From the reversal to the anodic peak the current only rises.
    rise = back[: int(np.argmax(back)) + 1]
    if rate == 5e-4:
        assert np.all(np.diff(rise) > -1e-5)
    assert np.max(np.diff(rise)) < 0.1 * np.ptp(rise)
