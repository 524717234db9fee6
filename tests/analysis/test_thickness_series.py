"""Pellets of several thicknesses tell bulk from contacts, and how well they do."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from labctl.analysis.conduction.conduction import ohmic_fit
from labctl.analysis.conduction.thickness_series import (
    ThicknessSeries,
    thickness_series,
)
from labctl.analysis.linear_fit import fit_both, fit_line
from labctl.analysis.uncertainty import Calibration, Measured, known
from labctl.data import Quality

AREA = known(1e-4, 0, "area", "m^2")
DEPTHS = [0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3]
SWEEP = np.linspace(-1, 1, 21)


def series(
    depths: list[float], ohms: list[float], scatter: float = 0.0
) -> ThicknessSeries:
    return thickness_series(
        [known(d, 0, f"thickness: {d}") for d in depths],
        [known(r, 0, f"resistance: {r}") for r in ohms],
        AREA,
        scatter,
    )


def test_the_reference_gives_bulk_and_contacts() -> None:
    found = series(DEPTHS, [5400.0, 10400.0, 15400.0, 20400.0], scatter=0.03)

    assert found.slope.value == pytest.approx(1e7, rel=1e-9)
    assert found.conductivity.value == pytest.approx(1e-3, rel=1e-9)
    assert found.contact_resistance.value == pytest.approx(400, rel=1e-9)
    assert found.conductivity.doubts == ()
    assert "pellet scatter (expected)" in found.conductivity.budget


DOUBTFUL = {
    # Two pellets always lie on a line.
    "two": ([1e-3, 2e-3], [10400.0, 20400.0], "pellet-thicknesses"),
    # All alike: the contacts hide in the scatter.
    "alike": ([1e-3, 1.1e-3, 1.2e-3], [1.04e4, 1.14e4, 1.24e4], "pellet-thickness"),
    # Poor contacts: the pellet hardly matters.
    "contacts": ([1e-3, 2e-3, 3e-3], [9e3, 9.5e3, 1e4], "pellet-contact-share"),
    # Wrong gauge: the line ends below zero.
    "negative": ([1e-3, 2e-3, 3e-3], [1e3, 3e3, 5.1e3], "pellet-intercept"),
    # Shorted by the sleeve.
    "falling": ([1e-3, 2e-3, 3e-3], [3e3, 2e3, 1e3], "pellet-grows"),
    # One pellet of another density.
    "odd": (DEPTHS, [5400.0, 10400.0, 19000.0, 20400.0], "pellet-on-a-line"),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_a_doubtful_series_says_why(case: str) -> None:
    depths, ohms, code = DOUBTFUL[case]

    doubts = series(depths, ohms, 0.01).conductivity.doubts

    assert any(doubt.code.startswith(code) for doubt in doubts)


def test_a_pellet_that_could_not_be_measured_is_left_out_and_said() -> None:
    found = thickness_series(
        [Measured(d) for d in DEPTHS],
        [Measured(1e7 * d) for d in DEPTHS[:3]] + [Measured(math.nan)],
        AREA,
    )

    assert "3 of 4 pellets used" in found.conductivity.reasons


def test_pellets_that_scatter_widen_the_uncertainty() -> None:
    found = series(DEPTHS, [5700.0, 9900.0, 16000.0, 19800.0], 0.01).conductivity

    assert next(iter(found.budget)) == "pellet scatter"
    assert found.degrees_of_freedom == pytest.approx(2.0)
    budget = found.to_result().budget
    assert budget is not None
    assert "few readings" in budget


def test_a_gauges_scale_stays_however_many_pellets_there_are() -> None:
    rng = np.random.default_rng(8)
    depths = np.linspace(0.5e-3, 3e-3, 40)
    ohms = 400 + 1e7 * depths * (1 + 0.08 * rng.normal(size=40))
    found = thickness_series(
        [known(d, 0.02 * d, f"thickness: {n}") for n, d in enumerate(depths)],
        [known(r, 0.0, f"resistance: {n}") for n, r in enumerate(ohms)],
        AREA,
    ).conductivity

    assert found.part("pellet scatter") > 0
    assert found.part("thickness") == pytest.approx(0.02 * found.value)


def test_a_meters_gain_is_common_to_all_pellets() -> None:
    meter = Calibration(current_gain=0.01)
    ohms = [ohmic_fit(SWEEP, SWEEP / (400 + d * 1e7), meter).resistance for d in DEPTHS]

    found = thickness_series([Measured(d) for d in DEPTHS], ohms, AREA)

    assert found.conductivity.part("current gain") == pytest.approx(1e-5)


def test_errors_along_the_thickness_do_not_flatten_the_line() -> None:
    rng = np.random.default_rng(3)
    true = np.linspace(0, 1, 400)
    x = true + 0.3 * rng.normal(size=400)
    y = 2.0 * true + 0.1 * rng.normal(size=400)
    ones: NDArray[np.float64] = np.ones(400)

    both = fit_both(x, y, 0.3 * ones, 0.1 * ones).coefficients[1]

    assert fit_line(x, y).coefficients[1] < 1.2
    assert both == pytest.approx(2.0, abs=0.2)


def test_without_errors_of_x_both_fits_are_one() -> None:
    rng = np.random.default_rng(4)
    x, sigma = np.linspace(0, 1, 9), np.linspace(1, 2, 9)
    y = 3.0 * x + 1.0 + 0.1 * rng.normal(size=9)

    both, line = fit_both(x, y, np.zeros(9), sigma), fit_line(x, y, sigma)

    assert both.coefficients == pytest.approx(line.coefficients)
    assert both.covariance == pytest.approx(line.covariance)


@pytest.mark.parametrize("number", [3, 5])
@pytest.mark.parametrize("spread", [0.02, 0.05])
def test_pellets_of_any_scatter_are_covered(number: int, spread: float) -> None:
    # Three pellets of 2 % scatter once covered 78 %.
    rng = np.random.default_rng(number)
    depths = np.linspace(0.5e-3, 2e-3, number)
    good, hits, far, contacts = 0, 0, 0, 0
    for _ in range(400):
        seen = depths * (1 + 0.005 * rng.normal(size=number))
        ohms = 400.0 + 1e7 * depths * (1 + spread * rng.normal(size=number))
        found = thickness_series(
            [known(t, 0.005 * t, f"thickness: {n}") for n, t in enumerate(seen)],
            [known(r, 1e-4 * r, f"resistance: {n}") for n, r in enumerate(ohms)],
            AREA,
        )
        result = found.conductivity.to_result()
        crossing = found.contact_resistance
        assert isinstance(result.value, float)
        assert result.uncertainty is not None
        if result.quality is Quality.GOOD:
            off = abs(result.value - 1e-3) / result.uncertainty
            good, hits, far = good + 1, hits + (off <= 2), far + (off > 5)
            contacts += abs(crossing.value - 400.0) <= crossing.expanded()

    assert good > 200
    assert hits >= 0.93 * good
    assert contacts >= 0.93 * good
    assert far == 0
