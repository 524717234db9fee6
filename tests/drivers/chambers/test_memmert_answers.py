"""What a Memmert answers, bytes to values: both firmwares, and what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.memmert import atmoweb
from labctl.errors import (
    InstrumentError,
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        # as the interface's description has it
        (b'{"Temp1Read": 28.7, "CurOp": "Manual"}', {"Temp1Read": 28.7}),
        # as older firmware writes: no braces, a comma at the end
        (b'"Temp1Read": 28.7,', {"Temp1Read": 28.7}),
        (b' "Temp1Read": 28.7, "TempSet": 30.0,\r\n', {"TempSet": 30.0}),
        # a whole number is a number, too
        (b'{"Temp1Read": 30}', {"Temp1Read": 30.0}),
    ],
)
def test_answers_of_either_firmware_are_read(body: bytes, found: Any) -> None:
    read = atmoweb.answers(body, "oven")

    assert {name: read[name] for name in found} == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>404</body></html>",
        b'{"Temp1Read": 28.',
        b'{"Temp1Read": 28.7',
        b'{"Temp1Read": NaN}',
        b'{"Temp1Read": Infinity}',
        b'{"Temp1Read": 1e999}',
        b'{"Temp1Read": ' + b"9" * 5000 + b"}",
        b'{"Temp1Read": true}',
        b'{"Temp1Read": null}',
        b'{"Temp1Read": [28.7]}',
        b'{"Temp1Read": "28,7"}',
        b'{"Temp1Read": "N/A"}',
        b'{"Temp1Read": 28.7, "Temp1Read": 82.7}',
        b'{"TempSet": 28.7}',
        b"[" * 50000,
        b"28.7",
        b"\xff\xfe28.7",
        b'{"Temp1Read": 28.7}' + b" " * 70000,
    ],
)
def test_what_is_no_answer_is_no_temperature(body: bytes) -> None:
    with pytest.raises(InstrumentError, match="oven"):
        atmoweb.number_of(atmoweb.answers(body, "oven"), "Temp1Read", "oven")


@given(
    st.dictionaries(
        st.text(min_size=1), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    )
)
def test_what_a_device_writes_is_what_is_read(values: dict[str, float]) -> None:
    with_braces = json.dumps(values).encode()
    without = b" ".join(
        f"{json.dumps(k)}: {json.dumps(v)},".encode() for k, v in values.items()
    )

    assert atmoweb.answers(with_braces, "oven") == values
    if values:
        assert atmoweb.answers(without, "oven") == values
