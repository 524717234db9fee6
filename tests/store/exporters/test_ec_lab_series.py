"""A time series as EC-Lab style text: the columns it has, and true parameters."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import TIMESERIES
from labctl.data import Array, Batch, EndReason, Outcome
from labctl.store.exporters.ec_lab.sequences import clock_time
from labctl.store.exporters.ec_lab.series import write_series
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.importers.ec_lab.content import EcLabFile
from labctl.store.importers.ec_lab.text import read_mpt
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    OpenCircuit,
    Technique,
    VoltageSweep,
)

LOWER = Condition("lower", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.005)
TAPER = Condition("taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 1e-4)
DOWN = ConstantCurrent(-2.0825e-4, 7200.0, (LOWER,))
HOLD = ConstantVoltage(0.005, 3600.0, (TAPER,))
REST = OpenCircuit(600.0)
SWEEP = VoltageSweep((1.5, 0.005, 1.5), 1e-4)
N = 4


def recorded(
    folder: RunFolder,
    header: RunHeader,
    *steps: tuple[Technique, ...],
    **own: Array,
) -> RunFile:
    """Return a run with N rows a technique."""
    with Journal.create(folder.journal, header) as journal:
        row = 0
        for count, techniques in enumerate(steps, 1):
            told = [asdict(each) for each in techniques]
            journal.begin_step(count, {"techniques": told} if told else {}, 0.0)
            for index in range(max(1, len(techniques))):
                at = np.arange(row, row + N)
                columns = {
                    column.name: np.full(N, 1)
                    if column.dtype == "i8"
                    else 1e-3 * at + 1e-7 / 3
                    for column in TIMESERIES.columns
                }
                columns |= {
                    "step_count": np.full(N, count),
                    "technique_index": np.full(N, index),
                    "current_ampere": np.where(at % 2, 1e-3, -1e-3) / 3,
                }
                columns |= {name: values[at] for name, values in own.items()}
                journal.append(Batch("timeseries", columns))
                row += N
            journal.end_step(count, Outcome(EndReason.COMPLETED), 1.0)
        journal.finish("completed", {}, header.started_unix + 500)
    return RunFile(folder.path)


def written(run: RunFile, tmp_path: Path) -> EcLabFile:
    write_series(run, tmp_path / "series.mpt")
    return read_mpt(tmp_path / "series.mpt")


def told(file: EcLabFile) -> Mapping[str, list[str]]:
    """Return the parameters, in columns of 20 characters."""
    begin = next(
        k for k, x in enumerate(file.settings) if x.startswith("Cycle Definition")
    )
    cut = [
        [line[k : k + 20].strip() for k in range(0, len(line), 20)]
        for line in file.settings[begin + 1 : -2]
    ]
    assert all(len(line) % 20 == 0 for line in file.settings[begin + 1 : -2])
    return {label: cells for label, *cells in cut}


def test_numbers_are_those_of_the_run(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    run = recorded(folder, header, (DOWN, REST))
    file = written(run, tmp_path)
    table = run.table("timeseries")

    for title, name, factor in (
        ("time/s", "test_time_second", 1.0),
        ("Ewe/V", "voltage_volt", 1.0),
        ("<I>/mA", "current_ampere", 1e3),
        ("(Q-Qo)/mA.h", "net_capacity_ah", 1e3),
        ("half cycle", "half_cycle", 1.0),
    ):
        assert np.array_equal(file.columns[title], factor * table[name]), title


def test_equal_techniques_are_one_sequence_and_rows_say_which(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    run = recorded(folder, header, (DOWN, REST), (HOLD,), (DOWN, REST))
    file = written(run, tmp_path)

    numbers = np.repeat([0, 1, 2, 0, 1], N)
    assert file.columns["Ns"].tolist() == numbers.tolist()
    assert file.columns["mode"].tolist() == np.repeat([1, 3, 2, 1, 3], N).tolist()
    changes = np.flatnonzero(file.columns["Ns changes"])
    assert changes.tolist() == [N, 2 * N, 3 * N, 4 * N]
    assert file.columns["ox/red"].tolist() == [0, 1] * (5 * N // 2)


def test_parameters_are_what_the_channel_was_told(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    file = written(recorded(folder, header, (DOWN, REST), (HOLD,)), tmp_path)

    assert file.technique == "Galvanostatic Cycling with Potential Limitation"
    block = told(file)
    assert block["Ns"] == ["0", "1", "2"]
    assert block["Is"] == ["-0.20825", "0.000", "0.000"]
    assert block["EM (V)"] == ["0.005", "pass", "0.005"]
    assert block["t1 (h:m:s)"][0] == "2:00:0.0000"
    assert block["tR (h:m:s)"][1] == "0:10:0.0000"
    assert block["Im"] == ["0.000", "0.000", "0.1"]


@pytest.mark.parametrize(
    ("techniques", "name"),
    [
        ((REST,), "Open Circuit Voltage"),
        ((REST, SWEEP), "Cyclic Voltammetry"),
        ((DOWN, SWEEP), "Modulo Bat"),
    ],
)
def test_a_file_is_named_after_all_that_is_in_it(
    folder: RunFolder,
    header: RunHeader,
    tmp_path: Path,
    techniques: tuple[Technique, ...],
    name: str,
) -> None:
    assert written(recorded(folder, header, techniques), tmp_path).technique == name


def test_a_power_has_no_mode_and_the_column_is_left_out(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    file = written(recorded(folder, header, (ConstantPower(1e-3, 60.0),)), tmp_path)

    assert "mode" not in file.columns
    assert told(file)["Ps"] == ["0.001"]


def test_an_imported_rest_without_current_says_that_it_has_none(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    own = {"current_ampere": np.full(N, np.nan), "half_cycle": np.array([-1, 0, 0, 0])}
    file = written(recorded(folder, header, (), **own), tmp_path)

    assert file.technique == "Open Circuit Voltage"
    assert not {"<I>/mA", "half cycle", "mode", "Ns", "ox/red"} & set(file.columns)
    remark = next(line for line in file.settings if "left out" in line)
    assert "half cycle" in remark
    assert "<I>/mA" in remark


def test_a_gap_is_no_number(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    voltage = np.array([0.1, np.nan, 0.3, 0.4])
    file = written(recorded(folder, header, (DOWN,), voltage_volt=voltage), tmp_path)

    assert np.array_equal(file.columns["Ewe/V"], voltage, equal_nan=True)


def test_the_header_says_who_wrote_it_and_in_which_zone(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    file = written(recorded(folder, header, (DOWN,)), tmp_path)

    assert file.started is not None
    assert file.started.timestamp() == header.started_unix
    assert "Time zone : UTC" in file.settings
    assert any("not by EC-Lab" in line for line in file.settings)
    assert any("SIMULATED" in line for line in file.settings)


def test_hours_minutes_seconds() -> None:
    assert clock_time(216_000.0 + 61.5) == "60:01:1.5000"
