"""What a Gamry file says, and only that, stands in labctl's columns."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from gamry_files import CHARGE, CURVE, SPECTRUM, ZCURVE, dta, table
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile, ForeignTable
from labctl.store.importers.gamry import date_of
from labctl.store.importers.readers import read


def of(folder: Path, text: str, code: str = "utf-8") -> ForeignFile:
    """Read a text as a file."""
    path = folder / "cell.DTA"
    path.write_bytes(text.encode(code))
    return read(path)


def numbers(values: ForeignTable, name: str) -> list[float]:
    """Return a column."""
    column = values.numbers(name)
    assert column is not None
    return [float(each) for each in column]


def test_a_charge_step_is_read_as_it_stands(tmp_path: Path) -> None:
    file = of(tmp_path, dta(table("CURVE", CURVE, CHARGE)))

    assert numbers(file.timeseries, "test_time_second") == [0.0, 10.0]
    assert numbers(file.timeseries, "voltage_volt") == [3.0, 3.1]
    assert numbers(file.timeseries, "current_ampere") == [1e-3, 1.5e-3]
    assert file.technique == "PWR800_CHARGE"
    assert file.started == datetime(2024, 1, 15, 9)  # noqa: DTZ001
    assert file.facts["serial"] == "00001"
    assert file.facts["area_square_metre"] == pytest.approx(1.33e-4)
    assert file.untaken == ("Pt", "Vu", "Over")
    assert not file.remarks


def test_a_decimal_comma_is_one(tmp_path: Path) -> None:
    text = re.sub(r"(?<=\d)\.(?=\d)", ",", dta(table("CURVE", CURVE, CHARGE)))

    file = of(tmp_path, text)

    assert numbers(file.timeseries, "current_ampere") == [1e-3, 1.5e-3]


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_spectrum_keeps_its_sign_in_every_encoding(tmp_path: Path, code: str) -> None:
    file = of(tmp_path, dta(table("ZCURVE", ZCURVE, SPECTRUM), TAG="EISPOT"), code)

    assert file.timeseries.rows == 0
    assert numbers(file.eis, "frequency_hertz") == [1e4, 1e3]
    assert numbers(file.eis, "real_impedance_ohm") == [10.0, 12.0]
    assert numbers(file.eis, "imaginary_impedance_ohm") == [-2.0, -5.0]
    assert numbers(file.eis, "spectrum_id") == [0.0, 0.0]
    assert numbers(file.eis, "current_ampere") == [2.4e-6, 2.4e-6]


def test_a_spectrum_without_convention_has_no_direct_current(tmp_path: Path) -> None:
    text = dta(table("ZCURVE", ZCURVE, SPECTRUM), TAG="EISPOT", without=["CONVENTION"])

    file = of(tmp_path, text)

    assert "current_ampere" not in file.eis
    assert any("direct current" in each for each in file.remarks)


def test_curves_of_a_voltammogram_are_its_cycles(tmp_path: Path) -> None:
    later = [(0.0, t, v, -i, 0.0, "..") for t, v, i in ((20.0, 1, 2), (30.0, 3, 4))]
    before = table("OCVCURVE", {"T": "s", "Vf": "V"}, [(0.0, 1.0)])

    file = of(
        tmp_path,
        dta(
            before,
            table("CURVE1", CURVE, CHARGE),
            table("CURVE2", CURVE, later),
            TAG="CV",
        ),
    )

    assert numbers(file.timeseries, "cycle_count") == [1, 1, 2, 2]
    assert numbers(file.timeseries, "current_ampere") == [1e-3, 1.5e-3, -2, -4]
    assert file.remarks == ("OCVCURVE of 1 rows is not imported",)


def test_a_file_that_was_cut_says_so(tmp_path: Path) -> None:
    text = dta(table("CURVE", CURVE, CHARGE))

    file = of(tmp_path, text[: text.rindex("\t1.5")])

    assert numbers(file.timeseries, "current_ampere") == [1e-3]
    assert "the last line was cut short and is left out" in file.remarks


def test_a_last_number_that_may_be_cut_is_remarked(tmp_path: Path) -> None:
    text = dta(table("ZCURVE", ZCURVE, SPECTRUM), TAG="EISPOT")

    assert not of(tmp_path, text).remarks
    (remark,) = of(tmp_path, text[:-2]).remarks
    assert "its last number may be cut short" in remark


CURVED = table("CURVE", CURVE, CHARGE)
REFUSED = [
    (dta(CURVED, CONVENTION="IQUANT\t0\tx"), "CONVENTION is 0"),
    (dta(CURVED, without=["CONVENTION"]), "write `CONVENTION"),
    (dta(CURVED, TAG="PWR800_DISCHARGE"), "currents of the other direction"),
    (dta(CURVED.replace("1.50000E-03", "1.5x")), ":14: Im is '1.5x', which is no num"),
    (dta(), "has no CURVE and no ZCURVE with rows (it has no table)"),
    (dta(CURVED.replace("1.50000E-03", "1_5")), ":14: Im is '1_5', which is no numb"),
    (dta(CURVED.replace("1.50000E-03", "1e999")), ":14: Im is '1e999', which is no "),
    (dta(table("CURVE", {**CURVE, "Im": "mA"}, CHARGE)), "Im is in mA"),
    (dta(table("CURVE", {"Pt": "#", "T": "s"}, [(0, 1)])), "has no voltage_volt"),
    (
        dta(table("CURVE1", CURVE, CHARGE), table("CURVE2", CURVE, CHARGE)),
        "CURVE2 begins before CURVE1 ends",
    ),
    (dta(table("CURVE", CURVE, [(1, 2), *CHARGE])), ":13: 2 cells, the table has 6"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_read_surely_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(StoreError) as raised:
        of(tmp_path, text)

    assert says in str(raised.value)
    assert "cell.DTA" in str(raised.value)


DATES = [
    # Only one number can be the month.
    ("1/15/2024", "9:00:00", "2024-01-15T09:00:00"),
    ("15/1/2024", "9:00:00 PM", "2024-01-15T21:00:00"),
    ("15.01.2024", "12:00:00 AM", "2024-01-15T00:00:00"),
    ("2024-01-15", "09:00:00.250", "2024-01-15T09:00:00.250000"),
    ("9/9/2024", "17:12:26", "2024-09-09T17:12:26"),
    # March or October: who can say?
    ("3/10/2019", "12:00:00", None),
    ("15/1/2024", "noon", None),
    ("", "", None),
    ("15.01.2024", "14.32.10", "2024-01-15T14:32:10"),
    # 2024 or 2005?
    ("24-01-05", "12:00:00", None),
    ("15/1/2024", "13:00:00 PM", None),
]


@pytest.mark.parametrize(("date", "time", "right"), DATES)
def test_a_date_is_read_where_it_has_one_reading(
    date: str, time: str, right: str | None
) -> None:
    moment = date_of(date, time)

    assert (moment and moment.isoformat()) == right


def test_a_date_of_two_readings_is_handed_on_as_text(tmp_path: Path) -> None:
    file = of(tmp_path, dta(CURVED, DATE="LABEL\t3/10/2019\tDate"))

    assert file.started is None
    assert file.started_said == "3/10/2019 9:00:00"


@given(st.text(alphabet="\t\n,.0123456789ETABLCURVZ#s-", max_size=300))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        of(folder, dta(CURVED) + text)
    except StoreError:
        return
