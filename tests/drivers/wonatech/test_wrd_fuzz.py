"""Damaged records: read or refused by name, and never a value that is not in them.

A record of each form is cut anywhere, has bytes flipped, or both. Whatever is read of a
file that was only cut is what the whole file holds.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from wonatech_files import Row, wrd, wrd_213
from wonatech_records import NAME

from drivers.wonatech.follower import Follower
from drivers.wonatech.options import Options
from labctl.clock import VirtualClock
from labctl.data import Batch
from labctl.errors import InstrumentError, StoreError
from labctl.store.importers.wonatech.read import read

TIMES = int(os.environ.get("LABCTL_FUZZED", "5000"))
"""Files of each form."""
IMPORTED = 10
"""One file in so many is imported as well."""
ROWS = [
    Row(
        10.0 * k,
        (1, 3, 4)[k // 8],
        3.0 + 0.01 * k,
        (0.0, 1e-3, -1e-3)[k // 8],
        charge=1e-6 * max(k - 8, 0),
        step=k // 8,
        execution=1 + k // 8,
        range_="1mA" if k % 5 else "10mA",
    )
    for k in range(24)
]


class Bytes:
    """A folder in memory; see `drivers.wonatech.folder.Folder`."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def names(self) -> tuple[str, ...]:
        return (NAME,)

    def size(self, _name: str) -> int:
        return len(self.data)

    def read(self, _name: str, begin: int, count: int) -> bytes:
        return self.data[begin : begin + count]


def glanced(data: bytes) -> Batch | None:
    """Return what is read of a file. InstrumentError, with its name: it is refused."""
    following = Follower(Bytes(data), NAME, Options(), VirtualClock())
    return following.glance().rows


@pytest.mark.parametrize("make", [wrd, wrd_213])
def test_a_damaged_record_is_read_or_refused_by_name(
    make: object, tmp_path: Path
) -> None:
    assert callable(make)
    whole: bytes = make(ROWS)
    rows = glanced(whole)
    assert rows is not None
    rng = np.random.default_rng(20261130)
    begin = len(whole) - 24 * 132 - 50
    read_at_all = 0
    for number in range(TIMES):
        data = bytearray(whole)
        kind = number % 3
        if kind:  # half of the flips in the head, half in the rows
            low = 0 if number % 2 else begin
            for at in rng.integers(low, len(data), int(rng.integers(1, 6))):
                data[at] = int(rng.integers(0, 256))
        if kind != 1:
            del data[int(rng.integers(0, len(data))) :]
        try:
            found = glanced(bytes(data))
        except InstrumentError as error:
            assert NAME in str(error)  # noqa: PT017  (the message is the claim)
            found = None
        if found is not None:
            read_at_all += 1
            count = len(found)
            assert count <= len(rows) or kind
            if not kind:
                for name, values in found.columns.items():
                    np.testing.assert_array_equal(values, rows.columns[name][:count])
        if number % IMPORTED == 0:
            path = tmp_path / NAME
            path.write_bytes(bytes(data))
            try:
                read(path)
            except StoreError as error:
                assert NAME in str(error)  # noqa: PT017
    assert read_at_all > TIMES // 10
