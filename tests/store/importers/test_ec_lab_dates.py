"""Dates of EC-Lab under every regional setting: read surely, or not at all."""

from datetime import datetime
from pathlib import Path

import pytest
from ec_lab_files import mpt, written

from labctl.errors import StoreError
from labctl.store.importers.readers import read

ON = datetime.fromisoformat
NINE = ON("2024-01-15T09:00:00")
TITLES = ("time/s", "Ewe/V", "I/mA")
ROWS = [(0.0, 3.0, 1.0), (60.0, 3.0, 1.0)]


def started(folder: Path, said: str, *further: str) -> datetime | None:
    header = (f"Acquisition started on : {said}", *further)
    return read(written(folder, mpt(TITLES, ROWS, header=header))).started


@pytest.mark.parametrize(
    "said",
    [
        *("01/15/2024 09:00:00.000", "01.15.2024 09:00:00", "01-15-2024 09:00:00"),
        *("15/01/2024 09:00:00", "15.01.2024 09:00:00,000", "2024-01-15 09:00:00"),
        *("1/15/2024 9:00:00 AM", "2024/01/15 09:00", "01/15/2024 09:00:00 am"),
    ],
)
def test_a_start_is_read_under_every_regional_setting(
    tmp_path: Path, said: str
) -> None:
    assert started(tmp_path, said) == NINE


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("01/15/2024 12:00:00 AM", ON("2024-01-15T00:00:00")),
        ("01/15/2024 12:30:00 PM", ON("2024-01-15T12:30:00")),
        ("01/15/2024 09:00:00.25", ON("2024-01-15T09:00:00.250000")),
        # nothing in the file says the order: EC-Lab's own
        ("01/02/2024 09:00:00", ON("2024-01-02T09:00:00")),
    ],
)
def test_noon_midnight_and_fractions(
    tmp_path: Path, said: str, right: datetime
) -> None:
    assert started(tmp_path, said) == right


def test_another_date_of_the_file_tells_the_order(tmp_path: Path) -> None:
    later = "Technique started on : 13/02/2024 10:00:00"

    assert started(tmp_path, "01/02/2024 09:00:00", later) == ON("2024-02-01T09:00:00")


@pytest.mark.parametrize(
    "said",
    [
        *("31/31/2024 09:00:00", "02/30/2024 09:00:00", "01/15/2024 25:00:00"),
        *("01/15/24 09:00:00", "15 janv. 2024 09:00", "yesterday", "01/15/2024"),
    ],
)
def test_a_start_that_is_not_sure_is_said_not_guessed(
    tmp_path: Path, said: str
) -> None:
    header = (f"Acquisition started on : {said}",)
    file = read(written(tmp_path, mpt(TITLES, ROWS, header=header)))

    assert file.started is None
    assert file.started_said == said


def test_dates_that_contradict_each_other_give_no_start(tmp_path: Path) -> None:
    assert started(tmp_path, "01/02/2024 09:00:00", *CONTRADICTION) is None


def test_a_start_that_tells_its_own_order_needs_no_other(tmp_path: Path) -> None:
    assert started(tmp_path, "01/15/2024 09:00:00", *CONTRADICTION) == NINE


def test_a_person_s_date_in_a_comment_tells_nothing(tmp_path: Path) -> None:
    made = "Comments : cell closed on 13/02/2024 10:00"

    assert started(tmp_path, "01/02/2024 09:00:00", made) == ON("2024-01-02T09:00:00")


CONTRADICTION = (
    "Technique started on : 13/02/2024 10:00:00",
    "Modify on : 02/13/2024 10:00:00",
)


@pytest.mark.parametrize(
    ("cells", "header", "start", "last"),
    [
        # the header's start counts
        (
            ("01/15/2024 09:00:10.5000", "01/15/2024 09:01:10.5000"),
            ("Acquisition started on : 01/15/2024 09:00:00.000",),
            NINE,
            70.5,
        ),
        # no header: the first row does
        (
            ("01/15/2024 09:00:00.000", "01/15/2024 09:01:00.250"),
            (),
            NINE,
            60.25,
        ),
        # the rows' dates show the day first
        (
            ("01/02/2024 23:59:00", "13/02/2024 00:00:00"),
            ("Acquisition started on : 01/02/2024 23:59:00",),
            ON("2024-02-01T23:59:00"),
            11 * 86400 + 60.0,
        ),
        # time does not go back: 9 February, then 1 March
        (
            ("09/02/2024 00:00:00", "01/03/2024 00:00:00"),
            (),
            ON("2024-02-09T00:00:00"),
            21 * 86400.0,
        ),
        # of unequal widths
        (
            ("1/15/2024 9:00:00 AM", "1/15/2024 10:00:00 AM"),
            (),
            NINE,
            3600.0,
        ),
    ],
)
def test_absolute_times_become_elapsed_ones(
    tmp_path: Path,
    cells: tuple[str, str],
    header: tuple[str, ...],
    start: datetime,
    last: float,
) -> None:
    rows = [(cell, 3.0, 1.0) for cell in cells]
    file = read(written(tmp_path, mpt(TITLES, rows, header=header)))

    assert file.started == start
    assert file.timeseries["test_time_second"].values[-1] == pytest.approx(last)
    assert file.timeseries["test_time_second"].rule.startswith("elapsed-since-")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("13/02/2024 00:00:00", "02/13/2024 00:00:00"), "which number is the month"),
        (("02/13/2024 00:00:00", "60.0"), r"cell\.mpt:9: '60.0' is not a date"),
    ],
)
def test_absolute_times_that_are_not_sure_are_refused(
    tmp_path: Path, cells: tuple[str, str], said: str
) -> None:
    rows = [(cell, 3.0, 1.0) for cell in cells]
    path = written(tmp_path, mpt(TITLES, rows, header=()))

    with pytest.raises(StoreError, match=said):
        read(path)
