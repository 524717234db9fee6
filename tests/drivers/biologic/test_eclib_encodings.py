"""TI and IEEE floats and times without the library: exact, fast, and proven first."""

import struct
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.encodings import (
    IEEE,
    PROBES,
    TI,
    Words,
    high_first,
    ieee_floats,
    low_first,
    proven,
    ti_floats,
)
from labctl.errors import FirmwareError

any_word = st.integers(0, 2**32 - 1)


def words(*each: int) -> Words:
    return np.array(each, dtype=np.uint32)


def ti_by_hand(word: int) -> Fraction:
    """The user's guide's definition, in whole numbers."""
    exponent = (word >> 24) - 256 * (word >> 31)
    if exponent == -128:
        return Fraction(0)
    fraction = Fraction(word & 0x7FFFFF, 2**23)
    mantissa = fraction - 2 if word & 0x800000 else 1 + fraction
    return mantissa * Fraction(2) ** exponent


def ti_of(value: float) -> int:
    """Encode what has at most 24 bits; the other way round from the decoder."""
    if value == 0.0:
        return 0x80000000
    exponent = 0
    exact = Fraction(value)
    low, high = (1, 2) if exact > 0 else (-2, -1)
    while not (low <= exact < high):
        up = abs(exact) >= 2 if exact > 0 else exact < -2
        exact, exponent = (exact / 2, exponent + 1) if up else (exact * 2, exponent - 1)
    fraction = int((exact - (1 if exact > 0 else -2)) * 2**23)
    return ((exponent & 0xFF) << 24) | ((exact < 0) << 23) | fraction


@given(st.lists(any_word, min_size=1, max_size=100))
def test_a_ti_word_means_exactly_what_the_guide_says(raw: list[int]) -> None:
    assert ti_floats(words(*raw)).tolist() == [ti_by_hand(word) for word in raw]


@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)
)
def test_every_single_survives_as_a_ti_word(value: float) -> None:
    assert ti_floats(words(ti_of(value)))[0] == value


@pytest.mark.parametrize(
    ("what", "word", "value"),
    [
        # TMS320C3x user's guide: exponent, sign, implied bit
        ("one", 0x00000000, 1.0),
        ("zero", 0x80000000, 0.0),
        ("zero, whatever its fraction", 0x80FFFFFF, 0.0),
        ("minus one", 0xFF800000, -1.0),
        ("three", 0x01400000, 3.0),
        ("the largest", 0x7F7FFFFF, (2 - 2**-23) * 2.0**127),
        ("the most negative, beyond float32", 0x7F800000, -(2.0**128)),
        ("the smallest, below normal float32", 0x81000000, 2.0**-127),
        # what EClib 6.08 makes of an IEEE 1.0 on boards 1 and 2
        ("an IEEE one", 0x3F800000, -1.8446744073709552e19),
    ],
)
def test_special_ti_words(what: str, word: int, value: float) -> None:
    assert ti_floats(words(word))[0] == value, what


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=50))
def test_ieee_words_are_cast(values: list[float]) -> None:
    raw = [struct.unpack("<I", struct.pack("<f", value))[0] for value in values]

    assert ieee_floats(words(*raw)).tolist() == values


@given(high=st.integers(0, 2**21 - 1), low=any_word)
def test_two_time_words_are_one_number(high: int, low: int) -> None:
    assert high_first(words(high), words(low))[0] == high * 2**32 + low
    assert low_first(words(low), words(high))[0] == high * 2**32 + low


def test_a_column_out_of_the_middle_of_rows_is_read_as_it_stands() -> None:
    rows = np.array([[7, 0x01400000], [7, 0xFF800000]], dtype=np.uint32)

    assert ti_floats(rows[:, 1]).tolist() == [3.0, -1.0]


# ---- proven by the library


def converter(decode: Callable[[Words], np.ndarray]) -> Callable[[int], float]:
    """A library that converts like ``decode``, to float32."""
    return lambda word: float(decode(words(word)).astype(np.float32)[0])


def clock(order: Callable[[Words, Words], np.ndarray]) -> Callable[..., float]:
    def seconds(first: int, second: int, base: float) -> float:
        return float(order(words(first), words(second))[0]) * float(np.float32(base))

    return seconds


def unable(*_: object) -> None:
    return None


@pytest.mark.parametrize("board", list(Board))
@pytest.mark.parametrize(("known", "order"), [(TI, high_first), (IEEE, low_first)])
def test_what_the_library_says_counts_whatever_the_board(
    board: Board, known: object, order: Callable[[Words, Words], np.ndarray]
) -> None:
    decode = ti_floats if known is TI else ieee_floats

    found = proven(board, converter(decode), clock(order), "vsp300/1")

    assert (found.floats, found.ticks) == (decode, order)


@pytest.mark.parametrize(
    ("board", "order"),
    [
        (Board.ESSENTIAL, high_first),
        (Board.PREMIUM, high_first),
        (Board.DIGICORE, low_first),
    ],
)
def test_where_the_library_has_no_clock_the_board_decides(
    board: Board, order: Callable[[Words, Words], np.ndarray]
) -> None:
    assert proven(board, converter(ti_floats), unable, "vsp300/1").ticks is order


def test_a_converter_that_reads_a_ti_zero_as_its_smallest_number_speaks_ti() -> None:
    def naive(word: int) -> float:
        return 2.0**-128 if word == 0x80000000 else converter(ti_floats)(word)

    assert proven(2, naive, unable, "vsp300/1").floats is ti_floats


@pytest.mark.parametrize("word", PROBES)
def test_one_word_read_otherwise_is_enough_to_refuse(word: int) -> None:
    def almost(asked: int) -> float:
        said = converter(ti_floats)(asked)
        return said * 1.001 + 1e-3 if asked == word else said

    with pytest.raises(FirmwareError, match="neither as TI nor as IEEE"):
        proven(2, almost, unable, "vsp300/1")


def test_a_release_without_a_converter_is_refused() -> None:
    with pytest.raises(FirmwareError, match=r"vsp300/1: .*no converter.*6\.04"):
        proven(2, unable, unable, "vsp300/1")


def test_a_converter_that_knows_another_float_is_refused() -> None:
    with pytest.raises(FirmwareError, match=r"neither as TI nor as IEEE.*0x01400000"):
        proven(2, float, unable, "vsp300/1")


def test_a_clock_that_puts_no_word_first_is_refused() -> None:
    with pytest.raises(FirmwareError, match="neither word first"):
        proven(2, converter(ti_floats), lambda *_: 1.0, "vsp300/1")


def test_probes_tell_the_encodings_apart_word_by_word() -> None:
    """One wrong word of the converter must not go unseen."""
    known = words(*PROBES)
    different = ti_floats(known) != ieee_floats(known)

    assert different.sum() >= len(PROBES) - 1  # 0x80000000 is zero in both
    assert np.isfinite(ieee_floats(known)).all()
    assert np.isfinite(ti_floats(known).astype(np.float32)).all()
