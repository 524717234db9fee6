"""What a titration's analysis is made of: sizes, march, bins, doubts and means."""

import math
from dataclasses import replace

import numpy as np
import pytest
from titrated_pulse import STEP, titrated

from labctl.analysis.cells.gitt_bins import bins_of
from labctl.analysis.cells.gitt_curve import RateCurve
from labctl.analysis.cells.gitt_doubts import doubts_of_pulse
from labctl.analysis.cells.gitt_march import march
from labctl.analysis.cells.gitt_mean import geometric_mean
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere import sphere_surface
from labctl.analysis.cells.sphere_sizes import sizes, sizes_surface
from labctl.analysis.uncertainty import Measured, estimated, known


def codes(pulse: Pulse) -> set[str]:
    return {doubt.code for doubt in doubts_of_pulse(pulse, None)}


def test_spheres_of_one_size_follow_the_closed_form() -> None:
    tau = np.geomspace(1e-7, 1e3, 200)

    np.testing.assert_allclose(sizes_surface(tau, 0.0), sphere_surface(tau), rtol=1e-9)
    np.testing.assert_allclose(sizes_surface(tau, 1e-3), sphere_surface(tau), rtol=1e-4)


@pytest.mark.parametrize("sigma", [0.2, 0.5, 0.8])
def test_early_times_see_the_surface_and_late_ones_the_large_particles(
    sigma: float,
) -> None:
    """Lognormal by volume, median r̄: 3 V/S = r̄ exp(-σ²/2), mean square r̄² exp(2σ²)."""
    early, late = 1e-7, 500.0

    begin = sizes_surface(early, sigma) / (2 * math.sqrt(early / math.pi))
    end = sizes_surface(late, sigma) - 3 * late

    assert begin == pytest.approx(math.exp(-(sigma**2) / 2), rel=2e-3)
    assert end == pytest.approx(0.2 * math.exp(2 * sigma**2), rel=5e-3)
    radii, shares = sizes(sigma)
    assert radii @ shares == pytest.approx(math.exp(sigma**2 / 2), rel=1e-3)


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_a_march_at_one_diffusivity_is_the_closed_form(sigma: float) -> None:
    pulse = titrated()[2]
    curve = RateCurve(np.array([0.0, 1.0]), np.log([1e-4, 1e-4]))

    (track,) = march([pulse], [curve], sigma, pulse.start + 4200)

    late = track.time > 2.0
    tau = track.time[late] * 1e-4
    closed = sizes_surface(tau, sigma) - sizes_surface(tau - 0.06, sigma)
    np.testing.assert_allclose(track.surface[late], closed / 0.18, rtol=5e-3)


def test_a_faster_surface_runs_ahead_less() -> None:
    """D rising with lithium: the same pulse drives the surface less far."""
    pulse = titrated()[2]
    flat = RateCurve(np.array([0.0, 1.0]), np.log([1e-4, 1e-4]))
    rising = RateCurve(np.array([0.0, 1.0]), np.log([1e-4, 1e-3]))

    ahead = [march([pulse], [c], 0.0, 3e3)[0].surface.max() for c in (flat, rising)]

    assert ahead[1] < 0.95 * ahead[0]


def test_the_step_of_a_converter_is_found_in_the_readings() -> None:
    assert titrated(STEP)[2].resolution == pytest.approx(STEP / math.sqrt(12))
    assert titrated()[2].resolution == 0.0


def test_rows_that_stay_on_one_code_know_no_more_than_one() -> None:
    time, volts, pulse = titrated(STEP)
    bins = bins_of(time, volts, pulse, 2.0)

    assert bins is not None
    end = bins.time > 3000
    assert end.sum() > 1
    assert math.sqrt((bins.weight[end] ** 2).sum()) < 1.5 / pulse.resolution


def test_a_rest_seen_through_a_coarse_converter_has_not_surely_ended() -> None:
    pulse = titrated()[2]
    blind = replace(pulse, drift=estimated(0.0, 1e-3 / 3600, "converter step"))

    assert "gitt-relaxed" not in codes(pulse)
    assert "gitt-relaxed" in codes(blind)


def test_what_is_not_known_of_a_pulse_is_in_doubt() -> None:
    pulse = titrated()[2]

    assert codes(pulse) == set()
    unknown = Measured.absent("too few rows")
    assert "gitt-relaxed" in codes(replace(pulse, drift=unknown))
    assert "gitt-jump" in codes(replace(pulse, jump=unknown))
    assert "gitt-signal" in codes(replace(pulse, rest_after=unknown))


def test_a_jump_against_the_current_is_in_doubt() -> None:
    pulse = titrated()[2]

    assert "gitt-jump" in codes(replace(pulse, jump=pulse.jump * -1.0))


def test_a_mean_over_pulses_keeps_what_they_share() -> None:
    shared = known(1e-16, 1e-17, "particle radius")
    values = [estimated(1 + 1e-9 * k, 0.2, "voltage") * shared for k in range(25)]

    mean = geometric_mean(values)

    assert mean.value == pytest.approx(1e-16)
    assert mean.relative == pytest.approx(math.hypot(0.1, 0.2 / 5), rel=1e-3)


def test_pulses_that_scatter_more_than_they_claim_widen_the_mean() -> None:
    noise = np.random.default_rng(2).standard_normal(40)
    values = [estimated(1e-16 * math.exp(0.1 * x), 1e-18, "voltage") for x in noise]

    mean = geometric_mean(values)

    assert mean.relative == pytest.approx(0.1 / math.sqrt(40), rel=0.3)
    assert mean.degrees_of_freedom < 100
