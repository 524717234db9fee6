"""A loop over both polarities becomes a zero-bias conductance and a hysteresis."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labctl.analysis.conduction.dual_sweep import (
    hysteresis_index,
    rising,
    zero_bias_conductance,
)
from labctl.analysis.conduction.particle import (
    Constriction,
    Contacts,
    Cylinder,
    contact_plateau,
    correct_conductance,
    open_probe,
)
from labctl.analysis.label import noted
from labctl.analysis.uncertainty import Calibration, Measured, known
from labctl.data import Quality

Floats = NDArray[np.float64]


def loop(end: float = 3.0, points: int = 61) -> Floats:
    """Return 0 → +end → -end → 0 in V."""
    quarter = np.linspace(0, end, points)
    return np.concatenate([quarter, quarter[-2::-1], -quarter[1:], -quarter[-2::-1]])


VOLTS = loop()


@given(st.floats(-11, -3), st.floats(-0.05, 0.05), st.floats(-0.02, 0.02))
def test_the_cubic_model_is_recovered(
    decade: float, offset: float, cubic: float
) -> None:
    siemens = 10**decade
    amperes = siemens * (offset + VOLTS + cubic * VOLTS**3)

    found = zero_bias_conductance(VOLTS, amperes)

    assert found.conductance.value == pytest.approx(siemens, rel=1e-9)
    assert found.offset_current.value == pytest.approx(offset * siemens, abs=1e-19)
    assert found.cubic.value == pytest.approx(cubic * siemens, abs=1e-8 * siemens)
    assert found.conductance.reasons == ()


def test_the_branches_of_a_loop_are_told_apart() -> None:
    volts = loop(1.0, 3)

    assert volts[rising(volts)].tolist() == [0.0, 0.5, 1.0, -0.5, 0.0]
    assert volts[~rising(volts)].tolist() == [0.5, 0.0, -0.5, -1.0]


def test_a_strong_cubic_term_narrows_the_fit() -> None:
    amperes = 1e-9 * np.sinh(VOLTS * 2) / 2

    found = zero_bias_conductance(VOLTS, amperes)

    assert found.fit_range < 0.3 * 3.0
    assert found.conductance.value == pytest.approx(1e-9, rel=2e-3)


def test_branches_that_differ_are_hysteresis_in_the_budget() -> None:
    amperes = VOLTS * np.where(rising(VOLTS), 1.2e-9, 0.8e-9)

    found = zero_bias_conductance(VOLTS, amperes)

    assert found.conductance.value == pytest.approx(1e-9)
    assert found.conductance_rising.value == pytest.approx(1.2e-9)
    assert found.conductance_falling.value == pytest.approx(0.8e-9)
    assert found.conductance.part("branches differ") == pytest.approx(
        0.2e-9 / math.sqrt(3)
    )
    assert found.hysteresis.value == pytest.approx(0.2, rel=1e-3)
    assert any("hysteresis" in s for s in found.conductance.reasons)


def test_noise_is_no_hysteresis() -> None:
    rng = np.random.default_rng(4)
    amperes = VOLTS * 1e-9 + 1e-10 * rng.normal(size=VOLTS.size)

    assert hysteresis_index(VOLTS, amperes) < 0.03
    assert zero_bias_conductance(VOLTS, amperes).conductance.reasons == ()


def test_the_index_of_a_loop_says_what_noise_alone_makes_of_it() -> None:
    rng = np.random.default_rng(14)
    found = [
        zero_bias_conductance(
            VOLTS, VOLTS * 1e-9 + 1e-10 * rng.normal(size=VOLTS.size)
        ).hysteresis
        for _ in range(200)
    ]

    # 200 loops tell a root mean square to 4 %; three of them.
    times = [one.value / one.uncertainty for one in found]
    assert np.sqrt(np.mean(np.square(times))) == pytest.approx(1.0, abs=0.12)


def test_a_meters_zero_is_in_the_rectification_ratio() -> None:
    meter = Calibration(voltage_zero=0.003)
    ratio = zero_bias_conductance(VOLTS, VOLTS * 1e-9, meter).rectification

    assert ratio.value == pytest.approx(1.0)
    assert ratio.part("voltage zero") == pytest.approx(2 * 0.003 / 3.0)


def test_noise_of_the_voltage_makes_no_levels_of_three() -> None:
    volts = np.tile([-1.0, 0.0, 1.0, 0.0], 10)
    volts += 1e-6 * np.random.default_rng(1).standard_normal(40)

    assert zero_bias_conductance(volts, 1e-9 * volts).conductance.is_absent


def test_a_curved_sweep_with_rounded_levels_does_not_stop_the_fit() -> None:
    volts = np.concatenate([np.linspace(0, 1, 11), np.linspace(0.9, -1, 20)])
    volts = np.concatenate([volts, np.linspace(-0.9, 0, 10)])  # 0.1 twice, by 1e-17

    found = zero_bias_conductance(volts, np.round(2 * volts) * 1e-9)
    assert not found.conductance.valid


def test_a_single_sweep_has_no_hysteresis_to_tell() -> None:
    volts = np.linspace(-3, 3, 61)
    found = zero_bias_conductance(volts, volts * 1e-9)
    results = found.results()

    assert results["conductance"].value == pytest.approx(1e-9)
    assert results["hysteresis_index"].quality is Quality.ABSENT
    assert found.conductance_falling.is_absent


def test_a_coarse_sweep_widens_the_fit_until_it_can_be_made() -> None:
    volts = np.linspace(-3, 3, 9)

    found = zero_bias_conductance(volts, volts * 1e-9)

    assert found.conductance.value == pytest.approx(1e-9)
    assert found.fit_range == pytest.approx(2.25)


SWEEPS = {
    # A Schottky contact.
    "rectifying": (1e-9 * np.expm1(VOLTS / 2), "particle-symmetric"),
    # The probe lost the particle.
    "open": (
        1e-13 * np.random.default_rng(6).normal(size=VOLTS.size),
        "conduction-resolved",
    ),
}


@pytest.mark.parametrize("case", SWEEPS)
def test_a_doubtful_sweep_keeps_its_value_and_says_why(case: str) -> None:
    amperes, code = SWEEPS[case]
    result = zero_bias_conductance(VOLTS, amperes).results()["conductance"]

    assert result.quality is Quality.SUSPECT
    assert code in result.verdicts
    assert isinstance(result.value, float)


def test_compliance_is_left_out_and_counted() -> None:
    amperes = np.clip(VOLTS * 1e-6, -2e-6, 2e-6)

    found = zero_bias_conductance(VOLTS, amperes, compliance=np.abs(amperes) >= 2e-6)

    assert found.conductance.value == pytest.approx(1e-6)
    assert "points in compliance" in found.conductance.reasons[0]


def test_a_sweep_wholly_in_compliance_leaves_no_number() -> None:
    found = zero_bias_conductance(VOLTS, VOLTS, compliance=np.ones(VOLTS.size))
    result = found.results()["conductance"]

    assert result.value is None
    assert "points in compliance" in result.reason


def test_the_open_probe_is_taken_away() -> None:
    base = open_probe(VOLTS, 2e-12 + 5e-13 * VOLTS)
    amperes = 2e-12 + (1e-10 + 5e-13) * VOLTS

    measured = zero_bias_conductance(VOLTS, amperes).conductance
    found = correct_conductance(measured, leakage=base.leakage)

    assert found.value == pytest.approx(1e-10, rel=1e-9)


def test_leads_in_series_are_taken_away() -> None:
    leads = known(100.0, 5.0, "leads")
    sealed = known(0.0, 0.0, "leakage")
    measured = Measured(1 / 1100.0)
    found = correct_conductance(measured, leakage=sealed, series_resistance=leads)

    assert found.value == pytest.approx(1e-3)
    assert found.budget["leads"] == pytest.approx(5e-6)


@pytest.mark.parametrize(
    ("leak", "series", "code"),
    [
        (Measured(0.2), None, "particle-leakage"),
        (Measured(0.0), Measured(0.8), "particle-leads"),
        (Measured(math.nan), None, "particle-leakage"),
    ],
)
def test_corrections_as_large_as_the_value_are_suspect(
    leak: Measured, series: Measured | None, code: str
) -> None:
    small = series or Measured(1e-6)
    found = correct_conductance(Measured(1.0), leakage=leak, series_resistance=small)

    assert code in [doubt.code for doubt in found.doubts]


def test_leads_larger_than_the_resistance_leave_no_number() -> None:
    found = correct_conductance(Measured(1.0), series_resistance=Measured(1.5))

    assert found.is_absent
    assert "leads alone" in found.reason


def test_what_nobody_measured_of_the_station_is_in_the_budget() -> None:
    found = correct_conductance(known(1e-8, 1e-12, "slope"))

    assert found.valid
    assert found.budget["leakage (assumed)"] == pytest.approx(1e-10 / math.sqrt(3))
    assert "leads (assumed)" in found.budget
    faint = correct_conductance(known(5e-10, 1e-13, "slope"))
    assert [doubt.code for doubt in faint.doubts] == ["particle-leakage"]


def test_a_contact_series_ends_on_its_plateau() -> None:
    forces = [known(g, 0.001, f"force {g}") for g in (1.0, 5.0, 9.8, 10.0)]
    found = contact_plateau(forces)

    assert found.value == 10.0
    assert found.doubts == ()
    assert found.budget["contact plateau"] == pytest.approx(0.2 / math.sqrt(3))
    assert contact_plateau(forces[:3]).doubts[0].code == "particle-plateau"
    assert contact_plateau(forces[:1]).doubts[0].code == "particle-contacts-known"
    assert contact_plateau([]).is_absent


def test_the_geometry_decides_the_conductivity() -> None:
    conductance = Measured(1e-9)
    radius = known(100e-9, 10e-9, "contact radius")
    body = known(1e-6, 1e-7, "particle radius")
    cylinder = Cylinder(known(1e-6, 0, "length"), known(1e-12, 0, "area"))

    assert cylinder.conductivity(conductance).value == pytest.approx(1e-3)
    holm = Constriction(radius, body=body)
    assert holm.conductivity(conductance).value == pytest.approx(5e-3)
    one = Constriction(radius, Contacts.ONE, body=body).conductivity(conductance)
    assert one.value == pytest.approx(2.5e-3)
    assert one.budget == pytest.approx(
        {"contact radius": 2.5e-4, "geometry model": 2.5e-3 * 0.1 / math.sqrt(3)}
    )
    assert one.valid


def test_two_particles_of_one_geometry_share_what_it_leaves_open() -> None:
    body = known(1e-6, 1e-7, "particle radius")
    sigma = [
        Constriction(known(a, 1e-9, f"radius: {a}"), body=body).conductivity(
            Measured(1e-9)
        )
        for a in (100e-9, 100.1e-9)
    ]

    ratio = sigma[0] / sigma[1]

    assert sigma[0].part("geometry model") > 0.05 * sigma[0].value
    assert ratio.part("geometry model") < 1e-3


def test_a_contact_as_large_as_the_particle_is_no_constriction() -> None:
    radius = known(100e-9, 10e-9, "contact radius")
    for body in (known(150e-9, 0, "particle radius"), None):
        found = Constriction(radius, body=body).conductivity(Measured(1e-9))
        assert [doubt.code for doubt in found.doubts] == ["particle-contact-small"]


def test_a_size_that_nobody_stated_makes_a_doubtful_geometry() -> None:
    length = noted("length", 1e-6)
    found = Cylinder(length, known(1e-12, 1e-14, "area")).conductivity(Measured(1e-9))

    assert found.doubts[0].code == "particle-geometry"
    assert found.budget["length (assumed)"] == pytest.approx(1e-4)


def test_two_standard_uncertainties_cover_the_particle() -> None:
    rng = np.random.default_rng(41)
    seeds, hits = 400, 0
    meter = Calibration(voltage_gain=2e-4, current_gain=1e-3)
    for _ in range(seeds):
        gain = (1 + 1e-3 * rng.normal()) / (1 + 2e-4 * rng.normal())
        clean = 1e-9 * gain * (VOLTS + 0.03 * VOLTS**3)
        amperes = clean + 3e-12 + 1e-11 * rng.normal(size=VOLTS.size)
        result = zero_bias_conductance(VOLTS, amperes, meter).results()["conductance"]
        assert isinstance(result.value, float)
        assert result.uncertainty is not None
        hits += abs(result.value - 1e-9) <= 2 * result.uncertainty

    # 95.45 % of 400 is 382 with a binomial deviation of 4.2; three of them.
    assert 369 <= hits <= 395
