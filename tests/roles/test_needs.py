"""A need is met, not met, or not known to be met."""

import math

import pytest

from labctl.roles.capability import Capability
from labctl.roles.needs import Ability, Need, met, shortfalls, strongest

CELL = "cell"
SMALL = Capability(
    current=0.1,
    least_current=1e-6,
    galvanostat=True,
    sweeps=False,
    frequencies=(0.1, 1e5),
    temperatures=(-10.0, 80.0),
)

# In words, what is asked for, and whether the small channel can.
CASES: list[tuple[str, Need, bool | None]] = [
    ("a current within", Need(CELL, Ability.CURRENT, 0.08), True),
    ("the largest, rounded", Need(CELL, Ability.CURRENT, 0.1 + 1e-16), True),
    ("a current beyond", Need(CELL, Ability.CURRENT, 0.12), False),
    ("one step of its range", Need(CELL, Ability.LEAST_CURRENT, 1e-6), True),
    ("less than one step", Need(CELL, Ability.LEAST_CURRENT, 1e-7), False),
    ("to hold a current", Need(CELL, Ability.GALVANOSTAT), True),
    ("to scan, which it does not", Need(CELL, Ability.SWEEPS), False),
    ("to hold a voltage: not said", Need(CELL, Ability.POTENTIOSTAT), None),
    ("a voltage: not said", Need(CELL, Ability.CONTROL, 4.2), None),
    ("100 kHz", Need(CELL, Ability.HIGHEST_FREQUENCY, 1e5), True),
    ("1 MHz", Need(CELL, Ability.HIGHEST_FREQUENCY, 1e6), False),
    ("10 mHz", Need(CELL, Ability.LOWEST_FREQUENCY, 1e-2), False),
    ("-20 °C", Need(CELL, Ability.LOWEST_TEMPERATURE, -20.0), False),
    ("60 °C", Need(CELL, Ability.HIGHEST_TEMPERATURE, 60.0), True),
    (
        "a thermometer, which no channel has",
        Need(CELL, Ability.SURFACE_TEMPERATURE),
        None,
    ),
]


@pytest.mark.parametrize(("case", "need", "can"), CASES, ids=[c[0] for c in CASES])
def test_a_need_is_met_or_not_or_unknown(
    case: str, need: Need, can: bool | None
) -> None:
    assert met(need, SMALL) is can, case


@pytest.mark.parametrize("ability", list(Ability))
def test_nothing_is_met_or_refused_by_a_channel_that_says_nothing(
    ability: Ability,
) -> None:
    assert met(Need(CELL, ability, 1.0), Capability()) is None


def test_a_fact_that_is_no_number_is_unknown() -> None:
    need = Need(CELL, Ability.CURRENT, 0.1)

    assert met(need, Capability(current=math.nan)) is None


def test_a_shortfall_says_what_the_channel_does_and_what_is_asked() -> None:
    (short,) = shortfalls([Need(CELL, Ability.CURRENT, 0.12)], SMALL)

    assert (short.said, str(short.need)) == ("drives at most 100 mA", "drives 120 mA")


def test_who_meets_the_strongest_needs_meets_all() -> None:
    asked = [
        Need(CELL, Ability.CURRENT, 0.05),
        Need(CELL, Ability.CURRENT, 0.08),
        Need(CELL, Ability.LEAST_CURRENT, 0.05),
        Need(CELL, Ability.LEAST_CURRENT, 0.01),
        Need("monitor", Ability.CURRENT, 0.01),
    ]

    kept = {(need.role, need.ability, need.value) for need in strongest(asked)}

    assert kept == {
        (CELL, Ability.CURRENT, 0.08),
        (CELL, Ability.LEAST_CURRENT, 0.01),
        ("monitor", Ability.CURRENT, 0.01),
    }
