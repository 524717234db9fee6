"""Public files of cyclers (navani's archive, MIT) are read as others read them."""

import json
from pathlib import Path

import fetch_peers
import numpy as np
import openpyxl
import pytest
from needs_peers import needs_peers
from peer_run import PROGRAMS, foreign

from labctl.store.importers.readers import read

ARBIN = "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx"
SINGLE = 2e-7
"""Both packages round to single precision: 2⁻²³, and labctl to its decimals."""
NDA = {
    "voltage_V": ("voltage_volt", 1.0),
    "current_mA": ("current_ampere", 1e-3),
    "step_time_s": ("step_time_second", 1.0),
    "total_time_s": ("test_time_second", 1.0),
    "index": ("record_index", 1.0),
    "cycle_count": ("cycle_count", 1.0),
}
WORKBOOK = {
    "Test_Time(s)": "test_time_second",
    "Step_Index": "step_id",
    "Voltage(V)": "voltage_volt",
    "Current(A)": "current_ampere",
    "Charge_Capacity(Ah)": "charging_capacity_ah",
    "Discharge_Capacity(Ah)": "discharging_capacity_ah",
}


def public_file(name: str) -> Path:
    """Return a file of navani's archive."""
    return fetch_peers.source_of("navani") / "Example_data" / name


@needs_peers
def test_newares_files_hold_what_fastnda_finds(tmp_path: Path) -> None:
    files = [public_file("test.nda"), public_file("test.ndax")]
    asked, answers = tmp_path / "jobs.json", tmp_path / "answers.json"
    asked.write_text(json.dumps([["fastnda", str(path)] for path in files]))
    program = str(PROGRAMS / "cycler_readers.py")
    done = foreign(program, str(asked), str(answers), group="peers-files", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]

    for path, answer in zip(files, json.loads(answers.read_text()), strict=True):
        found, series = answer["columns"], read(path).timeseries
        for theirs, (own, factor) in NDA.items():
            told = factor * np.array(found[theirs])
            np.testing.assert_allclose(
                series[own].values, told, rtol=SINGLE, err_msg=f"{path.name} {own}"
            )
        charged = series["step_charging_capacity_ah"].values
        net = charged - series["step_discharging_capacity_ah"].values
        told = 1e-3 * np.array(found["capacity_mAh"])
        np.testing.assert_allclose(net, told, rtol=SINGLE)


@needs_peers
def test_an_arbin_workbook_holds_what_openpyxl_finds() -> None:
    path = public_file(ARBIN)
    file = read(path)
    with path.open("rb") as stream:
        sheet = openpyxl.load_workbook(stream, read_only=True)["Channel_11_1"]
        titles, *rows = sheet.iter_rows(values_only=True)
    cells = dict(zip(titles, zip(*rows, strict=True), strict=True))

    for title, name in WORKBOOK.items():
        np.testing.assert_array_equal(file.timeseries[name].values, cells[title])
    assert file.untaken == ("dV/dt(V/s)", "Internal Resistance(Ohm)")
    assert file.started is not None
    assert file.started.isoformat(timespec="seconds") == "2020-10-19T11:31:45"
    # 50 µA by the trapezoid between rows give what Arbin counts, to its recording
    time, current = (file.timeseries[n].values for n in list(WORKBOOK.values())[::3])
    passed = np.trapezoid(np.clip(-current, 0, None), time) / 3600
    assert passed == pytest.approx(cells["Discharge_Capacity(Ah)"][-1], rel=0.01)


@needs_peers
def test_a_maccor_file_is_read_and_its_counter_is_not_believed() -> None:
    file = read(public_file("maccor_example.txt"))

    assert file.timeseries.rows == 37
    assert file.timeseries["current_ampere"].rule == "sign-from-state"
    assert set(np.sign(file.timeseries["current_ampere"].values)) == {-1, 0, 1}
    # it goes on through a reversal, then restarts within a step
    assert {"Amp-hr", "Watt-hr"} <= set(file.untaken)
