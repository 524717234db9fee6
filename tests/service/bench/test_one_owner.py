"""Two programs want one instrument on a real line: one gets it, one is told by whom."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import serve
from labctl.api.client import StationClient
from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.clock import SystemClock
from labctl.errors import LabctlError

RACE = Path(__file__).parents[2] / "benchmarks" / "two_owners.py"
CONFIG = """
station: {{name: {name}, data: {name}}}
instruments:
  smu:
    driver: keithley-2400
    address: "{address}"
    options: {{visa_library: "@py"}}
channels: {{source_meter: [smu]}}
"""


class Line:
    """A twin of a source meter behind TCP, and configurations that name it."""

    def __init__(self, twin: Any, port: int, folder: Path) -> None:
        self.twin, self.folder = twin, folder
        self.addresses = [
            f"TCPIP::{host}::{port}::SOCKET" for host in ("127.0.0.1", "localhost")
        ]
        self.heard: list[str] = []
        execute = twin.execute

        def listening(message: str) -> Any:
            self.heard.append(message.strip())
            return execute(message)

        twin.execute = listening

    def config(self, k: int) -> Path:
        path = self.folder / f"bench-{k}.yaml"
        text = CONFIG.format(name=f"bench-{k}", address=self.addresses[k])
        path.write_text(text)
        samples = self.folder / f"bench-{k}" / "samples"
        samples.mkdir(parents=True, exist_ok=True)
        (samples / "p1.yaml").write_text("name: P1\nkind: particle\n")
        return path

    def labctl(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "labctl", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**os.environ, "LABCTL_LOCKS": str(self.folder / "locks")},
        )

    def run(self, k: int) -> "subprocess.Popen[str]":
        words = ("run", "particle-iv", "--config", str(self.config(k)))
        sample = str(self.folder / f"bench-{k}" / "samples" / "p1.yaml")
        return self.labctl(*words, "--sample", sample, "--set", "sweeps=200")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    bench = build_bench("probe", SystemClock())
    with serve(bench, "127.0.0.1", 0) as served:
        yield Line(bench.instruments["k2400"], served.ports["k2400"], tmp_path)


def wait_for(is_so: Callable[[], Any], patience: float = 40.0) -> Any:
    clock = SystemClock()
    while True:
        found = is_so()
        if found:
            return found
        assert clock.now() < patience, "it did not happen"
        clock.sleep(0.02)


def test_of_two_processes_that_open_one_instrument_one_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(RACE), "--races", "10"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 races, 2 winners killed, 0 wrong" in done.stdout


def test_a_second_run_on_a_channel_is_refused_and_the_first_goes_on(line: Line) -> None:
    first = line.run(0)
    wait_for(lambda: line.twin.output is True)
    second = line.run(1)
    said, _ = second.communicate(timeout=60)
    shown = line.labctl("station", "show", "--config", str(line.config(1)))
    listed, _ = shown.communicate(timeout=60)

    assert second.returncode == 4
    assert "smu (TCPIP::localhost::" in said
    assert "in use by `labctl run particle-iv" in said
    assert f"pid {first.pid} of " in said
    assert shown.returncode == 4
    assert "IN USE" in listed
    assert f"pid {first.pid} of " in listed
    assert first.poll() is None
    assert line.heard.count("*IDN?") == 1
    first.send_signal(signal.SIGTERM)
    text, _ = first.communicate(timeout=60)
    assert first.returncode == 6, text
    assert line.twin.output is False


def test_two_stations_of_two_configurations_do_not_share_an_instrument(
    line: Line,
) -> None:
    stations = [
        line.labctl("serve", "--no-live-view", "--config", str(line.config(k)))
        for k in (0, 1)
    ]
    clients: list[StationClient] = [
        wait_for(partial(find, line.folder / f"bench-{k}", client="test"))
        for k in (0, 1)
    ]
    order = OrderIn(protocol="particle-iv", sample="p1", parameters={"sweeps": 200})
    try:
        run = clients[0].start(order).run
        wait_for(lambda: line.twin.output is True)

        with pytest.raises(LabctlError, match="in use by `labctl serve"):
            clients[1].start(order)
        asked = line.heard.count("*IDN?")
        states = {r.run: r.state for r in clients[0].state().runs}
    finally:
        for client in clients:
            client.close()
        for station in stations:
            station.terminate()
            station.communicate(timeout=60)

    assert asked == 1
    assert states == {run: "running"}
