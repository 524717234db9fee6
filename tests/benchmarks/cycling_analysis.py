"""How long, and in how much memory, ten million rows become cycles.

Run by hand: ``python tests/benchmarks/cycling_analysis.py [rows]``. Prints the time and
the peak memory of the analysis beside the size of the columns it reads; pandas, if it
is installed, does the customary groupby on the same columns for comparison.
"""

import importlib
import importlib.util
import sys
import tempfile
import tracemalloc
from pathlib import Path
from timeit import default_timer

import numpy as np

from labctl.analysis.cells.cycling import Pairing, pair_cycles
from labctl.analysis.cells.half_cycles import split_half_cycles
from labctl.analysis.cells.retention import retention

CYCLES = 500
COLUMNS = ("time", "voltage", "current", "half_cycle")


def write_columns(folder: Path, rows: int) -> None:
    """Write ``CYCLES`` half-cell cycles with noise, one file per column."""
    time = np.arange(rows, dtype=np.float64)
    half = (time * (2 * CYCLES) // rows).astype(np.int64)
    generator = np.random.default_rng(1)
    current = np.where(half % 2 == 0, -1.34e-3, 1.34e-3)
    current += 1e-7 * generator.standard_normal(rows)
    phase = time * (2 * CYCLES) / rows - half
    voltage = np.where(half % 2 == 0, 0.6 - 0.5 * phase, 0.2 + 0.6 * phase)
    for name, column in zip(COLUMNS, (time, voltage, current, half), strict=True):
        np.save(folder / f"{name}.npy", column)


def analyse(folder: Path) -> float:
    """Return the last retention, from files to number."""
    t, v, i = (
        np.load(folder / f"{n}.npy", mmap_mode="r")
        for n in ("time", "voltage", "current")
    )
    cycles = pair_cycles(split_half_cycles(t, v, i), Pairing.DISCHARGE_FIRST)
    return retention(cycles).last.value


def analyse_with_pandas(folder: Path) -> float:
    """Return the same number the customary way."""
    pd = importlib.import_module("pandas")

    frame = pd.DataFrame({n: np.load(folder / f"{n}.npy") for n in COLUMNS})
    step = frame["time"].diff().fillna(0)
    mean = (frame["current"] + frame["current"].shift(fill_value=0)) / 2
    frame["charge"] = mean * step
    frame["energy"] = frame["charge"] * frame["voltage"]
    table = frame.groupby("half_cycle").agg(
        charge=("charge", "sum"), energy=("energy", "sum"), end=("voltage", "last")
    )
    return float(table["charge"].iloc[-1] / table["charge"].iloc[1])


def measure(name: str, folder: Path, size: int) -> None:
    """Time a peer, then run it again under the memory tracer."""
    run = analyse if name == "labctl" else analyse_with_pandas
    start = default_timer()
    value = run(folder)
    seconds = default_timer() - start
    tracemalloc.start()
    run(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{name:8s} {seconds:6.2f} s   allocates {peak / 1e6:7.1f} MB = "
        f"{peak / size:.2f} x the file   (result {value:.4f})"
    )


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_columns(folder, rows)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{rows} rows, {CYCLES} cycles, {size / 1e6:.0f} MB of columns")
        measure("labctl", folder, size)
        if importlib.util.find_spec("pandas"):
            measure("pandas", folder, size)


if __name__ == "__main__":
    main()
