"""Thermocouples and platinum resistors against printed tables and the twins' own."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.thermometry.platinum import Platinum
from drivers.thermometry.thermocouples import Letter, Thermocouple
from drivers.twins.thermometry import platinum as twin_platinum
from drivers.twins.thermometry import thermocouples as twin_thermocouples

PRINTED = [
    # letter, °C, mV: NIST Monograph 175 and IEC 60584-1, tables in steps of 1 °C
    ("B", 600.0, 1.792),
    ("B", 1000.0, 4.834),
    ("B", 1800.0, 13.591),
    ("E", -200.0, -8.825),
    ("E", 100.0, 6.319),
    ("E", 1000.0, 76.373),
    ("J", -210.0, -8.095),
    ("J", 100.0, 5.269),
    ("J", 760.0, 42.919),
    ("J", 1200.0, 69.553),
    ("K", -270.0, -6.458),
    ("K", -200.0, -5.891),
    ("K", -100.0, -3.554),
    ("K", 25.0, 1.000),
    ("K", 100.0, 4.096),
    ("K", 500.0, 20.644),
    ("K", 1372.0, 54.886),
    ("N", -200.0, -3.990),
    ("N", 100.0, 2.774),
    ("N", 600.0, 20.613),
    ("N", 1300.0, 47.513),
    ("R", -50.0, -0.226),
    ("R", 1000.0, 10.506),
    ("R", 1700.0, 20.222),
    ("S", -50.0, -0.236),
    ("S", 1000.0, 9.587),
    ("S", 1500.0, 15.582),
    ("S", 1768.0, 18.693),
    ("T", -200.0, -5.603),
    ("T", 25.0, 0.992),
    ("T", 400.0, 20.872),
]


@pytest.mark.parametrize(("letter", "celsius", "millivolts"), PRINTED)
def test_a_thermocouple_gives_what_the_tables_print(
    letter: str, celsius: float, millivolts: float
) -> None:
    volts = Thermocouple(Letter(letter)).volts(celsius)

    assert 1e3 * volts == pytest.approx(millivolts, abs=6e-4)


OHMS = [
    # °C, Ω of a Pt100: IEC 60751, table 1
    (-200.0, 18.52),
    (-100.0, 60.26),
    (-50.0, 80.31),
    (0.0, 100.00),
    (25.0, 109.73),
    (100.0, 138.51),
    (400.0, 247.09),
    (850.0, 390.48),
]


@pytest.mark.parametrize(("celsius", "ohms"), OHMS)
def test_a_pt100_has_what_the_table_prints(celsius: float, ohms: float) -> None:
    assert Platinum().ohms(celsius) == pytest.approx(ohms, abs=6e-3)


@given(st.sampled_from(list(Letter)), st.floats(1e-3, 0.999), st.floats(0.0, 60.0))
def test_volts_of_the_twin_become_its_temperature(
    letter: Letter, part: float, junction: float
) -> None:
    thermocouple = Thermocouple(letter)
    low, high = thermocouple.bounds
    true = low + (high - low) * part
    volts = twin_thermocouples.emf(letter, true, junction)

    found = thermocouple.celsius(volts, junction)

    # Near absolute zero a microkelvin is less than a rounding of the volts.
    assert found == pytest.approx(true, abs=1e-3 if true < -265.0 else 1e-5)


@given(st.floats(-200.0, 850.0), st.sampled_from([100.0, 1000.0]))
def test_ohms_of_the_twin_become_its_temperature(true: float, nominal: float) -> None:
    ohms = twin_platinum.ohms(nominal, true)

    # The rounded constants of the two forms of the equation are 2 mK apart at 850 °C.
    found = Platinum(nominal).celsius(ohms)
    assert math.isnan(found) or found == pytest.approx(true, abs=2e-3)
    assert not math.isnan(found) or not -199.9 < true < 849.9


def test_what_no_temperature_gives_is_none() -> None:
    assert math.isnan(Thermocouple(Letter.K).celsius(0.1, 25.0))
    assert math.isnan(Thermocouple(Letter.K).celsius(math.nan, 25.0))
    assert math.isnan(Thermocouple(Letter.K).celsius(0.001, math.nan))
    assert math.isnan(Thermocouple(Letter.B).celsius(0.0, 25.0))
    assert math.isnan(Platinum().celsius(0.2))
    assert math.isnan(Platinum().celsius(1e6))
    assert math.isnan(Platinum().celsius(math.nan))


def test_pieces_of_a_function_meet() -> None:
    for letter in Letter:
        thermocouple = Thermocouple(letter)
        low, high = thermocouple.bounds
        steps = [low + 0.5 * n for n in range(int(2 * (high - low)))]
        volts = [thermocouple.volts(t) for t in steps]

        rises = [b - a for a, b in itertools.pairwise(volts)]
        assert min(rises) > 0.0
        assert max(abs(b - a) for a, b in itertools.pairwise(rises)) < 3e-7
