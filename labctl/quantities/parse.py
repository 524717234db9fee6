"""Text with a unit to a float: the one parser of files, command line and window.

Decimal mark ``.`` or ``,``, never both and never a thousands separator; a unit
wherever the quantity has one; nothing clamped, nothing guessed. The float is the one
nearest to the exact decimal that was typed.
"""

import math
import re
from fractions import Fraction

from labctl.errors import QuantityError
from labctl.quantities.units import (
    NONE,
    TIME,
    Unit,
    expectation,
    kind_of,
    normalise,
    read_unit,
    show,
)

LONGEST = 100
"""Characters; longer texts are refused unread (a 5,000-digit integer, say)."""

_NUMBER = re.compile(
    r"(?P<mantissa>[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+))"
    r"(?:[eE](?P<e>[+-]?[0-9]+)|\s?[×x]\s?10\^(?P<x>[+-]?[0-9]+))?"
)
_DURATION = re.compile(
    r"\+?[0-9.,]+ ?(?:d|h|min|s|ms)(?: ?[0-9.,]+ ?(?:d|h|min|s|ms))+"
)
_PART = re.compile(r"([0-9.,]+) ?(d|h|min|ms|s)")
_CLOCK = re.compile(r"([0-9]+):([0-9]{1,2})(?::([0-9]{1,2}))?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_LARGEST_EXPONENT = 330
"""Beyond any float; also keeps ``1e999999999`` from being computed."""


def parse(text: str, unit: str) -> float:
    """Read a quantity.

    Parameters
    ----------
    text
        ``1.5 mA``, ``1,5 mA``, ``150 mAh/g``, ``1 h 30 min``, ``25 °C``.
    unit
        The unit of the result: ``A``, ``C/kg``, ``s``, ``°C``; ``1`` for a fraction,
        the only case in which the text needs no unit.

    Raises
    ------
    QuantityError
        Says what was typed, what was expected and how to write it.
    """
    wanted = read_unit(normalise(unit))
    plain = _plain(text, unit)
    if wanted.dimension == TIME:
        if _DURATION.fullmatch(plain):
            return to_float(_duration(plain) / wanted.factor, plain)
        if clock := _CLOCK.fullmatch(plain):
            raise QuantityError(_clock(plain, clock))
    number, rest = read_number(plain, expectation(unit))
    given = _read_unit_of(rest, plain, unit)
    if given.dimension != wanted.dimension:
        raise QuantityError(
            f"{show(plain)} is {kind_of(given)}; expected {expectation(unit)}."
        )
    value = (number * given.factor + given.offset - wanted.offset) / wanted.factor
    return to_float(value, plain)


def read_number(plain: str, expected: str) -> tuple[Fraction, str]:
    """Split normalised text into its exact number and what follows it.

    QuantityError: ends with what was `expected`.
    """
    match = _NUMBER.match(plain)
    if match is None:
        raise QuantityError(
            f"{show(plain)} does not start with a number; expected {expected}."
        )
    rest = plain[match.end() :].strip()
    mantissa = match["mantissa"]
    if rest[:1].isdigit() or rest.startswith((".", ",", "'", "\u2019", "_")):
        raise QuantityError(
            f"{show(plain)}: one decimal mark, and nothing between thousands. Write "
            "`1234.5`."
        )
    if rest[:1] == "/" and rest[1:].strip()[:1].isdigit():
        raise QuantityError(
            f"{show(plain)} is a division; expected {expected}. Write its result."
        )
    if match["e"] is None and match["x"] is None and _THOUSANDS.fullmatch(mantissa):
        raise QuantityError(
            f"{show(plain)} can be read as {mantissa.replace(',', '.')} or as "
            f"{mantissa.replace(',', '')}. Write one of these."
        )
    exponent = int(match["e"] or match["x"] or 0)
    digits = mantissa.replace(",", ".")
    if abs(exponent) > _LARGEST_EXPONENT:
        raise QuantityError(f"{show(plain)} is beyond what a number can hold.")
    value = Fraction(digits) * Fraction(10) ** exponent
    if not value and mantissa.startswith("-"):
        raise QuantityError(f"{show(plain)}: zero has no sign. Write it without.")
    return value, rest


def to_float(value: Fraction, text: str) -> float:
    """Round to the nearest float. QuantityError: too large, or too small to differ."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or (value and not number):
        raise QuantityError(f"{show(text)} is beyond what a number can hold.")
    return number


def _plain(text: object, unit: str) -> str:
    if isinstance(text, bool) or not isinstance(text, str):
        kind = "is not a quantity" if isinstance(text, bool) else "has no unit"
        raise QuantityError(f"{show(text)} {kind}; expected {expectation(unit)}.")
    if len(text) > LONGEST:
        raise QuantityError(
            f"{show(text)}: {len(text)} characters; expected {expectation(unit)}."
        )
    return normalise(text)


def _read_unit_of(rest: str, plain: str, unit: str) -> Unit:
    try:
        given = read_unit(rest)
    except QuantityError as e:
        raise QuantityError(f"{show(plain)}: {e} Expected {expectation(unit)}.") from e
    if not rest and read_unit(normalise(unit)).dimension != NONE:
        raise QuantityError(f"{show(plain)} has no unit; expected {expectation(unit)}.")
    return given


def _duration(plain: str) -> Fraction:
    """Add up ``1 h 30 min``; parts in falling order, decimals only in the last."""
    parts = _PART.findall(plain)
    sizes = [read_unit(symbol).factor for _, symbol in parts]
    whole = all(number.isdigit() for number, _ in parts[:-1])
    if sorted(set(sizes), reverse=True) != sizes or not whole:
        raise QuantityError(
            f"{show(plain)}: write each unit once, the longest first, decimals only in "
            "the last, such as `1 h 30 min`."
        )
    numbers = [read_number(number, "a number")[0] for number, _ in parts]
    return sum((n * size for n, size in zip(numbers, sizes, strict=True)), Fraction(0))


def _clock(plain: str, match: re.Match[str]) -> str:
    """Say how to write ``00:30:00`` or ``4:20`` so that nobody can misread it."""
    a, b, c = (match[i] and int(match[i]) for i in (1, 2, 3))
    if c is None:
        ways = f"`{a} h {b} min` or `{a} min {b} s`"
    else:
        parts = ((a, "h"), (b, "min"), (c, "s"))
        ways = "`" + (" ".join(f"{n} {u}" for n, u in parts if n) or "0 s") + "`"
    return f"{show(plain)} has no unit; expected a time. Write {ways}."
