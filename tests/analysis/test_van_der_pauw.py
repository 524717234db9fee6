"""Eight readings become a sheet resistance, or a suspicion that names the contact."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.conduction.van_der_pauw import (
    CONFIGURATIONS,
    Reading,
    f_factor,
    solve_sheet_resistance,
    van_der_pauw,
)
from labctl.analysis.uncertainty import Calibration, known
from labctl.data import Quality

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "hall_reference.json").read_text()
)
NAMES = [name for name in VECTORS if name != "source"]


def readings_of(vector: dict[str, Any]) -> list[Reading]:
    current = vector["inputs"]["I"]
    volts = vector["resistivity_V"].items()
    return [Reading(name, volt, current) for name, volt in volts]


def sample(resistance_a: float, resistance_b: float) -> list[Reading]:
    """Return noiseless readings at 1 mA."""
    sizes = [resistance_a, resistance_a, resistance_b, resistance_b] * 2
    order = "I21_V34 I12_V43 I32_V41 I23_V14 I43_V12 I34_V21 I14_V23 I41_V32"
    pairs = zip(order.split(), sizes, strict=True)
    return [Reading(name, 1e-3 * size, 1e-3) for name, size in pairs]


def replaced(readings: list[Reading], name: str, voltage: float) -> list[Reading]:
    return [
        Reading(name, voltage, r.current) if r.configuration == name else r
        for r in readings
    ]


@pytest.mark.parametrize(
    ("a", "b", "sheet"),
    [
        (100, 100, 453.236014182719),  # symmetric: π R / ln 2
        (100, 50, 326.425130263650),
        (100, 20, 223.442205497909),
        (100, 2, 109.001153333151),  # contacts as badly placed as they get
    ],
)
def test_the_solver_meets_the_reference(a: float, b: float, sheet: float) -> None:
    assert solve_sheet_resistance(a, b) == pytest.approx(sheet, rel=1e-12)
    assert solve_sheet_resistance(b, a) == pytest.approx(sheet, rel=1e-12)


F_TABLE = {
    1: 1.000000,
    1.05: 0.999794,
    1.2: 0.997129,
    1.5: 0.985986,
    2: 0.960280,
    5: 0.821655,
    10: 0.699259,
    50: 0.471560,
    1000: 0.263701,
}


@pytest.mark.parametrize(("ratio", "f"), F_TABLE.items())
def test_the_f_factor_meets_the_table(ratio: float, f: float) -> None:
    assert f_factor(ratio) == pytest.approx(f, abs=6e-7)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(-6, 12))
def test_the_solver_returns_the_sheet_that_made_the_resistances(
    share: float, decade: float
) -> None:
    sheet = 10**decade
    a = -sheet / math.pi * math.log(share)
    b = -sheet / math.pi * math.log1p(-share)

    assert solve_sheet_resistance(a, b) == pytest.approx(sheet, rel=1e-12)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_resistance_that_is_not_positive_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="two positive resistances"):
        solve_sheet_resistance(bad, 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_reference_vectors_are_met(name: str) -> None:
    vector = VECTORS[name]
    depth = vector["inputs"]["t"]
    want = vector["result"]

    found = van_der_pauw(readings_of(vector), thickness=known(depth, 0, "thickness"))

    assert found.resistance_a.value == pytest.approx(want["RA"], rel=1e-9)
    assert found.resistance_b.value == pytest.approx(want["RB"], rel=1e-9)
    assert found.sheet_resistance.value == pytest.approx(want["Rs"], rel=1e-9)
    assert found.resistivity.value == pytest.approx(want["rho"], rel=1e-9)
    assert found.sheet_a * depth == pytest.approx(want["rhoA"], rel=1e-9)
    assert found.sheet_b * depth == pytest.approx(want["rhoB"], rel=1e-9)
    assert found.conductivity.value == pytest.approx(1 / want["rho"], rel=1e-9)


@given(st.sampled_from(NAMES), st.floats(-1e-3, 1e-3))
def test_offsets_drop_out_when_the_current_is_reversed(name: str, emf: float) -> None:
    vector = VECTORS[name]
    current = vector["inputs"]["I"]
    forward = ("I21_V34", "I32_V41", "I43_V12", "I14_V23")
    volts = vector["resistivity_V"]
    twice = [
        Reading(place, sign * volts[place] + emf, sign * current)
        for place in forward
        for sign in (1, -1)
    ]
    plain = van_der_pauw(
        [Reading(p, s * volts[p], s * current) for p in forward for s in (1, -1)]
    )

    found = van_der_pauw(twice)

    assert found.sheet_resistance.value == pytest.approx(
        plain.sheet_resistance.value, rel=1e-9
    )


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_exchanging_current_and_voltage_pairs_changes_nothing(
    a: float, b: float
) -> None:
    swapped = [
        Reading(f"I{r.configuration[5:]}_V{r.configuration[1:3]}", r.voltage, r.current)
        for r in sample(a, b)
    ]

    assert {r.configuration for r in swapped} == set(CONFIGURATIONS)
    assert van_der_pauw(swapped).sheet_resistance.value == pytest.approx(
        van_der_pauw(sample(a, b)).sheet_resistance.value, rel=1e-12
    )


def test_a_good_sample_raises_no_suspicion() -> None:
    found = van_der_pauw(sample(20.0, 22.0))

    assert found.doubts == ()
    assert found.results()["sheet_resistance"].quality is Quality.GOOD


def test_without_thickness_only_what_needs_it_is_absent() -> None:
    results = van_der_pauw(sample(20.0, 20.0)).results()

    assert results["sheet_resistance"].value is not None
    assert results["resistivity"].quality is Quality.ABSENT
    assert results["conductivity"].reason == "thickness is not given"


def test_the_thickness_is_a_line_of_the_budget() -> None:
    found = van_der_pauw(
        sample(20.0, 20.0),
        Calibration(voltage_gain=3e-3, current_gain=4e-3),
        thickness=known(500e-6, 6e-6, "thickness"),
    )

    budget = found.resistivity.budget
    rho = found.resistivity.value
    assert found.sheet_resistance.uncertainty == pytest.approx(
        5e-3 * found.sheet_resistance.value
    )
    assert budget["thickness"] == pytest.approx(0.012 * rho)
    assert found.resistivity.uncertainty == pytest.approx(0.013 * rho)


def doubtful() -> Iterator[Any]:
    good = sample(20.0, 22.0)
    # A contact that conducts one way: reversal no longer agrees.
    yield pytest.param(replaced(good, "I12_V43", 22e-3), "vdp-reversal", id="diode")
    # A wrong relay: one pair of voltage leads swapped.
    yield pytest.param(replaced(good, "I12_V43", -20e-3), "vdp-positive", id="swapped")
    # A leaking sample holder: the reciprocal places disagree.
    leaky = replaced(replaced(good, "I43_V12", 22e-3), "I34_V21", 22e-3)
    yield pytest.param(leaky, "vdp-reciprocity", id="leaking")
    # A scratch through the film: R_A and R_B far apart.
    yield pytest.param(sample(20.0, 60.0), "vdp-ratio", id="scratched")
    yield pytest.param(sample(1.0, 60.0), "vdp-ratio", id="nearly cut")
    yield pytest.param(sample(1.0, 3000.0), "vdp-f-factor", id="cut")
    yield pytest.param(good[:-1], "vdp-readings-complete", id="incomplete")


@pytest.mark.parametrize(("readings", "code"), list(doubtful()))
def test_a_missed_limit_keeps_the_value_and_says_why(
    readings: list[Reading], code: str
) -> None:
    result = van_der_pauw(readings).results()["sheet_resistance"]

    assert result.quality is Quality.SUSPECT
    assert code in result.verdicts
    assert isinstance(result.value, float)


def test_two_different_resistivities_mean_an_inhomogeneous_sample() -> None:
    uneven = sample(20.0, 20.0)
    for name in ("I43_V12", "I34_V21", "I14_V23", "I41_V32"):
        uneven = replaced(uneven, name, 24e-3)

    codes = [doubt.code for doubt in van_der_pauw(uneven).doubts]
    assert "vdp-homogeneous" in codes


def test_a_missing_probe_leaves_no_number() -> None:
    open_probe = [
        Reading(r.configuration, math.nan, r.current) for r in sample(20.0, 20.0)
    ]

    result = van_der_pauw(open_probe).results()["sheet_resistance"]

    assert result.value is None
    assert "no usable reading of R_A" in result.reason
    assert "I21_V34 was overloaded or not a number" in result.reason


def test_an_overloaded_reading_is_left_out_and_named() -> None:
    spoilt = [
        *sample(20.0, 20.0)[1:],
        Reading("I21_V34", 9.0, 1e-3, overloaded=True),
    ]

    found = van_der_pauw(spoilt)

    assert found.resistance_a.value == pytest.approx(20.0)
    assert any(s.startswith("I21_V34 was overloaded") for s in map(str, found.doubts))
    assert not found.f_factor.valid


def test_negative_resistances_throughout_have_no_solution() -> None:
    result = van_der_pauw(sample(-20.0, 20.0)).results()["sheet_resistance"]

    assert result.value is None
    assert "needs both positive" in result.reason


def test_an_unknown_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="I13_V24 is none of"):
        van_der_pauw([Reading("I13_V24", 1e-3, 1e-3)])


def test_two_standard_uncertainties_cover_the_sheet_resistance() -> None:
    rng = np.random.default_rng(17)
    seeds, hits = 400, 0
    sheet = 92.46680110312239
    a = -sheet / math.pi * math.log(0.55)
    b = -sheet / math.pi * math.log(0.45)
    accuracy = Calibration(voltage_gain=4e-4, current_gain=3e-4)
    noise, count, t_sigma = 20e-6, 4, 4e-6
    for _ in range(seeds):
        gain = (1 + 4e-4 * rng.normal()) / (1 + 3e-4 * rng.normal())
        taken = []
        for clean in sample(a, b):
            raw = clean.voltage * gain + 1e-6 + noise * rng.normal(size=count)
            spread = float(raw.std(ddof=1)) / math.sqrt(count)
            taken.append(
                Reading(
                    clean.configuration, float(raw.mean()), clean.current, spread, count
                )
            )
        depth = known(500e-6 + t_sigma * rng.normal(), t_sigma, "thickness")
        result = van_der_pauw(taken, accuracy, thickness=depth).results()
        found = result["conductivity"]
        assert isinstance(found.value, float)
        assert found.uncertainty is not None
        hits += abs(found.value - 1 / (sheet * 500e-6)) <= 2 * found.uncertainty

    # 95.45 % of 400 is 382 with a binomial deviation of 4.2; three of them.
    assert 369 <= hits <= 395
