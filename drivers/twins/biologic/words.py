"""Numbers as the boards send them in data words.

Boards 1 and 2 have a TMS320C3x: exponent in two's complement in bits 31-24, sign in
bit 23, fraction in bits 22-0; (1 + f)·2ᵉ, or (f − 2)·2ᵉ with the sign set; zero is the
exponent −128. Board 3 sends IEEE, and the low word of a time first.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from drivers.twins.biologic.tables import DIGICORE, Row

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]

FRACTION = 2**23
TI_ZERO = 0x80000000
LARGEST_EXPONENT = 127


def ieee_words(values: Floats) -> Words:
    """Return IEEE words."""
    return values.astype("<f4").view(np.uint32)


def ti_words(values: Floats) -> Words:
    """Return C3x words; what is too small becomes zero. OverflowError: too large."""
    values = np.asarray(values, dtype=np.float64)
    if not np.all(np.abs(values) < 2.0**LARGEST_EXPONENT):
        raise OverflowError("a C3x float holds neither infinity nor what is beyond it")
    half, exponent = np.frexp(values)  # ½ ≤ |half| < 1
    scaled = np.rint(half * (2 * FRACTION)).astype(np.int64)  # 24 bits and sign
    exponent = exponent.astype(np.int64) - 1
    # A positive mantissa is 1 … 2, a negative one −2 … −1 with −1 left out.
    up = scaled == 2 * FRACTION
    down = scaled == -FRACTION
    scaled = np.where(up, FRACTION, np.where(down, -2 * FRACTION, scaled))
    exponent = exponent + up - down
    sign = (scaled < 0).astype(np.int64)
    words = (exponent & 0xFF) << 24 | sign << 23 | scaled & (FRACTION - 1)
    zero = (values == 0.0) | (exponent < -LARGEST_EXPONENT)
    return np.where(zero, TI_ZERO, words).astype(np.uint32)


def ti_float(word: int) -> float:
    """Return the number that a C3x word means."""
    exponent = (word >> 24) - (256 if word >> 31 else 0)
    if exponent < -LARGEST_EXPONENT:
        return 0.0
    mantissa = (word & (FRACTION - 1)) / FRACTION + (-2.0 if word & FRACTION else 1.0)
    return math.ldexp(mantissa, exponent)


def encoder(board: int) -> Callable[[Floats], Words]:
    """Return how a board encodes floats."""
    return ieee_words if board == DIGICORE else ti_words


def rows_as_words(
    columns: Mapping[str, Floats], row: Row, count: int, board: int
) -> Words:
    """Return words of shape (rows, columns); a column that is not given is zero."""
    words = np.zeros((count, len(row.columns)), dtype=np.uint32)
    encode = encoder(board)
    none = np.zeros(count)
    for place, name in enumerate(row.columns):
        column = columns.get(name, none)
        if name in row.integers:
            words[:, place] = column.astype(np.int64)
        else:
            words[:, place] = encode(column)
    return words
