"""What labctl makes by HDF5's own calls is, bit by bit, what h5py makes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from labctl.store.run_file.hdf5_door import LIBVER
from labctl.store.run_file.nodes import (
    describe_node,
    new_group,
    new_scalar,
    text_type,
)


def with_group(file: Any, made: Callable[[Any, str], Any]) -> None:
    group = made(file, "group")
    group.create_dataset("inside", data=1.0)


def file_of(path: Path, fill: Callable[[Any], object]) -> bytes:
    with h5py.File(path, "w", libver=LIBVER) as file:
        fill(file)
    return path.read_bytes()


@pytest.mark.parametrize(
    "value",
    [
        np.array(1.5),
        np.array(np.nan, "<f8"),
        np.array(-1, "<i8"),
        np.array(True),
        np.array("ünï ∆".encode(), text_type(8)),
        np.array(b"", text_type(1)),
    ],
)
def test_a_value_is_written_as_h5py_writes_it(value: Any, tmp_path: Path) -> None:
    ours = file_of(tmp_path / "ours", lambda file: new_scalar(file, "v", value))
    theirs = file_of(
        tmp_path / "theirs", lambda file: file.create_dataset("v", data=value)
    )

    assert ours == theirs


def test_a_group_is_written_as_h5py_writes_it(tmp_path: Path) -> None:
    ours = file_of(tmp_path / "ours", lambda file: with_group(file, new_group))
    theirs = file_of(
        tmp_path / "theirs",
        lambda file: with_group(file, lambda parent, name: parent.create_group(name)),
    )

    assert ours == theirs


@pytest.mark.parametrize("text", ["NXdata", "", "Ω·cm", "x" * 5000])
def test_a_text_about_a_node_is_written_as_h5py_writes_it(
    text: str, tmp_path: Path
) -> None:
    def by_h5py(file: Any) -> None:
        file.attrs["units"] = text

    ours = file_of(tmp_path / "ours", lambda file: describe_node(file, "units", text))

    assert ours == file_of(tmp_path / "theirs", by_h5py)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "file", "w", libver=LIBVER) as file:
        new_scalar(file, "v", np.array(1.0))

        with pytest.raises(ValueError, match="exists"):
            new_scalar(file, "v", np.array(2.0))
