"""The sphere's direct-current answer against the closed form."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.parameters import DiffusivityParameters, SeiParameters

RADIUS, DIFFUSIVITY, PULSE = 1e-6, 1e-16, 600.0
RATE = 0.05 / 3600.0

# Surface minus initial composition of a sphere under constant flux, then at rest:
# closed form, labctl reference 3.4 (r = 1 µm, D = 1e-16 m²/s, C/20 for 600 s).
PULSE_TABLE = {
    1.0: 0.00052706,
    10.0: 0.00169939,
    60.0: 0.00434131,
    300.0: 0.01064128,
    600.0: 0.01618322,
}
REST_TABLE = {
    10.0: 0.01465259,
    60.0: 0.01284437,
    300.0: 0.01036561,
    1800.0: 0.00841839,
    3600.0: 0.00833558,
}


def sphere_cell() -> Cell:
    """A cell of constant D at half filling, without film losses."""
    cell = build_cell("qms-0.7").parameters
    working = dataclasses.replace(
        cell.working,
        initial_composition=0.5,
        radius_m=RADIUS,
        diffusivity=DiffusivityParameters(mid_m2_per_s=DIFFUSIVITY),
        double_layer_farad=1e-6,
        sei=SeiParameters(),
    )
    return Cell(dataclasses.replace(cell, working=working))


def surface_rise(cell: Cell) -> float:
    state = cell.state.working
    sphere = cell.working.grains[0].sphere
    gain = sphere.surface_distance / (3.0 * cell.working.capacity * DIFFUSIVITY)
    (grain,) = state.grains
    return float(grain.theta[-1]) - grain.faradaic * gain - 0.5


@pytest.mark.parametrize("longest_call", [1.0, 120.0])
def test_the_surface_follows_the_closed_form_however_the_time_is_cut(
    longest_call: float,
) -> None:
    cell = sphere_cell()
    current = -RATE * cell.working.capacity
    found = {}
    for flow, table in ((current, PULSE_TABLE), (0.0, REST_TABLE)):
        for before, after in pairwise((0.0, *table)):
            left = after - before
            while left > 0.0:
                cell.step_current(flow, min(left, longest_call))
                left -= longest_call
            found[flow, after] = surface_rise(cell)

    # At 1 s lithium has come 1 % of the radius far, eight shells: 1 %; then 0.3 %.
    for time, expected in PULSE_TABLE.items():
        tolerance = 1e-2 if time == 1.0 else 3e-3
        assert found[current, time] == pytest.approx(expected, rel=tolerance)
    for time, expected in REST_TABLE.items():
        assert found[0.0, time] == pytest.approx(expected, rel=3e-3)


def test_the_mean_composition_is_the_charge_passed() -> None:
    cell = build_cell("si")
    for current, time in ((-2e-4, 30_000.0), (0.0, 600.0), (2e-3, 500.0)):
        cell.step_current(current, time)

    state, working = cell.state.working, cell.working
    in_host = (state.mean - working.parameters.initial_composition) * working.capacity
    on_interface = working.interface_charge(state) - working.interface_charge(
        working.fresh()
    )
    assert cell.charge == pytest.approx(-2e-4 * 30_000 + 2e-3 * 500, rel=1e-12)
    assert on_interface - in_host - state.film_charge == pytest.approx(
        cell.charge, rel=1e-9
    )
    (grain,), (held,) = working.grains, state.grains
    assert grain.sphere.mean(held.theta) == pytest.approx(state.mean, rel=1e-9)


@pytest.mark.parametrize(
    ("current", "length"),
    # C/20 with the longest call allowed, and C/2 of 3.5 A/g
    [(-2.0825e-4, 120.0), (-2.0825e-3, 60.0)],
)
def test_long_steps_give_the_voltage_of_short_ones(
    current: float, length: float
) -> None:
    coarse = build_cell("qms-0.7")
    coarse.step_current(-2.0825e-4, 40_000.0)
    fine = coarse.copy()
    worst = 0.0
    for _ in range(20):
        voltage = coarse.step_current(current, length)
        for _ in range(int(length)):
            fine.step_current(current, 1.0)
        worst = max(worst, abs(voltage - fine.voltage(current)))

    assert worst < 1e-3  # V
    assert coarse.theta == pytest.approx(fine.theta, abs=1e-6)


def relative_rise(time: float) -> float:
    """g(τ′) of a sphere under constant flux, τ′ = Dt/r² (labctl reference 3.1 f)."""
    bounds = np.pi * np.arange(1, 3000)
    roots = np.array(
        [brentq(lambda x: np.tan(x) - x, b + 1e-9, b + np.pi / 2 - 1e-9)
         for b in bounds[:60]]
    )  # fmt: skip
    # tan λ = λ: λ tends to (n + ½)π − 1/((n + ½)π)
    far = bounds[60:] + np.pi / 2
    roots = np.concatenate((roots, far - 1 / far))
    series = np.sum(np.exp(-(roots**2) * time) / roots**2)
    return float(3 * time + 0.2 - 2 * series)


@pytest.mark.parametrize("name", ["qms-0.7", "qms-0.3", "qms-0.1", "si"])
@pytest.mark.parametrize("pulse", [20.0, 100.0])
def test_a_gitt_pulse_in_the_middle_gives_back_the_diffusivity(
    name: str, pulse: float
) -> None:
    cell = build_cell(name)
    cell.advance(-2e-4, 3e5, lower=0.005)
    cell.advance(2e-4, 3e5, upper=1.5)
    cell.step_current(-4e-4, 16_000.0)
    cell.step_current(0.0, 100_000.0)
    radius = cell.working.parameters.radius_m
    current = -0.05 * cell.working.capacity / 3600.0
    before, start = cell.voltage(), cell.theta
    pulsed = cell.step_current(current, pulse)
    cell.step_current(0.0, 100_000.0)
    settled = before - cell.voltage()
    middle = 0.5 * (start + cell.theta)

    # Everything but diffusion: electrolyte, lithium, film and charge transfer.
    parameters = cell.parameters
    assert parameters.lithium is not None
    resistance = (
        parameters.series_resistance_ohm
        + parameters.lithium.resistance_ohm
        + parameters.working.film.resistance_ohm
        + cell.charge_transfer_resistance(middle, current)
    )
    ratio = settled / (before - pulsed + current * resistance)
    found = brentq(lambda t: 3 * t / relative_rise(t) - ratio, 1e-4, 5.0)
    assert 0.4 < middle < 0.6
    assert ratio < 0.85
    assert found * radius**2 / pulse == pytest.approx(
        cell.diffusivity(middle), rel=0.05
    )
