"""The numbers of an answer are those of its fields, whatever stands among them."""

import math

from hypothesis import given
from hypothesis import strategies as st

from drivers.visa.numbers import number, numbers
from labctl.errors import InstrumentError

FIELDS = (
    "+1.234000E-03",
    "-5.",
    ".5",
    " 7 ",
    "9.89e37",  # the largest number
    "+9.910000E+37",  # not a number
    "-9.9E37",  # overflow
    "1E999",  # more than a float holds
    "nan",
    "-inf",
    "1_0",  # Python's, no instrument's
    "٣",
    "",
)


@given(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=6))
def test_an_answer_is_read_as_each_of_its_fields(fields: list[str]) -> None:
    assert told(",".join(fields)) == each(fields)


def told(answer: str) -> list[str] | str:
    try:
        return [repr(value) for value in numbers(answer, ",", "smu")]
    except InstrumentError as error:
        return str(error)


def each(fields: list[str]) -> list[str] | str:
    try:
        return [repr(number(field, "smu")) for field in fields]
    except InstrumentError as error:
        return str(error)


def test_a_sentinel_among_numbers_leaves_them_alone() -> None:
    found = numbers("+5.0E-01,+9.91E+37,-2.0E-04", ",", "smu")

    assert (found[0], found[2]) == (0.5, -2e-4)
    assert math.isnan(found[1])
