"""What ends a measurement loop: end conditions and bounds as lines of a script.

``z`` remembers why: 0 go on, 1 a condition that ends everything, from `HIGH_VOLTAGE` on
a bound that was left. What a script cannot test is left to the host.
"""

import math
from collections.abc import Sequence

from drivers.palmsens.script.bounds import Bounds
from drivers.palmsens.wire.literals import literal
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    voltages_of,
)

ENDS_ALL = 1
HIGH_VOLTAGE, LOW_VOLTAGE, HIGH_CURRENT, LOW_CURRENT = 2, 3, 4, 5
LEFT = {
    HIGH_VOLTAGE: "the voltage was above its bound",
    LOW_VOLTAGE: "the voltage was below its bound",
    HIGH_CURRENT: "the current was above its bound",
    LOW_CURRENT: "the current was below its bound",
}
"""Value of ``z`` -> which bound a script found left."""
_QUANTITIES = (
    ConditionQuantity.VOLTAGE,
    ConditionQuantity.CURRENT,
    ConditionQuantity.ABSOLUTE_CURRENT,
)


def split(
    conditions: Sequence[Condition], *, current_is_set: bool
) -> tuple[list[Condition], list[Condition]]:
    """Return what the script tests and what the host must; in their order.

    ``current_is_set``: testing a current that is the set-point would be idle.
    """
    of_script, of_host = [], []
    for condition in conditions:
        idle = current_is_set and condition.quantity is not ConditionQuantity.VOLTAGE
        if condition.quantity in _QUANTITIES and not idle:
            of_script.append(condition)
        else:
            of_host.append(condition)
    return of_script, of_host


def breaks_for(conditions: Sequence[Condition], *, flag: bool = False) -> list[str]:
    """Return the lines that leave a loop when a condition is met.

    ``flag`` also sets ``y``: the technique has more loops, which are left out then.
    """
    lines = []
    if any(c.quantity is ConditionQuantity.ABSOLUTE_CURRENT for c in conditions):
        lines += ["copy_var c a", "if a < 0", "mul_var a -1", "endif"]
    names = {
        ConditionQuantity.VOLTAGE: "v",
        ConditionQuantity.CURRENT: "c",
        ConditionQuantity.ABSOLUTE_CURRENT: "a",
    }
    for condition in conditions:
        sign = ">=" if condition.comparison is Comparison.AT_LEAST else "<="
        value = literal(condition.value)
        lines.append(f"if {names[condition.quantity]} {sign} {value}")
        if condition.ends_all:
            lines.append(f"store_var z {ENDS_ALL}i jc")
        if flag:
            lines.append("store_var y 1i jd")
        lines += ["breakloop", "endif"]
    return lines


def bound_ahead(bounds: Bounds, technique: ConstantCurrent) -> list[Condition]:
    """Return the bound that a current drives to, where no end of its own stands before.

    Empty, too, where there is no bound, or no current.
    """
    if technique.current == 0.0 or list(voltages_of(technique)):
        return []
    up = technique.current > 0.0
    bound = bounds.voltage[1 if up else 0]
    side = Comparison.AT_LEAST if up else Comparison.AT_MOST
    if not math.isfinite(bound):
        return []
    return [Condition("bound", ConditionQuantity.VOLTAGE, side, bound)]


def breaks_at(bounds: Bounds, *, voltage: bool, current: bool) -> list[str]:
    """Return the lines that end the whole script when a bound is left."""
    sides = []
    if voltage:
        low, high = bounds.voltage
        sides += [("v", ">", high, HIGH_VOLTAGE), ("v", "<", low, LOW_VOLTAGE)]
    if current:
        low, high = bounds.current
        sides += [("c", ">", high, HIGH_CURRENT), ("c", "<", low, LOW_CURRENT)]
    lines = []
    for name, sign, bound, code in sides:
        if math.isfinite(bound):
            lines += [
                f"if {name} {sign} {literal(bound)}",
                f"store_var z {code}i jc",
                "breakloop",
                "endif",
            ]
    return lines
