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
from labctl.analysis.conduction.pellet import pellet_conductivity, without_sleeve
from labctl.analysis.conduction.reversal import (
    delta_mode_resistance,
)
from labctl.analysis.linear_fit import fit_columns, fit_line
from labctl.analysis.uncertainty import Calibration, Measured, known, mean_of
from labctl.data import Quality

SWEEP = np.linspace(-1, 1, 21)
AREA = known(1e-4, 0, "area", "m^2")
NONE = known(0.0, 0.0, "contacts", "ohm")


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
    "diode": (np.expm1(SWEEP * 3), "conduction-symmetric"),
    # Oxide on the tip: odd and curved, both polarities alike.
    "oxide": (SWEEP + 0.4 * SWEEP**3, "conduction-straight"),
    # A broken wire: the ammeter's noise and nothing else.
    "open": (1e-12 * np.random.default_rng(3).normal(size=21), "conduction-linear"),
    # Voltage leads swapped.
    "swapped": (-SWEEP, "conduction-positive"),
}


@pytest.mark.parametrize("case", CURVES)
def test_a_contact_that_is_not_ohmic_keeps_its_value_and_says_why(case: str) -> None:
    amperes, code = CURVES[case]
    found = ohmic_fit(SWEEP, amperes)
    result = found.results()["resistance"]

    assert not found.is_ohmic
    assert result.quality is Quality.SUSPECT
    assert code in result.verdicts
    assert isinstance(result.value, float)


def test_one_polarity_hides_the_offset() -> None:
    volts = np.linspace(0.1, 1, 10)

    assert "one polarity only" in ohmic_fit(volts, volts).resistance.reasons[0]


def test_points_in_compliance_are_left_out_and_counted() -> None:
    amperes = np.minimum(SWEEP * 1e-3, 0.75e-3)

    found = ohmic_fit(SWEEP, amperes, compliance=amperes >= 0.75e-3)

    assert found.resistance.value == pytest.approx(1e3)
    assert [str(d) for d in found.doubts] == ["3 of 21 points in compliance"]


def test_points_that_were_not_measured_are_counted() -> None:
    amperes = SWEEP * 1e-3
    amperes[4] = math.nan

    found = ohmic_fit(SWEEP, amperes)

    assert found.points == 20
    assert [str(d) for d in found.doubts] == ["1 of 21 points not measured"]


def test_a_sweep_wholly_in_compliance_leaves_no_number() -> None:
    found = ohmic_fit(SWEEP, SWEEP, compliance=np.ones(21))
    result = found.results()["conductance"]

    assert result.value is None
    assert "21 of 21 points in compliance" in result.reason
    assert not found.is_ohmic


def test_a_contact_check_is_stricter_than_a_measurement() -> None:
    slightly = SWEEP * np.where(SWEEP > 0, 1.02, 1.0)

    assert ohmic_fit(SWEEP, slightly).is_ohmic
    assert not ohmic_fit(SWEEP, slightly, conditions=CONTACT).is_ohmic


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
    assert result.uncertainty is not None
    # two limits of nearly one size: 95.45 % lie within 1.93 standard uncertainties
    assert 0.95 < result.uncertainty / found.uncertainty < 1.0


@pytest.mark.parametrize("driven", Drive)
def test_an_offset_may_be_the_zero_of_either_meter(driven: Drive) -> None:
    meters = Calibration(voltage_zero=1e-4, current_zero=1e-8)

    found = ohmic_fit(SWEEP, SWEEP / 1e3, meters, driven=driven).offset_voltage

    assert found.budget["voltage zero"] == pytest.approx(1e-4)
    assert found.budget["current zero"] == pytest.approx(1e3 * 1e-8)


def test_a_bad_pair_of_contacts_is_named() -> None:
    ohms = {"12": 90.0, "23": 100.0, "34": 600.0, "41": 110.0}
    pairs = {pair: Measured(value) for pair, value in ohms.items()}

    (doubt,) = contact_doubts(pairs)
    assert doubt.code == "contact-alike"
    assert str(doubt).startswith("34: ")


def test_levels_too_few_to_compare_the_polarities_are_a_doubt() -> None:
    volts = np.array([-1.0, -0.5, 0.5, 1.0])

    codes = [doubt.code for doubt in ohmic_fit(volts, volts * 1e-3).doubts]

    assert codes == ["conduction-symmetric", "conduction-straight"]


def test_slope_and_offset_of_one_sided_points_keep_what_they_share() -> None:
    rng = np.random.default_rng(9)
    volts = np.linspace(0.5, 1.0, 11)
    fit = ohmic_fit(volts, 1e-3 * volts + 1e-6 * rng.normal(size=11))

    # At the middle of the points the line is known best: the two errors cancel there.
    middle = fit.offset_current + fit.conductance * 0.75
    end = fit.offset_current + fit.conductance * 0.0
    assert middle.uncertainty < 0.3 * end.uncertainty


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
        known(1e4, 0, "r"), known(1e-3, 1e-5, "thickness"), AREA, NONE
    )

    assert found.value == pytest.approx(1e-3, rel=1e-12)
    assert found.uncertainty == pytest.approx(1e-5)
    assert found.unit == "S/m"


def test_one_pellet_with_unknown_contacts_gives_a_lower_bound() -> None:
    result = pellet_conductivity(
        known(10400.0, 1.0, "r"), known(1e-3, 1e-6, "thickness"), AREA
    ).to_result()

    assert result.quality is Quality.SUSPECT
    assert result.verdicts == ("pellet-contacts-known",)
    assert "at least this" in result.reason
    assert result.uncertainty is None
    assert result.value == pytest.approx(1e-2 / 10.4)


def test_contacts_that_were_measured_are_taken_away() -> None:
    contacts = known(400.0, 20.0, "contacts", "ohm")
    found = pellet_conductivity(
        known(10400.0, 0, "r"), known(1e-3, 0, "t"), AREA, contacts
    )

    assert found.valid
    assert found.value == pytest.approx(1e-3, rel=1e-9)
    assert found.budget["contacts"] == pytest.approx(2e-6)


def test_a_sleeve_nobody_measured_is_a_doubt_and_a_measured_one_is_taken_away() -> None:
    seen = known(1 / (1e-4 + 5e-6), 0.0, "r", "ohm")
    sleeve = known(5e-6, 1e-7, "sleeve", "S")

    assert without_sleeve(seen, None).doubts[0].code == "pellet-sleeve"
    found = without_sleeve(seen, sleeve)
    assert found.valid
    assert found.value == pytest.approx(1e4)
    assert found.budget["sleeve"] == pytest.approx(1e4**2 * 1e-7)
    assert not without_sleeve(seen, known(2e-5, 0, "sleeve", "S")).valid


@pytest.mark.parametrize("missing", ["thickness", "area"])
def test_missing_geometry_leaves_no_conductivity(missing: str) -> None:
    size = {"thickness": known(1e-3, 0, "t"), "area": AREA}
    size.pop(missing)

    result = pellet_conductivity(
        known(1e4, 0, "r"), size.get("thickness"), size.get("area"), NONE
    ).to_result()

    assert result.quality is Quality.ABSENT
    assert result.reason == f"{missing} is not given"
    assert result.verdicts == ("label-states-quantity",)
    assert result.value is None


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
        result = pellet_conductivity(fit.resistance, thickness, AREA, NONE).to_result()
        assert isinstance(result.value, float)
        assert result.uncertainty is not None
        hits += abs(result.value - 1e-3) <= 2 * result.uncertainty

    # 95.45 % of 400 is 382 with a binomial deviation of 4.2; three of them.
    assert 369 <= hits <= 395
