"""Makes SI floats of an answer's fields, or says that they are no numbers.

SCPI's overflow (±9.9E37) and not-a-number (9.91E37) become NaN. What is a number is
decided by a regular expression, once for each *shape* of an answer: the answer with
every digit a 0 and every sign a +, for the grammar tells neither apart. An instrument
answers in a few shapes for ever, so a reading costs a look-up and its floats.
"""

import functools
import math
import re

from labctl.errors import InstrumentError

SENTINEL = 9.89e37
"""Beyond this a number is an overflow or no number at all."""
_NUMBER = re.compile(rb"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*")
_NO_NUMBER = {"nan", "inf", "+inf", "-inf"}
"""What some firmware prints instead of a sentinel."""
_ALIKE = bytes.maketrans(b"123456789-", b"000000000+")
MOST_SHAPES = 1000
"""That are remembered."""


def number(text: str, instrument: str) -> float:
    """Return the value of one field; NaN for a sentinel.

    InstrumentError: it is no number as instruments write them (``1_0`` is Python's).
    """
    if not _is_number(text.encode("ascii", "replace").translate(_ALIKE)):
        if text.strip().lower() in _NO_NUMBER:
            return math.nan
        raise InstrumentError(
            f"{instrument}: answers {text[:60]!r} where a number was expected; check "
            "cable and command language"
        )
    value = float(text)
    return math.nan if abs(value) > SENTINEL else value


def numbers(text: str, mark: str, instrument: str) -> list[float]:
    """Return the values of the fields between ``mark``; NaN for a sentinel.

    InstrumentError: one of them is no number, see `number`.
    """
    fields = text.split(mark)
    if _are_numbers(text.encode("ascii", "replace").translate(_ALIKE), mark):
        values = list(map(float, fields))
        if min(values) >= -SENTINEL and max(values) <= SENTINEL:
            return values
        return [math.nan if abs(value) > SENTINEL else value for value in values]
    return [number(field, instrument) for field in fields]


@functools.lru_cache(MOST_SHAPES)
def _is_number(shape: bytes) -> bool:
    return _NUMBER.fullmatch(shape) is not None


@functools.lru_cache(MOST_SHAPES)
def _are_numbers(shape: bytes, mark: str) -> bool:
    return all(map(_is_number, shape.split(mark.encode())))
