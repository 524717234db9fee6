"""Real station processes on loopback, on the simulated bench."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from labctl.api.client import StationClient
from labctl.api.discovery import find
from labctl.api.models import RunSummary, State
from labctl.api.requests import OrderIn
from labctl.clock import SystemClock

T = TypeVar("T")
PATIENCE = 40.0


class StationUnderTest:
    """A station's process, its folder and a client of it."""

    def __init__(self, data: Path, speed: float = 200.0) -> None:
        self.data = data
        self.speed = speed
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "labctl", "serve", "--simulate"),
                    *("--speed", str(self.speed), "--data", str(self.data)),
                    "--no-live-view",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data.parent,
            )
        self.client = self.wait_for_client()

    def wait_for_client(self) -> StationClient:
        return wait_for(self._find)

    def _find(self) -> StationClient | None:
        assert self.process is not None
        assert self.process.poll() is None, (self.data.parent / "serve.log").read_text()
        return find(self.data, client="test")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.client.close()

    def end(self) -> None:
        self.client.close()
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def run(self, name: str) -> RunSummary:
        return next(r for r in self.client.state().runs if r.run == name)

    def wait_until(
        self, name: str, is_so: Callable[[RunSummary], bool], patience: float = PATIENCE
    ) -> RunSummary:
        def look() -> RunSummary | None:
            found = self.run(name)
            return found if is_so(found) else None

        return wait_for(look, patience)

    def wait_for_state(self, is_so: Callable[[State], bool]) -> State:
        def look() -> State | None:
            state = self.client.state()
            return state if is_so(state) else None

        return wait_for(look)


def wait_for(look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """Return what ``look`` finds; fail after a while."""
    clock = SystemClock()
    while True:
        found = look()
        if found is not None:
            return found
        assert clock.now() < patience, "it did not happen"
        clock.sleep(0.05)


def an_order(channel: str = "", sample: str = "si", **parameters: object) -> OrderIn:
    return OrderIn(
        protocol="formation-cycling",
        sample=sample,
        parameters={"cycles": 2, **parameters},
        channels={"cell": channel} if channel else {},
    )


@pytest.fixture
def eventually() -> Callable[..., object]:
    return wait_for


@pytest.fixture
def order() -> Callable[..., OrderIn]:
    return an_order


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationUnderTest]:
    """One station for a whole file."""
    made = StationUnderTest(tmp_path_factory.mktemp("bench") / "runs")
    yield made
    made.end()


@pytest.fixture
def fresh_station(tmp_path: Path) -> Iterator[StationUnderTest]:
    """A station that a test may kill."""
    made = StationUnderTest(tmp_path / "runs")
    yield made
    made.end()
