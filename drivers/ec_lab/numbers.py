"""Numbers as EC-Lab's settings files write them: three decimals and a unit.

The largest unit in which three decimals hold a number is taken, so that 1.2345678 mA
is written as 1234.568 µA and not as 1.235 mA. A current is at least 1 of its unit.
"""

from collections.abc import Sequence

DECIMALS = 3
EXACT = 1e-6
"""Part of a number that its last decimal may be off."""
COARSE = 1e-3
"""The same where no unit is small enough: what is beyond is refused."""

AMPERES = (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6), ("nA", 1e-9), ("pA", 1e-12))
VOLTS = (("V", 1.0), ("mV", 1e-3), ("µV", 1e-6))
HERTZ = (("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0), ("mHz", 1e-3), ("µHz", 1e-6))
SECONDS = (("s", 1.0), ("ms", 1e-3))
RATES = (("V/s", 1.0), ("mV/s", 1e-3), ("mV/mn", 1e-3 / 60.0))
Units = Sequence[tuple[str, float]]


def written(value: float, units: Units) -> tuple[str, str]:
    """Return number and unit. ValueError: no unit holds it to a thousandth."""
    for allowed in (EXACT, COARSE):
        for name, one in units:
            if units is AMPERES and 0.0 < abs(value) < one * (1.0 - EXACT):
                continue
            text = f"{value / one:.{DECIMALS}f}"
            if abs(float(text) * one - value) <= allowed * abs(value):
                return text, name
    raise ValueError(f"{value:g} cannot be written with {DECIMALS} decimals")


def clock_time(seconds: float) -> str:
    """Return ``h:mm:ss.ssss``."""
    ticks = round(seconds * 1e4)
    minutes, rest = divmod(ticks, 600_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest / 1e4:07.4f}"


def range_name(span: float) -> str:
    """Return ``10 mA`` for a full scale in A."""
    for name, one in AMPERES:
        if span >= one * (1.0 - 1e-9):
            return f"{span / one:.0f} {name}"
    name, one = AMPERES[-1]
    return f"{span / one:.0f} {name}"
