"""A constant current that ends at a voltage: coarse samples, fine ones near the end.

At the end of a half cycle the voltage runs: silicon rises by 25 mV a second at C/20. A
sample every few seconds would overshoot its limit by more than a hundred mV. So each
coarse sample looks `AHEAD` samples ahead along its last slope, and where a limit lies
on the way the script samples every `FINE` s for a while, then coarsely again.

``y`` tells whether to go on (1) or whether the technique is over (0), so that ``Y``
from the host, which ends the loop in flight, ends the technique in either phase.
"""

from collections.abc import Sequence

from drivers.palmsens.script.breaks import breaks_at, breaks_for
from drivers.palmsens.script.program import Draft
from drivers.palmsens.wire.literals import integer, literal
from labctl.techniques import Comparison, Condition, ConditionQuantity

FINE = 0.1
"""s."""
AHEAD = 4
"""Coarse samples."""
FINE_SAMPLES = 400
"""In one go, before a coarse sample looks ahead again."""


def approaches(conditions: Sequence[Condition], seconds: float) -> bool:
    """Tell whether conditions want finer samples than one every ``seconds``."""
    voltages = any(c.quantity is ConditionQuantity.VOLTAGE for c in conditions)
    return voltages and seconds > FINE


def approach(
    draft: Draft,
    level: str,
    conditions: Sequence[Condition],
    package: Sequence[str],
    times: tuple[str, str],
) -> None:
    """Add the loops; ``times`` are the coarse interval and the duration as literals."""
    interval, duration = times
    bounds = breaks_at(draft.bounds, voltage=True, current=False)
    left = [f"store_var u {duration} eb", "sub_var u t", "add_var u s"]
    draft.lines += [
        "timer_get s",
        f"store_var u {duration} eb",
        "store_var y 1i jd",
        "loop y == 1i",
        "store_var y 0i jd",
        "store_var q 0i jd",
        f"meas_loop_cp v c {level} {interval} u",
        *package,
        *breaks_for(conditions),
        *bounds,
        "if q > 0i",
        "copy_var v e",
        "sub_var e w",
        f"mul_var e {AHEAD}",
        "add_var e v",
        *_ahead(conditions),
        "endif",
        "add_var q 1i",
        "copy_var v w",
        "endloop",
        "if y == 1i",
        "store_var y 0i jd",
        "store_var q 1i jd",
        f"store_var f {literal(FINE * FINE_SAMPLES)} eb",
        *left,
        "if u < f",
        "copy_var u f",
        "endif",
        f"if f > {literal(FINE)}",
        f"meas_loop_cp v c {level} {literal(FINE)} f",
        *package,
        *breaks_for(conditions),
        *bounds,
        f"if q >= {integer(FINE_SAMPLES)}",
        "store_var y 1i jd",
        "endif",
        "add_var q 1i",
        "endloop",
        "endif",
        *left,
        f"if u < {interval}",
        "store_var y 0i jd",
        "endif",
        "endif",
        "endloop",
    ]


def _ahead(conditions: Sequence[Condition]) -> list[str]:
    """Return the lines that go over to fine samples before a limit is met."""
    lines = []
    for condition in conditions:
        if condition.quantity is ConditionQuantity.VOLTAGE:
            sign = ">=" if condition.comparison is Comparison.AT_LEAST else "<="
            lines += [
                f"if e {sign} {literal(condition.value)}",
                "store_var y 1i jd",
                "breakloop",
                "endif",
            ]
    return lines
