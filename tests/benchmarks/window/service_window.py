"""How long a window of rows takes while 16 channels stream and six clients ask.

``python tests/benchmarks/window/service_window.py [SECONDS]`` prints the spread of
answers as each client sees them, what they cost the station, and how late the runs'
polls came.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped,unused-ignore]

from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.clock import SystemClock, stopwatch

CLIENTS = 6
CHANNELS = 16
ASK_EVERY = 0.1
PARAMETERS = {
    "cycles": 1,
    "formation_rate": "C/2",
    "record_every": "2 s",
    "record_voltage": "1 V",
}
"""A row every 40 ms of the wall, at 50 times real time."""
WARM_UP = 3
"""First answers of each client that are left out: they open the connection."""
CONFIG = """
station: {name: benchmark, data: runs}
instruments:
  a: {driver: biologic, address: 192.168.0.10, simulated: {model: VMP3, channels: 8}}
  b: {driver: biologic, address: 192.168.0.11, simulated: {model: VMP3, channels: 8}}
channels:
  cell: [a/1, a/2, a/3, a/4, a/5, a/6, a/7, a/8, b/1, b/2, b/3, b/4, b/5, b/6, b/7, b/8]
"""


def ask(data: Path, seconds: float) -> None:
    """Be one window: pull a plot of every run in turn, ten times a second."""
    station = find(data, role="view", client=f"window {SystemClock().unix()}")
    assert station is not None
    clock, took = SystemClock(), []
    runs = [run.run for run in station.state().runs]
    k = 0
    while clock.now() < seconds:
        begun = stopwatch()
        columns = ["voltage_volt", "current_ampere"]
        station.window(runs[k % len(runs)], "timeseries", columns, px=1000)
        took.append(stopwatch() - begun)
        k += 1
        clock.sleep(max(0.0, ASK_EVERY - took[-1]))
    print(json.dumps(took[WARM_UP:]))


def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "config.yaml").write_text(CONFIG)
        words = ["serve", "--simulate", "--speed", "50", "--no-live-view"]
        server = subprocess.Popen(
            [sys.executable, "-m", "labctl", *words], cwd=place, stderr=subprocess.PIPE
        )
        try:
            _measure(place / "runs", seconds, server.pid)
        finally:
            server.terminate()
            server.communicate(timeout=300)


def _measure(data: Path, seconds: float, pid: int) -> None:
    clock = SystemClock()
    while (station := find(data)) is None:
        assert clock.now() < 30
        clock.sleep(0.1)
    for k in range(CHANNELS):
        sample = ("si", "qms-0.7")[k % 2]
        order = OrderIn(
            protocol="formation-cycling", sample=sample, parameters=PARAMETERS
        )
        station.start(order)
    while not all(r.rows > 20 and r.expected_duration for r in station.state().runs):
        clock.sleep(0.2)
    process = psutil.Process(pid)
    before = process.cpu_times()
    rows = sum(r.rows for r in station.state().runs)
    me = [sys.executable, __file__, "--ask", str(data), str(seconds)]
    asking = [subprocess.Popen(me, stdout=subprocess.PIPE) for _ in range(CLIENTS)]
    took = np.concatenate([json.loads(p.communicate()[0]) for p in asking])
    after = process.cpu_times()
    state = station.state()
    more = sum(r.rows for r in state.runs) - rows
    quantiles = np.quantile(took, [0.5, 0.9, 0.99, 1.0]) * 1e3
    cpu = after.user + after.system - before.user - before.system
    print(f"{len(took)} windows of {CLIENTS} clients, {CHANNELS} channels streaming")
    names = ("median", "90 %", "99 %", "worst")
    print("  ".join(f"{n} {q:.1f} ms" for n, q in zip(names, quantiles, strict=True)))
    print(f"{more} rows came meanwhile; the station took {cpu:.1f} s CPU")
    station.stop_all("the benchmark is over")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        measure(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
