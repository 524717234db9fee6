"""A Hall resistance over the field tells whether one kind of carrier explains it."""

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.conduction.field_sweep import field_sweep
from labctl.analysis.conduction.hall import ELEMENTARY_CHARGE
from labctl.analysis.uncertainty import Calibration

FIELDS = np.linspace(-1, 1, 11)


def two_carriers(
    field: ArrayLike,
    holes: float,
    hole_mobility: float,
    electrons: float,
    electron_mobility: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (ρ_xx, ρ_xy) of two carriers in a field.

    Densities in m⁻² give ohm (per square), in m⁻³ ohm m; mobilities in m² V⁻¹ s⁻¹,
    positive for both; field in T, shape (n,). ρ_xy is positive for holes.
    """
    tesla = np.asarray(field, dtype=float)
    along = np.zeros_like(tesla)
    across = np.zeros_like(tesla)
    for density, mobility, sign in (
        (holes, hole_mobility, 1.0),
        (electrons, electron_mobility, -1.0),
    ):
        base = ELEMENTARY_CHARGE * density * mobility / (1 + (mobility * tesla) ** 2)
        along += base
        across += sign * mobility * tesla * base
    whole = along**2 + across**2
    return along / whole, across / whole


def test_one_carrier_is_a_line_without_magnetoresistance() -> None:
    along, across = two_carriers(FIELDS, 0.0, 0.04, 5e17, 0.135)

    found = field_sweep(FIELDS, across + 3.0, longitudinal=along)

    assert found.slope.value == pytest.approx(-1 / (ELEMENTARY_CHARGE * 5e17))
    assert found.is_single_carrier
    assert found.slope.reasons == ()
    assert along == pytest.approx(1 / (ELEMENTARY_CHARGE * 5e17 * 0.135))


def test_two_carriers_bend_the_line_and_are_suspect() -> None:
    holes, mu_h, electrons, mu_e = 3e17, 0.2, 2e17, 1.0
    along, across = two_carriers(FIELDS, holes, mu_h, electrons, mu_e)

    found = field_sweep(FIELDS, across, longitudinal=along)

    top = holes * mu_h**2 - electrons * mu_e**2
    bottom = ELEMENTARY_CHARGE * (holes * mu_h + electrons * mu_e) ** 2
    # A cubic over ±1 T sees the slope at zero of this curve to a few percent.
    assert found.slope.value == pytest.approx(top / bottom, rel=0.05)
    assert not found.is_single_carrier
    codes = {doubt.code for doubt in found.slope.doubts}
    assert codes == {"hall-one-carrier-curve", "hall-one-carrier-resistance"}
    assert found.kinds().value == "two or more"


def test_even_powers_are_misalignment_not_carriers() -> None:
    flat = np.full(FIELDS.size, 30.0)
    ohms = 2.0 + 5.0 * FIELDS + 0.5 * FIELDS**2

    found = field_sweep(FIELDS, ohms, longitudinal=flat)

    assert found.slope.value == pytest.approx(5.0)
    assert found.is_single_carrier


def test_noise_is_no_second_carrier() -> None:
    rng = np.random.default_rng(12)
    ohms = 5.0 * FIELDS + 0.01 * rng.normal(size=FIELDS.size)

    flat = np.full(FIELDS.size, 30.0)
    found = field_sweep(FIELDS, ohms, Calibration(field_gain=0.01), longitudinal=flat)

    assert found.is_single_carrier
    assert found.kinds().value == "one"
    assert found.slope.part("field gain") == pytest.approx(0.01 * found.slope.value)


def test_a_few_fields_cannot_tell() -> None:
    found = field_sweep([0.5, -0.5], [1.0, -1.0])

    assert found.slope.is_absent
    assert not found.is_single_carrier


def test_a_sweep_too_noisy_to_see_a_second_carrier_does_not_say_one() -> None:
    rng = np.random.default_rng(12)
    ohms = 5.0 * FIELDS + 0.2 * rng.normal(size=FIELDS.size)

    found = field_sweep(FIELDS, ohms, longitudinal=np.full(FIELDS.size, 30.0))

    assert found.slope.valid
    assert found.kinds().value is None
    assert found.kinds().verdicts == ("hall-sweep-tells",)


@pytest.mark.parametrize("longitudinal", [np.full(11, 500.0), None])
def test_in_a_field_too_low_for_a_second_carrier_it_does_not_say_one(
    longitudinal: NDArray[np.float64] | None,
) -> None:
    # Equally many of both kinds, µB = 0.01: the Hall density is off by decades.
    found = field_sweep(FIELDS, 5.0 * FIELDS, longitudinal=longitudinal)

    assert found.slope.valid
    assert found.kinds().verdicts == ("hall-sweep-reaches",)
