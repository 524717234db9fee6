"""Words as the twin's boards send them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.twins.biologic.tables import DIGICORE, ESSENTIAL, PREMIUM, TECHNIQUES
from drivers.twins.biologic.tables import row_of as words_of
from drivers.twins.biologic.words import rows_as_words, ti_float, ti_words

CP = next(t for t in TECHNIQUES if t.name == "CP")

# smallest and largest that a C3x float holds lie a little inside those of a float32
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False).filter(
    lambda x: x == 0.0 or 1e-37 < abs(x) < 1.7e38
)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1.0, 0x00000000),
        (1.5, 0x00400000),
        (2.0, 0x01000000),
        (-1.0, 0xFF800000),  # -2 times 1/2
        (-2.0, 0x00800000),
        (0.5, 0xFF000000),
        (0.0, 0x80000000),
    ],
)
def test_a_c3x_float_has_the_word_of_its_manual(value: float, word: int) -> None:
    assert ti_words(np.array([value])).tolist() == [word]
    assert ti_float(word) == value


@given(NUMBERS)
def test_a_c3x_float_holds_every_float32_of_its_span(value: float) -> None:
    assert ti_float(int(ti_words(np.array([value]))[0])) == value


def test_what_a_c3x_float_cannot_hold_is_no_number_at_all() -> None:
    with pytest.raises(OverflowError):
        ti_words(np.array([np.nan]))


@pytest.mark.parametrize(
    ("board", "time", "volt"),
    [
        (ESSENTIAL, [1, 7], 0x01000000),
        (PREMIUM, [1, 7], 0x01000000),
        (DIGICORE, [7, 1], 0x40000000),  # the low word first, and IEEE
    ],
)
def test_each_board_has_its_order_of_time_and_its_floats(
    board: int, time: list[int], volt: int
) -> None:
    row = {"t_high": 1.0, "t_low": 7.0, "Ewe": 2.0}
    columns = {name: np.array([value]) for name, value in row.items()}

    words = rows_as_words(columns, words_of(CP, board, 0), 1, board)

    assert words[0, :3].tolist() == [*time, volt]
