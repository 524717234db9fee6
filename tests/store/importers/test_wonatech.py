"""What a WonATech file says, and only that, stands in labctl's columns."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from wonatech_files import COLUMNS, Row, head, packed, wrd, wrd_213

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import format_of, read

REST = Row(0.0, 1, 3.0, 0.0, range_="1A")
CHARGED = Row(10.0, 3, 3.2, 5e-4, charge=1.4e-6, step=1, execution=2, range_="10mA")
DRAWN = Row(
    *(30.0, 4, 3.1, -5e-4),
    discharge=2.8e-6,
    step=2,
    execution=3,
    cycle=1,
)
ROWS = (REST, CHARGED, replace(CHARGED, second=20.0), DRAWN)


def of(tmp_path: Path, data: bytes) -> ForeignFile:
    """Read bytes as a file."""
    path = tmp_path / "cell.wrd"
    path.write_bytes(data)
    kind = format_of(path)
    assert kind is not None
    assert kind.name == "WonATech"
    return read(path)


def numbers(file: ForeignFile, name: str) -> list[float]:
    """Return a column of the time series."""
    values = file.timeseries.numbers(name)
    assert values is not None
    return [float(each) for each in values]


@pytest.mark.parametrize("make", [wrd, wrd_213], ids=["1.x", "2.13"])
def test_both_forms_give_the_rows_as_they_were_written(
    tmp_path: Path, make: Callable[..., bytes]
) -> None:
    file = of(tmp_path, make(ROWS))

    assert numbers(file, "test_time_second") == [0, 10, 20, 30]
    assert numbers(file, "voltage_volt") == [3.0, 3.2, 3.2, 3.1]
    assert numbers(file, "current_ampere") == [0, 5e-4, 5e-4, -5e-4]
    assert numbers(file, "step_count") == [1, 2, 2, 3]
    assert numbers(file, "step_id") == [0, 1, 1, 2]
    assert numbers(file, "cycle_count") == [0, 0, 0, 1]
    assert numbers(file, "cycle_charging_capacity_ah") == [0, 1.4e-6, 1.4e-6, 0]
    assert numbers(file, "cycle_discharging_capacity_ah") == [0, 0, 0, 2.8e-6]
    assert file.started == datetime(2024, 1, 15, 9)  # noqa: DTZ001
    assert file.facts["instrument"] == "WBCS3000S1"
    assert file.facts["serial"] == "W5K-BCSA0-0000001"
    assert file.facts["channel"] == 11
    assert file.facts["cell_weight_as_typed"] == 0.0316
    assert not file.remarks
    assert {column.rule for column in file.timeseries.columns.values()} == {""}


def test_the_schedule_becomes_steps_that_can_be_read(tmp_path: Path) -> None:
    file = of(tmp_path, wrd(ROWS))

    assert file.settings[-3:] == (
        "Step 0 : 1STEP, REST, until time >= 7200 s",
        "Step 1 : 2STEP, CCCV, +0.0005 A, 3.63 V, to 0.00025 A, until current <= 0 A",
        "Step 2 : END, CC, -0.0005 A, until voltage <= 1.88 V, back to 1STEP, 9 times",
    )
    assert file.facts["schedule"][1]["every_second"] == 10.0


def test_what_is_known_of_a_213_row_is_taken_and_the_rest_named(tmp_path: Path) -> None:
    file = of(tmp_path, wrd_213(ROWS))

    assert numbers(file, "driving_code") == [1, 1, 1, 1]
    assert "12 unknown bytes a row" in file.untaken


def test_charges_in_coulomb_become_ampere_hours_and_energies_are_absent(
    tmp_path: Path,
) -> None:
    row = Row(10.0, 3, 3.0, 1e-3, charge=3.6, charge_energy=10.8)

    file = of(tmp_path, wrd([row], coulomb=True))

    assert numbers(file, "cycle_charging_capacity_ah") == [pytest.approx(1e-3)]
    assert "cycle_charging_energy_wh" not in file.timeseries
    assert "CHARGE E" in file.untaken


def charging(*charges: float) -> list[Row]:
    """Return rows of these charges, each pair a cycle."""
    return [
        Row(10.0 * k, 3, 3.0, 1e-3, charge=charge, cycle=k // 2)
        for k, charge in enumerate(charges)
    ]


def test_a_charge_that_no_cycle_restarts_is_of_the_test(tmp_path: Path) -> None:
    file = of(tmp_path, wrd(charging(0.0, 1.0, 1.0, 2.0)))

    assert numbers(file, "charging_capacity_ah") == [0, 1, 1, 2]
    assert "cycle_charging_capacity_ah" not in file.timeseries


def test_a_charge_that_restarts_within_a_cycle_is_left_out(tmp_path: Path) -> None:
    file = of(tmp_path, wrd(charging(1.0, 0.0, 1.0, 0.0)))

    assert "CHARGE Q" in file.untaken
    assert any("CHARGE Q and DISCHARGE Q are left out" in x for x in file.remarks)
    assert not {name for name in file.timeseries if "charging_capacity" in name}


def test_charges_of_no_known_unit_are_absent_and_said(tmp_path: Path) -> None:
    file = of(tmp_path, wrd(ROWS, coulomb=None))

    assert "cycle_charging_capacity_ah" not in file.timeseries
    assert "CHARGE Q" in file.untaken
    assert any("UnitCoulomb" in each for each in file.remarks)


def test_a_type_may_be_named_with_its_assembly(tmp_path: Path) -> None:
    columns = [(name, f"{kind}, mscorlib") for name, kind in COLUMNS]

    assert of(tmp_path, wrd(ROWS, columns=columns)).timeseries.rows == len(ROWS)


def test_a_channel_without_a_sensor_has_no_temperature(tmp_path: Path) -> None:
    assert "temperature_t1_celsius" not in of(tmp_path, wrd(ROWS)).timeseries

    rows = [Row(0, 1, 3.0, 0.0, temperature=25.5), Row(1, 1, 3.0, 0.0)]
    file = of(tmp_path, wrd(rows))

    assert np.array_equal(
        numbers(file, "temperature_t1_celsius"), [25.5, np.nan], equal_nan=True
    )


def test_the_start_is_the_first_rows_where_the_head_has_none(tmp_path: Path) -> None:
    file = of(tmp_path, wrd([Row(60.0, 1, 3.0, 0.0)], dated=False))

    assert file.started == datetime(2024, 1, 15, 9)  # noqa: DTZ001


def test_a_unit_that_a_column_declares_is_believed(tmp_path: Path) -> None:
    row = Row(10.0, 3, 3000.0, 2.0, charge=0.5)
    units = {"VOLTAGE": "mV", "CURRENT": "mA", "CHARGE Q": "mAh"}

    file = of(tmp_path, wrd([row], units=units))

    assert numbers(file, "voltage_volt") == [3.0]
    assert numbers(file, "current_ampere") == [2e-3]
    assert numbers(file, "cycle_charging_capacity_ah") == [5e-4]


REFUSED = [
    # A current that is never negative says nothing of its direction.
    (
        wrd([Row(t, 4, 3.0, 5e-4, cycle=1) for t in range(9)]),
        "CURRENT has the sign of the other direction in 9 of 9 rows",
    ),
    # Two tests behind each other.
    (wrd([DRAWN, REST]), "row 1: the test time goes back"),
    (wrd([REST, Row(1.0, 1, 3.0, 0.0, channel=12)]), "rows of channels 11, 12"),
    (wrd(ROWS, units={"VOLTAGE": "kV"}), "VOLTAGE is in 'kV'"),
    (wrd(ROWS, units={"CHARGE Q": "C"}), "in C by its column and in A·h by the head"),
    (wrd([]), "has no row of data"),
    (
        wrd(ROWS, columns=[*COLUMNS[:20], ("TEMPERATURE", "Decimal")]),
        "TEMPERATURE is a 'System.Decimal', whose size is unknown",
    ),
    (wrd([], columns=COLUMNS[:14]), "its rows have no CURRENT"),
    (wrd(ROWS)[:2000], "damaged or not complete"),
    # What inflates without end.
    (wrd_213(ROWS, values=wrd_213([])), "cannot be inflated"),
]


@pytest.mark.parametrize(("data", "says"), REFUSED, ids=[each[1] for each in REFUSED])
def test_what_cannot_be_read_surely_is_refused(
    tmp_path: Path, data: bytes, says: str
) -> None:
    with pytest.raises(StoreError, match=r"cell\.wrd: .*") as raised:
        of(tmp_path, data)

    assert says in str(raised.value)


def test_a_row_that_is_not_complete_is_left_out_and_said(tmp_path: Path) -> None:
    data = wrd(ROWS)

    file = of(tmp_path, data[:-1])

    assert file.timeseries.rows == len(ROWS) - 1
    (remark,) = file.remarks
    assert "130 bytes of a row that is not complete were left out" in remark


def test_every_cut_of_a_file_is_read_or_refused(tmp_path: Path) -> None:
    data, begin = wrd(ROWS, steps=()), len(head(steps=()))
    sizes = [len(packed(row)) for row in ROWS]
    path = tmp_path / "cell.wrd"
    for length in range(0, len(data), 3):
        path.write_bytes(data[:length])
        try:
            rows = read(path).timeseries.rows
        except StoreError:
            rows = 0

        whole = int(np.searchsorted(np.cumsum(sizes), length - begin, "right"))
        assert rows == max(whole, 0)


def test_rows_are_the_same_however_many_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labctl.store.importers.wonatech.read.BLOCK", 77)

    file = of(tmp_path, wrd(ROWS))

    assert numbers(file, "test_time_second") == [0, 10, 20, 30]
    assert not file.remarks
