"""The codec: what is sent comes back, and damage never becomes a number."""

import math
import random
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.palmsens.wire.literals import EXACT, InexactError, literal, value_of
from drivers.palmsens.wire.packages import (
    OFFSET,
    POWERS,
    Variable,
    parse_package,
    written,
)
from drivers.palmsens.wire.replies import (
    Failure,
    Finished,
    Garbage,
    LoopBegins,
    LoopEnds,
    Package,
    Reaction,
    Reply,
    ReplyReader,
    Text,
    meaning_of,
)
from drivers.palmsens.wire.vocabulary import Status


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        # a measurement loop, its end, a loop of the script, its end, a scan, its end
        (b"M0007", LoopBegins("M", "0007")),
        (b"*", LoopEnds("*")),
        (b"L", LoopBegins("L")),
        (b"+", LoopEnds("+")),
        (b"C0001", LoopBegins("C", "0001")),
        (b"-", LoopEnds("-")),
        # text, end of the script, with the line end of another system
        (b"Tcycle 1", Text("cycle 1")),
        (b"", Finished()),
        (b"\r", Finished()),
        # nothing was running; a syntax error has a place; a runtime error has a line
        (b"Z!0006", Failure(6, "Z")),
        (b"!4000: Line 3, Col 12", Failure(0x4000, "", 3, 12)),
        (b"!4003: Line 7", Failure(0x4003, "", 7)),
        (b"e!4001: Line 2, Col 1", Failure(0x4001, "e", 2, 1)),
        # answers, the second line of the version
        (b"iES4HR20B0007", Reply("i", "ES4HR20B0007")),
        (b"Jan  5 2024 10:00:00*", Reply("", "Jan  5 2024 10:00:00*")),
        # damage is named and kept
        (
            b"Pba80000",
            Garbage("Pba80000", "'ba80000' is no variable"),
        ),
        (b"\xffoo", Garbage("ÿoo", "has bytes that are no ASCII")),
        (b"?", Garbage("?", "begins like nothing that is known")),
    ],
)
def test_every_line_has_one_meaning(line: bytes, meaning: Reaction) -> None:
    assert meaning_of(line) == meaning


def test_a_package_is_read_with_its_metadata() -> None:
    package = meaning_of(b"Pda7F85F3Fu;ba48D503Dp,10,288")

    assert package == Package(
        (
            Variable("da", -0.499905),
            Variable("ba", -57847747 / 1e12, Status(0), 0x88),
        )
    )


def test_a_type_nobody_knows_and_other_metadata_are_kept_as_they_came() -> None:
    (found,) = parse_package("Pzz8000001k,3ABC")

    assert found == Variable("zz", 1000.0, further=("3ABC",))


def test_nan_is_nan_and_not_zero() -> None:
    (found,) = parse_package("Pba     nan,12")

    assert math.isnan(found.value)
    assert found.status == Status.OVERLOAD


variables = st.builds(
    lambda kind, whole, prefix, status, code: (
        Variable(
            kind,
            float(Decimal(whole).scaleb(0 if prefix == "i" else POWERS[prefix])),
            None if status is None else Status(status),
            code,
            whole=prefix == "i",
        ),
        prefix,
    ),
    st.sampled_from(["ab", "ba", "eb", "ja", "zz"]),
    st.integers(-OFFSET, OFFSET - 1),
    st.sampled_from([*POWERS, "i"]),
    st.none() | st.integers(0, 15),
    st.none() | st.integers(0, 255),
)


@given(st.lists(variables, min_size=1, max_size=8))
def test_what_is_written_is_read_again(parts: list[tuple[Variable, str]]) -> None:
    line = "P" + ";".join(written(*part) for part in parts)

    assert parse_package(line) == tuple(variable for variable, _ in parts)


@given(st.binary(max_size=400), st.lists(st.integers(1, 40), max_size=20))
def test_how_bytes_are_cut_makes_no_difference(data: bytes, sizes: list[int]) -> None:
    whole = ReplyReader().feed(data)
    reader, pieces, at = ReplyReader(), list[Reaction](), 0
    for size in sizes:
        pieces += reader.feed(data[at : at + size])
        at += size

    assert repr([*pieces, *reader.feed(data[at:])]) == repr(whole)


@given(st.floats(1e-15, 1e6) | st.floats(-1e6, -1e-15))
def test_a_literal_says_a_number_or_refuses_it(value: float) -> None:
    try:
        text = literal(value)
    except InexactError:
        return

    assert value_of(text) == pytest.approx(value, rel=EXACT)
    assert "." not in text


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e18, 1e-20])
def test_what_no_literal_says_is_refused(value: float) -> None:
    with pytest.raises(InexactError):
        literal(value)


GOOD = [
    b"M0007",
    b"Peb8000001u;ab80F4240u,10;ba7F85F3Fn,10,215;ee8000005i;jb8000000i;ja8012345i",
    b"*",
    b"Tlimit",
    b"!4003: Line 7, Col 2",
    b"Z",
    b"",
]


def test_ten_thousand_damaged_replies_invent_no_value() -> None:
    """Each number of a damaged line stands in it, in digits, at its place."""
    rng = random.Random(14)  # noqa: S311
    for _ in range(10_000):
        line = bytearray(rng.choice(GOOD))
        for _ in range(rng.randint(1, 4)):
            kind = rng.randrange(4)
            at = rng.randint(0, len(line))
            if kind == 0:
                line.insert(at, rng.randrange(256))
            elif kind == 1 and line:
                del line[at % len(line)]
            elif kind == 2:
                del line[at:]
            elif line:
                line[at % len(line)] = ord(rng.choice(string.printable))
        for found in ReplyReader().feed(bytes(line) + b"\n"):
            if isinstance(found, Package):
                assert spelled(found, bytes(line)), line


def spelled(package: Package, line: bytes) -> bool:
    text = line.decode("ascii")
    for each in package.variables:
        forms = ["     nan"]
        if not math.isnan(each.value):
            forms = [
                f"{round(Decimal(repr(each.value)).scaleb(-power)) + OFFSET:07X}{name}"
                for name, power in [*POWERS.items(), ("i", 0)]
            ]
        if not any((each.type + form).lower() in text.lower() for form in forms):
            return False
    return True
