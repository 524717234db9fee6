"""Neware's exports of the record layer: both languages, old and new versions."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import StoreError
from labctl.store.importers.neware_text import direction
from labctl.store.importers.readers import read

R = samples.rows()
CHINESE = {
    "DataPoint": "数据序号",
    "Cycle Index": "循环号",
    "Step Index": "工步号",
    "Step Type": "工步类型",
    "Time": "时间",
    "Total Time": "总时间",
    "Current(mA)": "电流(mA)",
    "Voltage(V)": "电压(V)",
    "Capacity(mAh)": "容量(mAh)",
    "Chg. Cap.(mAh)": "充电容量(mAh)",
    "DChg. Cap.(mAh)": "放电容量(mAh)",
    "Date": "绝对时间",
}
CHINESE_STATES = {"CC DChg": "恒流放电", "Rest": "搁置", "CC Chg": "恒流充电"}


def write(folder: Path, **changed: Iterable[object] | None) -> Path:
    """Write the sample with other cells; None leaves a column out."""
    grid = samples.changed_table(samples.neware(), changed)
    return samples.text(folder / "n.csv", grid)


def test_every_number_is_that_of_the_file(tmp_path: Path) -> None:
    file = read(samples.write_neware(tmp_path))

    c = {name: column.values for name, column in file.timeseries.items()}
    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T09:00:00"
    np.testing.assert_array_equal(c["test_time_second"], R["time"])
    np.testing.assert_array_equal(c["step_time_second"], R["step_time"])
    np.testing.assert_array_equal(c["current_ampere"], 1e-3 * R["current"])
    assert c["step_discharging_capacity_ah"].max() == pytest.approx(1e-3, rel=1e-12)
    assert c["step_charging_capacity_ah"][-1] == pytest.approx(1e-3, rel=1e-12)
    assert file.timeseries["current_ampere"].rule == ""
    assert file.untaken == ("Capacity(mAh)",)  # what the two beside it say


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_chinese_titles_and_states_are_the_same_file(
    encoding: str, tmp_path: Path
) -> None:
    cells: samples.Cells = {
        CHINESE[title]: [CHINESE_STATES.get(str(cell), cell) for cell in values]
        for title, values in samples.neware().items()
    }
    path = samples.text(tmp_path / "zh.csv", samples.table(cells), ",", (), encoding)

    file, english = read(path), read(samples.write_neware(tmp_path))

    assert file.timeseries.keys() == english.timeseries.keys()
    for name, column in english.timeseries.items():
        np.testing.assert_array_equal(file.timeseries[name].values, column.values)


def test_a_current_without_a_sign_has_that_of_its_step(tmp_path: Path) -> None:
    file = read(write(tmp_path, **{"Current(mA)": abs(R["current"])}))

    column = file.timeseries["current_ampere"]
    np.testing.assert_array_equal(column.values, 1e-3 * R["current"])
    assert column.rule == "sign-from-state"
    assert column.title == "Current(mA), Step Type"


def test_a_current_without_sign_and_without_state_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, **{"Current(mA)": abs(R["current"]), "Step Type": None})

    with pytest.raises(StoreError, match="export the column Step Type too"):
        read(path)


def test_a_sign_against_its_state_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, **{"Current(mA)": -R["current"]})

    with pytest.raises(StoreError, match=r"in row 1, whose state is 'CC DChg'"):
        read(path)


def test_a_capacity_for_both_ways_has_the_sign_of_its_step(tmp_path: Path) -> None:
    without = {"Chg. Cap.(mAh)": None, "DChg. Cap.(mAh)": None}

    file = read(write(tmp_path, **without))

    column = file.timeseries["step_net_capacity_ah"]
    np.testing.assert_allclose(
        column.values, 1e-3 * (R["charged"] - R["discharged"]), rtol=1e-15
    )
    assert column.rule == "sign-from-state"


def test_a_time_that_runs_on_through_the_steps_is_refused(tmp_path: Path) -> None:
    later = [samples.clock(t + k) for t, k in zip(R["time"], R["step"], strict=True)]
    path = write(tmp_path, Time=later, **{"Total Time": None, "Date": None})

    with pytest.raises(StoreError, match="may be the time of the step or of the test"):
        read(path)


def test_counters_of_steps_whose_first_row_comes_late_are_known(tmp_path: Path) -> None:
    late = (R["step_time"] > 0) | (R["index"] == 1)
    cells = {
        title: [cell for cell, kept in zip(values, late, strict=True) if kept]
        for title, values in samples.neware().items()
    }

    file = read(write(tmp_path, **cells))

    column = file.timeseries["step_charging_capacity_ah"]
    np.testing.assert_array_equal(column.values, 1e-3 * R["charged"][late])


def test_test_time_is_put_together_from_steps_and_dates(tmp_path: Path) -> None:
    later = [
        samples.STARTED + timedelta(seconds=float(t + 3600 * (step > 1)))
        for t, step in zip(R["time"], R["step"], strict=True)
    ]
    dates = [f"{each:%Y-%m-%d  %H:%M:%S}" for each in later]

    file = read(write(tmp_path, **{"Total Time": None, "Date": dates}))

    column = file.timeseries["test_time_second"]
    assert column.rule == "step-times-in-order"
    # an hour of pause before the second step
    np.testing.assert_array_equal(column.values, R["time"] + 3600 * (R["step"] > 1))


def test_whole_seconds_of_dates_do_not_add_up(tmp_path: Path) -> None:
    """Twenty steps of 9.6 s whose last row is at 9.0 s: dates bring the rest back."""
    step = np.repeat(np.arange(20), 4)
    since = np.tile([0.0, 3.0, 6.0, 9.0], 20)
    began = [samples.STARTED + timedelta(seconds=float(t)) for t in 9.6 * step + since]
    cells: samples.Cells = {
        "Step Index": step,
        "Step Type": ["CC Chg" if k % 2 else "CC DChg" for k in step],
        "Time": [samples.clock(t) for t in since],
        "Current(A)": np.where(step % 2, 1.0, -1.0),
        "Voltage(V)": np.full(80, 3.7),
        "Date": [f"{each:%Y-%m-%d %H:%M:%S}" for each in began],
    }
    path = samples.text(tmp_path / "n.csv", samples.table(cells))

    time = read(path).timeseries["test_time_second"].values

    assert np.abs(time - (9.6 * step + since)).max() <= 2.0
    assert (np.diff(time) >= 0).all()


def test_without_any_time_of_its_own_the_dates_are_the_time(tmp_path: Path) -> None:
    file = read(write(tmp_path, **{"Total Time": None, "Time": None}))

    column = file.timeseries["test_time_second"]
    np.testing.assert_array_equal(column.values, R["time"])
    assert (column.title, column.rule) == ("Date", "elapsed-since-first-row")


def test_dates_that_are_not_sure_are_no_time(tmp_path: Path) -> None:
    dates = ["04/03/2024 09:00:00"] * 29

    with pytest.raises(StoreError, match="cannot be read surely"):
        read(write(tmp_path, **{"Total Time": None, "Time": None, "Date": dates}))


def test_two_sensors_of_one_title_are_left_out(tmp_path: Path) -> None:
    grid = samples.table({**samples.neware(), "T1(℃)": [25.0] * 29})
    doubled = [[*row, row[-1]] for row in grid]

    file = read(samples.text(tmp_path / "n.csv", doubled))

    assert "temperature_t1_celsius" not in file.timeseries
    assert file.remarks == ("T1(℃) is not taken: there are 2",) * 2


def test_two_currents_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, **{"Current(A)": 1e-3 * R["current"]})

    with pytest.raises(StoreError, match="are both current_ampere"):
        read(path)


@pytest.mark.parametrize(
    ("state", "sign"),
    [
        *(("CC Chg", 1), ("CCCV_Chg", 1), ("CP Chg", 1), ("恒流恒压充电", 1)),
        *(("CC DChg", -1), ("CCCV_DChg", -1), ("CR_DChg", -1), ("恒功率放电", -1)),
        *(("Rest", 0), ("Pause", 0), ("OCV", 0), ("静置", 0)),
        *(("SIM", None), ("Pulse", None), ("", None)),
    ],
)
def test_a_step_type_tells_its_direction_or_nothing(
    state: str, sign: int | None
) -> None:
    found = direction(state)

    assert found == sign if sign is not None else np.isnan(found)
