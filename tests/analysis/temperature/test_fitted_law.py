"""Laws against temperature give back what made their points, and how sure that is."""

import math

import numpy as np
import pytest

from labctl.analysis.temperature.fitted_law import fit_law
from labctl.analysis.temperature.law import ELECTRONVOLT, KILOJOULE, Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.sources import Source
from labctl.verdicts.temperature import EXPONENT, HOPPING

KELVIN = np.array([283.15, 298.15, 318.15, 333.15])
RESISTANCE = Law("r", "e", Kind.RESISTANCE, "kJ/mol")
GAIN, OFFSET = Source("gain"), Source("offset")


def warm(kelvin: np.ndarray, own: float = 0.0, common: float = 0.0) -> list[Measured]:
    return [
        Measured(float(t), "K", {OFFSET: common, Source("point", str(k)): own})
        for k, t in enumerate(kelvin)
    ]


def valued(values: np.ndarray, own: float, common: float = 0.0) -> list[Measured]:
    return [
        Measured(float(y), "", {GAIN: common * y, Source("noise", str(k)): own * y})
        for k, y in enumerate(values)
    ]


def activated(kelvin: np.ndarray, energy: float, per_kelvin: float) -> np.ndarray:
    away = 1 / kelvin - 1 / 298.15
    found: np.ndarray = np.exp(-energy / per_kelvin * away)
    return found


@pytest.mark.parametrize(
    ("law", "values", "truth"),
    [
        # A resistance falls as its charge carriers get over their barrier: 50 kJ/mol.
        (RESISTANCE, 1 / activated(KELVIN, 50.0, KILOJOULE), 50.0),
        # A conductivity rises: 0.2 eV.
        (
            Law("s", "e", Kind.ACTIVATED, "eV"),
            activated(KELVIN, 0.2, ELECTRONVOLT),
            0.2,
        ),
        # Phonons scatter as T^-3/2.
        (Law("m", "e", Kind.POWER, ""), 0.14 * (KELVIN / 300.0) ** -1.5, -1.5),
        # Compensated donors, 0.1 eV below the band, whose states grow as T^3/2.
        (
            Law("n", "e", Kind.DONOR, "eV"),
            1e24 * KELVIN**1.5 * activated(KELVIN, 0.1, ELECTRONVOLT),
            0.1,
        ),
    ],
)
def test_the_constant_of_a_law_is_found(
    law: Law, values: np.ndarray, truth: float
) -> None:
    found = fit_law(law, warm(KELVIN, own=0.01), valued(values, own=1e-3))

    assert found.constant.value == pytest.approx(truth, rel=1e-9)
    assert found.constant.unit == law.unit
    assert found.constant.valid


def test_what_all_values_share_cancels() -> None:
    values = 1 / activated(KELVIN, 50.0, KILOJOULE)

    sure = fit_law(RESISTANCE, warm(KELVIN), valued(values, own=0.01))
    unsure = fit_law(RESISTANCE, warm(KELVIN), valued(values, own=0.01, common=0.2))

    assert unsure.constant.uncertainty == pytest.approx(sure.constant.uncertainty)


def test_two_points_have_the_uncertainty_of_their_ratio() -> None:
    # E = k ln(r1/r2) / (1/T1 - 1/T2), so u(E) = k √2 u(r)/r / (1/T1 - 1/T2).
    ends = KELVIN[[0, 3]]
    values = 1 / activated(ends, 50.0, KILOJOULE)

    found = fit_law(RESISTANCE, warm(ends), valued(values, own=0.02)).constant

    span = 1 / ends[0] - 1 / ends[1]
    assert found.uncertainty == pytest.approx(KILOJOULE * math.sqrt(2) * 0.02 / span)
    assert [doubt.code for doubt in found.doubts] == ["temperature-count"]


def test_an_error_of_the_temperature_moves_a_point_by_its_slope() -> None:
    # u(ln r) = E/(k T²) u(T), at either of two points.
    ends = KELVIN[[0, 3]]
    values = 1 / activated(ends, 50.0, KILOJOULE)

    found = fit_law(RESISTANCE, warm(ends, own=0.3), valued(values, own=1e-9)).constant

    each = 50.0 / KILOJOULE / ends**2 * 0.3
    span = 1 / ends[0] - 1 / ends[1]
    assert found.uncertainty == pytest.approx(
        KILOJOULE * math.hypot(*each) / span, rel=1e-6
    )


def test_an_offset_of_the_thermometer_nearly_cancels() -> None:
    values = 1 / activated(KELVIN, 50.0, KILOJOULE)

    own, common = (
        fit_law(RESISTANCE, warm(KELVIN, **{kind: 0.5}), valued(values, own=1e-9))
        for kind in ("own", "common")
    )

    # Both ends move alike; what is left is dE/E = 2 dT/T.
    assert common.constant.uncertainty == pytest.approx(50 * 2 * 0.5 / 308, rel=0.05)
    assert common.constant.uncertainty < 0.25 * own.constant.uncertainty


