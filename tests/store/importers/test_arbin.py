"""Arbin's exports: counters whose restarts the rows tell, and nothing supposed."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import StoreError
from labctl.store.importers.readers import format_of, read

R = samples.rows()
CHARGED, DISCHARGED = (samples.so_far(R, n) for n in ("charged", "discharged"))


def write(folder: Path, **changed: Iterable[object] | None) -> Path:
    """Write the sample with other cells; None leaves a column out."""
    grid = samples.changed_table(samples.arbin(), changed)
    return samples.text(folder / "arbin.csv", grid)


def test_every_number_is_that_of_the_file(tmp_path: Path) -> None:
    file = read(samples.write_arbin(tmp_path))

    c = {name: column.values for name, column in file.timeseries.items()}
    assert file.program == "Arbin MITS Pro"
    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T09:00:00"
    assert file.untaken == ()
    assert {column.rule for column in file.timeseries.values()} == {""}
    np.testing.assert_array_equal(c["current_ampere"], 1e-3 * R["current"])
    np.testing.assert_array_equal(c["voltage_volt"], R["voltage"])
    np.testing.assert_array_equal(c["test_time_second"], R["time"])
    np.testing.assert_array_equal(c["step_id"], R["step"])
    # 1 mA for an hour, each way, at the last row
    assert c["charging_capacity_ah"][-1] == pytest.approx(1e-3, rel=1e-12)
    assert c["discharging_capacity_ah"][-1] == pytest.approx(1e-3, rel=1e-12)
    assert set(c["temperature_t1_celsius"]) == {25.0}


def test_newer_titles_and_units_are_the_same_quantities(tmp_path: Path) -> None:
    grid = samples.table(samples.arbin())
    grid[0] = [
        str(title).replace("_", " ").replace("(", " (").replace("(A)", "(mA)")
        for title in grid[0]
    ]
    at = grid[0].index("Current (mA)")
    for row in grid[1:]:
        row[at] = 1e3 * float(row[at])  # type: ignore[arg-type]
    path = samples.text(tmp_path / "new.csv", grid, encoding="utf-16")

    file = read(path)

    assert list(file.timeseries) == list(read(samples.write_arbin(tmp_path)).timeseries)
    np.testing.assert_allclose(
        file.timeseries["current_ampere"].values, 1e-3 * R["current"], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("charge", "discharge", "cycle", "name"),
    [
        # never falls: of the test
        (CHARGED, DISCHARGED, np.ones(29), "charging_capacity_ah"),
        # starts again with every step
        (R["charged"], R["discharged"], np.ones(29), "step_charging_capacity_ah"),
        # starts again with the cycle, goes on through the rest
        (
            np.where(R["step"] == 3, R["charged"], 2e-4),
            np.where(R["step"] == 3, 0.0, DISCHARGED),
            np.where(R["step"] == 3, 2, 1),
            "cycle_charging_capacity_ah",
        ),
        # starts again in the middle of a step: of nothing that is known
        (R["charged"] % 0.4, R["discharged"] % 0.4, np.ones(29), ""),
    ],
    ids=["test", "step", "cycle", "unknown"],
)
def test_rows_tell_since_when_a_counter_counts(
    charge: np.ndarray,
    discharge: np.ndarray,
    cycle: np.ndarray,
    name: str,
    tmp_path: Path,
) -> None:
    file = read(
        write(
            tmp_path,
            **{
                "Charge_Capacity(Ah)": charge,
                "Discharge_Capacity(Ah)": discharge,
                "Cycle_Index": cycle,
            },
        )
    )

    found = [n for n in file.timeseries if n.endswith("charging_capacity_ah")]
    both = [name, name.replace("charging", "discharging")] if name else []
    assert found == both
    if not name:
        assert file.untaken == ("Charge_Capacity(Ah)", "Discharge_Capacity(Ah)")
        assert "it restarts where neither step nor cycle does" in file.remarks[0]


def test_the_columns_of_arbins_database_are_in_its_units(tmp_path: Path) -> None:
    grid = samples.table(samples.arbin())
    grid[0] = [str(title).partition("(")[0] for title in grid[0]]

    file = read(samples.text(tmp_path / "db.csv", grid))

    current = file.timeseries["current_ampere"]
    np.testing.assert_array_equal(current.values, 1e-3 * R["current"])
    assert current.title == "Current"
    # a sensor's unit is the person's choice
    assert file.remarks == ("Aux_Temperature_1 is not taken: it does not say its unit",)


def test_a_resistance_of_0_was_not_measured(tmp_path: Path) -> None:
    some = read(samples.write_arbin(tmp_path)).timeseries["internal_resistance_ohm"]
    none = read(write(tmp_path, **{"Internal_Resistance(Ohm)": [0] * 29}))

    np.testing.assert_array_equal(some.values, np.where(R["step"] == 1, np.nan, 0.05))
    assert "internal_resistance_ohm" not in none.timeseries
    assert none.untaken == ("Internal_Resistance(Ohm)",)


def test_a_column_without_a_number_is_not_taken(tmp_path: Path) -> None:
    file = read(write(tmp_path, **{"Internal_Resistance(Ohm)": [""] * 29}))

    assert "internal_resistance_ohm" not in file.timeseries
    assert file.untaken == ("Internal_Resistance(Ohm)",)


def test_statistics_of_cycles_are_no_rows(tmp_path: Path) -> None:
    by_step = write(tmp_path, **{"Vmax_On_Cycle(V)": R["voltage"]})
    with pytest.raises(StoreError, match="it holds statistics of cycles or steps"):
        read(by_step)

    gone = ("Data_Point", "Step_Time(s)", "Step_Index")
    by_cycle = write(tmp_path, **dict.fromkeys(gone))
    with pytest.raises(StoreError, match="no line has the titles"):
        read(by_cycle)


def test_a_current_against_its_own_counters_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, **{"Current(A)": -1e-3 * R["current"]})

    with pytest.raises(StoreError, match="opposite sign of Charge_Capacity"):
        read(path)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"Current(A)": None}, "of current_ampere there is none"),
        ({"Voltage(V)": None}, "of voltage_volt there is none"),
        ({"Test_Time(s)": None}, "of test_time_second there is none"),
        ({"Current(A)": ["overload"] * 29}, "is 'overload', which is no number"),
        ({"Current (mA)": R["current"]}, "are both current_ampere"),
    ],
)
def test_what_is_missing_or_no_number_is_refused(
    changed: dict[str, Iterable[object] | None], why: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=re.escape(why)):
        read(write(tmp_path, **changed))


@pytest.mark.parametrize(
    ("dates", "started", "said"),
    [
        # day or month: nothing in the file tells
        (["04/03/2024 09:00:00"] * 29, None, "04/03/2024 09:00:00"),
        # seconds since 1970, days since 1900: no title says which
        (["1705305600.25"] * 29, None, "1705305600.25"),
        ([""] * 29, None, ""),
    ],
)
def test_a_date_that_is_not_sure_is_said_and_not_read(
    dates: list[str], started: None, said: str, tmp_path: Path
) -> None:
    file = read(write(tmp_path, Date_Time=dates))

    assert (file.started, file.started_said) == (started, said)


def test_the_start_is_when_test_time_was_0(tmp_path: Path) -> None:
    file = read(write(tmp_path, **{"Test_Time(s)": R["time"] + 60}))

    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T08:59:00"


def test_arbins_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.res"
    path.write_bytes(b"\0\1\0\0Standard Jet DB\0")

    assert format_of(path) is None
    with pytest.raises(StoreError, match="export it from MITS Pro as CSV or xlsx"):
        read(path)
