"""Surfaces of spheres with their past: tables, slopes, runs marched side by side."""

import math
from dataclasses import replace

import numpy as np
import pytest
from titrated_pulse import pulse_at, titrated

from labctl.analysis.cells.gitt import analyse_gitt
from labctl.analysis.cells.gitt_courses import Courses
from labctl.analysis.cells.gitt_curve import RateCurve
from labctl.analysis.cells.gitt_march import march
from labctl.analysis.cells.gitt_memory import Run, plan_runs, remembered
from labctl.analysis.cells.sphere import sphere_surface
from labctl.analysis.cells.sphere_sizes import sizes, sizes_surface, sizes_table

TITRATION = [pulse_at(4200.0 * k, -1e-3 if k < 7 else 1e-3) for k in range(14)]
END = 4200.0 * 14


def taken(tau: float, sigma: float) -> float:
    """Return g(τ') from the flux that each size takes, by its own transform.

    A step of flux inverted by Stehfest in the real axis would need more digits; the
    frequencies of a Fourier series (Dubner and Abate) do not.
    """
    radii, shares = sizes(sigma)
    long, many = 8 * tau, 4000
    a = 12 / long
    p = a + 1j * math.pi * np.arange(many) / long
    u = np.sqrt(p)[:, None] * radii
    uptake = (3 * shares / radii**2 * (u / np.tanh(u) - 1)).sum(axis=1)
    image = 3 / (p * uptake)
    wave = (image * np.exp(1j * p.imag * tau)).real
    wave[0] /= 2
    return float(math.exp(a * tau) / long * wave.cumsum()[-200:].mean())


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.4, 0.8])
def test_the_table_joins_its_three_forms_without_a_seam(sigma: float) -> None:
    """A cubic per row: ln(g/3τ') and its slope against central differences."""
    table = sizes_table(sigma)
    log_tau = np.linspace(-14.0, table.settled + 3.0, 4001)
    step = 1e-4

    level, slope = table.read(log_tau)
    after, before = table.read(log_tau + step)[0], table.read(log_tau - step)[0]

    np.testing.assert_allclose(slope, (after - before) / (2 * step), rtol=2e-5)
    assert (np.diff(level) < 0).all()


@pytest.mark.parametrize(("tau", "sigma"), [(0.01, 0.3), (0.1, 0.5), (1.0, 0.8)])
def test_the_table_agrees_with_another_inversion(tau: float, sigma: float) -> None:
    assert sizes_surface(tau, sigma) == pytest.approx(taken(tau, sigma), rel=2e-3)


def test_far_beyond_the_table_early_is_a_root_and_late_the_charge() -> None:
    early, late = np.array([1e-25, 1e-24]), np.array([1e8, 1e9])

    assert sizes_surface(early, 0.5)[1] == pytest.approx(
        math.sqrt(10) * sizes_surface(early, 0.5)[0]
    )
    np.testing.assert_allclose(sizes_surface(late, 0.5), 3 * late, rtol=1e-7)


@pytest.mark.parametrize("log_tau", [-6.0, -2.0, 0.0, 3.0])
def test_a_surface_is_the_sum_of_all_that_was_switched(log_tau: float) -> None:
    """Also where nothing is left of the pulses before, which are not looked up then."""
    times = np.array([[-30.0, 1.0, 300.0, 600.5, 4000.0]])
    place, tau = 6, math.exp(log_tau)
    x, slope = Courses.of(TITRATION, [place], times).surface(
        np.array([0]), np.array([log_tau]), 0.0
    )

    expected = -4.0 * np.ones(5)
    for pulse in TITRATION[2:7]:
        since = (times[0] + TITRATION[place].start - pulse.start) * tau / 600.0
        expected += (sphere_surface(since) - sphere_surface(since - tau)) / (3 * tau)
    np.testing.assert_allclose(x[0], expected, rtol=1e-7, atol=1e-7)
    ahead, behind = (
        Courses.of(TITRATION, [place], times).surface(
            np.array([0]), np.array([log_tau + step]), 0.0
        )[0]
        for step in (1e-4, -1e-4)
    )
    np.testing.assert_allclose(slope, (ahead - behind) / 2e-4, atol=2e-5)


# D/r̄² in 1/s, spread of ln r: rests that end, rests that do not, broad powders
CELLS = [(1e-3, 0.0), (1e-4, 0.07), (3e-5, 0.0), (4e-4, 0.3)]


@pytest.mark.parametrize(("rate", "sigma"), CELLS)
def test_runs_side_by_side_are_one_march(rate: float, sigma: float) -> None:
    into = RateCurve(np.array([0.0, 4.2]), np.log([rate, 2 * rate]))
    out = RateCurve(np.array([0.0, 4.2]), np.log([1.5 * rate, rate]))
    curves = [into] * 7 + [out] * 7
    one_by_one = [
        Run(int(b), k, k + 1)
        for k, b in enumerate(remembered(TITRATION, curves, sigma, END))
    ]

    side = march(TITRATION, curves, sigma, END, one_by_one)
    whole = march(TITRATION, curves, sigma, END, [Run(0, 0, len(TITRATION))])

    assert any(run.begin for run in one_by_one)
    for one, other in zip(side, whole, strict=True):
        np.testing.assert_allclose(one.time, other.time)
        np.testing.assert_allclose(one.surface, other.surface, atol=1e-5)


def test_slow_particles_remember_the_whole_titration() -> None:
    slow = RateCurve(np.array([0.0, 4.2]), np.log([1e-9, 1e-9]))
    fast = RateCurve(np.array([0.0, 4.2]), np.log([1e-2, 1e-2]))

    assert not remembered(TITRATION, [slow] * 14, 0.0, END).any()
    assert remembered(TITRATION, [fast] * 14, 0.0, END).tolist() == [0, *range(13)]


def test_every_pulse_counts_in_one_run() -> None:
    curve = RateCurve(np.array([0.0, 4.2]), np.log([1e-4, 2e-4]))

    runs = plan_runs(TITRATION, [curve] * 14, 0.2, END)

    counted = [k for run in runs for k in range(run.first, run.end)]
    assert sorted(counted) == list(range(14))
    assert all(run.begin <= run.first for run in runs)


def test_pulses_of_unlike_length_march_side_by_side() -> None:
    """A short pulse among long ones has as many steps, and the same surface."""
    short = replace(TITRATION[1], duration=60.0, charge=-0.06)
    pulses = [TITRATION[0], short]
    curve = RateCurve(np.array([0.0, 1.0]), np.log([1e-3, 2e-3]))

    side = march(pulses, [curve] * 2, 0.0, 8400.0, [Run(0, 0, 1), Run(0, 1, 2)])
    whole = march(pulses, [curve] * 2, 0.0, 8400.0, [Run(0, 0, 2)])

    seen = np.interp(side[1].time, whole[1].time, whole[1].surface)
    late = side[1].time > 5.0
    np.testing.assert_allclose(side[1].surface[late], seen[late], atol=4e-3)


def test_a_titration_none_of_whose_pulses_can_be_fitted_still_has_its_pulses() -> None:
    time, voltage, pulse = titrated()
    current = np.where((time > 600) & (time <= 1200), -1e-3, 0.0)

    (found,) = analyse_gitt(time, np.full_like(voltage, np.nan), current, radius=1e-6)

    assert found.pulse.start == pulse.start
    assert math.isnan(found.recommended.value)
