"""Numbers on a simulated instrument's line: literals in, seven digits out."""

import math

POWER = {
    "a": 1e-18,
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
}
"""Prefix -> factor."""
_ZERO = 1 << 27
_BY_SIZE = [(name or " ", factor) for name, factor in POWER.items()]


def literal_value(text: str) -> float | int | None:
    """Return the number of a literal; an int for ``10i``; None: it is none."""
    digits, prefix = (text, "") if text[-1:].isdigit() else (text[:-1], text[-1:])
    if not digits.removeprefix("-").isdecimal() or abs(int(digits)) >= 1 << 31:
        return None
    if prefix == "i":
        return int(digits)
    factor = POWER.get(prefix)
    if factor is None:
        return None
    # 4300m is 4.3 and not 4.300000000000001
    return int(digits) * factor if factor >= 1.0 else int(digits) / round(1.0 / factor)


def written_value(value: float, *, whole: bool) -> str:
    """Return seven digits and the prefix that says most; ``nan`` for what is none."""
    if not math.isfinite(value):
        return "     nan"
    if whole:
        return f"{(int(value) + _ZERO) & 0xFFFFFFF:07X}i"
    if value == 0.0:
        return f"{_ZERO:07X} "
    for name, factor in _BY_SIZE:
        scaled = round(value / factor)
        if -_ZERO <= scaled < _ZERO:
            return f"{scaled + _ZERO:07X}{name}"
    return "     nan"
