"""Current and voltage become a resistance, an offset and a verdict on the contact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.conduction.conduction import (
    CONTACT,
    Drive,
    contact_doubts,
    largest_current,
    ohmic_fit,
)
from labctl.analysis.conduction.pellet import (
    pellet_conductivity,
    thickness_series,
)
from labctl.analysis.conduction.reversal import (
    delta_mode_resistance,
)
from labctl.analysis.linear_fit import fit_columns, fit_line
from labctl.analysis.uncertainty import Calibration, Measured, known, mean_of
from labctl.data import Quality

SWEEP = np.linspace(-1, 1, 21)
AREA = known(1e-4, 0, "area", "m^2")


@given(st.floats(-3, 11), st.floats(-1e-3, 1e-3))
def test_a_line_gives_resistance_and_offset(decade: float, offset: float) -> None:
    ohms = 10**decade
    amperes = SWEEP / ohms + offset / ohms

    found = ohmic_fit(SWEEP, amperes)

    assert found.resistance.value == pytest.approx(ohms, rel=1e-9)
    assert found.conductance.value == pytest.approx(1 / ohms, rel=1e-9)
    assert found.offset_voltage.value == pytest.approx(-offset, abs=1e-12)
    assert found.is_ohmic


def test_driven_by_current_the_offset_is_the_thermal_emf() -> None:
    amperes = np.linspace(-1e-3, 1e-3, 11)

    found = ohmic_fit(50 * amperes + 3e-6, amperes, driven=Drive.CURRENT)

    assert found.resistance.value == pytest.approx(50.0)
    assert found.offset_voltage.value == pytest.approx(3e-6)
    assert found.resistance.unit == "ohm"
    assert found.conductance.unit == "S"


CURVES = {
    # A Schottky contact lets current through one way only.
    "diode": (np.expm1(SWEEP * 3), "slopes at + and - differ"),
    # Oxide on the tip: odd and curved, both polarities alike.
    "oxide": (SWEEP + 0.4 * SWEEP**3, "cubic term is"),
    # A broken wire: the ammeter's noise and nothing else.
    "open": (1e-12 * np.random.default_rng(3).normal(size=21), "R² ="),
    # Voltage leads swapped.
    "swapped": (-SWEEP, "slope is not positive"),
}


@pytest.mark.parametrize("case", CURVES)
def test_a_contact_that_is_not_ohmic_keeps_its_value_and_says_why(case: str) -> None:
    amperes, reason = CURVES[case]
    found = ohmic_fit(SWEEP, amperes)
    result = found.results()["resistance"]

    assert not found.is_ohmic
    assert result.quality is Quality.SUSPECT
    assert reason in result.reason
    assert isinstance(result.value, float)


def test_one_polarity_hides_the_offset() -> None:
    volts = np.linspace(0.1, 1, 10)

    assert "one polarity only" in ohmic_fit(volts, volts).resistance.reasons[0]


def test_points_in_compliance_are_left_out_and_counted() -> None:
    amperes = np.minimum(SWEEP * 1e-3, 0.75e-3)

    found = ohmic_fit(SWEEP, amperes, compliance=amperes >= 0.75e-3)

    assert found.resistance.value == pytest.approx(1e3)
    assert found.doubts == ("3 of 21 points in compliance",)


def test_points_that_were_not_measured_are_counted() -> None:
    amperes = SWEEP * 1e-3
    amperes[4] = math.nan

    found = ohmic_fit(SWEEP, amperes)

    assert found.points == 20
    assert found.doubts == ("1 of 21 points not measured",)


def test_a_sweep_wholly_in_compliance_leaves_no_number() -> None:
    found = ohmic_fit(SWEEP, SWEEP, compliance=np.ones(21))
    result = found.results()["conductance"]

    assert result.value is None
    assert "21 of 21 points in compliance" in result.reason
    assert not found.is_ohmic


def test_a_contact_check_is_stricter_than_a_measurement() -> None:
    slightly = SWEEP * np.where(SWEEP > 0, 1.02, 1.0)

    assert ohmic_fit(SWEEP, slightly).is_ohmic
    assert not ohmic_fit(SWEEP, slightly, limits=CONTACT).is_ohmic


def test_the_budget_adds_up() -> None:
    rng = np.random.default_rng(2)
    amperes = SWEEP * 1e-4 + 1e-7 * rng.normal(size=21)

    found = ohmic_fit(
        SWEEP, amperes, Calibration(voltage_gain=3e-4, current_gain=4e-4)
    ).resistance

    assert set(found.budget) == {
        "voltage gain",
        "current gain",
        "scatter of the points",
    }
    assert math.hypot(*found.budget.values()) == pytest.approx(found.uncertainty)
    assert found.budget["current gain"] == pytest.approx(4e-4 * found.value)
    result = found.to_result()
    assert result.budget is not None
    assert math.hypot(*result.budget.values()) == pytest.approx(result.uncertainty)


def test_a_bad_pair_of_contacts_is_named() -> None:
    ohms = {"12": 90.0, "23": 100.0, "34": 600.0, "41": 110.0}
    pairs = {pair: Measured(value) for pair, value in ohms.items()}

    assert contact_doubts(pairs) == (
        "34: 600 ohm is more than 5 times the best pair's 90 ohm",
    )


def test_nist_allows_five_milliwatts() -> None:
    assert largest_current(1000.0) == pytest.approx(1 / math.sqrt(200 * 1000.0))


def test_overlapping_deltas_do_not_pretend_to_be_independent() -> None:
    rng = np.random.default_rng(8)
    kernel = np.array([0.25, 0.5, 0.25])
    claimed, found = [], []
    for _ in range(400):
        deltas = 1e-6 + np.convolve(1e-8 * rng.normal(size=32), kernel, "valid")
        resistance = delta_mode_resistance(deltas, 1e-3)
        claimed.append(resistance.uncertainty)
        found.append(resistance.value)

    # 400 seeds tell a standard deviation to 3.5 %; three of them.
    ratio = math.sqrt(np.mean(np.square(claimed))) / np.std(found)
    assert ratio == pytest.approx(1.0, abs=0.11)


def test_the_pellet_of_the_reference() -> None:
    # A 1 cm², 1 mm pellet of 10 kΩ has 1e-3 S/m.
    found = pellet_conductivity(
        known(1e4, 0, "r"), known(1e-3, 1e-5, "thickness"), AREA
    )

    assert found.value == pytest.approx(1e-3, rel=1e-12)
    assert found.uncertainty == pytest.approx(1e-5)
    assert found.unit == "S/m"


@pytest.mark.parametrize("missing", ["thickness", "area"])
def test_missing_geometry_leaves_no_conductivity(missing: str) -> None:
    size = {"thickness": known(1e-3, 0, "t"), "area": AREA}
    size.pop(missing)

    result = pellet_conductivity(
        known(1e4, 0, "r"), size.get("thickness"), size.get("area")
    ).to_result()

    assert result.quality is Quality.ABSENT
    assert result.reason == f"{missing} is not given"
    assert result.value is None


def test_the_thickness_series_of_the_reference() -> None:
    depths = [0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3]
    ohms = [5400.0, 10400.0, 15400.0, 20400.0]

    found = thickness_series(
        [known(d, 0, f"thickness: {d}") for d in depths],
        [known(r, 0, f"resistance: {r}") for r in ohms],
        AREA,
    )
    two_probe = pellet_conductivity(known(10400.0, 0, "r"), known(1e-3, 0, "t"), AREA)

    assert found.slope.value == pytest.approx(1e7, rel=1e-9)
    assert found.conductivity.value == pytest.approx(1e-3, rel=1e-9)
    assert found.contact_resistance.value == pytest.approx(400, rel=1e-9)
    assert found.conductivity.reasons == ()
    assert two_probe.value == pytest.approx(1e-2 / 10.4, rel=1e-9)
    corrected = pellet_conductivity(
        known(10400.0, 0, "r"), known(1e-3, 0, "t"), AREA, found.contact_resistance
    )
    assert corrected.value == pytest.approx(1e-3, rel=1e-9)


def series(depths: list[float], ohms: list[float]) -> tuple[str, ...]:
    return thickness_series(
        [Measured(d) for d in depths], [Measured(r) for r in ohms], AREA
    ).conductivity.reasons


SERIES = {
    # Two pellets always lie on a line.
    "two": ([1e-3, 2e-3], [10400.0, 20400.0], "two thicknesses only"),
    # Poor contacts: the pellet hardly matters.
    "contacts": ([1e-3, 2e-3, 3e-3], [9e3, 9.5e3, 1e4], "contacts are 94%"),
    # Wrong gauge: the line ends below zero.
    "negative": ([1e-3, 2e-3, 3e-3], [1e3, 3e3, 5e3], "is negative"),
    # Shorted by the sleeve.
    "falling": ([1e-3, 2e-3, 3e-3], [3e3, 2e3, 1e3], "does not grow"),
}


@pytest.mark.parametrize("case", SERIES)
def test_a_doubtful_series_says_why(case: str) -> None:
    depths, ohms, reason = SERIES[case]

    assert any(reason in suspicion for suspicion in series(depths, ohms))


def test_pellets_that_scatter_widen_the_uncertainty() -> None:
    depths = [0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3]
    ohms = [5500.0, 10300.0, 15500.0, 20300.0]
    found = thickness_series(
        [known(d, 0, f"t: {d}") for d in depths],
        [known(r, 1.0, f"r: {r}") for r in ohms],
        AREA,
    ).conductivity

    assert next(iter(found.budget)) == "pellet scatter"
    assert found.degrees_of_freedom == pytest.approx(2.0, rel=0.01)
    result = found.to_result()
    assert result.budget is not None
    assert "few readings" in result.budget


def test_a_meters_gain_is_common_to_all_pellets() -> None:
    meter = Calibration(current_gain=0.01)
    depths = [0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3]
    ohms = [ohmic_fit(SWEEP, SWEEP / (400 + d * 1e7), meter).resistance for d in depths]

    found = thickness_series([Measured(d) for d in depths], ohms, AREA)

    assert found.conductivity.part("current gain") == pytest.approx(1e-5)


def test_columns_of_any_size_are_fitted() -> None:
    x = np.linspace(-1e-9, 1e-9, 9)
    found = fit_columns((1.0, x, x**3), 2e-12 + 3e-3 * x + 5e12 * x**3)

    assert found.coefficients == pytest.approx([2e-12, 3e-3, 5e12], rel=1e-9)


@pytest.mark.parametrize(
    ("x", "reason"),
    [([1.0], "1 points cannot"), ([2.0, 2.0, 2.0], "do not differ enough")],
)
def test_a_line_needs_two_places(x: list[float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fit_line(x, x)


def test_what_is_common_cancels_and_what_is_not_adds() -> None:
    gauge = known(2.0, 0.1, "gauge")
    other = known(2.0, 0.1, "other gauge")

    assert (gauge / gauge).uncertainty == pytest.approx(0.0, abs=1e-15)
    assert (gauge / other).uncertainty == pytest.approx(0.05 * math.sqrt(2))


def test_few_readings_widen_what_goes_into_the_file() -> None:
    three = mean_of([1.0, 2.0, 3.0], "readings")
    result = three.to_result()

    # Student's factor for 95.45 % and two degrees of freedom is 4.527.
    assert three.expanded() == pytest.approx(4.5266 / math.sqrt(3), rel=1e-4)
    assert result.uncertainty == pytest.approx(three.expanded() / 2)
    assert known(1.0, 0.1, "x").to_result().uncertainty == pytest.approx(0.1)


def test_one_reading_has_no_known_scatter() -> None:
    assert mean_of([1.0], "readings").to_result().uncertainty is None
    assert mean_of([], "readings").is_absent


def test_two_standard_uncertainties_cover_the_pellet() -> None:
    rng = np.random.default_rng(31)
    seeds, hits = 400, 0
    meter = Calibration(voltage_gain=2e-4, current_gain=5e-4)
    volts = np.linspace(-1, 1, 7)
    for _ in range(seeds):
        gain = (1 + 5e-4 * rng.normal()) / (1 + 2e-4 * rng.normal())
        amperes = volts * 1e-4 * gain + 2e-8 + 2e-7 * rng.normal(size=7)
        thickness = known(1e-3 + 1e-6 * rng.normal(), 1e-6, "thickness")
        fit = ohmic_fit(volts, amperes, meter)
        result = pellet_conductivity(fit.resistance, thickness, AREA).to_result()
        assert isinstance(result.value, float)
        assert result.uncertainty is not None
        hits += abs(result.value - 1e-3) <= 2 * result.uncertainty

    # 95.45 % of 400 is 382 with a binomial deviation of 4.2; three of them.
    assert 369 <= hits <= 395
