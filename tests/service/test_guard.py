"""Kill or freeze a runner: its output, on a real TCP line, goes off all the same."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.labsim.benches import build_bench
from drivers.labsim.front import serve
from labctl.clock import SystemClock
from labctl.service.guard import Guard

RUNNER = """
import sys
from pathlib import Path

from labctl.clock import SystemClock
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.service.guarded import Guarding
from labctl.station import RealWires, Station

port, folder, how = sys.argv[1:]
options = {"visa_library": "@py"}
setup = Setup("smu", "keithley-2400", f"TCPIP::127.0.0.1::{port}::SOCKET", options)
station = Station([setup], {"source": ["smu"]}, SystemClock(), RealWires())
smu = station.lend("run-1", {"source": "smu"}).roles["source"]
guarding = Guarding(Path(folder), patience=1.0)
guarding.arm("run-1", station.setups, ["smu"])
smu.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 1e-3))
smu.drive(1.0)
print("on", flush=True)
clock = SystemClock()
while how != "silent":
    clock.sleep(0.1)
    guarding.beat("run-1")
    if how == "ends well" and clock.now() > 1.0:
        smu.make_safe()
        guarding.disarm("run-1")
        guarding.close()
        sys.exit(0)
clock.sleep(600)
"""

BY_HAND = """
import sys
from pathlib import Path

from labctl.clock import SystemClock
from labctl.roles.driver import Setup
from labctl.service.by_hand import ByHand
from labctl.service.guarded import Guarding
from labctl.service.requests import ManualIn
from labctl.station import RealWires, Station

port, folder, how = sys.argv[1:]
options = {"visa_library": "@py"}
setup = Setup("smu", "keithley-2400", f"TCPIP::127.0.0.1::{port}::SOCKET", options)
station = Station([setup], {"source": ["smu"]}, SystemClock(), RealWires())
guarding = Guarding(Path(folder), patience=1.0)
hand = ByHand(station, lambda: guarding)
drive = {"action": "drive", "quantity": "voltage", "value": 1.0, "compliance": 1e-3}
hand.act(ManualIn(seat="smu", **drive), "Kim")
print("on", flush=True)
clock = SystemClock()
while True:
    clock.sleep(0.1)
    hand.beat()
    if how == "ends well" and clock.now() > 1.0:
        hand.release("smu")
        guarding.close()
        sys.exit(0)
"""


@pytest.fixture
def smu() -> Iterator[tuple[Any, int]]:
    """A twin of a source meter in this process, reached by TCP only."""
    bench = build_bench("probe", SystemClock())
    with serve(bench, "127.0.0.1", 0) as served:
        yield bench.instruments["k2400"], served.ports["k2400"]


@pytest.fixture
def runner(
    smu: tuple[Any, int], tmp_path: Path
) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    begun: list[subprocess.Popen[str]] = []

    def begin(how: str, program: str = RUNNER) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(smu[1]), str(tmp_path), how],
            stdout=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        assert smu[0].output is True
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def report(folder: Path, patience: float = 30.0) -> dict[str, Any]:
    clock = SystemClock()
    path = folder / "safed.json"
    while not path.exists():
        assert clock.now() < patience, (folder / "guard.log").read_text()
        clock.sleep(0.02)
    answer: dict[str, Any] = json.loads(path.read_text())
    return answer


def test_the_output_goes_off_when_its_runner_is_killed(
    smu: tuple[Any, int],
    runner: Callable[[str], "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    process = runner("beats")

    process.kill()

    answer = report(tmp_path)
    assert smu[0].output is False
    assert answer["safe"] is True
    assert answer["runs"] == ["run-1"]
    assert "made safe" in answer["outputs"]["smu"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_frozen_runner_is_ended_and_its_output_goes_off(
    smu: tuple[Any, int],
    runner: Callable[[str], "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    process = runner("beats")

    process.send_signal(signal.SIGSTOP)

    answer = report(tmp_path)
    assert smu[0].output is False
    assert "froze" in answer["why"]
    assert process.wait(10) == -signal.SIGKILL


def test_a_runner_that_hangs_in_its_work_counts_as_frozen(
    smu: tuple[Any, int],
    runner: Callable[[str], "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    runner("silent")

    assert report(tmp_path)["safe"] is True
    assert smu[0].output is False


def test_a_runner_that_ends_well_is_left_alone(
    smu: tuple[Any, int],
    runner: Callable[[str], "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    process = runner("ends well")

    assert process.wait(30) == 0
    assert smu[0].output is False
    assert not (tmp_path / "safed.json").exists()


def test_a_seat_driven_by_hand_goes_off_when_its_station_is_killed(
    smu: tuple[Any, int],
    runner: Callable[..., "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    process = runner("beats", BY_HAND)

    process.kill()

    answer = report(tmp_path)
    assert smu[0].output is False
    assert answer["runs"] == ["by hand: smu"]


def test_a_seat_that_was_given_back_is_not_guarded_any_more(
    smu: tuple[Any, int],
    runner: Callable[..., "subprocess.Popen[str]"],
    tmp_path: Path,
) -> None:
    process = runner("ends well", BY_HAND)

    assert process.wait(30) == 0
    assert smu[0].output is False
    assert not (tmp_path / "safed.json").exists()


def test_one_output_that_cannot_be_reached_costs_the_others_nothing(
    tmp_path: Path,
) -> None:
    guard = Guard(tmp_path)
    bad = {"name": "dead", "call": "no.such.module:act", "given": {}}
    good = {"name": "alive", "call": "builtins:str", "given": {"object": "safe"}}
    guard.hear({"arm": "run-1", "pid": 0, "outputs": [bad, good]})

    assert guard.make_safe("test") is False

    answer = report(tmp_path)
    assert answer["outputs"]["alive"] == "safe"
    assert answer["outputs"]["dead"].startswith("STATE UNKNOWN")


def test_the_guard_needs_nothing_but_the_standard_library() -> None:
    listing = (
        "import sys; before = set(sys.modules); import labctl.service.guard; "
        "print('\\n'.join(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - set(sys.stdlib_module_names) <= {"labctl"}
