"""How long a notebook waits: for a column of a long run, for the cycles of many runs.

Run by hand: ``python tests/benchmarks/notebook.py [rows] [runs]``. Writes a run of
``rows`` rows (10⁷) and ``runs`` short runs (300) with the real journal and sealer into
a temporary folder, then prints wall times, the best of three where the disk is warm.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from timeit import default_timer

import numpy as np

import labctl
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Batch, Result
from labctl.notebook.cache import FOLDER
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

BLOCK = 200_000
STARTED = 1.76e9
TRIES = 3
COLUMN = "voltage_volt"


def write_run(folder: Path, rows: int, cycles: int, seed: int) -> None:
    """Write a sealed run of a half cell, with noise in every measured value."""
    place = RunFolder(folder)
    sample = {"name": f"A{seed}", "kind": "half_cell", "active_mass": 1.2e-6}
    header = RunHeader(
        *(folder.name, "Cycles", "cycling", (TIMESERIES, CYCLES)),
        sample={**sample, "first_step": "lithiation"},
        started_unix=STARTED + seed,
        simulated=True,
    )
    journal = Journal.create(place.journal, header)
    journal.set_status("running")
    random = np.random.default_rng(seed)
    for first in range(0, rows, BLOCK):
        journal.append(_rows(first, min(first + BLOCK, rows), rows, cycles, random))
        journal.commit()
    results = {"initial_coulombic_efficiency": Result(92.5, "%", 0.1)}
    journal.finish("completed", results, STARTED + rows)
    journal.close()
    seal(place)


def _rows(
    first: int, last: int, rows: int, cycles: int, random: np.random.Generator
) -> Batch:
    time = np.arange(first, last, dtype=np.float64)
    half = (time * (2 * cycles) // rows).astype(np.int64)
    phase = time * (2 * cycles) / rows - half
    down = half % 2 == 0
    current = np.where(down, -1.34e-3, 1.34e-3)
    current += 1e-7 * random.standard_normal(len(time))
    voltage = np.where(down, 0.6 - 0.5 * phase, 0.2 + 0.6 * phase)
    voltage += 1e-5 * random.standard_normal(len(time))
    in_step = phase * rows / (2 * cycles)
    columns = {
        "test_time_second": time + 1e-4 * random.random(len(time)),
        "unix_time_second": STARTED + time,
        "step_count": half + 1,
        "cycle_count": half // 2 + 1,
        "half_cycle": half,
        "step_time_second": in_step,
        "instrument_time_second": in_step,
        "technique_index": half % 2,
        COLUMN: voltage,
        "current_ampere": current,
        "step_net_capacity_ah": current * in_step / 3600,
        "net_capacity_ah": current * in_step / 3600,
    }
    return Batch("timeseries", columns)


def best(what: str, act: Callable[[], object], tries: int = TRIES) -> None:
    """Print the shortest of some wall times."""
    seconds = []
    for _ in range(tries):
        start = default_timer()
        act()
        seconds.append(default_timer() - start)
    print(f"{what:62s} {1e3 * min(seconds):8.1f} ms")


def one_long_run(folder: Path, rows: int) -> None:
    """Print what a notebook waits for in a long run."""

    def part() -> object:
        with labctl.open_run(folder) as run:
            return run.table().part(0, 100_000)[COLUMN]

    def whole() -> object:
        with labctl.open_run(folder) as run:
            return run.table()[COLUMN]

    def cycles() -> object:
        with labctl.open_run(folder) as run:
            return run.cycles["charge_capacity_mah"]

    size = (folder / f"{folder.name}.h5").stat().st_size
    print(f"one run of {rows} rows, {size / 1e6:.0f} MB sealed")
    best("open", lambda: labctl.open_run(folder).close())
    best("open, the first 100 000 rows of a column", part)
    best("open, a whole column of floats", whole)
    best("open, cycles from rows", cycles, tries=1)


def many_runs(data: Path, runs: int) -> None:
    """Print what a question to all runs costs, without and with the cache."""

    def ask() -> list[tuple[object, ...]]:
        view = labctl.runs(data).duckdb()
        sql = "SELECT run, cycle_count, charge_capacity_mah_g FROM cycles"
        return list(view.sql(sql).fetchall())

    def cold() -> object:
        shutil.rmtree(data / FOLDER, ignore_errors=True)
        return ask()

    print(f"{runs} runs, {len(ask())} cycles")
    best("list them", lambda: labctl.runs(data))
    best("capacities by cycle, DuckDB, nothing kept", cold, tries=1)
    best("capacities by cycle, DuckDB, kept beside the runs", ask)


def main() -> None:
    """Write, measure, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    with tempfile.TemporaryDirectory() as name:
        long, data = Path(name) / "long", Path(name) / "runs"
        write_run(long, rows, 500, 0)
        one_long_run(long, rows)
        data.mkdir()
        for number in range(runs):
            write_run(data / f"run-{number:03d}", 5_000, 20, number)
        many_runs(data, runs)


if __name__ == "__main__":
    main()
