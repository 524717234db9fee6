import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.biologic.eclib.codec import (
    Setting,
    decode_rows,
    settings_of,
)
from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.encodings import TI, Floats, Words, ieee_floats
from drivers.biologic.eclib.tables import Layout
from drivers.biologic.rows.reading import Fetched, Reader
from drivers.biologic.techniques import BY_ID, TECHNIQUES
from labctl.errors import InstrumentError

singles = st.floats(width=32, allow_nan=False, allow_infinity=False)


LAYOUTS = [
    (table.layout(board, process), f"{table.name} {board} {process}")
    for table in TECHNIQUES.values()
    for board, process in table.layouts
]


def _words(columns: dict[str, Floats], layout: Layout) -> Words:
    """Return rows as a board of IEEE floats writes them, word by word."""
    formats = ["<I" if name in layout.integers else "<f" for name in layout.columns]
    rows = zip(*(columns[name].tolist() for name in layout.columns), strict=True)
    raw = b"".join(
        struct.pack(how, int(value) if how == "<I" else value)
        for row in rows
        for how, value in zip(formats, row, strict=True)
    )
    return np.frombuffer(raw, dtype="<u4").reshape(-1, len(formats))


@pytest.mark.parametrize("layout", [x[0] for x in LAYOUTS], ids=[x[1] for x in LAYOUTS])
@settings(max_examples=max(settings().max_examples // 4, 10))  # of each of 30 layouts
@given(data=st.data())
def test_every_layout_comes_back_as_it_went(
    layout: Layout, data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, 5))
    columns = {
        name: np.array(
            data.draw(
                st.lists(
                    st.integers(0, 2**32 - 1) if name in layout.integers else singles,
                    min_size=n,
                    max_size=n,
                )
            ),
            dtype=np.float64,
        )
        for name in layout.columns
    }

    back = decode_rows(_words(columns, layout), layout, ieee_floats)

    assert {k: v.tolist() for k, v in back.items()} == {
        k: v.tolist() for k, v in columns.items()
    }


@pytest.mark.parametrize(
    ("name", "board", "process", "width"),
    [
        ("OCV", Board.ESSENTIAL, 0, 4),
        ("OCV", Board.PREMIUM, 0, 3),
        ("CPLIMIT", Board.ESSENTIAL, 0, 5),
        ("CALIMIT", Board.PREMIUM, 0, 5),
        ("CV", Board.ESSENTIAL, 0, 6),
        ("VSCANLIMIT", Board.PREMIUM, 0, 5),
        ("PEIS", Board.PREMIUM, 0, 4),
        ("PEIS", Board.ESSENTIAL, 1, 15),
        ("GEIS", Board.PREMIUM, 1, 14),
    ],
)
def test_rows_have_the_width_of_the_board(
    name: str, board: Board, process: int, width: int
) -> None:
    assert len(TECHNIQUES[name].layout(board, process).columns) == width


def test_extra_columns_stand_at_the_end_in_the_order_of_their_bits() -> None:
    layout = TECHNIQUES["CP"].layout(Board.PREMIUM, 0, 0x80 | 0x40 | 0x01)

    assert layout.columns[5:] == ("Ece", "charge", "i_range")
    assert "i_range" in layout.integers


def test_an_essential_board_has_no_extra_columns() -> None:
    assert len(TECHNIQUES["CP"].layout(Board.ESSENTIAL, 0, 0xFF).columns) == 5


def test_a_row_of_another_width_is_refused() -> None:
    layout = TECHNIQUES["CP"].layout(Board.PREMIUM, 0)

    with pytest.raises(InstrumentError, match="6 columns where 5 were expected"):
        decode_rows(np.zeros((2, 6), np.uint32), layout, ieee_floats)


def fetched(**changes: object) -> Fetched:
    words = np.array([[0, 25, 0, 0, 0]], dtype=np.uint32)
    plain = {
        "words": words,
        "technique": 0,
        "technique_id": 102,
        "process": 0,
        "loop": 0,
        "start": 0.0,
        "time_base": float(np.float32(40e-6)),
        "skipped": 0,
    }
    return Fetched(**{**plain, **changes})  # type: ignore[arg-type]


def rows_of(block: Fetched, board: Board = Board.PREMIUM, xctr: int = 0) -> Any:
    reader = Reader("vsp300/1", board, TI, xctr)
    return reader.batch(block, lambda k: k, 0.0).columns


def times(block: Fetched) -> list[float]:
    return rows_of(block)["instrument_time_second"].tolist()  # type: ignore[no-any-return]


def test_time_counts_from_the_start_of_the_technique() -> None:
    assert times(fetched(start=100.0)) == [100.0 + 25 * float(np.float32(40e-6))]


def test_the_high_time_word_counts() -> None:
    words = np.array([[1, 0, 0, 0, 0]], dtype=np.uint32)

    assert times(fetched(words=words))[0] == 2**32 * float(np.float32(40e-6))


def test_a_start_time_that_is_no_number_counts_as_zero() -> None:
    from drivers.biologic.eclib import abi  # noqa: PLC0415

    infos, values = abi.DataInfos(), abi.CurrentValues()
    infos.StartTime = math.nan

    assert Fetched.of(np.zeros((0, 5), np.uint32), infos, values).start == 0.0


def test_an_unknown_technique_is_said_not_guessed() -> None:
    with pytest.raises(InstrumentError, match="technique 999"):
        times(fetched(technique_id=999))


def test_numbers_of_techniques_are_the_librarys() -> None:
    ids = {table.name: number for number, table in BY_ID.items()}

    assert ids == {
        "OCV": 100,
        "CA": 101,
        "CP": 102,
        "CV": 103,
        "PEIS": 104,
        "GEIS": 107,
        "CPOWER": 110,
        "VSCAN": 124,
        "LOOP": 150,
        "CPLIMIT": 155,
        "CALIMIT": 157,
        "VSCANLIMIT": 158,
    }


def test_settings_take_the_kind_of_their_label() -> None:
    settings = settings_of(
        TECHNIQUES["CPLIMIT"], {"Current_step": [1e-3, 2], "Step_number": 1}
    )

    assert settings == (
        Setting("Current_step", 1e-3, 0),
        Setting("Current_step", 2.0, 1),
        Setting("Step_number", 1),
    )


def test_a_misspelt_label_never_leaves_the_house() -> None:
    with pytest.raises(ValueError, match="Step_nuber"):
        settings_of(TECHNIQUES["CPLIMIT"], {"Step_nuber": 1})
