"""Peaks, scan-rate laws and the split of currents against known answers."""

import numpy as np
import pytest

from labctl.analysis.cells.voltammetry import (
    b_value,
    dunn_split,
    find_peaks,
    randles_sevcik,
)

RATES = np.array([0.1, 0.2, 0.5, 1.0]) * 1e-3
"""V/s."""
PEAKS = np.array([6.0768e-5, 8.5939e-5, 1.35882e-4, 1.92166e-4])
"""A; labctl reference 2026-11: A 1.131 cm², C 0.02 mol/cm³, D 1e-12 cm²/s, n 1."""
AREA = 1.131e-4
CONCENTRATION = 0.02e6


def test_randles_sevcik_gives_the_reference_diffusivity() -> None:
    found = randles_sevcik(RATES, PEAKS, area=AREA, concentration=CONCENTRATION)

    assert found.diffusivity.valid
    assert found.diffusivity.value * 1e4 == pytest.approx(1e-12, rel=1e-3)
    assert found.slope.value == pytest.approx(6.07683e-3, rel=1e-4)


def test_the_irreversible_form_has_its_own_prefactor() -> None:
    # 2.984e5 / 2.686e5 squared, for α = 1
    plain = randles_sevcik(RATES, PEAKS, area=AREA, concentration=CONCENTRATION)
    other = randles_sevcik(
        RATES, PEAKS, area=AREA, concentration=CONCENTRATION, transfer=1.0
    )

    ratio = plain.diffusivity.value / other.diffusivity.value
    assert ratio == pytest.approx((2.984 / 2.686) ** 2, rel=1e-3)


def test_a_current_beside_diffusion_is_flagged() -> None:
    found = randles_sevcik(
        RATES, PEAKS + 5e-5, area=AREA, concentration=CONCENTRATION
    ).diffusivity

    assert not found.valid
    assert "intercept" in found.reason


@pytest.mark.parametrize("b", [0.5, 0.75, 1.0])
def test_b_is_the_exponent_of_the_scan_rate(b: float) -> None:
    noise = 1 + 0.002 * np.array([1, -1, -1, 1])

    found = b_value(RATES, -3e-3 * RATES**b * noise)

    assert found.value == pytest.approx(b, abs=0.005)
    assert found.uncertainty < 0.01


def test_dunns_split_returns_the_parts_it_was_made_of() -> None:
    v = np.linspace(0, 1, 101)
    k1, k2 = 0.4 + 0.1 * v, 0.01 * (1 - v)
    currents = RATES[:, None] * k1 + np.sqrt(RATES)[:, None] * k2

    split = dunn_split(RATES, v, currents)

    np.testing.assert_allclose(split.surface, k1, rtol=1e-9)
    np.testing.assert_allclose(split.diffusion, k2, atol=1e-12)
    share = 0.45 * 1e-3 / (0.45 * 1e-3 + 0.005 * np.sqrt(1e-3))
    assert split.shares[-1].value == pytest.approx(share, rel=1e-4)


def test_a_share_above_one_is_clipped_and_flagged() -> None:
    v = np.linspace(0, 1, 11)
    currents = np.outer(RATES, np.ones(11)) - 1e-3 * np.sqrt(RATES)[:, None]

    share = dunn_split(RATES, v, currents).shares[-1]

    assert share.value == 1
    assert not share.valid


def cycle(resistance: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return a voltammogram with peaks at 0.50 V up and 0.25 V down on 5 µA."""
    up = np.linspace(0.05, 1.0, 951)
    rising = 5e-6 + 1e-4 * np.exp(-(((up - 0.50) / 0.04) ** 2))
    falling = -5e-6 - 8e-5 * np.exp(-(((up - 0.25) / 0.04) ** 2))
    v = np.concatenate((up, up[::-1][1:]))
    i = np.concatenate((rising, falling[::-1][1:]))
    return v + resistance * i, i


def test_peaks_of_both_branches_are_found_above_the_baseline() -> None:
    anodic, cathodic = find_peaks(*cycle(), capacitive=5e-6)

    assert anodic.anodic
    assert anodic.voltage == pytest.approx(0.50, abs=1e-3)
    assert anodic.current == pytest.approx(1e-4, rel=1e-3)
    assert anodic.half_width == pytest.approx(0.04 * np.sqrt(np.log(2)), rel=0.02)
    assert cathodic.voltage == pytest.approx(0.25, abs=1e-3)
    assert cathodic.current == pytest.approx(-8e-5, rel=1e-3)


def test_the_ohmic_shift_is_taken_off() -> None:
    anodic, _ = find_peaks(*cycle(resistance=200.0), resistance=200.0)

    assert anodic.voltage == pytest.approx(0.50, abs=1e-3)


@pytest.mark.parametrize(
    ("rates", "peaks", "complaint"),
    [([1e-3, 2e-3], [1, 2], "pairs"), ([0, 1, 2], [1, 2, 3], "above 0")],
)
def test_too_few_or_senseless_rates_are_refused(
    rates: list[float], peaks: list[float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        b_value(rates, peaks)
