"""How a board writes floats and times: TI or IEEE, high or low word first.

Neither is assumed. `proven` holds what is known here against what the library's own
converters say of a few probe words, once; from then on whole columns are turned into
numbers at once, and the library is not asked again. TI floats are those of the
TMS320C3x (user's guide, floating-point formats).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.biologic.eclib.codes import SUFFIX, Board
from labctl.errors import FirmwareError

Words = NDArray[np.uint32]
Floats = NDArray[np.float64]
FloatDecoder = Callable[[Words], Floats]
"""Shape (n,) → shape (n,)."""

ZERO_EXPONENT = -128
"""Of a TI float that is 0, whatever its fraction says."""
FRACTION_BITS = 23
ONE = np.int32(1 << FRACTION_BITS)
WORD = 4294967296.0
"""What one in a time's high word counts, in time bases."""

PROBES = (
    0x00000000,  # TI 1; IEEE 0
    0x80000000,  # TI 0; IEEE -0
    0x3F800000,  # TI -2 ** 64; IEEE 1
    0x01400000,  # TI 3
    0x01A00000,  # TI -3.5
    0xED784BB2,  # TI 3.7 µ
    0xF5780347,  # TI 946 µ
    0xE1C12345,  # TI negative and small
    0x7E7FFFFF,  # TI 1.7e38
)
"""Words that the encodings read as different numbers, all of them finite."""
TIME_PROBES = ((0, 20_000), (1, 7), (20_000, 0))
"""(first, second) word of times."""
TIME_BASE = 2.5e-5
"""s; of the probes."""
NEAR_ZERO = 1e-37
"""Smaller than any reading; all probes but zero are larger."""
SAME_TIME = 1e-5
"""Part by which a probed time may differ: its base is a float32."""


def ieee_floats(words: Words) -> Floats:
    """Cast a column of IEEE words."""
    with np.errstate(invalid="ignore"):  # a NaN that signals is a NaN
        return np.ascontiguousarray(words).view(np.float32).astype(np.float64)


def ti_floats(words: Words) -> Floats:
    """Return what a column of TMS320C3x words means; exact in float64.

    Bits 31-24 are the exponent (two's complement), bit 23 the sign, the rest the
    fraction f of 1.f, or of f - 2 where the sign is set.
    """
    signed = np.ascontiguousarray(words).view(np.int32)
    exponent = signed >> 24
    mantissa = (signed << 8) >> 8  # sign and fraction, extended to 32 bits
    mantissa += np.where(mantissa < 0, -ONE, ONE)
    mantissa[exponent == ZERO_EXPONENT] = 0
    out: Floats = np.ldexp(mantissa.astype(np.float64), exponent - FRACTION_BITS)
    return out


def high_first(first: Words, second: Words) -> Floats:
    """Return time in time bases; exact up to 2⁵³."""
    return first.astype(np.float64) * WORD + second


def low_first(first: Words, second: Words) -> Floats:
    """Return time in time bases where the low word comes first."""
    return high_first(second, first)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one board writes."""

    name: str
    """``TI`` or ``IEEE``."""
    floats: FloatDecoder
    ticks: Callable[[Words, Words], Floats]
    """Two words → time in time bases."""


TI = Encoding("TI", ti_floats, high_first)
IEEE = Encoding("IEEE", ieee_floats, low_first)
KNOWN = {Board.ESSENTIAL: TI, Board.PREMIUM: TI, Board.DIGICORE: IEEE}
"""What each board is known to write."""


def proven(
    board: int,
    single: Callable[[int], float | None],
    seconds: Callable[[int, int, float], float | None],
    place: str,
) -> Encoding:
    """Return how a board writes, as its library's converters say.

    ``single`` turns one word into a number, ``seconds`` two words and a time base into
    s; None: this release cannot say. FirmwareError: it has no converter of floats, or
    one that agrees with nothing known here.
    """
    told = [said for said in map(single, PROBES) if said is not None]
    if len(told) < len(PROBES):
        raise FirmwareError(
            f"{place}: this release of EClib has no converter of numbers, so it cannot "
            "be known how the board writes its rows. Nothing was started; install the "
            "EC-Lab Development Package 6.04 or later."
        )
    words = np.array(PROBES, dtype=np.uint32)
    for known in (TI, IEEE):
        if _agree(known.floats(words), np.array(told)):
            ticks = _proven_ticks(board, seconds, place)
            return Encoding(known.name, known.floats, ticks)
    said = ", ".join(f"{w:#010x} is {x:g}" for w, x in zip(PROBES, told, strict=True))
    raise FirmwareError(
        f"{place}: the library reads the board's numbers neither as TI nor as IEEE "
        f"floats ({said}), so its rows could not be read. Nothing was started; check "
        "that DLL, kernels and .ecc files come from one release."
    )


def _proven_ticks(
    board: int, seconds: Callable[[int, int, float], float | None], place: str
) -> Callable[[Words, Words], Floats]:
    """Return the order of a time's words; as known where the library cannot say."""
    told = [
        said
        for first, second in TIME_PROBES
        if (said := seconds(first, second, TIME_BASE)) is not None
    ]
    if len(told) < len(TIME_PROBES):
        return KNOWN[Board(board) if board in SUFFIX else Board.PREMIUM].ticks
    first, second = np.array(TIME_PROBES, dtype=np.uint32).T
    for order in (high_first, low_first):
        if np.allclose(order(first, second) * TIME_BASE, told, rtol=SAME_TIME):
            return order
    raise FirmwareError(
        f"{place}: the library reads the board's times with neither word first (the "
        f"pairs {_listed(TIME_PROBES)} of {TIME_BASE:g} s as {_listed(told)} s), so "
        "its rows could not be placed. Nothing was started; check that DLL, kernels "
        "and .ecc files come from one release."
    )


def _agree(ours: Floats, told: Floats) -> bool:
    """Compare as float32, which converters return; a TI zero may come as 2 ** -128."""
    apart = np.abs(ours.astype(np.float32) - told.astype(np.float32))
    return bool(np.all(apart <= NEAR_ZERO))


def _listed(things: Sequence[object]) -> str:
    return ", ".join(map(str, things))
