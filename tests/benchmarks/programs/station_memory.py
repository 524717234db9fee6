"""Whether a station that cycles eight cells for months needs more and more memory.

``station_memory.py --cycles 500``: eight cells are cycled on a
simulated bench. Prints memory of the station's process as cycles pass, and the slope of
the line through the second half, until the first of them ends: to work out its results
takes its rows into memory for a moment. Wanted: 10 kB a cycle of all eight at most,
descriptors and threads constant.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil
from spent import tell

from labctl.api.client import StationClient
from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.clock import SystemClock

CELLS = 8
LOOK_EVERY = 2.0
"""s."""
GOING = frozenset({"starting", "running", "hold"})


def main() -> None:
    """Cycle, look, and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--cycles", type=int, default=500)
    asked.add_argument("--speed", type=float, default=20_000.0)
    asked.add_argument("--minutes", type=float, default=60.0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "runs"
        words = ["serve", "--simulate", "--no-live-view", "--speed", str(given.speed)]
        server = subprocess.Popen(
            [sys.executable, "-m", "labctl", *words, "--data", str(data)],
            cwd=place,
            stderr=subprocess.DEVNULL,
        )
        try:
            told(watched(data, server.pid, given.cycles, given.minutes * 60.0))
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()


def watched(
    data: Path, pid: int, cycles: int, seconds: float
) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return cycles (mean of all cells), kB, descriptors and threads, a row a look."""
    clock, process = SystemClock(), psutil.Process(pid)
    station = started(data, cycles)
    rows: list[tuple[float, float, float, float]] = []
    while clock.now() < seconds:
        clock.sleep(LOOK_EVERY)
        runs = station.state().runs
        mean = sum(run.cycle for run in runs) / max(len(runs), 1)
        memory = process.memory_info().rss / 1000.0
        rows.append((mean, memory, process.num_fds(), process.num_threads()))
        if len(rows) % 15 == 0:
            print(f"cycle {mean:6.1f}  {memory / 1000:7.1f} MB", flush=True)
        if not all(str(run.state) in GOING for run in runs):
            break
    return np.array(rows[:-1] or rows)


def started(data: Path, cycles: int) -> StationClient:
    """Start the eight runs."""
    clock = SystemClock()
    station = None
    while station is None and clock.now() < 60.0:
        clock.sleep(0.1)
        station = find(data, client="benchmark")
    if station is None:
        raise SystemExit("the station did not start")
    for _ in range(CELLS):
        station.start(
            OrderIn(protocol="cycling", sample="qms-0.7", parameters={"cycles": cycles})
        )
    return station


def told(rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> None:
    """Print what the looks come to."""
    half = rows[rows[:, 0] >= rows[-1, 0] / 2]
    slope = float(np.polyfit(half[:, 0], half[:, 1], 1)[0])
    for name, column in (("descriptors", 2), ("threads", 3)):
        print(f"{name}: {half[:, column].min():.0f} to {half[:, column].max():.0f}")
    tell(mb_a_cycle=slope / 1000.0, cycles=rows[-1, 0], last_mb=rows[-1, 1] / 1000.0)


if __name__ == "__main__":
    main()
