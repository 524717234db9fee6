"""A current that ends at a voltage: fine samples where it may end, coarse elsewhere.

A bound of the envelope is such an end where nothing else is on the way to it. At the
end of a half cycle the voltage runs: silicon rises by 25 mV a second at C/20. A
sample every few seconds would overshoot its limit by more than a hundred mV. So a
technique begins with a block of fine samples. After it, and after each coarse sample,
the script looks `AHEAD` coarse samples ahead along the last slope; where a limit, or
the end of the duration, lies on the way, the next block is fine again.

``y`` tells whether to go on (1) or whether the technique is over (0), so that ``Y``
from the host, which ends the loop in flight, ends the technique in either phase.
"""

import math
from collections.abc import Sequence

from drivers.palmsens.script.breaks import breaks_at, breaks_for
from drivers.palmsens.script.program import Draft
from drivers.palmsens.wire.literals import integer, literal
from labctl.techniques import Comparison, Condition, ConditionQuantity

FINE = 0.1
"""s."""
AHEAD = 4
"""Coarse samples, or fine blocks of as many s."""


def approaches(conditions: Sequence[Condition], seconds: float) -> bool:
    """Tell whether conditions want finer samples than one every ``seconds``."""
    voltages = any(c.quantity is ConditionQuantity.VOLTAGE for c in conditions)
    return voltages and seconds > FINE


def approach(
    draft: Draft,
    level: str,
    conditions: Sequence[Condition],
    package: Sequence[str],
    times: tuple[str, str, float],
    ahead: Sequence[Condition],
) -> None:
    """Add the loops, which ``conditions`` end.

    ``times``: the coarse interval and the duration as literals, the interval in s;
    ``ahead``: what is come near to with fine samples.
    """
    interval, duration, seconds = times
    samples = max(2, math.ceil(seconds / FINE))
    block = literal(round(samples * FINE, 6))
    ends = [
        *package,
        *breaks_for(conditions),
        *breaks_at(draft.bounds, voltage=True, current=False),
    ]
    left = [f"store_var u {duration} eb", "sub_var u t", "add_var u s"]
    near = [*_ahead(ahead), f"if u < {literal(2.0 * seconds)}", *_FINE, "endif"]
    draft.lines += [
        "timer_get s",
        f"store_var u {duration} eb",
        "store_var y 1i jd",
        "loop y == 1i",
        # fine
        "store_var y 0i jd",
        "store_var q 0i jd",
        f"store_var f {block} eb",
        "if u < f",
        "copy_var u f",
        "endif",
        f"meas_loop_cp v c {level} {literal(FINE)} f",
        *ends,
        "add_var q 1i",
        "if q == 1i",
        "copy_var v w",
        "endif",
        f"if q >= {integer(samples)}",
        "store_var y 1i jd",
        "endif",
        "endloop",
        "if y == 1i",
        *left,
        "store_var q 0i jd",
        *near,
        "copy_var v w",
        # coarse
        "if q == 0i",
        "store_var y 0i jd",
        f"meas_loop_cp v c {level} {interval} u",
        *ends,
        *left,
        *near,
        "copy_var v w",
        "if q == 1i",
        "store_var y 1i jd",
        "breakloop",
        "endif",
        "endloop",
        "endif",
        f"if u < {literal(FINE / 2.0)}",
        "store_var y 0i jd",
        "endif",
        "endif",
        "endloop",
    ]


_FINE = ["store_var q 1i jd"]
"""The next samples are fine."""


def _ahead(conditions: Sequence[Condition]) -> list[str]:
    """Return lines that look ahead from ``w`` over ``v``; near an end ``q`` is 1."""
    lines = ["copy_var v e", "sub_var e w", f"mul_var e {AHEAD}", "add_var e v"]
    for condition in conditions:
        if condition.quantity is ConditionQuantity.VOLTAGE:
            sign = ">=" if condition.comparison is Comparison.AT_LEAST else "<="
            lines += [f"if e {sign} {literal(condition.value)}", *_FINE, "endif"]
    return lines
