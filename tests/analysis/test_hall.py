"""Hall readings become carrier type, density and mobility, with a sign to trust."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.conduction.hall import (
    ELEMENTARY_CHARGE,
    HALL_CONFIGURATIONS,
    CarrierType,
    Hall,
    calibrate_sign,
    hall_effect,
)
from labctl.analysis.conduction.van_der_pauw import (
    CONFIGURATIONS,
    Reading,
    van_der_pauw,
)
from labctl.analysis.uncertainty import Calibration, Measured, known
from labctl.data import Quality
from labctl.errors import OperatorError

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "hall_reference.json").read_text()
)
NAMES = [name for name in VECTORS if name != "source"]


def readings_of(vector: dict[str, Any], flip: float = 1.0) -> list[Reading]:
    """Return the Hall readings; ``flip`` = -1 swaps the magnet's leads."""
    current, field = vector["inputs"]["I"], vector["inputs"]["B"]
    return [
        Reading(name, volt, current, field=flip * sign * field)
        for key, sign in (("hall_P", 1), ("hall_N", -1))
        for name, volt in vector[key].items()
    ]


def result_of(vector: dict[str, Any], sheet: Measured | None = None) -> Hall:
    depth = known(vector["inputs"]["t"], 0, "thickness")
    rs = known(vector["result"]["Rs"], 0, "given")
    return hall_effect(
        readings_of(vector), sheet_resistance=sheet or rs, thickness=depth
    )


def film(
    sheet_hall: float,
    *,
    current: float = 1e-3,
    fields: tuple[float, ...] = (0.5, -0.5),
    sheet: float = 100.0,
    share: float = 0.5,
    drift: float = 0.0,
    cubic: float = 0.0,
) -> list[Reading]:
    """Return readings of the exact four-terminal model, in V at ``current``.

    ``share`` places the contacts: exp(-π R_A/R_s); ``drift`` in V per reading.
    """
    a = -sheet / math.pi * math.log(share)
    b = -sheet / math.pi * math.log1p(-share)
    even = dict(zip(HALL_CONFIGURATIONS, (b - a, b - a, a - b, a - b), strict=True))
    taken = []
    for visit, field in enumerate(fields):
        for name in HALL_CONFIGURATIONS:
            hall = sheet_hall * field * (1 + cubic * field**2)
            volt = (even[name] + hall) * current + drift * visit
            taken.append(Reading(name, volt, current, field=field))
    return taken


def codes(found: Hall) -> list[str]:
    return [doubt.code for doubt in found.doubts]


