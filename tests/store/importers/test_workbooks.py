"""Workbooks of Arbin and Neware: their sheets in order, their times as they are."""

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import OperatorError, StoreError
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read

R = samples.rows()


def same(one: ForeignFile, other: ForeignFile) -> None:
    """Assert that two files hold the same numbers; who wrote it rounds to 16 digits."""
    assert one.timeseries.keys() == other.timeseries.keys()
    for name, column in one.timeseries.items():
        found = other.timeseries[name].values
        np.testing.assert_allclose(column.values, found, rtol=1e-14)
    assert one.started == other.started


def test_channel_sheets_go_on_one_another(tmp_path: Path) -> None:
    book = read(samples.write_workbook(tmp_path))

    same(book, read(samples.write_arbin(tmp_path)))
    assert book.program == "Arbin MITS Pro"


def test_a_record_sheet_is_the_export_of_its_rows(tmp_path: Path) -> None:
    """Durations and dates are cells of their own kind in a workbook."""
    cells: samples.Cells = {
        **samples.neware(),
        "Total Time": [timedelta(seconds=float(t)) for t in R["time"]],
        "Time": [timedelta(seconds=float(t)) for t in R["step_time"]],
        "Date": samples.moments(R),
    }
    path = samples.workbook(
        tmp_path / "neware.xlsx",
        {
            "test": [["Start step ID", 1]],
            "cycle": [["Cycle Index", "Chg. Cap.(mAh)"], [1, 1.0]],
            "record": samples.table(cells),
        },
    )

    same(read(path), read(samples.write_neware(tmp_path)))


@pytest.mark.parametrize("form", ["[h]:mm:ss", "hh:mm:ss", "d hh:mm:ss"])
def test_a_time_is_the_same_however_its_cell_is_shown(
    form: str, tmp_path: Path
) -> None:
    import openpyxl  # noqa: PLC0415

    days = [0.25, 1.5, 65.5]
    grid: list[list[object]] = [["Total Time", "Voltage(V)", "Current(A)"]]
    grid += [[day, 3.7, -1.0] for day in days]
    path = samples.workbook(tmp_path / "x.xlsx", {"record": grid})
    book = openpyxl.load_workbook(path)
    for row in range(2, 5):
        book["record"].cell(row, 1).number_format = form
    book.save(path)

    time = read(path).timeseries["test_time_second"].values

    assert list(time) == [86_400 * d for d in days]


@pytest.mark.parametrize(
    ("sheets", "why"),
    [
        ({"Sheet1": [["a", "b"], [1, 2]]}, "no sheet holds rows of Arbin"),
        (
            {
                "Channel_1-008_1": samples.table(samples.arbin()),
                "Channel_2-009_1": samples.table(samples.arbin()),
            },
            "it holds 2 channels",
        ),
        (
            {
                "Channel_1-008_1": samples.table(samples.arbin()),
                "Channel_1-008_2": samples.table(samples.arbin(), ["Step_Index"]),
            },
            "have different columns",
        ),
        (
            {"Channel_1_1": samples.table(samples.arbin(), ["Current(A)"])},
            "of current_ampere there is none",
        ),
    ],
    ids=["other", "two channels", "uneven", "no current"],
)
def test_what_holds_no_rows_is_refused(
    sheets: dict[str, list[list[object]]], why: str, tmp_path: Path
) -> None:
    path = samples.workbook(tmp_path / "x.xlsx", dict(sheets))

    with pytest.raises(StoreError, match=why):
        read(path)


def test_a_missing_package_is_said_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    with pytest.raises(OperatorError, match=r"pip install 'labctl-bench\[excel\]'"):
        read(samples.write_workbook(tmp_path))
