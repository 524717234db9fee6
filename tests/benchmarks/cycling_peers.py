"""How long ten million rows take to become cycles: here, in PyProBE and in cellpy.

Run by hand: ``python tests/benchmarks/cycling_peers.py [rows]``. Every program gets the
same columns (numpy files), with what it asks for beside them (steps, running charges)
made before its clock starts; timed is from files to a table of capacities by cycle.
PyProBE (BSD) and cellpy (MIT) live in ``.venv/cycling-peers``, made at the first run.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from timeit import default_timer

import numpy as np

from labctl.analysis.cells.cycling import Pairing, pair_cycles
from labctl.analysis.cells.half_cycles import split_half_cycles

HOME = Path(__file__).parents[2] / ".venv" / "cycling-peers"
PINS = ("PyProBE-Data==2.6.1", "cellpy==1.0.3")
CYCLES = 500
PATIENCE = 1800.0
"""s."""
LOAD = """
import sys, time, warnings
from pathlib import Path
import numpy as np
warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
def column(name):
    return np.load(folder / f"{name}.npy")
def said(name, start, charges):
    seconds = time.perf_counter() - start
    print(f"{name:8s} {seconds:7.2f} s   {len(charges)} cycles, "
          f"the last gave {1e3 * float(charges[-2]):.4f} mAh")
"""
PYPROBE = """
import polars as pl
from pyprobe.analysis import cycling
from pyprobe.filters import Experiment
start = time.perf_counter()
frame = pl.DataFrame({
    "Time [s]": column("time"), "Step": column("step"), "Event": column("half_cycle"),
    "Current [A]": column("current"), "Voltage [V]": column("voltage"),
    "Capacity [Ah]": column("capacity"),
}).lazy()
found = cycling.summary(Experiment(lf=frame, info={}))
said("PyProBE", start, found.lf.collect()["Charge Capacity [Ah]"].to_numpy())
"""
CELLPY = """
import logging
import pandas as pd
from cellpy.readers.cellreader import CellpyCell
logging.disable(logging.CRITICAL)
start = time.perf_counter()
cell = CellpyCell(initialize=True)
names = cell.headers_normal
time_s = column("time")
cell.data.raw = pd.DataFrame({
    names.data_point_txt: np.arange(1, len(time_s) + 1),
    names.datetime_txt: pd.to_datetime(time_s, unit="s"),
    names.test_time_txt: time_s, names.step_time_txt: column("step_time"),
    names.cycle_index_txt: column("cycle"), names.step_index_txt: column("step"),
    names.current_txt: column("current"), names.voltage_txt: column("voltage"),
    names.charge_capacity_txt: column("charge"),
    names.discharge_capacity_txt: column("discharge"),
})
cell.data.raw_units["charge"] = "Ah"
cell.data.mass = 1.0
cell.make_step_table()
cell.make_summary()
summary = cell.data.summary
said("cellpy", start, summary[cell.headers_summary.charge_capacity].to_numpy())
"""


def write_columns(folder: Path, rows: int) -> None:
    """Write half-cell cycles with noise, one file a column."""
    time = np.arange(rows, dtype=np.float64)
    half = (time * (2 * CYCLES) // rows).astype(np.int64)
    current = np.where(half % 2 == 0, -1.34e-3, 1.34e-3)
    current += 1e-7 * np.random.default_rng(1).standard_normal(rows)
    phase = time * (2 * CYCLES) / rows - half
    voltage = np.where(half % 2 == 0, 0.6 - 0.5 * phase, 0.2 + 0.6 * phase)
    columns = {"time": time, "voltage": voltage, "current": current, "half_cycle": half}
    for name, column in columns.items():
        np.save(folder / f"{name}.npy", column)


def write_more(folder: Path) -> None:
    """Write what the others want to be given: steps, cycles, running charges in Ah."""
    half = np.load(folder / "half_cycle.npy")
    current = np.load(folder / "current.npy")
    rows, up = len(half), half % 2 == 1
    passed = np.cumsum(current) / 3600
    first = np.searchsorted(half, half)  # the first row of each row's half cycle
    own = np.abs(passed - passed[first])
    columns = {
        "step": (half % 2 + 1).astype(np.int64),
        "cycle": half // 2 + 1,
        "step_time": (np.arange(rows) - first).astype(float),
        "capacity": passed,
        "charge": np.where(up, own, 0.0),
        "discharge": np.where(up, 0.0, own),
    }
    for name, column in columns.items():
        np.save(folder / f"{name}.npy", column)


def ours(folder: Path) -> None:
    """Time labctl, which integrates current itself."""
    start = default_timer()
    columns = (np.load(folder / f"{n}.npy") for n in ("time", "voltage", "current"))
    cycles = pair_cycles(split_half_cycles(*columns), Pairing.DISCHARGE_FIRST)
    seconds = default_timer() - start
    print(
        f"{'labctl':8s} {seconds:7.2f} s   {len(cycles)} cycles, the last gave "
        f"{cycles.second[-2] / 3.6:.4f} mAh"
    )


def peers_python() -> Path:
    """Return the interpreter of the peers' environment, made where it is not there."""
    python = HOME / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        pip = ("-m", "pip", "install", "-q", "--disable-pip-version-check")
        subprocess.run([str(python), *pip, *PINS], check=True)
    return python


def main() -> None:
    """Write the rows, let each program work, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    python = peers_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_columns(folder, rows)
        write_more(folder)
        print(f"{rows} rows, {CYCLES} cycles", flush=True)
        ours(folder)
        sys.stdout.flush()
        for script in (PYPROBE, CELLPY):
            subprocess.run(
                [str(python), "-c", LOAD + script, name], check=False, timeout=PATIENCE
            )


if __name__ == "__main__":
    main()
