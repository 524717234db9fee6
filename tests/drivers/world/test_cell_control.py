"""How a potentiostat's twin drives the cell: limits, potential control, marks."""

import json

import numpy as np
import pytest

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell


def half_filled() -> Cell:
    cell = build_cell("qms-0.7")
    cell.step_current(-2e-4, 40_000.0)
    return cell


def drive(cell: Cell) -> list[float]:
    """Let things of every kind happen; return what an instrument would see."""
    seen = [cell.step_current(-1e-3, 61.3), cell.step_current(0.0, 10.0)]
    seen += [cell.step_voltage(0.2, 0.01), cell.step_voltage(0.2, 33.0)]
    seen += [cell.advance(2e-3, 1e5, upper=1.2), cell.step_current(-2e-3, 4000.0)]
    spectrum = cell.impedance([1e3, 1.0], -2e-3)
    return [*seen, cell.charge, *spectrum.real, *spectrum.imag]


@pytest.mark.parametrize("name", ["qms-0.7", "si-lco"])
def test_a_snapshot_through_json_goes_on_exactly(name: str) -> None:
    cell = build_cell(name)
    cell.step_current(2e-4 if name == "si-lco" else -2e-4, 40_000.0)
    text = json.dumps(cell.snapshot())
    other = build_cell(name)
    other.restore(json.loads(text))

    for current in (1e-3, -1e-3, 0.0):
        assert cell.step_current(current, 77.7) == other.step_current(current, 77.7)
    assert json.dumps(cell.snapshot()) == json.dumps(other.snapshot())


def test_the_same_acts_give_the_same_numbers() -> None:
    assert drive(half_filled()) == drive(half_filled())


def test_a_rewound_cell_repeats_itself_and_a_copy_is_independent() -> None:
    cell = half_filled()
    mark, copy = cell.mark(), cell.copy()
    first = drive(cell)
    cell.rewind(mark)

    assert drive(cell) == first
    assert drive(copy) == first


@pytest.mark.parametrize(("current", "limit"), [(-1e-3, 0.05), (1e-3, 1.2)])
def test_a_limit_is_met_where_it_is_crossed(current: float, limit: float) -> None:
    cell = half_filled()
    lower, upper = (limit, np.inf) if current < 0 else (-np.inf, limit)

    passed = cell.advance(current, 1e5, lower=lower, upper=upper)

    assert passed < 1e5
    assert cell.voltage(current) == pytest.approx(limit, abs=2e-6)
    assert cell.advance(current, 1.0, lower=lower + 0.01, upper=upper - 0.01) == 0.0


def test_a_limit_out_of_reach_is_not_met() -> None:
    cell = half_filled()

    passed = cell.advance(-1e-3, 10.0, lower=0.005)

    assert passed == 10.0
    assert cell.voltage(-1e-3) > 0.005


@pytest.mark.parametrize("name", ["qms-0.7", "qms-0.7-lco"])
def test_held_potential_is_held_and_the_current_dies_away(name: str) -> None:
    cell = build_cell(name)
    full = name.endswith("lco")
    cell.step_current(2e-4 if full else -2e-4, 40_000.0)
    wanted = cell.voltage() + (0.05 if full else -0.05)
    currents = []
    for _ in range(60):
        currents.append(cell.step_voltage(wanted, 60.0))
        assert cell.voltage(currents[-1]) == pytest.approx(wanted, abs=1e-6)

    magnitudes = [abs(current) for current in currents]
    assert magnitudes == sorted(magnitudes, reverse=True)
    assert currents[0] * (1 if full else -1) > 1e-4


def test_potential_and_current_control_are_the_same_physics() -> None:
    driven, held = half_filled(), half_filled()
    current, answer = -1e-3, 0.0
    for _ in range(200):
        voltage = driven.step_current(current, 0.5)
        answer = held.step_voltage(voltage, 0.5)

    # The potential is held over each half second instead of drifting through it.
    assert answer == pytest.approx(current, rel=0.01)
    assert held.charge == pytest.approx(driven.charge, rel=2e-3)


def test_the_voltage_jumps_by_the_series_resistance() -> None:
    cell = half_filled()

    assert cell.voltage(1e-3) - cell.voltage(0.0) == pytest.approx(9.8e-3)


@pytest.mark.parametrize("current", [-5e-2, 5e-2])
def test_a_current_no_cell_could_carry_leaves_finite_numbers(current: float) -> None:
    cell = half_filled()

    voltage = cell.step_current(current, 3600.0)

    assert np.isfinite(voltage)
    assert abs(voltage) < 20.0
    assert np.isfinite(cell.step_current(0.0, 3600.0))
    assert np.all(np.isfinite(cell.impedance([1.0], current)))
