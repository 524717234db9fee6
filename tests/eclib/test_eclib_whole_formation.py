"""A whole formation as a person starts it: `labctl run` on the oracle, sealed.

The instrument's time runs much faster than the host's. Nothing in the host minds: rows
carry the instrument's time, and what ends a step stands in the firmware.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from oracle_library import ADDRESS, Oracle

Place = Callable[..., Oracle]

SLOPE = 1.6 / 15.0
"""V a C."""
RESISTANCE = 30.0
"""Ohm, of resistance and RC in a row: the RC has settled after hours."""
BEGIN = 14.25
"""C."""
MASS = 1.19e-3
"""g."""
INI = f"""
speed = 300000
[channels]
empty = 0.0
full = 1.6
capacity = 15.0
charge = {BEGIN}
memory_bytes = MEMORY
"""
CONFIG = f"""
station: {{name: bench, data: runs}}
instruments:
  vsp300:
    driver: biologic
    address: {ADDRESS}
    options: {{sdk_path: SDK}}
channels:
  cell: [vsp300/1]
safety: {{lower_voltage: -0.5 V, upper_voltage: 5 V, maximum_current: 400 mA}}
"""
CELL = f"""
name: linear-cell
kind: half_cell
active_mass: {1e3 * MASS} mg
area: 1.131 cm²
first_step: lithiation
preset: half-cell
one_c: 1.9 mA/cm²
lower_voltage: 0 V
upper_voltage: 1.6 V
"""


def run(folder: Path, oracle: Oracle) -> Path:
    """Run formation in a process of its own; return the sealed file."""
    config = CONFIG.replace("SDK", str(oracle.folder))
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    (folder / "cell.yaml").write_text(CELL, encoding="utf-8")
    words = "run formation-cycling --json --config config.yaml --sample cell.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "labctl", *words.split(), "--set", "cycles=1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["status"] == "completed"
    (sealed,) = folder.glob("runs/*/*.h5")
    return sealed


@pytest.mark.slow
def test_every_half_cycle_has_the_charge_of_the_closed_form(
    placed: Place, tmp_path: Path
) -> None:
    sealed = run(tmp_path, placed(INI.replace("MEMORY", "8000000")))

    with h5py.File(sealed) as file:
        rows = file["entry/timeseries"]
        charge = rows["step_net_capacity_ah"][:] * 3600.0
        half, amps = rows["half_cycle"][:], rows["current_ampere"][:]
        volts, flags = rows["voltage_volt"][:], rows["overload_flags"][:]
    assert not flags.any()
    q, ends = BEGIN, []
    for number in np.unique(half):
        driven = (half == number) & (amps != 0.0)
        if not driven.any():
            continue
        end = np.flatnonzero(driven)[-1]
        reached = (volts[end] - amps[end] * RESISTANCE) / SLOPE
        assert charge[end] == pytest.approx(reached - q, abs=2e-5)
        q = reached
        ends.append(float(volts[end]))
    assert ends == pytest.approx([0.005, 1.5, 0.01, 1.2], abs=1e-6)


@pytest.mark.slow
def test_no_result_is_good_where_the_instrument_lost_rows(
    placed: Place, tmp_path: Path
) -> None:
    sealed = run(tmp_path, placed(INI.replace("MEMORY", "3000")))

    with h5py.File(sealed) as file:
        events = [code.decode() for code in file["entry/events/code"][:]]
        results = {
            name: (each["quality"][()].decode(), each["reason"][()].decode())
            for name, each in file["entry/results"].items()
        }
    assert "rows-lost" in events
    assert {quality for quality, _ in results.values()} <= {"suspect", "absent"}
    assert "rows were lost" in results["initial_coulombic_efficiency"][1]