def number(found: Hall, name: str) -> float:
    value = found.results()[name].value
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_reference_vectors_are_met(name: str) -> None:
    vector = VECTORS[name]
    want, given_ = vector["result"], vector["inputs"]

    found = result_of(vector)

    assert found.carrier_type == want["type"]
    assert found.hall_coefficient.value == pytest.approx(want["RH"], rel=1e-9)
    assert found.hall_c * given_["t"] == pytest.approx(want["RHC"], rel=1e-9)
    assert found.hall_d * given_["t"] == pytest.approx(want["RHD"], rel=1e-9)
    assert 8 * found.hall_voltage.value == pytest.approx(want["sumV"], rel=1e-9)
    assert found.sheet_density.value == pytest.approx(want["ns"], rel=1e-9)
    assert found.carrier_density.value == pytest.approx(want["n"], rel=1e-9)
    assert found.hall_mobility.value == pytest.approx(want["mu"], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_results_are_in_the_units_people_use(name: str) -> None:
    vector = VECTORS[name]
    results = result_of(vector).results()

    assert results["carrier_density"].unit == "cm^-3"
    assert results["carrier_density"].value == pytest.approx(
        vector["inputs"]["n_cm3"], rel=1e-9
    )
    assert results["hall_mobility"].unit == "cm^2 V^-1 s^-1"
    assert results["hall_mobility"].value == pytest.approx(
        vector["inputs"]["mu_cm2"], rel=1e-9
    )
    assert results["carrier_type"].value == vector["inputs"]["type"]


@given(
    st.floats(1e-6, 1e3),
    st.booleans(),
    st.floats(0.2, 0.8),
    st.floats(1e-6, 1e-2),
    st.floats(0.05, 2.0),
)
def test_the_four_terminal_model_is_inverted(
    size: float, holes: bool, share: float, current: float, field: float
) -> None:
    truth = size if holes else -size
    readings = film(truth, current=current, fields=(field, -field), share=share)

    found = hall_effect(readings)

    # 1e-13 of the misalignment voltage is left over; it is up to 44 ohm here.
    slack = 1e-12 * 50 / field
    assert found.sheet_hall_coefficient.value == pytest.approx(
        truth, rel=1e-9, abs=slack
    )
    assert found.carrier_type == ("p" if holes else "n")


@given(st.sampled_from(NAMES))
def test_swapping_the_magnets_leads_flips_the_type(name: str) -> None:
    vector = VECTORS[name]
    flipped = hall_effect(readings_of(vector, flip=-1.0))

    assert flipped.carrier_type != vector["inputs"]["type"]
    assert flipped.sheet_density.value == pytest.approx(
        vector["result"]["ns"], rel=1e-9
    )


def test_swapping_the_voltage_leads_flips_the_type() -> None:
    swapped = [
        Reading(r.configuration, -r.voltage, r.current, field=r.field)
        for r in readings_of(VECTORS["A_nSi_sym"])
    ]

    assert hall_effect(swapped).carrier_type == "p"


@given(st.sampled_from(NAMES))
def test_reversing_the_current_changes_nothing(name: str) -> None:
    vector = VECTORS[name]
    reversed_ = [
        Reading(r.configuration, -r.voltage, -r.current, field=r.field)
        for r in readings_of(vector)
    ]

    found = hall_effect(reversed_)

    assert found.carrier_type == vector["inputs"]["type"]
    assert found.sheet_density.value == pytest.approx(vector["result"]["ns"], rel=1e-9)


def test_numbering_the_contacts_clockwise_is_mended_by_the_stations_sign() -> None:
    known_type: CarrierType = "n"
    reference = hall_effect(readings_of(VECTORS["A_nSi_sym"], flip=-1.0))
    sign = calibrate_sign(reference, known_type)

    unknown = hall_effect(readings_of(VECTORS["C_pSi"], flip=-1.0), station_sign=sign)

    assert sign == -1
    assert unknown.carrier_type == "p"


def test_a_reference_sample_without_a_signal_calibrates_nothing() -> None:
    rng = np.random.default_rng(5)
    noise = [
        Reading(r.configuration, 1e-6 * rng.normal(), r.current, 1e-6, 9, r.field)
        for r in film(1e-9)
    ]

    with pytest.raises(OperatorError, match="sign cannot be calibrated"):
        calibrate_sign(hall_effect(noise), "n")


def test_a_station_sign_is_plus_or_minus_one() -> None:
    with pytest.raises(ValueError, match=r"\+1 or -1, not 0"):
        hall_effect([], station_sign=0)


def test_fields_of_different_size_are_fitted_not_averaged() -> None:
    found = hall_effect(film(-6.0, fields=(0.52, -0.47), share=0.6))

    assert found.sheet_hall_coefficient.value == pytest.approx(-6.0, rel=1e-9)
    assert "hall-field-balanced" in codes(found)


def test_a_linear_drift_cancels_in_abba_order() -> None:
    order = (0.5, -0.5, -0.5, 0.5)
    found = hall_effect(film(-6.0, fields=order, drift=1e-5))

    assert found.sheet_hall_coefficient.value == pytest.approx(-6.0, rel=1e-9)


def test_without_thickness_or_sheet_resistance_only_those_values_are_absent() -> None:
    results = hall_effect(film(6.0)).results()

    assert results["carrier_type"].value == "p"
    assert results["sheet_density"].value is not None
    assert results["carrier_density"].reason == "thickness is not given"
    assert results["hall_coefficient"].quality is Quality.ABSENT
    assert results["hall_mobility"].reason == "sheet resistance is not measured"


def test_what_both_measurements_share_cancels_in_the_mobility() -> None:
    vector = VECTORS["C_pSi"]
    accuracy = Calibration(voltage_gain=0.01, current_gain=0.02, field_gain=0.003)
    depth = known(vector["inputs"]["t"], 5e-6, "thickness")
    flat = vector["resistivity_V"]
    current = vector["inputs"]["I"]
    sheet = van_der_pauw(
        [Reading(name, flat[name], current) for name in CONFIGURATIONS], accuracy
    ).sheet_resistance

    found = hall_effect(
        readings_of(vector), accuracy, sheet_resistance=sheet, thickness=depth
    )

    mobility, density = found.hall_mobility, found.carrier_density
    assert mobility.uncertainty == pytest.approx(0.003 * mobility.value)
    assert density.budget["current gain"] == pytest.approx(0.02 * density.value)
    assert density.budget["thickness"] == pytest.approx(
        5e-6 / vector["inputs"]["t"] * density.value
    )


def test_another_voltmeter_range_does_not_cancel() -> None:
    sheet = van_der_pauw(
        [Reading(name, 0.02, 1e-3) for name in CONFIGURATIONS],
        Calibration(voltage_gain=0.03, voltage_range="100 mV"),
    ).sheet_resistance

    found = hall_effect(
        film(6.0),
        Calibration(voltage_gain=0.04, voltage_range="10 mV"),
        sheet_resistance=sheet,
    )

    mobility = found.hall_mobility
    assert mobility.uncertainty == pytest.approx(0.05 * mobility.value)


def changed(readings: list[Reading], place: str, factor: float) -> list[Reading]:
    return [
        Reading(r.configuration, r.voltage * factor, r.current, field=r.field)
        if r.configuration == place
        else r
        for r in readings
    ]


SUSPECT = {
    # One Hall pair misread: C and D disagree.
    "pair": (changed(film(6.0), "I13_V24", 1.3), "hall-pairs-agree"),
    # The supply did not reverse.
    "one side": (film(6.0, fields=(0.5, 0.2)), "hall-field-reversed"),
    # A relay stuck: one configuration never came.
    "relay": (film(6.0)[:3] + film(6.0)[4:7], "hall-readings-complete"),
    # Two carriers: V_H bends with the field.
    "bent": (film(6.0, fields=(1, 0.5, -0.5, -1), cubic=0.3), "hall-line"),
}


@pytest.mark.parametrize("case", SUSPECT)
def test_a_missed_limit_keeps_the_value_and_says_why(case: str) -> None:
    readings, code = SUSPECT[case]
    result = hall_effect(readings).results()["sheet_density"]

    assert result.quality is Quality.SUSPECT
    assert code in result.verdicts
    assert isinstance(result.value, float)


def test_a_magnet_that_stayed_off_leaves_no_number() -> None:
    results = hall_effect(film(6.0, fields=(0.0, 0.0))).results()

    assert results["carrier_type"].value is None
    assert "one field only" in results["carrier_type"].reason
    assert results["hall_voltage"].value is None


def test_no_readings_leave_no_number() -> None:
    found = hall_effect([])

    assert found.carrier_type is None
    assert found.results()["sheet_density"].quality is Quality.ABSENT


def test_high_mobility_in_a_high_field_is_not_low_field() -> None:
    found = hall_effect(
        film(60.0, fields=(1.0, -1.0)), sheet_resistance=known(100, 0, "given")
    )

    assert found.hall_mobility.value == pytest.approx(0.6)
    assert "hall-low-field" in codes(found)
    assert "hall-low-field" in found.results()["carrier_density"].verdicts


def test_a_signal_in_the_noise_is_suspect_and_says_so() -> None:
    rng = np.random.default_rng(11)
    noisy = [
        Reading(
            r.configuration, r.voltage + 3e-6 * rng.normal(), 1e-3, 3e-6, 10, r.field
        )
        for r in film(1e-4)
    ]

    result = hall_effect(noisy).results()["carrier_type"]

    assert result.value in {"n", "p"}
    assert {"hall-type-resolved", "hall-signal"} <= set(result.verdicts)


def test_without_repeats_the_spread_of_configurations_is_the_scatter() -> None:
    found = hall_effect(changed(film(6.0), "I13_V24", 1.04))

    coefficient = found.sheet_hall_coefficient
    slopes = [6.24, 6.0, 6.0, 6.0]
    assert coefficient.budget == pytest.approx(
        {"configurations": float(np.std(slopes, ddof=1)) / 2}
    )
    assert coefficient.degrees_of_freedom == pytest.approx(3.0)


def test_the_scattering_factor_changes_the_density_not_the_mobility() -> None:
    sheet = known(100.0, 0, "given")
    plain = hall_effect(film(6.0), sheet_resistance=sheet)
    silicon = hall_effect(film(6.0), sheet_resistance=sheet, scattering_factor=1.15)

    assert silicon.sheet_density.value == pytest.approx(
        1.15 / (6.0 * ELEMENTARY_CHARGE)
    )
    assert silicon.hall_mobility.value == plain.hall_mobility.value


@pytest.mark.parametrize("repeats", [1, 4])
def test_two_standard_uncertainties_cover_the_density(repeats: int) -> None:
    rng = np.random.default_rng(23 + repeats)
    seeds, hits = 400, 0
    truth = 6.241509074460763
    accuracy = Calibration(voltage_gain=4e-4, current_gain=3e-4, field_gain=2e-3)
    noise = 60e-6
    for _ in range(seeds):
        gain = (1 + 4e-4 * rng.normal()) / (1 + 3e-4 * rng.normal())
        tesla = 1 + 2e-3 * rng.normal()
        taken = []
        for clean in film(-truth, share=0.52):
            raw = clean.voltage * gain + noise * rng.normal(size=repeats)
            spread = float(raw.std(ddof=1)) / math.sqrt(repeats) if repeats > 1 else 0
            volt, field = float(raw.mean()), clean.field * tesla
            taken.append(
                Reading(clean.configuration, volt, 1e-3, spread, repeats, field)
            )
        coefficient = hall_effect(taken, accuracy).sheet_hall_coefficient
        found = coefficient.to_result()
        assert isinstance(found.value, float)
        assert found.uncertainty is not None
        hits += abs(found.value + truth) <= 2 * found.uncertainty

    # 95.45 % of 400 is 382 with a binomial deviation of 4.2; three of them.
    assert 369 <= hits <= 395
