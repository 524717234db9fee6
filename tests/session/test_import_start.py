"""When an imported test began: in which zone, by whose word, or unknown."""

import math
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from labctl.errors import OperatorError
from labctl.session.importing.started import start_of, told_of, zone_of
from labctl.store.imported_from import StartKnown
from labctl.store.importers.foreign import ForeignColumn, ForeignFile, ForeignTable

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
NINE = datetime(2024, 1, 15, 9)  # noqa: DTZ001  (as files say it)


def file(
    started: datetime | None = None, unix: list[float] | None = None, said: str = ""
) -> ForeignFile:
    columns = {"test_time_second": ForeignColumn(np.array([5.0, 15.0]), "t")}
    if unix is not None:
        columns["unix_time_second"] = ForeignColumn(np.array(unix), "u")
    return ForeignFile(
        Path("x"), "nobody", ForeignTable(columns), started=started, started_said=said
    )


def test_a_local_time_is_read_in_the_zone_that_was_named() -> None:
    start, remarks = start_of(file(NINE), SEOUL)

    assert start.unix == datetime(2024, 1, 15, 0, tzinfo=UTC).timestamp()
    assert (start.known, start.zone) == (StartKnown.LOCAL, "Asia/Seoul")
    assert not start.zone_assumed
    assert remarks == ()


def test_a_zone_that_nobody_named_is_said_to_be_assumed() -> None:
    start, _ = start_of(file(NINE))

    assert start.zone_assumed
    assert start.unix == NINE.timestamp()


def test_utc_of_the_file_wins() -> None:
    start, _ = start_of(file(NINE, [math.nan, 1.7e9]), SEOUL)

    assert (start.unix, start.known) == (1.7e9 - 15.0, StartKnown.UTC)


def test_a_start_that_nobody_knows_is_unknown_and_never_now() -> None:
    start, remarks = start_of(file(said="13/13/2024"))

    assert math.isnan(start.unix)
    assert start.known is StartKnown.UNKNOWN
    assert "`13/13/2024` cannot be read surely" in remarks[0]


def test_a_start_is_told_for_files_that_do_not_say_it() -> None:
    told = told_of("2024-01-15 09:00")

    start, _ = start_of(file(), SEOUL, told)
    own, remarks = start_of(file(NINE), BERLIN, told)

    assert start.known is StartKnown.PERSON
    assert start.unix == datetime(2024, 1, 15, 0, tzinfo=UTC).timestamp()
    assert own.known is StartKnown.LOCAL
    assert "told is not used" in remarks[0]


@pytest.mark.parametrize(
    ("moment", "says"),
    [("2024-10-27 02:30", "twice that night"), ("2024-03-31 02:30", "never shown")],
)
def test_an_hour_at_the_change_of_clocks_is_doubtful(moment: str, says: str) -> None:
    _, remarks = start_of(file(told_of(moment)), BERLIN)

    assert says in remarks[0]


def test_what_is_no_zone_or_no_moment_is_refused() -> None:
    with pytest.raises(OperatorError, match="--zone Mars/Olympus: no such time zone"):
        zone_of("Mars/Olympus")
    with pytest.raises(OperatorError, match='--started "yesterday": no date'):
        told_of("yesterday")


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_a_year_beyond_calendars_and_zones_is_no_start(text: str) -> None:
    with pytest.raises(OperatorError, match="no date and time"):
        told_of(text)


def test_day_zero_of_windows_dates_is_no_start() -> None:
    start, remarks = start_of(file(datetime(1899, 12, 30)), SEOUL)  # noqa: DTZ001

    assert start.known is StartKnown.UNKNOWN
    assert len(remarks) == 1
