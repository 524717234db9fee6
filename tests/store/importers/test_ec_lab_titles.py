"""EC-Lab's titles: any unit of a known quantity, and nothing that only looks alike."""

from pathlib import Path

import pytest
from ec_lab_files import mpt, written

from labctl.store.importers.ec_lab.titles import read_title
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read


def one(folder: Path, *titles: str, numbers: tuple[float, ...] = (2.0,)) -> ForeignFile:
    rows = [(float(k), 3.0, *numbers) for k in range(3)]
    return read(written(folder, mpt(("time/s", "Ewe/V", *titles), rows)))


@pytest.mark.parametrize(
    ("title", "name", "value"),
    [
        ("I/A", "current_ampere", 2.0),
        ("I/mA", "current_ampere", 2e-3),
        ("<I>/µA", "current_ampere", 2e-6),
        ("<I>/nA", "current_ampere", 2e-9),
        ("control/V", "control_volt", 2.0),
        ("control/mA", "control_ampere", 2e-3),
        ("(Q-Qo)/mA.h", "net_capacity_ah", 2e-3),
        ("(Q-Qo)/C", "net_capacity_ah", 2 / 3600),
        ("dq/mA.h", "interval_charge_ah", 2e-3),
        ("Q charge/discharge/mA.h", "half_cycle_capacity_ah", 2e-3),
        ("Q charge/discharge/µA.h", "half_cycle_capacity_ah", 2e-6),
        ("Ece/V", "counter_electrode_voltage_volt", 2.0),
        ("<Ece>/mV", "counter_electrode_voltage_volt", 2e-3),
        ("P/mW", "power_watt", 2e-3),
        ("Pwe/W", "power_watt", 2.0),
        ("Temperature/°C", "ambient_temperature_celsius", 2.0),
        ("Temperature/øC", "ambient_temperature_celsius", 2.0),  # ° of a DOS page
        ("Temperature/K", "ambient_temperature_celsius", -271.15),
        ("step time/s", "step_time_second", 2.0),
        ("I Range", "current_range_code", 2.0),
        ("Ns", "step_id", 2.0),
        ("mode", "driving_code", 2.0),
        ("cycle number", "cycle_count", 2.0),
    ],
)
def test_a_known_quantity_is_taken_in_any_unit(
    tmp_path: Path, title: str, name: str, value: float
) -> None:
    column = one(tmp_path, title).timeseries[name]

    assert column.values == pytest.approx([value] * 3)
    assert (column.title, column.rule) == (title, "")


@pytest.mark.parametrize(
    "title",
    [
        *("x", "ox/red", "error", "Q charge/mA.h/g", "Capacity/mA.h", "Efficiency/%"),
        *("dI/dt/mA/s", "d(Q-Qo)/dE/mA.h/V", "R/Ohm", "I/furlong", "|Energy|/W.h"),
        *("dQ/C", "dQ/mA.h", "Cs/µF", "THD Ewe/%", "current", "Energy ce/W.h"),
    ],
)
def test_what_no_column_takes_is_said(tmp_path: Path, title: str) -> None:
    file = one(tmp_path, title)

    assert file.untaken == (title,)
    assert set(file.timeseries) == {"test_time_second", "voltage_volt"}


def test_a_setpoint_is_no_current(tmp_path: Path) -> None:
    file = one(tmp_path, "control/V/mA", "control/mA", numbers=(2.0, 2.0))

    assert "current_ampere" not in file.timeseries


def test_the_setpoint_of_both_kinds_is_told_by_the_mode(tmp_path: Path) -> None:
    rows = [(0.0, 3.0, 1.0, 5.0), (1.0, 3.0, 2.0, 4.2), (2.0, 3.0, 3.0, 0.0)]
    titles = ("time/s", "Ewe/V", "mode", "control/V/mA")
    series = read(written(tmp_path, mpt(titles, rows))).timeseries

    assert series["control_ampere"].values == pytest.approx(
        [5e-3, float("nan"), float("nan")], nan_ok=True
    )
    assert series["control_volt"].values == pytest.approx(
        [float("nan"), 4.2, float("nan")], nan_ok=True
    )
    assert series["control_volt"].rule == "control-from-mode"


def test_a_reading_goes_before_a_mean(tmp_path: Path) -> None:
    file = one(tmp_path, "<I>/mA", "I/mA", numbers=(1.0, 2.0))

    assert file.timeseries["current_ampere"].title == "I/mA"
    assert file.untaken == ("<I>/mA",)


def test_a_slip_of_the_pen_is_known(tmp_path: Path) -> None:
    rows = [(0.0, 3.0), (1.0, 3.1)]
    series = read(written(tmp_path, mpt(("time/s", "<Ewe/V>"), rows))).timeseries

    assert series["voltage_volt"].values.tolist() == [3.0, 3.1]


def test_mega_is_not_milli() -> None:
    large, small = read_title("freq/MHz"), read_title("freq/mHz")

    assert large is not None
    assert small is not None
    assert large.factor == pytest.approx(1e9 * small.factor)
