"""Numbers as MethodSCRIPT writes them: an integer and an SI prefix, no decimal point.

``4300m`` is 4.3 and ``10i`` the integer ten. A number that no prefix says to
`EXACT` is refused: a set-point is never rounded without a word.
"""

import math

PREFIXES = {
    "M": 6,
    "k": 3,
    "": 0,
    "m": -3,
    "u": -6,
    "n": -9,
    "p": -12,
    "f": -15,
    "a": -18,
}
"""Prefix -> power of ten, the largest first."""
EXACT = 2.5e-7
"""Largest relative error of a literal: prefixes go by thousands and an integer has 31
bits, so no number can be promised better; a converter of 18 bits tells 4e-6."""
ROUNDING = 1e-12
"""Relative error of a number that was typed in decimals: its literal is short."""
LARGEST = 2**31 - 1
"""Of the integer in front of a prefix: it is read into 32 bits."""


class InexactError(ValueError):
    """A number that no literal says exactly enough."""


def literal(value: float) -> str:
    """Return the shortest literal that is ``value``, else the one that is nearest.

    InexactError: none says it to `EXACT` (NaN, infinite, beyond the prefixes).

    >>> literal(4.3), literal(-2.5e-4), literal(100000.0), literal(0.0)
    ('4300m', '-250u', '100k', '0')
    >>> literal(1.2345678e-3), literal(1e-3 / 3.0)
    ('1234567800p', '333333333p')
    """
    if not math.isfinite(value):
        raise InexactError(f"{value} is no number that a script can say")
    if value == 0.0:
        return "0"
    nearest = ""
    for prefix, power in PREFIXES.items():
        # a power of ten that is exact, whichever way it goes
        scaled = value * 10.0**-power if power < 0 else value / 10.0**power
        whole = round(scaled)
        if abs(whole) > LARGEST:
            break
        error = abs(whole - scaled)
        if whole and error <= EXACT * abs(scaled):
            nearest = f"{whole}{prefix}"
            if error <= ROUNDING * abs(scaled):
                break
    if nearest:
        return nearest
    raise InexactError(f"{value!r} cannot be written as an integer and an SI prefix")


def integer(value: int) -> str:
    """Return an integer literal: ``10i``. InexactError: beyond 32 bits."""
    if abs(value) > LARGEST:
        raise InexactError(f"{value} is beyond the integers of a script")
    return f"{value}i"


def value_of(text: str) -> float:
    """Return the number that a literal says. ValueError: it is none.

    >>> value_of("4300m"), value_of("10i")
    (4.3, 10.0)
    """
    if text.endswith("i"):
        return float(int(text[:-1]))
    prefix = text[-1:] if text[-1:].isalpha() else ""
    if prefix not in PREFIXES:
        raise ValueError(f"{text!r} has no prefix that is known")
    whole = int(text[: len(text) - len(prefix)])
    power = PREFIXES[prefix]
    return whole / 10.0**-power if power < 0 else whole * 10.0**power
