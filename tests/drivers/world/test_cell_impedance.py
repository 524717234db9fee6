"""Impedance: one physics with the direct current, against closed form and time."""

import dataclasses

import numpy as np
import pytest

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.parameters import DiffusivityParameters, SeiParameters


def quiet_cell(composition: float = 0.5) -> Cell:
    """A cell of constant D, flat profile, closed film."""
    cell = build_cell("qms-0.7").parameters
    working = dataclasses.replace(
        cell.working,
        initial_composition=composition,
        diffusivity=DiffusivityParameters(mid_m2_per_s=5e-16),
        sei=SeiParameters(),
    )
    return Cell(dataclasses.replace(cell, working=working))


def filled_cell(name: str, composition: float) -> Cell:
    """A formed cell, slowly lithiated to a composition."""
    cell = build_cell(name)
    cell.advance(-2e-4, 3e5, lower=0.005)
    cell.advance(2e-4, 3e5, upper=1.5)
    cell.step_current(-1e-3, composition * cell.working.capacity / 1e-3)
    return cell


def slope_of(cell: Cell, theta: float) -> float:
    """dU/dθ of the working electrode, V."""
    (grain,) = cell.state.working.grains
    return cell.working.equilibrium(theta, grain.past).by_composition


def closed_form(cell: Cell, theta: float, omega: np.ndarray) -> np.ndarray:
    """Constant phases in closed form, the sphere's diffusion, films in series."""
    parameters = cell.parameters
    working = parameters.working
    time = working.radius_m**2 / cell.diffusivity(theta)
    root = np.sqrt(1j * omega * time)
    # tanh is 1 to rounding there, and its quotient would overflow
    tanh = np.tanh(np.minimum(root.real, 300) + 1j * root.imag)
    sphere = time / (3 * cell.working.capacity) * tanh / (root - tanh)
    slope = slope_of(cell, theta)
    faradaic = cell.charge_transfer_resistance(theta) - slope * sphere
    alpha = working.double_layer_exponent
    resistance = working.charge_transfer_resistance_ohm
    layer = (1j * omega * resistance * working.double_layer_farad) ** alpha / resistance
    total = 1 / (layer + 1 / faradaic)
    assert parameters.lithium is not None
    for film in (working.film, parameters.lithium):
        rc = film.resistance_ohm * film.capacitance_farad
        total = total + film.resistance_ohm / (1 + (1j * omega * rc) ** film.exponent)
    return np.asarray(total + parameters.series_resistance_ohm)


@pytest.mark.parametrize("theta", [0.2, 0.5, 0.8])
def test_impedance_at_rest_is_the_closed_form_from_100_khz_to_1_mhz(
    theta: float,
) -> None:
    cell = quiet_cell(theta)
    frequencies = np.logspace(5, -3, 41)

    found = cell.impedance(frequencies)

    expected = closed_form(cell, theta, 2 * np.pi * frequencies)
    # The ladders leave 0.2 % of an arc to an ideal constant phase.
    assert np.max(np.abs(found - expected) / np.abs(expected)) < 3e-3


def test_the_low_frequency_limit_is_capacity_and_a_fifteenth() -> None:
    cell = quiet_cell()
    omega = 2 * np.pi * 1e-6
    capacity, slope = cell.working.capacity, -slope_of(cell, 0.5)
    time = cell.parameters.working.radius_m**2 / cell.diffusivity(0.5)

    found = cell.impedance([1e-6])[0]

    # U′/(jωQ) + U′r²/(15DQ) and every resistance
    resistances = cell.charge_transfer_resistance(0.5) + 9.8 + 1.0 + 1.0
    # 1/ωQ is 10 kΩ against some 10 Ω: the double layer takes its share of it
    assert found.imag == pytest.approx(-slope / (omega * capacity), rel=1e-3)
    assert found.real == pytest.approx(
        resistances + slope * time / (15 * capacity), rel=3e-3
    )


@pytest.mark.parametrize("name", ["qms-0.7", "si"])
@pytest.mark.parametrize(
    ("frequency", "direct"),
    # at rest; while 1C fills (2.149 mA); while 3C empties
    [(100.0, 0.0), (10.0, 0.0), (1.0, 0.0), (10.0, -2.149e-3), (10.0, 6.447e-3)],
)
def test_impedance_is_what_small_sines_in_time_show(
    name: str, frequency: float, direct: float
) -> None:
    cell = filled_cell(name, 0.5)
    cell.step_current(direct, 100.0 if direct else 20_000.0)
    linearised = cell.impedance([frequency], direct)[0]
    samples, periods, amplitude = 400, 4, 1e-5
    interval = 1 / (samples * frequency)
    time = (np.arange(samples * periods) + 0.5) * interval
    angle = 2 * np.pi * frequency * time
    voltage = np.empty(time.size)
    for row, current in enumerate(direct + amplitude * np.sin(angle)):
        # the middle of a stair is where the stair has the sine's value
        voltage[row] = cell.step_current(current, interval / 2)
        cell.step_current(current, interval / 2)

    # One least squares of drift, sine and cosine, without the first period.
    drift = [np.linspace(-1, 1, time.size) ** power for power in range(5)]
    design = np.column_stack([*drift, np.sin(angle), np.cos(angle)])[samples:]
    *_, sine, cosine = np.linalg.lstsq(design, voltage[samples:])[0]
    seen = complex(sine, cosine) / amplitude
    assert abs(seen - linearised) / abs(linearised) < 2e-3


def test_resistance_to_charge_transfer_falls_under_current() -> None:
    cell = quiet_cell()

    # labctl reference 4.6: R(I) = (RT/F)/√(I0² + I²/4)
    at_rest = cell.charge_transfer_resistance(0.5)
    exchange = 0.0256926 / at_rest
    flowing = cell.charge_transfer_resistance(0.5, 4e-3)
    assert at_rest == pytest.approx(1.0)
    assert flowing == pytest.approx(0.0256926 / np.hypot(exchange, 2e-3), rel=1e-5)


@pytest.mark.parametrize("current", [0.0, -2.149e-3, -6.447e-3])
def test_qms_has_less_resistance_to_charge_transfer_than_silicon(
    current: float,
) -> None:
    qms, silicon = build_cell("qms-0.7"), build_cell("si")

    for theta in (0.2, 0.5, 0.8):
        low = qms.charge_transfer_resistance(theta, current)
        assert low < silicon.charge_transfer_resistance(theta, current)


def test_a_full_cell_has_the_impedance_of_both_electrodes() -> None:
    full = build_cell("qms-0.7-lco")
    full.step_current(2e-4, 30_000.0)
    found = full.impedance([1e5, 1.0, 1e-2])

    assert found[0].real == pytest.approx(9.8, abs=0.3)
    assert found[1].real > 9.8 + 1.0 + 1.0 + 1.0 + 4.0
    assert np.all(found.imag < 0.0)
