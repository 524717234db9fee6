"""Diffusivities from titrations whose diffusivity is known."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labctl.analysis.cells.gitt import Diffusivity, analyse_gitt
from labctl.analysis.cells.gitt_pulses import find_pulses
from labctl.analysis.cells.sphere import invert_sphere_ratio, sphere_surface
from labctl.analysis.cells.weppner_huggins import weppner_huggins
from labctl.analysis.uncertainty import known

Floats = NDArray[np.float64]

DATA = Path(__file__).parents[1] / "data"
RADIUS = 1e-6
CAPACITY = 4.872
"""C: 3383 mAh/g on 0.4 mg."""
THERMAL = 0.0256926
"""RT/F in V at 298.15 K."""


def open_circuit(theta: Floats) -> Floats:
    """Return a silicon-like lithiation branch in V (labctl reference, 2026-11)."""
    voltage: Floats = (
        0.065
        + 0.14 * (1 - theta)
        + 0.05 * np.exp(-theta / 0.08)
        + 0.5 * THERMAL * np.log((1 - theta) / theta)
        + 1.2 * np.exp(-theta / 0.004)
    )
    return voltage


def titrate(
    diffusivity: float,
    *,
    pulse: float,
    rest: float,
    start: float = 0.4,
    pulses: int = 7,
    noise: float = 1e-5,
) -> tuple[Floats, Floats, Floats]:
    """Return t, V, I of a lithiation at C/20: exact spheres, curved E, Butler–Volmer.

    The flux is given, so the surface follows from the closed form; the open-circuit
    voltage and the charge transfer are nonlinear in it.
    """
    current = -CAPACITY / 3600 / 20
    span = RADIUS**2 / diffusivity
    fine = np.concatenate((np.arange(0.1, 10, 0.1), np.arange(10, 60, 1.0)))
    times, currents, starts, now = [np.arange(60.0)], [np.zeros(60)], [], 60.0
    for _ in range(pulses):
        starts.append(now)
        for length, flow in ((pulse, current), (rest, 0.0)):
            grid = np.concatenate((fine, np.arange(60.0, length + 0.1, 10.0)))
            times.append(now + grid)
            currents.append(np.full(len(grid), flow))
            now += length
    t, i = np.concatenate(times), np.concatenate(currents)
    theta = np.full(len(t), start)
    for begin in starts:
        ahead = sphere_surface((t - begin) / span)
        ahead -= sphere_surface((t - begin - pulse) / span)
        theta -= current / CAPACITY / 3 * span * ahead
    exchange = THERMAL / 8.0 * np.sqrt(theta * (1 - theta)) / 0.5
    v = open_circuit(theta) + 2 * THERMAL * np.arcsinh(i / (2 * exchange)) + 7.0 * i
    v += noise * np.random.default_rng(3).standard_normal(len(v))
    return t, v, i


def analysed(diffusivity: float, **how: Any) -> tuple[Diffusivity, ...]:
    return analyse_gitt(
        *titrate(diffusivity, **how),
        radius=RADIUS,
        capacity=CAPACITY,
        start_composition=how.get("start", 0.4),
    )


# what the particle does in the pulse, D in m²/s, pulse s, rest s
CELLS = [
    ("nearly in balance after the pulse", 1.0e-15, 600, 3600),
    ("fast particle, short pulse", 1.5e-15, 60, 1200),
    ("in between", 4e-16, 300, 3600),
    ("in between, 600 s", 4e-16, 600, 3600),
    ("slow: rests do not finish", 4e-17, 600, 3600),
]


@pytest.mark.parametrize("start", [0.2, 0.5, 0.75])
@pytest.mark.parametrize(
    ("diffusivity", "pulse", "rest"), [c[1:] for c in CELLS], ids=[c[0] for c in CELLS]
)
def test_recommended_diffusivity_keeps_what_its_uncertainty_promises(
    diffusivity: float, pulse: float, rest: float, start: float
) -> None:
    results = analysed(diffusivity, pulse=pulse, rest=rest, start=start)

    found = [r.recommended for r in results]
    off = [(d.value - diffusivity) / d.uncertainty for d in found]
    assert len(results) == 7
    assert all(d.valid for d in found), found[0].reason
    assert max(map(abs, off)) < 3.0
    assert np.mean([d.value for d in found]) == pytest.approx(diffusivity, rel=0.04)
    assert max(d.relative for d in found) < 0.15


def test_uncertainty_covers_the_scatter() -> None:
    results = analysed(4e-16, pulse=60, rest=1800, noise=2e-5)

    off = [(r.recommended.value - 4e-16) / r.recommended.uncertainty for r in results]

    assert max(map(abs, off)) < 3.5
    assert all(0.01 < r.recommended.relative < 0.2 for r in results)


def test_a_radius_uncertainty_counts_twice() -> None:
    t, v, i = titrate(4e-16, pulse=300, rest=3600)

    sure = analyse_gitt(t, v, i, radius=RADIUS)[2].recommended
    radius = known(RADIUS, 1e-7, "particle radius", "m")
    vague = analyse_gitt(t, v, i, radius=radius)[2].recommended

    assert vague.relative == pytest.approx(math.hypot(sure.relative, 0.2))


def test_classical_formula_is_flagged_as_lower_bound_when_the_particle_is_fast() -> (
    None
):
    middle = analysed(1.5e-15, pulse=600, rest=3600)[3]

    assert middle.end_points.value < 0.2 * 1.5e-15
    assert not middle.end_points.valid
    assert "lower bound" in middle.end_points.reason
    assert "lower bound" in middle.inversion.reason


def test_classical_formula_comes_near_when_the_particle_is_slow() -> None:
    middle = analysed(4e-17, pulse=60, rest=3600, noise=0.0)[3]

    assert middle.end_points.value == pytest.approx(4e-17, rel=0.1)
    assert middle.slope.value == pytest.approx(4e-17, rel=0.1)
    assert middle.relaxation.value == pytest.approx(4e-17, rel=0.1)


def test_a_change_of_hysteresis_branch_does_not_pass_for_diffusion() -> None:
    """The branch follows the mean composition: -0.24 V (1 - exp(-30 Δθ))."""
    t, v, i = titrate(1.8e-16, pulse=600, rest=3600, pulses=12)
    passed = -np.cumsum(i * np.diff(t, prepend=0.0)) / CAPACITY

    results = analyse_gitt(
        t, v - 0.24 * (1 - np.exp(-30 * passed)), i, radius=RADIUS, capacity=CAPACITY
    )

    early, late = results[1], results[-1]
    assert not early.inversion.valid
    assert "hysteresis" in early.inversion.reason
    assert early.inversion.value > 1.5 * 1.8e-16
    for result in results[1:]:
        assert result.recommended.value == pytest.approx(1.8e-16, rel=0.3)
    assert late.recommended.value == pytest.approx(1.8e-16, rel=0.1)


def test_a_rest_that_is_far_too_short_is_flagged() -> None:
    results = analysed(1e-18, pulse=600, rest=7200, start=0.3, pulses=5)

    assert not any(r.recommended.valid for r in results)
    assert "gitt-rest" in {d.code for d in results[2].recommended.doubts}


def test_a_step_lost_in_the_noise_is_flagged() -> None:
    middle = analysed(4e-16, pulse=60, rest=1800, noise=5e-4)[3]

    assert not middle.recommended.valid
    assert "standard uncertainties" in middle.recommended.reason


def test_composition_rises_while_the_cell_lithiates() -> None:
    results = analysed(4e-16, pulse=300, rest=1800, start=0.4)

    step = 300 / 3600 / 20
    assert results[0].composition_before == pytest.approx(0.4)
    assert results[-1].composition_after == pytest.approx(0.4 + 7 * step, rel=1e-6)


def test_independent_cell_gives_its_diffusivity_back() -> None:
    """PyBaMM single-particle half cell, D = 1e-16 m²/s, by make_pybamm_gitt.py."""
    t, v, i = np.loadtxt(DATA / "pybamm_gitt.csv", delimiter=",", skiprows=1).T

    results = analyse_gitt(t, v, i, radius=1e-6, capacity=15.591156)

    for result in results:
        assert result.recommended.valid
        assert result.recommended.value == pytest.approx(1e-16, rel=0.01)
        assert result.inversion.value == pytest.approx(1e-16, rel=0.05)
        assert result.end_points.value == pytest.approx(0.6252e-16, rel=0.05)


@pytest.fixture(scope="module")
def classical() -> dict[str, float]:
    loaded: dict[str, Any] = json.loads((DATA / "sphere_diffusion.json").read_text())
    table: dict[str, float] = loaded["weppner_huggins"]
    return table


def test_weppner_huggins_in_all_its_lengths(classical: dict[str, float]) -> None:
    c = classical
    cubic = c["mass_g"] * c["molar_volume_cm3"] / c["molar_mass_g"] * 1e-2
    lengths = {
        "slab_cm2_s": c["slab_length_m"],
        "sphere_cm2_s": c["sphere_radius_m"] / 3,
        "mass_form_cm2_s": cubic / c["area_from_radius_cm2"],
        "disc_area_cm2_s": cubic / c["disc_area_cm2"],
    }

    for name, length in lengths.items():
        found = weppner_huggins(
            c["pulse_s"], c["rest_change_V"], c["pulse_change_V"], length
        )
        assert found * 1e4 == pytest.approx(c[name], rel=2e-4), name


def test_sphere_inversion_of_the_same_pulse(classical: dict[str, float]) -> None:
    c = classical
    tau = invert_sphere_ratio(c["rest_change_V"] / c["pulse_change_V"])

    found = tau * c["sphere_radius_m"] ** 2 / c["pulse_s"] * 1e4

    assert found == pytest.approx(c["inversion_cm2_s"], rel=2e-4)


def test_only_currents_between_two_rests_are_pulses() -> None:
    current = np.repeat([0.0, -1, 0, -1, 1, 0, 1, 0, -1], 5)
    time = np.arange(len(current), dtype=float)

    pulses = find_pulses(time, current)

    assert [(p.first, p.last) for p in pulses] == [(5, 10), (30, 35)]


def test_no_current_is_no_pulse() -> None:
    assert analyse_gitt([0, 1, 2], [0.3] * 3, [0.0] * 3, radius=1e-6) == ()


def test_a_radius_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="radius"):
        analyse_gitt([0, 1], [0.3, 0.3], [0, 0], radius=0)


def test_a_slow_film_besides_diffusion_is_in_the_uncertainty() -> None:
    t, v, i = titrate(1e-15, pulse=600.0, rest=3600.0)
    film = np.zeros(len(t))
    for k in range(1, len(t)):  # R C of 300 s
        left = math.exp(-(t[k] - t[k - 1]) / 300.0)
        film[k] = left * film[k - 1] + (1 - left) * i[k]
    plain = analyse_gitt(t, v, i, radius=RADIUS)
    found = analyse_gitt(t, v + 5.0 * film, i, radius=RADIUS)

    term = "beginning of the pulse"
    assert plain[4].recommended.part(term) < 0.01 * plain[4].recommended.value
    assert found[4].recommended.part(term) > 0.1 * found[4].recommended.value
