"""Any bytes end in values or in an error of ours, soon, and in little memory."""

import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wonatech_files import Row, Stream, deflated, head, packed, wrd_213

from labctl.formats.wonatech.layout import LayoutError, read_head
from labctl.formats.wonatech.nrbf import Instance, Reference, read_stream
from labctl.formats.wonatech.primitives import NrbfError
from labctl.formats.wonatech.rows import RowError, read_rows

HEAD = head()
ROWS = read_head(HEAD).rows
START = struct.pack("<Biiii", 0, 1, -1, 1, 0)


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_stream_header_end(data: bytes) -> None:
    try:
        graph = read_stream(START + data)
    except NrbfError:
        return
    assert graph.end <= len(START + data)


@given(
    st.lists(st.tuples(st.integers(0, len(HEAD) - 1), st.integers(0, 255)), max_size=5)
)
def test_a_head_with_any_bytes_changed_ends(changes: list[tuple[int, int]]) -> None:
    data = bytearray(HEAD)
    for at, byte in changes:
        data[at] = byte
    try:
        read_head(bytes(data))
    except LayoutError:
        return


@pytest.mark.parametrize("make", [lambda: HEAD, lambda: wrd_213([])], ids=["1", "2.13"])
def test_a_head_cut_anywhere_is_refused(make: Callable[[], bytes]) -> None:
    data = make()
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(LayoutError):
            read_head(data[:length])


CRAFTED = {
    # An array of 2 thousand million numbers, of which none stands there.
    "huge numbers": b"\x0f" + struct.pack("<iiB", 1, 2**31 - 1, 6),
    "huge objects": b"\x10" + struct.pack("<ii", 1, 2**31 - 1),
    "huge text": b"\x06" + struct.pack("<i", 1) + b"\xff\xff\xff\xff\x07",
    "endless length": b"\x06" + struct.pack("<i", 1) + b"\xff" * 9,
    "negative array": b"\x0f" + struct.pack("<iiB", 1, -5, 2),
    "more nulls than room": b"\x10"
    + struct.pack("<ii", 1, 3)
    + b"\x0e"
    + struct.pack("<i", 2**31 - 1),
    "no nulls at all": b"\x10" + struct.pack("<ii", 1, 3) + b"\x0d\x00",
    "nested without end": b"".join(
        b"\x10" + struct.pack("<ii", k, 1) for k in range(1, 500)
    ),
    "a class of nothing": b"\x01" + struct.pack("<ii", 1, 99),
    "members without types": b"\x03" + struct.pack("<i", 1),
    "a remote call": b"\x15",
    "two dimensions": b"\x07" + struct.pack("<iBiii", 1, 2, 2, 9, 9),
    "thousands of members": b"\x05"
    + struct.pack("<i", 1)
    + b"\x01A"
    + struct.pack("<i", 2**30),
    "root missing": b"\x0b",
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_stream_made_to_hurt_is_refused(name: str) -> None:
    with pytest.raises(NrbfError):
        read_stream(START + CRAFTED[name])


def test_objects_that_refer_to_each_other_stay_references() -> None:
    stream = Stream()

    def to(number: int) -> None:
        stream.data += b"\x09" + struct.pack("<i", number)

    stream.object("A", [("next", "record", lambda: to(50))], number=1)
    stream.object("B", [("next", "record", lambda: to(1))], number=50)
    graph = read_stream(stream.end())

    there = graph.member(graph.root, "next")
    assert isinstance(there, Instance)
    assert there.name == "B"
    assert graph.member(there, "next") == graph.follow(graph.root)
    assert graph.follow(Reference(4711)) is None


def test_what_inflates_without_end_is_refused() -> None:
    bomb = deflated(bytes(40 << 20))

    with pytest.raises(LayoutError, match="becomes more than"):
        read_head(wrd_213([], values=bomb))


RANGES = st.sampled_from(["", "1A", "10mA", "1mA", "100uA"])


@given(st.lists(RANGES, max_size=200), st.integers(1, 700))
def test_rows_that_arrive_in_pieces_are_the_rows(ranges: list[str], size: int) -> None:
    plain = Row(0.0, 1, 3.0, 0.0)
    rows = [replace(plain, second=k, range_=x) for k, x in enumerate(ranges)]
    data = b"".join(packed(row) for row in rows)
    times: list[float] = []
    rest = b""
    for at in range(0, len(data), size):
        columns, rest = read_rows(rest + data[at : at + size], ROWS)
        times += columns["TEST TIME"].tolist()

    assert times == [k * 10_000_000 for k in range(len(ranges))]
    assert rest == b""


@given(st.binary(max_size=600))
def test_any_bytes_as_rows_are_rows_a_rest_or_refused(data: bytes) -> None:
    try:
        columns, rest = read_rows(data, ROWS)
    except RowError:
        return
    assert len(rest) < 128 + 128
    assert {len(each) for each in columns.values()} == {len(columns["CHANNEL"])}


def test_a_long_file_is_read_at_once_where_rows_are_alike() -> None:
    row = packed(Row(1.0, 3, 3.0, 1e-3))
    other = packed(Row(1.0, 3, 3.0, 1e-3, range_="10mA"))

    columns, rest = read_rows(row * 5000 + other * 5000 + row, ROWS)

    assert len(columns["VOLTAGE"]) == 10_001
    assert np.all(columns["VOLTAGE"] == 3.0)
    assert rest == b""
