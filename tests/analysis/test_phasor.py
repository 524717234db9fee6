"""A sine is found under a drift many times its size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.spectra.phasor import fit_phasor, impedance_point

AMPERE = 1e-5


def window(frequency: float, periods: int = 5, samples: int = 400) -> np.ndarray:
    return np.arange(periods * samples) / (samples * frequency)


def wave(z: complex, frequency: float, t: np.ndarray) -> np.ndarray:
    response: np.ndarray = np.real(z * AMPERE * np.exp(2j * np.pi * frequency * t))
    return response


# what drifts beside 10 µA through the impedance (labctl reference, 2026-11)
DRIFTS = [
    ("1 Hz, 1C", 1.0, 14.930 - 0.123j, -0.27e-3),
    ("0.1 Hz, 1C", 0.1, 15.143 - 0.329j, -2.7e-3),
    ("1 Hz, 3C", 1.0, 13.895 - 0.119j, -0.81e-3),
    ("0.01 Hz, 1C", 0.01, 15.98 - 1.23j, -27e-3),
]


@pytest.mark.parametrize(
    ("frequency", "z", "drift"), [d[1:] for d in DRIFTS], ids=[d[0] for d in DRIFTS]
)
def test_an_exponential_drift_leaves_less_than_half_a_percent(
    frequency: float, z: complex, drift: float
) -> None:
    t = window(frequency)
    bent = drift * (np.exp(-t / t[-1]) - 1) / (np.exp(-1) - 1)

    point = impedance_point(
        t, 0.2 + bent + wave(z, frequency, t), wave(1, frequency, t), frequency
    )

    assert abs(point.value - z) < 0.005 * abs(z)
    assert point.voltage.drift == pytest.approx(drift, rel=0.01)


def test_a_linear_drift_does_nothing_where_a_fourier_sum_is_wrong() -> None:
    t = window(1.0)
    signal = -5e-5 * t + wave(15 - 0.5j, 1.0, t)

    naive = 2 * np.mean(signal * np.exp(-2j * np.pi * t)) / AMPERE
    joint = fit_phasor(t, signal, 1.0)

    assert naive == pytest.approx(15.012 - 2.092j, abs=0.001)
    assert joint.value / AMPERE == pytest.approx(15 - 0.5j, rel=1e-9)


@given(
    st.complex_numbers(min_magnitude=0.1, max_magnitude=1e3),
    st.floats(1e-2, 1e4),
    st.integers(1, 9),
)
def test_a_clean_sine_comes_back_exactly(
    z: complex, frequency: float, periods: int
) -> None:
    t = window(frequency, periods, 64)

    found = fit_phasor(t, wave(z, frequency, t), frequency)

    assert abs(found.value / AMPERE - z) < 1e-7 * abs(z)


def test_uncertainty_is_the_scatter_of_repeats() -> None:
    generator = np.random.default_rng(7)
    t = window(10.0, 5, 100)
    clean = wave(15, 10.0, t)
    fits = [
        fit_phasor(t, clean + 2e-5 * generator.standard_normal(len(t)), 10.0)
        for _ in range(300)
    ]

    scatter = np.std([f.value.real for f in fits])

    assert scatter == pytest.approx(np.mean([f.uncertainty for f in fits]), rel=0.1)


def test_harmonics_tell_that_the_cell_was_driven_too_hard() -> None:
    t = window(1.0)
    bent = wave(15, 1.0, t) + 0.1 * wave(15, 2.0, t)

    point = impedance_point(t, bent, wave(1, 1.0, t), 1.0)

    assert point.voltage.distortion == pytest.approx(0.1)
    assert not point.valid
    assert "distortion 10 %" in point.reason


def test_a_cell_that_changes_inside_the_window_is_marked() -> None:
    t = window(1.0, periods=8)
    moving = wave(15, 1.0, t) * (1 + 0.4 * t / t[-1])

    point = impedance_point(t, moving, wave(1, 1.0, t), 1.0)

    assert not point.valid
    assert "changed by" in point.reason


def test_a_steady_cell_under_drift_is_not_marked() -> None:
    t = window(1.0, periods=6)
    noise = 1e-6 * np.random.default_rng(2).standard_normal(len(t))
    voltage = 0.3 - 3e-4 * t + wave(15 - 1j, 1.0, t) + noise

    point = impedance_point(t, voltage, wave(1, 1.0, t), 1.0)

    assert point.valid, point.reason


def test_noise_beyond_the_limit_is_marked() -> None:
    t = window(1.0, 5, 20)
    noise = 1e-4 * np.random.default_rng(2).standard_normal(len(t))

    point = impedance_point(t, wave(15, 1.0, t) + noise, wave(1, 1.0, t), 1.0)

    assert "noise" in point.reason


def test_less_than_one_period_is_refused() -> None:
    t = np.linspace(0, 0.5, 200)

    with pytest.raises(ValueError, match="at least one period"):
        fit_phasor(t, np.sin(t), 1.0)
