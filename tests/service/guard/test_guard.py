"""Kill, freeze or strand a runner: its outputs, on real TCP lines, go off all the same.

Runner, guard and twins are three processes; what an output really does is read in the
log that the twins write.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.clock import SystemClock

HERE = Path(__file__).parent
PATIENCE = 30.0
REACTION = 2.0
"""s from the runner's death to the output's end, on a machine under load; see
``tests/benchmarks/guard_reaction.py`` for the usual 0.05 s."""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
CLOCK = SystemClock()


class Twins:
    """A bench's twins in a process of their own."""

    def __init__(self, bench: str, log: Path) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "twins_with_truth.py"), bench, str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ports: dict[str, int] = json.loads(self.process.stdout.readline())

    def truth(self, since: float) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [said for line in lines if (said := json.loads(line))["t"] >= since]

    def when(self, since: float, **wanted: object) -> float:
        """Return how long after ``since`` something was first so."""
        end = CLOCK.now() + PATIENCE
        while CLOCK.now() < end:
            for said in self.truth(since):
                if all(said.get(key) == value for key, value in wanted.items()):
                    return float(said["t"]) - since
            CLOCK.sleep(0.02)
        raise AssertionError(f"never {wanted}: {self.truth(since)}")

    def is_on(self, name: str) -> bool:
        on = [s["on"] for s in self.truth(0.0) if s["i"] == name and "on" in s]
        return bool(on and on[-1])

    def close(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module", params=["probe"])
def twins(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Twins]:
    made = Twins(request.param, tmp_path_factory.mktemp("twins") / "truth.log")
    yield made
    made.close()


class Runner:
    """One story of ``guarded_runner.py`` whose outputs are on."""

    def __init__(self, how: str, twins: Twins, folder: Path) -> None:
        self.folder = folder
        self.begun = CLOCK.unix()
        self.process = subprocess.Popen(
            [
                *(sys.executable, str(HERE / "guarded_runner.py"), how),
                *(json.dumps(twins.ports), str(folder)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        word, _, pid = self.hear().partition(" ")
        assert word == "on"
        self.guard = int(pid)

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def report(self) -> dict[str, Any]:
        end = CLOCK.now() + PATIENCE
        while CLOCK.now() < end:
            if (path := self.folder / "safed.json").exists():
                answer: dict[str, Any] = json.loads(path.read_text())
                if not any("yet" in end["why"] for end in answer["outputs"].values()):
                    return answer
            CLOCK.sleep(0.02)
        raise AssertionError((self.folder / "guard.log").read_text())

    def kill(self) -> float:
        at = CLOCK.unix()
        self.process.kill()
        return at


@pytest.fixture
def runner(twins: Twins, tmp_path: Path) -> Iterator[Callable[[str], Runner]]:
    begun: list[Runner] = []

    def begin(how: str) -> Runner:
        begun.append(Runner(how, twins, tmp_path))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.communicate(timeout=10)


def test_the_output_goes_off_at_once_when_its_runner_is_killed(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("beats")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(begun.guard, number)  # what a closed terminal sends to everybody

    at = begun.kill()

    assert twins.when(at, i="k2400", on=False) < REACTION
    report = begun.report()
    assert report["safe"] is True
    assert report["runs"] == ["run-1"]
    assert report["outputs"] == {"k2400": {"state": "safe", "why": ""}}


def test_a_runner_that_stands_still_is_ended_and_its_output_goes_off(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun, at = runner("beats"), CLOCK.unix()

    begun.process.send_signal(signal.SIGSTOP)

    assert twins.when(at, i="k2400", on=False) < 1.0 + REACTION
    assert begun.process.wait(10) == -signal.SIGKILL
    assert "froze" in begun.report()["why"]


def test_a_runner_that_waits_as_it_said_and_ends_well_is_left_alone(
    runner: Callable[[str], Runner],
) -> None:
    begun = runner("waits")

    assert begun.process.wait(PATIENCE) == 0
    assert not (begun.folder / "safed.json").exists()


def test_one_silent_run_of_two_is_made_safe_and_costs_the_other_nothing(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("two")

    assert begun.hear() == "frozen run-1"
    assert begun.hear() == "safed run-1 0"
    assert not twins.is_on("k2400")
    assert twins.is_on("k2450")
    assert begun.process.poll() is None


def test_a_run_that_ended_unsafe_is_made_safe_and_nobody_is_killed(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("ends-unsafe")

    assert begun.hear() == "safed run-1 0"
    assert not twins.is_on("k2400")
    assert twins.is_on("k2450")
    assert begun.process.poll() is None


def test_a_guard_that_dies_is_replaced_and_the_next_one_knows_everything(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("beats")

    os.kill(begun.guard, signal.SIGKILL)

    assert begun.hear() == "replaced"
    assert twins.is_on("k2400")
    at = begun.kill()
    assert twins.when(at, i="k2400", on=False) < REACTION


def test_what_a_person_left_on_goes_off_when_the_process_of_its_run_is_killed(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("by-hand")

    at = begun.kill()

    assert twins.when(at, i="k2400", on=False) < REACTION
    assert begun.report()["runs"] == ["run-1"]


@pytest.mark.parametrize("twins", ["hall"], indirect=True)
def test_the_sample_current_is_off_before_relays_open_and_the_magnet_moves(
    twins: Twins, runner: Callable[[str], Runner]
) -> None:
    begun = runner("hall")

    at = begun.kill()

    off = twins.when(at, i="source", on=False)
    assert off < REACTION
    assert off < twins.when(at, i="switch", m=":ROUT:OPEN ALL")
    assert off < twins.when(at, i="supply", m="SETI 0")
    report = begun.report()
    assert set(report["outputs"]) == {"source", "switch", "supply"}  # no voltmeter


def test_the_guard_needs_nothing_but_the_standard_library_until_it_is_armed() -> None:
    listing = (
        "import sys; before = set(sys.modules); "
        "import labctl.service.guard.process; "
        "print('\\n'.join(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - set(sys.stdlib_module_names) <= {"labctl"}
