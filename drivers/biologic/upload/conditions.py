"""Which end conditions the firmware can test, and how it is told.

A TestX_Config is bit 0 active, bit 1 AND, bit 2 at least, from bit 5 the variable
(0 Ewe, 3 I). There are three tests a step, one Exit_Cond for all of them (1 next
technique, 2 stop), and a test behind an inactive one is ignored.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.biologic.eclib.tables import MOST_TESTS
from labctl.techniques import Comparison, Condition, ConditionQuantity

ACTIVE, TOGETHER, AT_LEAST, OF_CURRENT = 1, 2, 4, 96
NEXT_TECHNIQUE, STOP_ALL = 1, 2


@dataclass(frozen=True, slots=True)
class FirmwareTests:
    """What goes into Test1 … Test3."""

    tests: tuple[tuple[int, float], ...] = ()
    """(TestX_Config, TestX_Value)."""
    exit: int = NEXT_TECHNIQUE
    host: tuple[Condition, ...] = ()
    """Conditions left for the host."""

    def __str__(self) -> str:
        said = []
        for config, value in self.tests:
            of_current = config & OF_CURRENT == OF_CURRENT
            what, unit = ("I", "A") if of_current else ("E", "V")
            side = "≥" if config & AT_LEAST else "≤"
            said.append(f"{what} {side} {value:.4g} {unit}")
        return " or ".join(said) if not self.together else " and ".join(said)

    @property
    def together(self) -> bool:
        """Whether the tests end the step only all at once."""
        return any(config & TOGETHER for config, _ in self.tests)

    def values(self, steps: int) -> dict[str, list[float]]:
        """Return the labels' values for ``steps`` steps, all with the same tests."""
        out: dict[str, list[float]] = {"Exit_Cond": [self.exit] * steps}
        for number in range(MOST_TESTS):
            config, value = self.tests[number] if number < len(self.tests) else (0, 0.0)
            out[f"Test{number + 1}_Config"] = [config] * steps
            out[f"Test{number + 1}_Value"] = [value] * steps
        return out


def split(
    conditions: Sequence[Condition], *, direction: float = 0.0, driven: bool = False
) -> FirmwareTests:
    """Share ``conditions`` between firmware and host, in their order.

    ``direction`` is the known sign of the current, 0 if unknown; ``driven`` says that
    the current is the set-point, so that testing it would be idle.
    """
    tests: list[tuple[int, float]] = []
    host: list[Condition] = []
    ends_all: bool | None = None
    alone = len(conditions) == 1
    for condition in conditions:
        wanted = _tests_for(condition, direction, alone=alone, driven=driven)
        fits = len(tests) + len(wanted) <= MOST_TESTS
        same_exit = ends_all is None or ends_all == condition.ends_all
        if wanted and fits and same_exit:
            tests += wanted
            ends_all = condition.ends_all
        else:
            host.append(condition)
    exit_ = STOP_ALL if ends_all else NEXT_TECHNIQUE
    return FirmwareTests(tuple(tests), exit_, tuple(host))


def _tests_for(
    condition: Condition, direction: float, *, alone: bool, driven: bool
) -> list[tuple[int, float]]:
    sign = AT_LEAST if condition.comparison is Comparison.AT_LEAST else 0
    if condition.quantity is ConditionQuantity.VOLTAGE:
        return [(ACTIVE | sign, condition.value)]
    if condition.quantity is ConditionQuantity.CURRENT and not driven:
        return [(ACTIVE | OF_CURRENT | sign, condition.value)]
    if condition.quantity is ConditionQuantity.ABSOLUTE_CURRENT and not driven:
        return _tests_of_size(condition, direction, alone=alone)
    return []


def _tests_of_size(
    condition: Condition, direction: float, *, alone: bool
) -> list[tuple[int, float]]:
    """Return tests of |I|: one if its sign is known, else two."""
    value = condition.value
    above, below = ACTIVE | OF_CURRENT | AT_LEAST, ACTIVE | OF_CURRENT
    if condition.comparison is Comparison.AT_LEAST:
        return [(above, value), (below, -value)]
    if direction != 0.0:
        return [(below, value) if direction > 0.0 else (above, -value)]
    if alone:  # |I| ≤ x: both at once
        return [(below | TOGETHER, value), (above | TOGETHER, -value)]
    return []


def charge_duration(
    conditions: Sequence[Condition], current: float
) -> tuple[float, tuple[Condition, ...]]:
    """Turn charge limits of a constant current into time: t = Q/|I|.

    Returns the shortest time in s (inf if there is none) and the other conditions.
    """
    times, others = [math.inf], []
    for condition in conditions:
        by_charge = (
            condition.quantity is ConditionQuantity.CHARGE
            and condition.comparison is Comparison.AT_LEAST
            and current != 0.0
            and not condition.ends_all
        )
        if by_charge:
            times.append(condition.value / abs(current))
        else:
            others.append(condition)
    return min(times), tuple(others)
