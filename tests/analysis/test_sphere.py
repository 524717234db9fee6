"""Closed forms of diffusion against tables computed elsewhere."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.cells.sphere import (
    EIGENVALUES,
    invert_sphere_ratio,
    ratio_and_slope,
    sphere_ratio,
    sphere_surface,
)

DATA = Path(__file__).parents[1] / "data" / "sphere_diffusion.json"


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DATA.read_text())
    return loaded


def test_eigenvalues_solve_tan_x_equals_x(vectors: dict[str, Any]) -> None:
    np.testing.assert_allclose(EIGENVALUES[:3], vectors["eigenvalues"], atol=5e-9)


def test_ratio_of_rest_to_pulse_on_a_sphere(vectors: dict[str, Any]) -> None:
    table = vectors["sphere"]

    np.testing.assert_allclose(sphere_ratio(table["tau"]), table["ratio"], atol=6e-6)


def test_classical_formula_is_low_on_a_sphere_by_the_tabled_factor(
    vectors: dict[str, Any],
) -> None:
    table = vectors["sphere"]
    tau = np.array(table["tau"])

    factor = 4 * tau / (np.pi * sphere_surface(tau) ** 2)

    np.testing.assert_allclose(factor, table["classical_over_true"], atol=6e-4)


def test_inverse_table(vectors: dict[str, Any]) -> None:
    table = vectors["inverse"]

    found = [invert_sphere_ratio(ratio) for ratio in table["ratio"]]

    np.testing.assert_allclose(found, table["tau"], rtol=1e-3, atol=1e-6)


def test_surface_composition_in_pulse_and_rest(vectors: dict[str, Any]) -> None:
    s = vectors["series"]
    span = s["radius_m"] ** 2 / s["diffusivity_m2_s"]

    def surface(time: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = s["rate_per_s"] / 3 * span * sphere_surface(time / span)
        return scaled

    rest = np.array(s["rest_time_s"])
    np.testing.assert_allclose(
        surface(np.array(s["pulse_time_s"])), s["pulse_surface"], atol=6e-9
    )
    np.testing.assert_allclose(
        surface(rest + s["pulse_s"]) - surface(rest), s["rest_surface"], atol=6e-9
    )


def test_ratio_agrees_with_an_independent_finite_volume_code(
    vectors: dict[str, Any],
) -> None:
    oracle = vectors["pybamm"]

    ratio = float(sphere_ratio(oracle["tau"]))

    assert ratio == pytest.approx(oracle["exact_ratio"], abs=1e-6)
    assert ratio == pytest.approx(oracle["ratio_with_200_radial_points"], abs=2e-4)


@given(st.floats(1e-6, 50))
def test_one_ratio_is_that_of_many_and_its_slope_is_its_own(tau: float) -> None:
    ratio, slope = ratio_and_slope(tau)

    assert ratio == pytest.approx(float(sphere_ratio(tau)), rel=1e-12)
    after, before = sphere_ratio(tau * np.exp([1e-5, -1e-5]))
    assert slope == pytest.approx((after - before) / 2e-5, rel=1e-4, abs=1e-8)


@given(st.floats(1e-6, 50))
def test_inversion_undoes_the_ratio(tau: float) -> None:
    assert invert_sphere_ratio(float(sphere_ratio(tau))) == pytest.approx(tau, rel=1e-6)


@pytest.mark.parametrize("ratio", [-0.1, 0.0, 1.0, 1.2, float("nan")])
def test_a_ratio_that_no_diffusivity_gives_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        invert_sphere_ratio(ratio)
