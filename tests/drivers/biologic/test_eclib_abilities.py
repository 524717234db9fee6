"""What a channel drives follows from board, range, amplifier and configuration."""

import math
from dataclasses import replace

import pytest

from drivers.biologic.options import of_channel, read_options
from drivers.biologic.upload.compiler import compile_program
from drivers.biologic.upload.ranges import ChannelFacts
from labctl.errors import Complaint, RefusedError
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

BOARD = ChannelFacts(
    name="v/1",
    board=2,
    min_range=2,
    max_range=10,
    max_bandwidth=9,
    impedance=True,
    voltage=math.nan,
)
BOOSTER = replace(BOARD, max_range=11)
EVERY = Recording(every_s=1.0)


def refused(technique: Technique, facts: ChannelFacts) -> tuple[Complaint, ...]:
    try:
        compile_program([technique], facts)
    except RefusedError as error:
        return error.complaints
    return ()


def limits(technique: Technique, facts: ChannelFacts) -> set[tuple[float, float, str]]:
    found = refused(technique, facts)
    return {(c.value, c.limit, c.unit) for c in found if c.value and c.limit}


# Largest current by the vendor's sheets, which no range's name says.
CURRENTS = [
    ("a VSP-300 board is called 1 A and drives 500 mA", BOARD, 0.5),
    ("a VMP3 board is called 1 A and drives 400 mA", replace(BOARD, board=1), 0.4),
    ("a board with ranges to 10 mA only", replace(BOARD, max_range=8), 0.01),
    ("4 A / 14 V amplifier", replace(BOOSTER, amplifier=21), 4.0),
    ("1 A / 48 V amplifier on the board's ranges", replace(BOARD, amplifier=20), 1.0),
    ("an unknown booster, told", replace(BOOSTER, max_current=20.0), 20.0),
    ("a board told less", replace(BOARD, max_current=0.1), 0.1),
    ("a board told more", replace(BOARD, max_current=0.8), 0.8),
    ("never beyond the largest range", replace(BOARD, max_current=5.0), 1.0),
]


@pytest.mark.parametrize(("case", "facts", "most"), CURRENTS)
def test_a_current_is_compared_with_what_the_channel_really_drives(
    case: str, facts: ChannelFacts, most: float
) -> None:
    just, beyond = (ConstantCurrent(k * most, 60.0) for k in (0.999, 1.01))

    assert not refused(just, facts), case
    assert limits(beyond, facts) == {(1.01 * most, most, "A")}, case


@pytest.mark.parametrize(
    "technique", [ConstantCurrent(500.0, 60.0), ConstantVoltage(3.0, 60.0)]
)
def test_a_booster_of_unknown_current_drives_nothing_until_told(
    technique: Technique,
) -> None:
    (complaint,) = refused(technique, BOOSTER)

    assert "max_current: {'1': AMPERE}" in complaint.cure
    assert "options of v" in complaint.cure


def test_a_booster_of_unknown_current_may_watch_a_cell() -> None:
    assert not refused(OpenCircuit(60.0), BOOSTER)


# In words, then what is asked for, the limit that it meets, and their unit.
BEYOND = [
    (
        "8 MHz on a board that reaches 7 MHz",
        Spectrum(False, 0.0, 0.01, 8e6, 1.0, versus_initial=True),
        BOARD,
        (8e6, 7e6, "Hz"),
    ),
    (
        "2 MHz on a VMP3 board",
        Spectrum(False, 0.0, 0.01, 2e6, 1.0, versus_initial=True),
        replace(BOARD, board=1),
        (2e6, 1e6, "Hz"),
    ),
    (
        "slower than 10 µHz",
        Spectrum(False, 0.0, 0.01, 1e3, 1e-6, versus_initial=True),
        BOARD,
        (1e-6, 1e-5, "Hz"),
    ),
    (
        "6 V behind a 10 A / 5 V amplifier",
        ConstantVoltage(6.0, 60.0),
        replace(BOOSTER, amplifier=27),
        (6.0, 5.0, "V"),
    ),
    (
        "a charge to 6 V behind a 10 A / 5 V amplifier",
        ConstantCurrent(
            0.1,
            60.0,
            (Condition("full", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 6.0),),
        ),
        replace(BOOSTER, amplifier=27),
        (6.0, 5.0, "V"),
    ),
    (
        "4.2 V in a range that the configuration fixes to 2.5 V",
        ConstantVoltage(4.2, 60.0),
        replace(BOARD, voltage_range=2.5),
        (4.2, 2.5, "V"),
    ),
    (
        "rows faster than any board takes them",
        VoltageSweep((0.0, 1.0, 0.0), 100.0, record=Recording(every_volt=1e-3)),
        BOARD,
        (100.0, 5.0, "V/s"),
    ),
    (
        "more power than current times voltage",
        ConstantPower(6.0, 60.0, record=EVERY),
        replace(BOARD, board=1),
        (6.0, 4.0, "W"),
    ),
]


@pytest.mark.parametrize(("case", "technique", "facts", "figures"), BEYOND)
def test_voltage_frequency_rate_and_power_are_compared(
    case: str,
    technique: Technique,
    facts: ChannelFacts,
    figures: tuple[float, float, str],
) -> None:
    found = limits(technique, facts)

    same = [(v, most) == pytest.approx(figures[:2]) for v, most, _ in found]
    assert any(same), (case, found)
    assert {unit for _, _, unit in found} >= {figures[2]}


def test_what_nobody_read_can_be_said_in_the_configuration() -> None:
    told = read_options("v", {"compliance": {"1": 8.0}, "highest_frequency": 3e6})
    spectrum = Spectrum(False, 0.0, 0.01, 5e6, 1.0, versus_initial=True)
    facts = replace(BOARD, highest_frequency=of_channel(told.highest_frequency, 0))

    assert of_channel(told.compliance, 0) == 8.0
    assert of_channel(told.compliance, 1) is None
    assert limits(spectrum, facts) == {(5e6, 3e6, "Hz")}


def test_a_limit_is_not_called_met_where_nobody_knows_the_voltage() -> None:
    empty = Condition("empty", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.01)
    discharge = ConstantCurrent(-1e-3, 60.0, (empty,))

    assert not refused(discharge, BOARD)
    assert refused(discharge, replace(BOARD, voltage=0.0))


def test_a_capability_says_which_of_its_figures_are_defaults() -> None:
    assert BOARD.capability().assumed == ("compliance", "current", "frequencies")
    told = replace(BOARD, max_current=0.4, compliance=10.0, highest_frequency=1e6)
    assert told.capability().assumed == ()
    assert BOOSTER.capability().current is None
