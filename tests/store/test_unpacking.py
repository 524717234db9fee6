"""A column unpacked in threads is what HDF5 reads, bit by bit, or HDF5 reads it."""

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.data import Array, Column
from labctl.store.run_file import unpacking
from labctl.store.run_file.hdf5_door import h5py
from labctl.store.run_file.layout import SEALED_CHUNK, create_column

CHUNK = 64
GZIP: dict[str, Any] = {"compression": "gzip", "compression_opts": 1}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Any]:
    with h5py.File(tmp_path / "columns.h5", "w") as file:
        yield file


@pytest.fixture
def threaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the datasets that were unpacked in threads."""
    seen: list[Any] = []
    unpack = unpacking._unpacked

    def told(dataset: Any, begin: int, end: int, tail: int) -> Array:
        values = unpack(dataset, begin, end, tail)
        seen.append(dataset)
        return values

    monkeypatch.setattr(unpacking, "_unpacked", told)
    return seen


def noisy(rows: int, dtype: str = "<f8", seed: int = 0) -> Array:
    """Return any bit patterns there are, NaN with a payload among them."""
    random = np.random.default_rng(seed)
    return random.integers(-(2**63), 2**63, rows, dtype=np.int64).view(dtype)


def bits(values: Array) -> list[int]:
    found: list[int] = values.view("<i8").tolist()
    return found


@st.composite
def parts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Return rows of a column and a part of them that threads are worth."""
    near = st.integers(-2, 2)
    rows = draw(st.integers(unpacking.LEAST, unpacking.LEAST + 40)) * CHUNK + draw(near)
    begin = max(0, draw(st.integers(0, 3)) * CHUNK + draw(near))
    end = rows - draw(st.integers(0, 3)) * CHUNK + draw(near)
    return rows, begin, end


@settings(deadline=None, max_examples=40)
@given(parts(), st.sampled_from(["<f8", "<i8"]), st.booleans())
def test_every_part_is_what_hdf5_reads(
    tmp_path_factory: pytest.TempPathFactory,
    part: tuple[int, int, int],
    dtype: str,
    fletcher32: bool,
) -> None:
    rows, begin, end = part
    with h5py.File(tmp_path_factory.mktemp("any") / "columns.h5", "w") as file:
        column = file.create_dataset(
            "x",
            data=noisy(rows, dtype, rows),
            chunks=(CHUNK,),
            shuffle=True,
            fletcher32=fletcher32,
            **GZIP,
        )

        found = unpacking.rows_of(column, begin, end)

        assert found.dtype == column.dtype
        assert bits(found) == bits(column[begin:end])


@pytest.mark.parametrize("column", [Column("x", "V", "x"), Column("x", "", "x", "i8")])
def test_a_sealed_column_is_unpacked_in_threads(
    file: Any, threaded: list[Any], column: Column
) -> None:
    rows = unpacking.LEAST * SEALED_CHUNK + 5
    dataset = create_column(file, column, live=False)
    dataset.resize((rows,))
    dataset[:] = np.arange(rows)

    found = unpacking.rows_of(dataset, 0, rows)

    assert threaded
    assert np.array_equal(found, np.arange(rows))


def test_plain_zlib_does_as_well(
    file: Any, threaded: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "unpacker", zlib)
    values = noisy(unpacking.LEAST * CHUNK)
    column = file.create_dataset(
        "x", data=values, chunks=(CHUNK,), shuffle=True, **GZIP
    )

    assert bits(unpacking.rows_of(column, 0, len(values))) == bits(values)
    assert threaded


@pytest.mark.parametrize(
    "how",
    [
        {"chunks": None},
        {"chunks": (CHUNK,)},
        {"chunks": (CHUNK,), **GZIP},
        {"chunks": (CHUNK,), "shuffle": True, "compression": "lzf"},
        {"chunks": (CHUNK,), "shuffle": True, "scaleoffset": 0, **GZIP},
        {"chunks": (CHUNK,), "shuffle": True, "dtype": ">i8", **GZIP},
        {"chunks": (CHUNK,), "shuffle": True, "dtype": "<i4", **GZIP},
    ],
    ids=str,
)
def test_a_column_packed_otherwise_is_left_to_hdf5(
    file: Any, threaded: list[Any], how: dict[str, Any]
) -> None:
    values = np.arange(unpacking.LEAST * CHUNK)
    column = file.create_dataset("x", data=values, **how)

    assert np.array_equal(unpacking.rows_of(column, 0, len(values)), values)
    assert not threaded


def test_a_chunk_without_its_filters_is_left_to_hdf5(
    tmp_path: Path, threaded: list[Any]
) -> None:
    values = noisy(unpacking.LEAST * CHUNK)
    with h5py.File(tmp_path / "written.h5", "w") as file:
        column = file.create_dataset(
            "x", data=values, chunks=(CHUNK,), shuffle=True, **GZIP
        )
        column.id.write_direct_chunk((0,), values[:CHUNK].tobytes(), filter_mask=0b11)

    with h5py.File(tmp_path / "written.h5") as file:
        assert bits(unpacking.rows_of(file["x"], 0, len(values))) == bits(values)
    assert not threaded


def test_a_chunk_that_was_never_written_has_the_fill_value(
    file: Any, threaded: list[Any]
) -> None:
    column = create_column(file, Column("x", "V", "x"), live=False)
    column.resize((unpacking.LEAST * SEALED_CHUNK,))
    column[:10] = 1.0

    found = unpacking.rows_of(column, 0, len(column))

    assert not threaded
    assert np.isnan(found[10:]).all()


def test_a_damaged_chunk_is_told_as_hdf5_tells_it(file: Any) -> None:
    column = damaged(file, 100)

    with pytest.raises(OSError, match="filter"):
        unpacking.rows_of(column, 0, len(column))


def test_no_damaged_byte_changes_a_value_unseen(file: Any) -> None:
    values = noisy(unpacking.LEAST * CHUNK)
    size = len(damaged(file, 0).id.read_direct_chunk((CHUNK,))[1])

    # the sum of the packed bytes stands in the last four
    for at in [*range(16), *range(16, size, 29), *range(size - 8, size)]:
        del file["x"]
        with contextlib.suppress(OSError):
            column = damaged(file, at)
            assert bits(unpacking.rows_of(column, 0, len(column))) == bits(values)


def damaged(file: Any, at: int) -> Any:
    """Write a column with a bit of one byte of its second chunk turned."""
    column = file.create_dataset(
        "x",
        data=noisy(unpacking.LEAST * CHUNK),
        chunks=(CHUNK,),
        shuffle=True,
        fletcher32=True,
        **GZIP,
    )
    _, packed = column.id.read_direct_chunk((CHUNK,))
    changed = bytearray(packed)
    changed[at] ^= 0x10
    column.id.write_direct_chunk((CHUNK,), bytes(changed))
    return column


def test_a_short_part_and_an_array_are_cut_as_they_are(
    file: Any, threaded: list[Any]
) -> None:
    values = noisy(unpacking.LEAST * CHUNK)
    column = file.create_dataset(
        "x", data=values, chunks=(CHUNK,), shuffle=True, **GZIP
    )

    assert bits(unpacking.rows_of(column, 3, 100)) == bits(values[3:100])
    assert bits(unpacking.rows_of(values, 3, 100)) == bits(values[3:100])
    assert not threaded
