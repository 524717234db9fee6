"""Peaks, scan-rate laws and the split of currents against known answers."""

import numpy as np
import pytest

from labctl.analysis.cells.current_peaks import find_peaks
from labctl.analysis.cells.voltammetry import (
    NOISE,
    b_value,
    dunn_split,
    exponent,
    randles_sevcik,
    shift_in_a_decade,
)
from labctl.analysis.uncertainty import Measured
from labctl.sources import Source

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
    # 0.5 % of each peak over one decade of rates
    assert 0.002 < found.uncertainty < 0.01


SIX = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 1.0]) * 1e-3
GAIN, ZERO = Source("current gain"), Source("current zero")


def read(peaks: np.ndarray, gain: float, zero: float) -> list[Measured]:
    """Return peaks as an ammeter with an unknown gain and zero reads them."""
    return [Measured(p, "A", {GAIN: gain * p, ZERO: zero}) for p in peaks.tolist()]


@pytest.mark.parametrize("count", [3, 4, 6])
def test_twice_the_uncertainty_of_b_and_d_covers_95_percent(count: int) -> None:
    rng = np.random.default_rng(count)
    rates = np.geomspace(1e-4, 1e-3, count)
    truth = 6.0768e-3 * np.sqrt(rates)
    held = [0, 0]
    for _ in range(600):
        gain, zero = rng.normal(0, 5e-3), rng.normal(0, 2e-7)
        peaks = truth * (1 + rng.normal(0, 0.01, count)) * (1 + gain) + zero
        given = read(peaks, 5e-3, 2e-7)
        b = b_value(rates, given).to_result()
        d = randles_sevcik(rates, given, area=AREA, concentration=CONCENTRATION)
        area = d.diffusivity.to_result()
        held[0] += abs(b.value - 0.5) <= 2 * b.uncertainty  # type: ignore[operator]
        held[1] += abs(area.value - 1e-16) <= 2 * area.uncertainty  # type: ignore[operator]

    # 573 ± 5 (binomial)
    assert all(555 <= k <= 594 for k in held), held


def test_a_gain_cancels_in_b_and_a_zero_does_not() -> None:
    found = b_value(SIX, read(1e-3 * np.sqrt(SIX), 0.01, 2e-7))

    assert found.part("current gain") < 1e-12
    assert found.part("current zero") > 1e-3


def test_noise_of_the_peaks_counts_where_their_line_is_straight_by_luck() -> None:
    noisy = [
        Measured(p, "A", {Source(NOISE, str(p)): 0.02 * p})
        for p in (1e-3 * np.sqrt(SIX)).tolist()
    ]

    assert b_value(SIX, noisy).uncertainty > 0.005


def test_b_that_depends_on_the_rates_is_doubted() -> None:
    mixed = b_value(SIX, 1e-3 * np.sqrt(SIX) + 0.05 * SIX)

    assert "cv-no-bend" in [doubt.code for doubt in mixed.doubts]


def test_three_rates_are_too_few_to_be_good() -> None:
    found = b_value(SIX[:3], np.sqrt(SIX[:3]))

    assert [doubt.code for doubt in found.doubts] == ["cv-enough-rates"]


def test_what_area_and_concentration_leave_unknown_goes_twice_into_d() -> None:
    area = Measured(AREA, "m²", {Source("area"): 0.02 * AREA})

    found = randles_sevcik(RATES, PEAKS, area=area, concentration=CONCENTRATION)

    assert found.diffusivity.part("area") == pytest.approx(0.04e-16, rel=1e-3)


def test_the_charge_tells_whether_the_end_of_the_particle_is_felt() -> None:
    assert exponent(SIX, SIX**-0.5) == pytest.approx(-0.5)
    assert exponent(SIX, np.full(6, 3.0)) == pytest.approx(0.0)
    assert np.isnan(exponent(SIX, np.zeros(6)))


def test_resistance_moves_the_peaks_with_the_rate() -> None:
    assert shift_in_a_decade(SIX, 0.5 + 0.1 * np.log10(SIX)) == pytest.approx(100.0)


def test_dunns_split_returns_the_parts_it_was_made_of() -> None:
    v = np.linspace(0, 1, 101)
    k1, k2 = 0.4 + 0.1 * v, 0.01 * (1 - v)
    currents = RATES[:, None] * k1 + np.sqrt(RATES)[:, None] * k2

    split = dunn_split(RATES, v, currents)

    np.testing.assert_allclose(split.surface, k1, rtol=1e-9)
    np.testing.assert_allclose(split.diffusion, k2, atol=1e-12)
    share = 0.45 * 1e-3 / (0.45 * 1e-3 + 0.005 * np.sqrt(1e-3))
    assert split.shares[-1].value == pytest.approx(share, rel=1e-4)


def test_a_share_above_one_is_shown_as_it_is_and_doubted() -> None:
    v = np.linspace(0, 1, 11)
    currents = np.outer(RATES, np.ones(11)) - 1e-3 * np.sqrt(RATES)[:, None]

    share = dunn_split(RATES, v, currents).shares[-1]

    assert share.value > 1
    assert "cv-share-physical" in [doubt.code for doubt in share.doubts]


def test_currents_that_are_not_of_the_split_make_the_share_uncertain() -> None:
    rng = np.random.default_rng(4)
    v = np.linspace(0, 1, 101)
    clean = RATES[:, None] * 0.4 + np.sqrt(RATES)[:, None] * 0.01
    truth = 0.4e-3 / (0.4e-3 + 0.01 * np.sqrt(1e-3))
    held = 0
    for _ in range(300):
        scale = 1 + rng.normal(0, 0.01, (len(RATES), 1))
        share = dunn_split(RATES, v, clean * scale * np.ones_like(v)).shares[-1]
        held += abs(share.value - truth) <= 2 * (share.to_result().uncertainty or 0)

    assert 276 <= held <= 300


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


def test_a_peak_between_noisy_rows_is_read_within_its_uncertainty() -> None:
    rng = np.random.default_rng(2)
    v, i = cycle()
    held = 0
    for _ in range(200):
        anodic, *_ = find_peaks(v, i + rng.normal(0, 1e-6, len(i)), smooth=5)
        held += abs(anodic.current - 1.05e-4) <= 2 * anodic.noise

    assert held >= 180


def test_a_maximum_at_the_reversal_is_no_peak() -> None:
    v = np.concatenate((np.linspace(0, 0.5, 200), np.linspace(0.5, 0, 200)[1:]))

    assert find_peaks(v, np.where(np.arange(399) < 200, np.exp(4 * v), 0.0)) == ()


def test_a_branch_that_crosses_zero_has_the_baseline_of_its_quiet_end() -> None:
    v = np.linspace(0.0, 1.0, 500)
    i = 5e-6 + 1e-4 * np.exp(-(((v - 0.5) / 0.05) ** 2)) - 5e-5 * np.exp(-v / 0.05)

    [peak] = find_peaks(v, i)

    assert peak.baseline == pytest.approx(5e-6, rel=0.05)


def test_a_peak_tells_by_how_much_the_current_falls_behind_it() -> None:
    anodic, _ = find_peaks(*cycle())

    assert anodic.fall == pytest.approx(1 - 5e-6 / 1.05e-4, abs=0.01)


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
