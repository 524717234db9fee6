"""EC-Lab's text files: every form of the same numbers, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from ec_lab_files import STARTED, mpt, written

from labctl.errors import StoreError
from labctl.store.importers.ec_lab import rows as rows_module
from labctl.store.importers.readers import format_of, read

TITLES = ("mode", "time/s", "Ewe/V", "<I>/mA", "half cycle", "Capacitance charge/µF")
ROWS = [
    ("1", 0.0, 3.1, -2.0, "0", 0.5),
    ("1", 10.0, 3.0, -2.0, "0", 0.5),
    ("1", 20.0, 3.2, 2.0, "1", 0.5),
]
TEXT = mpt(TITLES, ROWS)
HEAD = 8
"""Lines of its header."""


def same(path: Path) -> None:
    series = read(path).timeseries
    assert series["test_time_second"].values.tolist() == [0.0, 10.0, 20.0]
    assert series["voltage_volt"].values.tolist() == [3.1, 3.0, 3.2]
    assert series["current_ampere"].values == pytest.approx([-2e-3, -2e-3, 2e-3])
    assert series["half_cycle"].values.tolist() == [0, 0, 1]


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("tab", ["", "\t"])
@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-8", "utf-8-sig", "utf-16"]
)
def test_no_editor_changes_a_number(
    tmp_path: Path, encoding: str, tab: str, ends: str
) -> None:
    path = tmp_path / "cell.mpt"
    text = mpt(TITLES, ROWS, tab=tab).replace("\r\n", ends)
    path.write_bytes(text.encode(encoding))

    same(path)
    assert read(path).untaken == ("Capacitance charge/µF",)


def test_utf_16_of_the_other_byte_order_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cell.mpt"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))

    same(path)


def test_a_decimal_comma_is_a_decimal_point(tmp_path: Path) -> None:
    head, body = TEXT.split("µF\t\r\n")
    path = written(tmp_path, f"{head}µF\t\r\n{body.replace('.', ',')}")

    same(path)


@pytest.mark.parametrize("empty", ["XXX", "", "NaN", "1.#QNAN", "-inf", "1.#INF"])
def test_an_empty_cell_is_no_number(tmp_path: Path, empty: str) -> None:
    path = written(tmp_path, TEXT.replace("-2.000000000E+00", empty, 1))

    current = read(path).timeseries["current_ampere"].values
    assert np.isnan(current[0])
    assert current[1:] == pytest.approx([-2e-3, 2e-3])


@pytest.mark.parametrize("tab", ["", "\t"])
def test_a_column_without_any_number_is_empty(tmp_path: Path, tab: str) -> None:
    titles = ("I Range", "time/s", "Temperature/°C", "Ewe/V", "<I>/mA")
    rows = [("", float(k), "", 3.0, "") for k in range(4)]
    series = read(written(tmp_path, mpt(titles, rows, tab=tab))).timeseries

    assert series["test_time_second"].values.tolist() == [0, 1, 2, 3]
    for name in ("current_range_code", "ambient_temperature_celsius", "current_ampere"):
        assert np.isnan(series[name].values).all(), name


def test_a_file_of_many_blocks_is_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "BLOCK", 100)
    many = [("1", float(k), 3.0 + k / 64, k / 8, "0", 0.0) for k in range(64)]
    path = written(tmp_path, mpt(TITLES, many))

    series = read(path).timeseries
    assert series["test_time_second"].values.tolist() == list(range(64))
    assert series["current_ampere"].values == pytest.approx(np.arange(64) / 8e3)


def line_of(row: int) -> str:
    return rf"cell\.mpt:{HEAD + row}: "


@pytest.mark.parametrize(
    ("change", "said"),
    [
        # a cell that is no number
        (("3.100000000E+00", "3.1000x0000E+00"), line_of(1) + "'3.1000x.*not a number"),
        # thousands are not guessed
        (("3.100000000E+00", "1,003.1"), line_of(1) + "'1,003.1' is not a number"),
        (("3.000000000E+00", "3,0"), line_of(2) + "'3,0' has another decimal mark"),
        # what Python takes for a number, and nobody else does
        (("3.100000000E+00", "3_1"), line_of(1) + "'3_1' is not a number"),
        # a line in the midst with fewer cells, or with more
        (("\t3.000000000E+00", ""), line_of(2) + "5 columns, the title line has 6"),
        (("\t3.000000000E+00", "\t3\t0"), line_of(2) + "7 columns, the title line"),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = written(tmp_path, TEXT.replace(*change, 1))

    with pytest.raises(StoreError, match=said):
        read(path)


@pytest.mark.parametrize(
    "tail",
    [
        "1\t3.0",  # in the midst of the line
        "1\t3.000000000E+01\t3.2\t2.0\t1\t5.000000000E-0",  # of the last number
        "1\t3.000000000E+01\t3.2\t2.0\t1\r\n",  # a whole line, but not of this file
        "1\t3.0\x00\x00\x00\x00",  # zeros, as a power cut leaves them
        "\x00\x00\x00\x00",
    ],
)
def test_a_last_line_cut_short_is_left_out_and_said(tmp_path: Path, tail: str) -> None:
    path = written(tmp_path, TEXT + tail)

    same(path)
    assert read(path).remarks == (
        f"cell.mpt:{HEAD + 4}: the last line was cut short and left out",
    )


def test_a_whole_last_line_needs_no_line_end(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.removesuffix("\r\n"))

    same(path)
    assert not read(path).remarks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("EC-Lab ASCII FILE\r\nNb header lines : 99\r\n", r"99 lines and 2 are there"),
        ("EC-Lab ASCII FILE\r\n", ":2: expected `Nb header lines : N`"),
        ("EC-Lab ASCII FILE", ":2: expected `Nb header lines : N`"),
        (TEXT[:120], "cut off in its header, of which line 2 says 8 lines"),
        (TEXT.replace("lines : 8", "lines : 7"), r":7: no titles.*in line 8"),
        (TEXT.replace("lines : 8", "lines : 9"), r":9: no titles.*in line 8"),
        (TEXT.replace("lines : 8", "lines : many"), ":2: expected `Nb header"),
        (mpt(TITLES, []), "no row of data"),
        (TEXT.replace("time/s", "clock"), "has no time/s; it has mode, clock"),
        (TEXT.replace("Ewe/V", "E/V"), "has no Ewe/V; it has mode, time/s, E/V"),
    ],
)
def test_a_damaged_header_is_refused_with_what_to_do(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)

    with pytest.raises(StoreError, match=said):
        read(path)


def test_utf_16_that_ends_in_the_midst_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cell.mpt"
    path.write_bytes(TEXT.encode("utf-16")[:-1])

    with pytest.raises(StoreError, match=r"not whole UTF-16 at byte \d+"):
        read(path)


LAST = ("Rwe/Ohm", "Rce/Ohm", "Rwe-ce/Ohm", "", "Ewe-Ece/V")
"""As EC-Lab 11.61 ends its line of titles; it has no cells for the last two."""


@pytest.mark.parametrize("missing", range(6))
@pytest.mark.parametrize("tab", ["", "\t"])
def test_columns_that_no_row_has_are_the_last_ones(
    tmp_path: Path, tab: str, missing: int
) -> None:
    titles = ("time/s", "Ewe/V", "<I>/mA", "Re(Y)/Ohm-1", "|C|/nF", "Tan(Delta)", *LAST)
    rows = [(float(k), *range(1, len(titles) - missing)) for k in range(3)]
    path = written(tmp_path, mpt(titles, rows, tab=tab))
    file = read(path)

    assert file.timeseries["current_ampere"].values == pytest.approx([2e-3] * 3)
    assert file.timeseries["voltage_volt"].values.tolist() == [1.0] * 3
    assert "Ewe-Ece/V" in file.untaken


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        # the missing one is measured
        (("time/s", "Ewe/V", "Ece/V", "<I>/mA"), "because of '<I>/mA'"),
        # a title was broken in two, and one more seems to be missing
        (("er", "ror", "time/s", "Ewe/V", "R/Ohm")[:4], "because of 'Ewe/V'"),
        (("time/s", "er", "ror", "R/Ohm"), "because of 'er'"),
    ],
)
def test_what_is_missing_is_not_guessed(
    tmp_path: Path, titles: tuple[str, ...], said: str
) -> None:
    text = mpt(titles, [(0.0, 3.0, 1.0)] * 3)

    with pytest.raises(StoreError, match=f"3 columns, the title line names 4.*{said}"):
        read(written(tmp_path, text))


def test_a_cell_more_than_titles_is_refused(tmp_path: Path) -> None:
    text = mpt(("modeerror", "time/s", "Ewe/V", "x"), [("1", "0", 0.0, 3.0, 1.0)] * 3)

    with pytest.raises(
        StoreError, match=r"cell\.mpt:9: 5 columns, the title line has 4"
    ):
        read(written(tmp_path, text))


def test_a_title_twice_is_read_once_where_its_columns_agree(tmp_path: Path) -> None:
    titles = ("time/s", "Ewe/V", "I/mA", "Ewe/V")
    path = written(tmp_path, mpt(titles, [(0.0, 3.0, 1.0, 3.0), (1.0, 3.1, 1.0, 3.1)]))

    assert read(path).timeseries["voltage_volt"].values.tolist() == [3.0, 3.1]


def test_a_title_twice_is_refused_where_its_columns_differ(tmp_path: Path) -> None:
    titles = ("time/s", "Ewe/V", "I/mA", "I/mA")
    path = written(tmp_path, mpt(titles, [(0.0, 3.0, 1.0, 2.0)] * 2))

    with pytest.raises(StoreError, match="two columns are titled I/mA, and differ"):
        read(path)


def test_a_file_without_its_header_is_read_by_its_titles(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.split("\r\n", HEAD - 1)[-1], "cell.txt")

    same(path)
    assert read(path).technique == ""
    assert read(path).started is None


def test_a_file_without_its_header_may_be_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "cell.txt"
    path.write_bytes(TEXT.split("\r\n", HEAD - 1)[-1].encode("utf-16"))

    same(path)


@pytest.mark.parametrize(
    "text", ["time/s\tvolt\tampere\n0\t1\t2\n", "a note on Ewe/V\n", "Ewe/V\n1\n"]
)
def test_text_of_others_is_not_taken_for_ec_labs(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text, "other.txt")

    kind = format_of(path)
    if kind is not None:
        with pytest.raises(StoreError, match=r"other\.txt:1: neither"):
            kind.read(path)


def test_what_the_header_says_becomes_facts_in_si(tmp_path: Path) -> None:
    header = (
        "User : Kim",
        STARTED,
        "Device : VMP3 (SN 0858)",
        "EC-LAB for windows v11.61 (software)",
        "Comments : with PVDF",
        "Mass of active material : 1,390 mg",
        "Battery capacity : 120.000 µA.h",
        "Electrode surface area : 113.100 mm²",
        "Characteristic mass : 0.001 g",
        "Cycle Definition : Charge/Discharge alternance",
        "Ns                  0                   1                   ",
    )
    text = mpt(TITLES, ROWS, header=header).replace("l : 1\r", "l : 2 (SN 21643)\r")
    file = read(written(tmp_path, text))

    assert dict(file.facts) == {
        "channel": "2",
        "channel_serial": "21643",
        "operator": "Kim",
        "instrument": "VMP3",
        "serial": "0858",
        "program_version": "11.61",
        "comment": "with PVDF",
        "active_mass_kg": pytest.approx(1.39e-6),
        "battery_capacity_ah": pytest.approx(120e-6),
        "area_square_metre": pytest.approx(1.131e-4),
        "cycle_definition": "Charge/Discharge alternance",
    }
    assert len(file.settings) == HEAD + len(header) - 1
    assert re.match("EC-Lab ASCII FILE", file.settings[0])
