"""A run whose file does not say when it began: unknown, and never now."""

import dataclasses
import json
import math
from pathlib import Path

import pytest

from labctl.session.names import run_id
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.imported_from import (
    ColumnOrigin,
    ImportedFrom,
    Likeness,
    Origin,
    Start,
    StartKnown,
)
from labctl.store.journal.journal import Journal
from labctl.store.run_file.hdf5_door import h5py
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal

FROM = ImportedFrom(
    "old.mpt",
    "EC-Lab",
    start=Start(math.nan, StartKnown.UNKNOWN),
    columns={
        "timeseries": {
            "voltage_volt": ColumnOrigin(Origin.FILE, "Ewe/V"),
            "current_ampere": ColumnOrigin(
                Origin.DERIVED, "dq/mA.h", "current-from-charge-steps"
            ),
            "half_cycle": ColumnOrigin(Origin.ABSENT),
        }
    },
    remarks=("the last line was cut short",),
    likeness=Likeness(2, 0, (0.0, 3.2, math.nan)),
)


@pytest.fixture
def undated(header: RunHeader) -> RunHeader:
    return dataclasses.replace(header, started_unix=math.nan, imported=FROM)


def test_a_header_without_a_date_is_strict_json(undated: RunHeader) -> None:
    text = undated.to_json()
    json.loads(text, parse_constant=pytest.fail)

    back = RunHeader.from_json(text)

    assert math.isnan(back.started_unix)
    assert back.imported is not None
    assert back.imported.columns == FROM.columns
    assert repr(back.imported) == repr(FROM)


def test_a_header_of_before_has_no_origin(header: RunHeader) -> None:
    old = json.loads(header.to_json())
    del old["imported"]

    assert RunHeader.from_json(json.dumps(old)).imported is None


def test_the_file_has_no_start_time_and_says_each_columns_origin(
    tmp_path: Path, undated: RunHeader
) -> None:
    folder = RunFolder(tmp_path / undated.run_id)
    with Journal.create(folder.journal, undated) as journal:
        journal.finish("completed", {}, 1.8e9)
    seal(folder)

    with h5py.File(folder.sealed) as file:
        entry = file["entry"]
        assert "start_time" not in entry
        assert "end_time" not in entry
        current = entry["timeseries/current_ampere"].attrs
        assert dict(current) == {
            "units": "A",
            "long_name": "Current / A",
            "origin": "derived",
            "source_title": "dq/mA.h",
            "rule": "current-from-charge-steps",
        }
        assert entry["timeseries/half_cycle"].attrs["origin"] == "absent"
        assert entry["imported/file"].asstr()[()] == "old.mpt"
        assert entry["imported/remarks"].asstr()[0] == "the last line was cut short"
    with RunFile(folder.path) as run:
        assert math.isnan(run.header.started_unix)


def test_a_run_without_a_date_is_called_undated() -> None:
    assert run_id("imported", "A17", math.nan).startswith("undated-imported-A17-")
