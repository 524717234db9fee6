"""Text in columns is read as it stands, or refused with its place."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store.importers import delimited
from labctl.store.importers.cells import number
from labctl.store.importers.clock_text import date, duration
from labctl.store.importers.delimited import Taken, TextFile
from labctl.store.importers.titles import Kind, Quantity, factor_of, words_of

TITLES = {
    "time": Quantity("test_time_second", Kind.TIME),
    "current": Quantity("current_ampere", Kind.CURRENT),
    "amps": Quantity("current_ampere", Kind.CURRENT, "A"),
    "voltage": Quantity("voltage_volt", Kind.VOLTAGE),
    "note": Quantity("note", Kind.WORDS),
}
NEEDS = ("test_time_second", "voltage_volt")


def take(path: Path, text: str | bytes) -> Taken:
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(data)
    return TextFile.read(path, "cp1252").sheet(TITLES, NEEDS).take()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_one_table_is_read_however_it_was_saved(
    separator: str, encoding: str, newline: str, file: Path
) -> None:
    rows = [
        ["a note with °"],
        ["Time(s)", "Voltage [mV]", "Current(µA)", "Note"],
        ["0", "3700", "-1.5e2", "x"],
        ["", "", "", ""],
        ["1.5", "3800.25", "", "y z"],
    ]
    text = newline.join(separator.join(row) for row in rows) + newline

    taken = take(file, text.encode(encoding))

    c = {name: list(column.values) for name, column in taken.columns.items()}
    assert c["test_time_second"] == [0.0, 1.5]
    assert c["voltage_volt"] == [3.7, 3.80025]
    assert c["current_ampere"][0] == pytest.approx(-150e-6, rel=1e-15)
    assert np.isnan(c["current_ampere"][1])
    assert taken.words == {"note": ["x", "y z"]}


@pytest.mark.parametrize(
    ("rows", "volts"),
    [
        # four digits behind: no thousands
        ("0;3,7001", 3.7001),
        # nothing but 0 before: no thousands
        ("0;0,700", 0.7),
        # one sure cell tells for the others
        ("0;3,700\n1;3,70", 3.7),
    ],
)
def test_a_comma_is_a_decimal_mark_where_it_can_be_nothing_else(
    rows: str, volts: float, file: Path
) -> None:
    taken = take(file, "Time(s);Voltage(V)\n" + rows + "\n")

    assert taken.columns["voltage_volt"].values[0] == volts


@pytest.mark.parametrize(
    "rows", ["0;3,700", "0;3,700\n1;12,000", "0;1,234.5", "0.5;3,7", "0;1,234,567"]
)
def test_a_comma_that_may_stand_between_thousands_is_refused(
    rows: str, file: Path
) -> None:
    with pytest.raises(StoreError, match="decimal marks or stand between"):
        take(file, "Time(s);Voltage(mV)\n" + rows + "\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no titles"),
        ("Time(s),Amps\n0,1\n", "of voltage_volt there is none"),
        ("Time(s),Voltage(V)\n", "no row below the titles"),
        ("Time(s),Voltage\n0,1\n", "'Voltage' does not say its unit"),
        ("Time(s),Voltage(furlong)\n0,1\n", "unknown unit furlong"),
        ("Time(s),Voltage(V)\n0:00:01,1\n", "Time(s) is '0:00:01', which is no number"),
        ("Time,Voltage(V)\n1.5,1\n", "Time is '1.5', of which nobody knows the unit"),
        ("Time(s),Voltage(V),Voltage (mV)\n0,1,2\n", "are both voltage_volt"),
        ("Time(s),Voltage(V)\n0,1\n0,1,2\n0,1\n", ":3: 3 cells, the titles are 2"),
        ("Time(s),Voltage(V)\n0,1\n\n2,1V\n", ":4: Voltage(V) is '1V', which is no"),
        ("Time(s),Voltage(V)\n0,1_000\n", "which is no number"),
        ("Time(s),Voltage(V)\n0,inf\n", "which is no number"),
        ("Time(s),Voltage(V)\n0,1e999\n", "which is no number"),
        ('Time(s),Voltage(V)\n0,"1\n', "file.csv:2: "),
        ("Time(s),Voltage(V)\n0,\x001\n", "it has bytes of 0"),
    ],
)
def test_what_cannot_be_read_surely_is_refused_with_its_place(
    text: str, why: str, file: Path
) -> None:
    with pytest.raises(StoreError, match=re.escape(why)) as refused:
        take(file, text)

    assert str(file) in str(refused.value)


def test_a_line_that_was_cut_short_is_left_out_and_said(file: Path) -> None:
    taken = take(file, "Time(s),Voltage(V),Note\n0,3.7,a\n1,3.")

    assert list(taken.columns["voltage_volt"].values) == [3.7]
    assert taken.remarks == ("the last line was cut short; it was left out",)


def test_a_last_number_that_may_be_cut_is_remarked(file: Path) -> None:
    whole = take(file, "Time(s)\tVoltage(V)\n0\t3.0\n1\t3.125\n")
    cut = take(file, "Time(s)\tVoltage(V)\n0\t3.0\n1\t3.1")

    assert whole.remarks == ()
    assert cut.remarks == (
        "the last line has no end: its last number may be cut short",
    )


def test_a_title_that_nothing_takes_is_named(file: Path) -> None:
    taken = take(file, "Time(s),dV/dt(V/s),Voltage(V)\n0,5,3.7\n")

    assert taken.untaken == ("dV/dt(V/s)",)


def test_a_column_that_is_not_needed_is_left_where_its_unit_is_not_told(
    file: Path,
) -> None:
    taken = take(file, "Time,Voltage(V),Current\n1d 0:00:01.5,3.7,5\n")

    assert taken.columns["test_time_second"].values[0] == 86_401.5
    assert taken.untaken == ("Current",)
    assert taken.remarks == ("Current is not taken: it does not say its unit",)


def test_long_files_are_read_in_blocks(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 3)
    rows = "".join(f"{k},{k / 8},n{k}\n" for k in range(10))

    taken = take(file, "Time(s),Voltage(V),Note\n" + rows)

    assert list(taken.columns["voltage_volt"].values) == [k / 8 for k in range(10)]
    assert taken.words["note"] == [f"n{k}" for k in range(10)]


@pytest.mark.parametrize(
    ("title", "words", "unit"),
    [
        ("Current(mA)", "current", "mA"),
        ("Test_Time (s)", "testtime", "s"),
        ("~Time[h]", "time", "h"),
        ("Cap. [A.h]", "cap.", "Ah"),
        ("Energy(mW·h)", "energy", "mWh"),
        ("T1(℃)", "t1", "C"),
        ("Contact resistance(mΩ)", "contactresistance", "mOhm"),
        ("I[µA]", "i", "uA"),
        ("Rec#", "rec#", ""),
    ],
)
def test_a_title_is_words_and_a_unit(title: str, words: str, unit: str) -> None:
    assert words_of(title) == (words, unit)


def test_a_unit_of_another_quantity_is_no_unit() -> None:
    assert factor_of(Quantity("current_ampere", Kind.CURRENT), "V") is None
    assert factor_of(Quantity("current_ampere", Kind.CURRENT), "") is None
    assert factor_of(Quantity("current_ampere", Kind.CURRENT, "A"), "") == 1.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:00:01.5", 1.5),
        ("100:00:00", 360_000.0),
        ("  2d 01:00:00.25", 176_400.25),
        ("1 00:00:01", 86_401.0),
        ("1-00:00:01", 86_401.0),
        ("1:30", None),  # minutes and seconds, or hours and minutes
        ("00:61:00", None),
        ("3700", None),
    ],
)
def test_a_duration_says_by_its_colons_what_it_is(
    text: str, seconds: float | None
) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("texts", "elapsed", "first"),
    [
        (["2026-11-29 10:20:30.5"], [], "2026-11-29T10:20:30.500000"),
        (["2026/03/04 01:02:03"], [], "2026-03-04T01:02:03"),
        (["04.03.2026 01:02:03"], [], "2026-03-04T01:02:03"),
        (["13/03/2026 01:02"], [], "2026-03-13T01:02:00"),
        (["03/13/26 1:02:03 PM"], [], "2026-03-13T13:02:03"),
        (["29-Nov-26 12:00:00 AM"], [], "2026-11-29T00:00:00"),
        # a later row tells the order of all
        (["04/03/2026 10:00", "14/03/2026 10:00"], [], "2026-03-04T10:00:00"),
        # a day later by the test's own clock: the first number is the day
        (
            ["04/03/2026 10:00:00", "05/03/2026 10:00:00"],
            [0.0, 86_400.0],
            "2026-03-04T10:00:00",
        ),
        (["04/03/2026 10:00:00"], [0.0], None),
        (["04/03/2026 10:00", "04/03/2026 11:00"], [0.0, 3600.0], None),
        (["31/31/2026 10:00"], [], None),
        # the 24th of January 2005, or the 5th of January 2024
        (["24-01-05 10:00"], [], None),
        (["24.01.05 10:00"], [], None),
        (
            ["24-01-05 10:00:00", "24-01-07 10:00:00"],
            [0.0, 172_800.0],
            "2024-01-05T10:00:00",
        ),
        (["13-01-026 10:00"], [], None),
        (["29/02/2024 10:00"], [], "2024-02-29T10:00:00"),
        (["29/02/2023 10:00"], [], None),
        (["2024-03-04 24:00:00"], [], None),
        (["43200.5"], [], None),
        ([""], [], None),
    ],
)
def test_a_date_is_read_only_if_it_can_mean_one_thing(
    texts: list[str], elapsed: list[float], first: str | None
) -> None:
    found = date(texts, elapsed)

    assert (found and found.isoformat()) == first


@given(st.floats(-1e29, 1e29))
def test_a_number_is_read_to_the_last_bit(value: float) -> None:
    assert number(repr(value)) == value


@pytest.mark.parametrize("cell", ["1e999", "9.91e37", "inf", "1_000", "0x10", "٣"])
def test_what_is_no_reading_is_no_number(cell: str) -> None:
    assert number(cell) is None


@given(
    text=st.text(alphabet='Time(s),Voltage(V)\n\t;"0123456789.,:- \x00µ', max_size=120)
)
def test_any_text_is_read_or_refused(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("any", numbered=True) / "x.csv"
    try:
        taken = take(file, "Time(s)\tVoltage(V)\n" + text)
    except StoreError as e:
        assert str(file) in str(e)  # noqa: PT017
    else:
        assert len({len(c.values) for c in taken.columns.values()}) == 1
