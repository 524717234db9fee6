"""Maccor's text exports: no sign but the state's, counters that the plan restarts."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import StoreError
from labctl.store.importers.readers import read

R = samples.rows()


def write(folder: Path, **changed: Iterable[object] | None) -> Path:
    """Write the sample with other cells; None leaves a column out."""
    grid = samples.changed_table(samples.maccor(), changed)
    return samples.text(folder / "m.txt", grid, "\t", samples.MACCOR_HEAD)


def test_every_number_is_that_of_the_file_with_the_states_sign(tmp_path: Path) -> None:
    file = read(samples.write_maccor(tmp_path))

    c = file.timeseries
    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T09:00:00"
    assert file.settings == samples.MACCOR_HEAD
    np.testing.assert_array_equal(c["test_time_second"].values, R["time"])
    np.testing.assert_array_equal(c["current_ampere"].values, 1e-3 * R["current"])
    assert c["current_ampere"].rule == "sign-from-state"
    net = 1e-3 * (R["charged"] - R["discharged"])
    np.testing.assert_allclose(c["step_net_capacity_ah"].values, net, rtol=1e-15)
    assert c["step_net_energy_wh"].values[-1] == pytest.approx(3e-3)


def long_charge(folder: Path, last: float) -> Path:
    """Write a charge of 297 rows with an offset before, and two rows of discharge."""
    cells: samples.Cells = {
        "Rec#": range(300),
        "Step": [1] + [2] * 297 + [3] * 2,
        "TestTime": [samples.clock(10.0 * k) for k in range(300)],
        "Amps": [-1e-6] + [1e-3] * 297 + [last] * 2,
        "Volts": [3.7] * 300,
        "State": ["R"] + ["C"] * 297 + ["D"] * 2,
    }
    return samples.text(folder / "m.txt", samples.table(cells), "\t")


def test_a_short_discharge_without_its_sign_is_refused(tmp_path: Path) -> None:
    assert read(long_charge(tmp_path, -1e-3)).timeseries.rows == 300

    with pytest.raises(StoreError, match="in row 299, whose state is 'D'"):
        read(long_charge(tmp_path, 1e-3))


def test_a_comment_in_no_known_letters_does_no_harm(tmp_path: Path) -> None:
    plain = samples.write_maccor(tmp_path)
    right = read(plain).timeseries["current_ampere"].values
    plain.write_bytes(b"\x81\x41 \x8d\x8f\r\n" + plain.read_bytes())

    values = read(plain).timeseries["current_ampere"].values

    np.testing.assert_array_equal(values, right)


def test_decimal_commas_and_bracketed_titles_are_read(tmp_path: Path) -> None:
    titles = {
        "Rec#": "Rec",
        "Cyc#": "Cycle C",
        "Amp-hr": "Cap. [Ah]",
        "Watt-hr": "Ener. [Wh]",
        "Amps": "Current [A]",
        "Volts": "Voltage [V]",
        "State": "Md",
        "DPt Time": "DPT Time",
    }
    grid = samples.table({titles.get(t, t): v for t, v in samples.maccor().items()})
    rows = [[str(cell).replace(".", ",") for cell in row] for row in grid[1:]]
    path = samples.text(tmp_path / "m.txt", [grid[0], *rows], "\t")
    said = re.sub(r"(Cap|Ener), \[", r"\1. [", path.read_text("utf-8"))
    path.write_text(said, "utf-8")

    file, plain = read(path), read(samples.write_maccor(tmp_path))

    assert file.timeseries.keys() == plain.timeseries.keys()
    for name, column in plain.timeseries.items():
        np.testing.assert_array_equal(file.timeseries[name].values, column.values)


def test_titles_of_maccors_csv_are_the_same_quantities(tmp_path: Path) -> None:
    titles = {
        "Rec#": "Rec",
        "Cyc#": "Cycle C",
        "TestTime": "Test Time",
        "StepTime": "Step Time",
        "Amp-hr": "Capacity (AHr)",
        "Watt-hr": "Energy (WHr)",
        "Amps": "Current (A)",
        "Volts": "Voltage (V)",
        "State": "MD",
        "DPt Time": "DPT Time",
    }
    grid = samples.table({titles.get(t, t): v for t, v in samples.maccor().items()})

    file = read(samples.text(tmp_path / "m.csv", grid))

    plain = read(samples.write_maccor(tmp_path))
    assert file.timeseries.keys() == plain.timeseries.keys()


@pytest.mark.parametrize(
    ("clock", "started", "said"),
    [
        (lambda t: 9 * 3600 + t, "2024-01-15T09:00:00", ""),
        # past midnight
        (lambda t: (23.5 * 3600 + t) % 86_400, "2024-01-15T23:30:00", ""),
        # of twelve hours: nobody knows which half of the day
        (lambda t: (11 * 3600 + t) % 43_200, None, "01/15/2024, 11:00:00.000"),
    ],
)
def test_times_in_minutes_and_a_date_in_the_header_are_read(
    clock: Callable[[float], float],
    started: str | None,
    said: str,
    tmp_path: Path,
) -> None:
    cells = samples.maccor()
    del cells["TestTime"], cells["StepTime"]
    cells["Test (Min)"], cells["Step (Min)"] = R["time"] / 60, R["step_time"] / 60
    cells["DPt Time"] = [samples.clock(clock(float(t))) for t in R["time"]]
    head = ["Today's Date 01/16/2024  Date of Test:\t01/15/2024\t Filename:\tA17.001"]
    path = samples.text(tmp_path / "m.txt", samples.table(cells), "\t", head)

    file = read(path)

    c = file.timeseries
    np.testing.assert_allclose(c["test_time_second"].values, R["time"], rtol=1e-15)
    np.testing.assert_allclose(c["step_time_second"].values, R["step_time"], rtol=1e-15)
    np.testing.assert_array_equal(c["step_id"].values, R["step"])
    assert (file.started and file.started.isoformat()) == started
    assert file.started_said == said


def test_millivolts_under_the_title_of_volts_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, Volts=1e3 * R["voltage"])

    with pytest.raises(StoreError, match="some exports write mV"):
        read(path)


def test_milliamperes_are_read_as_their_title_says(tmp_path: Path) -> None:
    path = write(tmp_path, Amps=None, mAmps=abs(R["current"]))

    current = read(path).timeseries["current_ampere"].values
    np.testing.assert_array_equal(current, 1e-3 * R["current"])


def test_a_counter_that_goes_on_through_rests_is_of_the_half_cycle(
    tmp_path: Path,
) -> None:
    counted = 1e-3 * np.where(
        R["step"] < 3, samples.so_far(R, "discharged"), R["charged"]
    )

    file = read(write(tmp_path, **{"Amp-hr": counted}))

    column = file.timeseries["half_cycle_capacity_ah"]
    # the rest keeps what the discharge left
    assert list(column.values[[12, 15, 16, 28]]) == pytest.approx(
        [-1e-3, -1e-3, 0.0, 1e-3]
    )


def test_a_counter_that_restarts_nowhere_is_not_taken(tmp_path: Path) -> None:
    through = samples.so_far(R, "charged") + samples.so_far(R, "discharged")

    file = read(write(tmp_path, **{"Amp-hr": 1e-3 * through}))

    assert not [name for name in file.timeseries if "capacity" in name]
    assert "Amp-hr" in file.untaken


def test_a_current_at_rest_has_no_sign(tmp_path: Path) -> None:
    noise = 1e-3 * abs(R["current"]) + 1e-8 * (R["step"] == 2)

    file = read(write(tmp_path, Amps=noise))

    assert np.isnan(file.timeseries["current_ampere"].values[R["step"] == 2]).all()
    assert file.remarks == (
        "3 rows have a current whose sign no state tells: not taken",
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"State": None}, "export the column State too"),
        ({"State": ["X"] * 29}, "no state tells charge from discharge"),
        ({"Amps": None, "Current": R["current"]}, "'Current' does not say its unit"),
        ({"Volts": None}, "of voltage_volt there is none"),
        ({"TestTime": R["time"] / 60}, "of which nobody knows the unit"),
        ({"Amps": ["1,234"] * 29}, "decimal marks or stand between thousands"),
    ],
)
def test_what_is_not_told_is_refused(
    changed: dict[str, Iterable[object] | None], why: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=re.escape(why)):
        read(write(tmp_path, **changed))
