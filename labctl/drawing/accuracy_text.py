"""What an instrument states of its accuracy, in one line for a reader of results."""

import math
from collections.abc import Callable, Iterable

from labctl.quantities import format_si
from labctl.roles.channel_accuracy import ChannelAccuracy, MeterAccuracy


def accuracy_text(stated: ChannelAccuracy | None) -> str:
    """Return the limits of error over all ranges, and who says so; empty: nobody does.

    ``current ±0.1 % of reading ±0.03 to 0.3 % of range (data sheet)``.
    """
    if stated is None:
        return ""
    current = stated.current or stated.driven_current
    voltage = stated.voltage or stated.driven_voltage
    said = []
    if current is not None:
        zeros = (each.limits.offset / each.full_scale for each in current.ranges)
        said.append(f"current {_gain(current)} ±{_ends(zeros, _percent)} % of range")
    if voltage is not None:
        zeros = (each.limits.offset for each in voltage.ranges)
        zero = _ends(zeros, lambda value: format_si(value, "V", 2))
        said.append(f"voltage {_gain(voltage)} ±{zero}")
    if stated.impedance is not None:
        best = stated.impedance.regions[0]
        size, phase = _percent(best.magnitude), math.degrees(best.phase)
        said.append(f"|Z| ±{size} % and ±{phase:.2g}° at best")
    whose = (current, voltage, stated.impedance)
    origins = dict.fromkeys(str(each.origin) for each in whose if each is not None)
    return f"{', '.join(said)} ({'; '.join(origins)})" if said else ""


def _gain(meter: MeterAccuracy) -> str:
    gains = (each.limits.gain for each in meter.ranges)
    return f"±{_ends(gains, _percent)} % of reading"


def _percent(part: float) -> str:
    return f"{100 * part:.2g}"


def _ends(values: Iterable[float], written: Callable[[float], str]) -> str:
    """Return the smallest and the largest value, one text where they are the same."""
    ordered = sorted(values)
    return " to ".join(dict.fromkeys((written(ordered[0]), written(ordered[-1]))))
