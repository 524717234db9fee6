"""Spectra of ZPlot files: frequencies, Z' and Z'' as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read
from labctl.store.importers.sweeps import sweeps

TITLES = "Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"
ROWS = ["1E5\t0.01\t3.0\t1\t10\t-2\t0\t0\t1", "1E4\t0.01\t3.0\t2\t12\t-5\t0\t0\t1"]


def of(folder: Path, *head: str, rows: list[str]) -> ForeignFile:
    """Read a file of these lines."""
    path = folder / "cell.z"
    lines = ["ZPLOT2 ASCII", "Date: 1-15-2024", *head, "End Comments", *rows]
    path.write_text("\n".join(lines) + "\n", "latin-1")
    return read(path)


SHAPES = [
    ("ZPlot with titles", [TITLES], ROWS),
    ("ZPlot without titles", [], ROWS),
    ("commas", [], [row.replace("\t", ", ") for row in ROWS]),
    ("blanks", [], [row.replace("\t", "   ") for row in ROWS]),
    ("decimal commas", [], [row.replace("0.01", "0,01") for row in ROWS]),
    ("commas alone", [], [row.replace("\t", ",") for row in ROWS]),
    ("decimal commas and blanks", [], ["1E5 10,0 -2,0", "1E4 12,0 -5,0"]),
    ("three columns", [], ["1E5 10 -2", "1E4 12 -5"]),
]


@pytest.mark.parametrize(("name", "head", "rows"), SHAPES)
def test_every_shape_gives_the_impedance_as_it_stands(
    tmp_path: Path, name: str, head: list[str], rows: list[str]
) -> None:
    eis = of(tmp_path, *head, rows=rows).eis

    assert eis["frequency_hertz"].values.tolist() == [1e5, 1e4], name
    assert eis["real_impedance_ohm"].values.tolist() == [10, 12]
    assert eis["imaginary_impedance_ohm"].values.tolist() == [-2, -5]
    assert eis["spectrum_id"].values.tolist() == [0, 0]


def test_amplitude_and_bias_of_unknown_kind_are_not_taken(tmp_path: Path) -> None:
    file = of(tmp_path, TITLES, rows=ROWS)

    assert file.untaken == ("Ampl", "Bias", "GD", "Err", "Range")
    assert file.eis["test_time_second"].values.tolist() == [1, 2]
    assert "voltage_volt" not in file.eis


def test_a_time_of_zeros_is_none(tmp_path: Path) -> None:
    rows = [row.replace("\t1\t", "\t0\t").replace("\t2\t", "\t0\t") for row in ROWS]

    assert "test_time_second" not in of(tmp_path, TITLES, rows=rows).eis


def test_a_positive_imaginary_part_is_kept_and_remarked(tmp_path: Path) -> None:
    file = of(tmp_path, rows=["1E5 10 2", "1E4 12 5"])

    assert file.eis["imaginary_impedance_ohm"].values.tolist() == [2, 5]
    assert any("most of Z''(b) is positive" in each for each in file.remarks)


def test_a_last_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    file = of(tmp_path, rows=["1E5 10 -2", "1E4 12"])

    assert file.eis.rows == 1
    assert file.remarks == ("the last line was cut short and is left out",)


def test_a_last_number_that_may_be_cut_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "cell.z"
    path.write_text("ZPLOT2 ASCII\nEnd Comments\n1E5 10 -2\n1E4 12 -5.", "latin-1")

    assert read(path).remarks == (
        "the last line has no end: its last number may be cut short",
    )


REFUSED = [
    (["1E5 10"], "rows of 2 numbers without a line of titles"),
    (["1E5 10 x"], "'1E5 10 x' is no row of numbers"),
    ([], "the file has no row of data"),
    (["1E5 10", "1E5 10 -2", "1E5 10 -2"], ":5: 3 numbers, the rows above have 2"),
    # Python would read these as numbers, nobody else does.
    (["1E5 1_0 -2"], "'1E5 1_0 -2' is no row of numbers"),
    (["1E5 10 1e999"], "'1E5 10 1e999' is no row of numbers"),
    (["1E5 10 -2", "0 12 -5"], "row 2 below the titles has no frequency above 0"),
    (["nan 10 -2", "1E4 12 -5"], "row 1 below the titles has no frequency above 0"),
]


@pytest.mark.parametrize(("rows", "says"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_read_surely_is_refused(
    tmp_path: Path, rows: list[str], says: str
) -> None:
    with pytest.raises(StoreError) as raised:
        of(tmp_path, rows=rows)

    assert says in str(raised.value)


OTHER_TITLES = [
    # The second column is not ZPlot's Ampl.
    ("Frequency\tZ'\tZ''\t|Z|\tPhase\tTime", "may be the titles"),
    ("Freq(Hz)\tZ'(a)\tz'(A)\tZ''(b)\tErr\tGD", "a title stands twice: z'(a)"),
]


@pytest.mark.parametrize(("titles", "says"), OTHER_TITLES)
def test_columns_of_unknown_order_are_refused(
    tmp_path: Path, titles: str, says: str
) -> None:
    with pytest.raises(StoreError, match=re.escape(says)):
        of(tmp_path, titles, rows=["1E5\t10\t-2\t10.2\t-11\t0"] * 2)


SWEEPS = [
    # Down, and again down.
    ([3, 2, 1, 3, 2, 1], [0, 0, 0, 1, 1, 1]),
    # Up, and again up.
    ([1, 2, 3, 1, 2, 3], [0, 0, 0, 1, 1, 1]),
    # Down and back up: the turning point is of the first.
    ([3, 2, 1, 2, 3], [0, 0, 0, 1, 1]),
    # A frequency measured twice.
    ([3, 2, 2, 1], [0, 0, 0, 0]),
    # The turning point measured twice is of both, as in EC-Lab's files.
    ([3, 2, 1, 1, 2, 3], [0, 0, 0, 1, 1, 1]),
    ([5], [0]),
    ([], []),
]


@pytest.mark.parametrize(("frequency", "right"), SWEEPS)
def test_a_sweep_ends_where_its_direction_does(
    frequency: list[float], right: list[float]
) -> None:
    begins = sweeps(np.array(frequency, dtype=float), np.zeros(len(frequency), bool))

    assert np.cumsum(begins).tolist() == right