def test_a_bend_is_doubted_and_widens_the_uncertainty() -> None:
    # Two processes: the barrier is 30 kJ/mol when warm and 80 when cold.
    values = 1 / activated(KELVIN, 30.0, KILOJOULE) + 1 / activated(
        KELVIN, 80.0, KILOJOULE
    )

    bent = fit_law(RESISTANCE, warm(KELVIN), valued(values, own=1e-3))

    assert "temperature-straight" in [doubt.code for doubt in bent.constant.doubts]
    assert bent.chance < 1e-3
    assert bent.constant.part("scatter about the line") > 0


@pytest.mark.parametrize("kelvin", [[298.15], [298.15, 298.15]])
def test_one_temperature_gives_no_law(kelvin: list[float]) -> None:
    there = np.array(kelvin)

    found = fit_law(RESISTANCE, warm(there), valued(there, own=0.01)).constant

    assert found.is_absent
    assert "temperature" in found.reason


def test_one_temperature_that_comes_twice_counts_once() -> None:
    # What a thermometer read at 25 °C, at 45 °C and at 25 °C once more.
    kelvin = np.array([298.15, 318.15, 298.3])
    values = 1 / activated(kelvin, 50.0, KILOJOULE)

    found = fit_law(RESISTANCE, warm(kelvin, own=0.2), valued(values, own=0.01))

    assert [doubt.code for doubt in found.constant.doubts] == ["temperature-count"]


def test_two_readings_of_one_temperature_are_no_line() -> None:
    kelvin = np.array([298.15, 298.3])
    values = 1 / activated(kelvin, 50.0, KILOJOULE)

    found = fit_law(RESISTANCE, warm(kelvin, own=0.2), valued(values, own=0.01))

    assert found.constant.is_absent


def test_a_value_without_a_logarithm_is_left_out() -> None:
    values = 1 / activated(KELVIN, 50.0, KILOJOULE)
    values[1] = -1.0

    found = fit_law(RESISTANCE, warm(KELVIN), valued(values, own=0.01))

    assert len(found.across) == 3
    assert found.constant.value == pytest.approx(50.0)


def test_without_stated_uncertainties_the_scatter_tells() -> None:
    values = 1 / activated(KELVIN, 50.0, KILOJOULE) * [1.01, 0.99, 1.01, 0.99]
    bare = [Measured(float(y)) for y in values]

    found = fit_law(RESISTANCE, warm(KELVIN), bare).constant

    assert found.uncertainty > 0
    assert found.degrees_of_freedom == 2


def test_two_points_without_uncertainties_have_none() -> None:
    bare = [Measured(2.0), Measured(1.0)]

    found = fit_law(RESISTANCE, warm(KELVIN[:2]), bare).constant

    assert math.isnan(found.uncertainty)


@pytest.mark.parametrize("count", [3, 5])
def test_the_stated_interval_covers_the_truth_in_95_of_100(count: int) -> None:
    rng = np.random.default_rng(20)
    kelvin = np.linspace(283.15, 333.15, count)
    runs, covered, alarms = 400, 0, 0
    for _ in range(runs):
        values = 1 / activated(kelvin, 50.0, KILOJOULE)
        values *= 1 + 0.05 * rng.normal() + 0.02 * rng.normal(size=count)
        read = kelvin + 0.5 * rng.normal() + 0.2 * rng.normal(size=count)
        found = fit_law(
            RESISTANCE,
            warm(read, own=0.2, common=0.5),
            valued(values, own=0.02, common=0.05),
        )
        covered += abs(found.constant.value - 50.0) <= 2 * found.constant.uncertainty
        alarms += "temperature-straight" in [d.code for d in found.constant.doubts]

    # ± 2.5 standard deviations of a count of 400 are ± 2.7 %.
    assert covered / runs == pytest.approx(0.955, abs=0.027)
    assert alarms / runs == pytest.approx(0.05, abs=0.027)


@pytest.mark.parametrize(
    ("mobility", "exponent", "energy"),
    [
        # Phonons: it falls as T^-3/2, and three points lie on both laws' lines.
        (0.14 * (KELVIN[:3] / 300.0) ** -1.5, (), ("temperature-hopping",)),
        # It hops over 0.2 eV: the same three points give an exponent of 8.
        (
            1e-4 * activated(KELVIN[:3], 0.2, ELECTRONVOLT),
            ("temperature-exponent",),
            (),
        ),
    ],
)
def test_a_law_whose_constant_makes_no_sense_is_not_told_as_good(
    mobility: np.ndarray, exponent: tuple[str, ...], energy: tuple[str, ...]
) -> None:
    power = Law("m", "x", Kind.POWER, "", EXPONENT)
    hops = Law("m", "e", Kind.ACTIVATED, "eV", HOPPING)
    values, kelvin = valued(mobility, 0.02), warm(KELVIN[:3], 0.2)

    for law, codes in ((power, exponent), (hops, energy)):
        result = fit_law(law, kelvin, values).constant.to_result()
        assert result.verdicts == codes
