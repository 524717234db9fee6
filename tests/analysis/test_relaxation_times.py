"""Relaxation times find arcs with intervals that hold, without any circuit."""

import numpy as np
import pytest

from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.spectra.relaxation_times import relaxation_times

FREQUENCY = np.logspace(5, -2, 57)


def two_arcs(seed: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Return a noisy spectrum of two flat arcs and their (R, τ)."""
    draw = np.random.default_rng(seed)
    r = 10 ** draw.uniform(0.3, 1.8, 2)
    fast = 10 ** draw.uniform(-5, -3)
    times = (fast, fast * 10 ** draw.uniform(0.8, 3.5))
    jw = 2j * np.pi * FREQUENCY
    z = draw.uniform(1, 5) + 0j * FREQUENCY
    for size, time, alpha in zip(r, times, draw.uniform(0.75, 1, 2), strict=True):
        z = z + size / (1 + (jw * time) ** alpha)
    noise = 10 ** draw.uniform(-3.3, -2.2) * draw.standard_normal((2, len(z)))
    return z * (1 + noise[0] + 1j * noise[1]), list(zip(r, times, strict=True))


def test_intervals_of_good_peaks_hold_on_flat_arcs() -> None:
    ratios = []
    for seed in range(30):
        z, arcs = two_arcs(seed)
        found = relaxation_times(FREQUENCY, z)
        for size, time in arcs:
            near = [p for p in found.peaks if abs(np.log10(p.tau / time)) < 0.25]
            if len(near) == 1 and near[0].resistance.valid:
                one = near[0].resistance
                ratios.append(abs(one.value - size) / one.uncertainty)

    assert len(ratios) >= 40
    assert np.mean(np.array(ratios) < 2) > 0.93
    assert max(ratios) < 4


def test_arcs_less_than_a_decade_apart_are_not_good_peaks() -> None:
    circuit = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)")
    z = circuit.impedance(FREQUENCY, [2, 20, 2e-4, 0.85, 20, 6e-4, 0.85])

    peaks = relaxation_times(FREQUENCY, z).peaks

    assert not any(p.resistance.valid and p.resistance.value < 25 for p in peaks)


def test_a_peak_beyond_the_lowest_frequency_is_suspect() -> None:
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)")
    z = circuit.impedance(FREQUENCY, [2, 20, 1e-4, 50, 1.0])

    last = relaxation_times(FREQUENCY, z).peaks[-1]

    assert last.frequency < FREQUENCY.min()
    assert "spectra-arc-seen" in [doubt.code for doubt in last.resistance.doubts]


def test_a_wrong_gain_moves_every_peak_by_as_much() -> None:
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)")
    z = circuit.impedance(FREQUENCY, [5, 20, 1e-6, 45, 1e-3])

    for peak in relaxation_times(FREQUENCY, z).peaks:
        assert peak.response.real.sum() == pytest.approx(1.0, abs=0.05)


def test_the_band_is_wider_where_the_choice_of_smoothing_matters() -> None:
    circuit = parse_circuit("R0-p(R1,C1)")
    z = circuit.impedance(FREQUENCY, [5, 20, 1e-4])

    found = relaxation_times(FREQUENCY, z)

    top = int(found.gamma.argmax())
    assert found.uncertainty[top] > 0.1 * found.gamma[top]
    assert found.uncertainty[np.abs(np.log10(found.tau / found.tau[top])) > 2].max() < (
        0.1 * found.uncertainty[top]
    )
