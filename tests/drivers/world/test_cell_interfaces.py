"""Depressed arcs, sizes, leads and warmth: one physics in time and in frequency."""

import dataclasses
import json
import math

import numpy as np
import pytest

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.ladder import film_rungs
from drivers.twins.world.parameters import (
    ContactParameters,
    FilmParameters,
    SizeParameters,
)
from labctl.errors import OperatorError

WARM = 318.15


def sized(spread: float, classes: int = 3) -> Cell:
    """QMS(0.7) of several sizes."""
    cell = build_cell("qms-0.7").parameters
    sizes = SizeParameters(spread=spread, classes=classes)
    return Cell(
        dataclasses.replace(
            cell, working=dataclasses.replace(cell.working, sizes=sizes)
        )
    )


def sine_response(cell: Cell, frequency: float) -> complex:
    """Return Z as small sines in time show it, in Ω."""
    samples, periods, amplitude = 200, 4, 1e-5
    interval = 1 / (samples * frequency)
    time = (np.arange(samples * periods) + 0.5) * interval
    angle = 2 * np.pi * frequency * time
    voltage = np.empty(time.size)
    for row, current in enumerate(amplitude * np.sin(angle)):
        voltage[row] = cell.step_current(current, interval / 2)
        cell.step_current(current, interval / 2)
    drift = [np.linspace(-1, 1, time.size) ** power for power in range(5)]
    design = np.column_stack([*drift, np.sin(angle), np.cos(angle)])[samples:]
    *_, sine, cosine = np.linalg.lstsq(design, voltage[samples:])[0]
    return complex(sine, cosine) / amplitude


@pytest.mark.parametrize("exponent", [0.7, 0.85, 0.95])
def test_a_film_is_a_depressed_arc_within_half_a_percent(exponent: float) -> None:
    rungs = film_rungs(FilmParameters(8.0, 2e-6, exponent))
    omega = np.logspace(1, 8, 71)
    ideal = 8.0 / (1 + (1j * omega * 16e-6) ** exponent)

    assert np.max(np.abs(rungs.impedance(omega) - ideal)) < 0.005 * 8.0
    assert rungs.resistance.sum() == pytest.approx(8.0)


def test_a_small_step_is_the_inverse_transform_of_the_spectrum() -> None:
    cell = build_cell("si")
    cell.step_current(-2e-4, 30_000.0)
    cell.step_current(0.0, 50_000.0)
    current, times = 1e-5, np.array([2e-4, 1e-3, 5e-3, 2e-2])
    omega = np.logspace(-3, 8, 3000)
    real = cell.impedance(omega / (2 * np.pi)).real
    # ΔV(t) = I (2/π) ∫ Re Z sin(ωt)/ω dω; what is left at 10 MHz is a resistance
    fine = np.logspace(-3, 8, 400_000)
    dense = np.interp(np.log(fine), np.log(omega), real)
    end = dense[-1]

    def expected(time: float) -> float:
        inner = (dense - end) * np.sin(fine * time) / fine
        return float(current * (2 / np.pi * np.trapezoid(inner, fine) + end))

    rest = cell.voltage()
    mark = cell.mark()
    for time in times:
        cell.rewind(mark)
        for _ in range(20):
            cell.step_current(current, time / 20)
        seen = cell.voltage(current) - rest
        assert seen == pytest.approx(expected(float(time)), rel=5e-3)


@pytest.mark.parametrize("frequency", [100.0, 1.0])
def test_sizes_answer_sines_in_time_as_in_the_spectrum(frequency: float) -> None:
    cell = sized(0.5)
    cell.step_current(-4e-4, 18_000.0)
    cell.step_current(0.0, 20_000.0)
    linear = cell.impedance([frequency])[0]

    assert abs(sine_response(cell, frequency) - linear) / abs(linear) < 3e-3


def test_sizes_conserve_charge_and_fill_differently() -> None:
    cell = sized(0.5, 4)
    for current, time in ((-1e-3, 5000.0), (0.0, 600.0), (2e-3, 500.0)):
        cell.step_current(current, time)
    state, working = cell.state.working, cell.working
    theta = working.parameters.initial_composition
    stored = (state.mean - theta) * working.capacity + state.film_charge
    interface = working.interface_charge(state) - working.interface_charge(
        working.fresh()
    )

    assert interface - stored == pytest.approx(cell.charge, rel=1e-9)
    assert np.ptp([grain.mean for grain in state.grains]) > 0.01


def test_nearly_equal_sizes_are_one_size() -> None:
    one, several = build_cell("qms-0.7"), sized(1e-4)
    for current in (-2e-3, 0.0, 1e-3):
        one.step_current(current, 2000.0)
        several.step_current(current, 2000.0)
        assert several.voltage() == pytest.approx(one.voltage(), abs=1e-5)
    spectra = [cell.impedance([1e3, 1.0, 0.01], 1e-3) for cell in (one, several)]
    assert spectra[1] == pytest.approx(spectra[0], rel=1e-3)


def test_leads_add_their_resistance_and_inductance() -> None:
    bare = build_cell("qms-0.7")
    contact = ContactParameters(resistance_ohm=0.3, inductance_henry=1e-6)
    led = Cell(dataclasses.replace(bare.parameters, contact=contact))

    added = led.impedance([1e5])[0] - bare.impedance([1e5])[0]
    assert added == pytest.approx(0.3 + 0.2j * math.pi)
    assert led.voltage(1e-3) - bare.voltage(1e-3) == pytest.approx(0.3e-3)


def test_warmth_moves_lithium_and_films_by_their_own_energies() -> None:
    cell = build_cell("si")
    cool_diffusivity = cell.diffusivity(0.5)
    cool = cell.impedance([3e4, 1e-9]).real
    cell.warm_to(WARM)

    def factor(energy: float) -> float:
        return math.exp(energy / 8.314462618 * (1 / WARM - 1 / 298.15))

    assert cell.diffusivity(0.5) / cool_diffusivity == pytest.approx(1 / factor(35e3))
    # a film and the lithium make up most of what lies above 30 kHz
    warm = cell.impedance([3e4, 1e-9]).real
    assert np.all(warm < cool)
    lithium = film_rungs(cell.parameters.lithium or FilmParameters(1.0, 1.0))
    own = film_rungs(cell.parameters.working.film)
    expected = (lithium.resistance.sum() + own.resistance.sum()) * factor(40e3)
    current, settled = 1e-6, cell.copy()
    settled.step_current(current, 0.05)
    assert settled.state.across_films / current == pytest.approx(expected, rel=1e-3)


def test_warm_steps_and_warm_spectra_are_one_physics() -> None:
    cell = build_cell("qms-0.7")
    cell.step_current(-4e-4, 18_000.0)
    cell.step_current(0.0, 20_000.0)
    cell.warm_to(WARM)
    linear = cell.impedance([1.0])[0]

    assert abs(sine_response(cell, 1.0) - linear) / abs(linear) < 3e-3


def test_a_snapshot_of_several_sizes_goes_on_and_an_old_one_is_refused() -> None:
    cell, other = sized(0.4), sized(0.4)
    cell.step_current(-1e-3, 3000.0)
    other.restore(json.loads(json.dumps(cell.snapshot())))
    assert cell.step_current(1e-3, 77.7) == other.step_current(1e-3, 77.7)

    old = {key: value for key, value in cell.snapshot().items() if key != "model"}
    with pytest.raises(OperatorError, match="must be started anew"):
        other.restore(old)
