"""How long an output stays on after its runner died, told by the twin's own log.

``python tests/benchmarks/guard_reaction.py [--deaths 20] [--guard-kills 5] [--orders 3]
[--busy 2]``: real `labctl run` processes over TCP to twins in a third process. Deaths
are SIGKILL, SIGSEGV, SIGABRT in turn, at a random moment after the output went on; a
guard is killed first and its runner after it; ``--orders`` kills a Hall run while its
magnet carries current and says what went first; ``--busy`` processes keep the processor
busy meanwhile.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock

TWINS = Path(__file__).parents[1] / "service" / "guard" / "twins_with_truth.py"
DEATHS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
CLOCK = SystemClock()
NEVER = 120.0
PROBE = """
station: {{name: probe, data: runs}}
instruments:
  smu: {{driver: keithley-2400, address: "TCPIP::127.0.0.1::{k2400}::SOCKET",
         options: {{visa_library: "@py"}}}}
channels: {{source_meter: [smu]}}
"""
HALL = """
station: {{name: hall, data: runs}}
instruments:
  k6221: {{driver: keithley-6221, address: "TCPIP::127.0.0.1::{source}::SOCKET",
           options: {{visa_library: "@py"}}}}
  k2182a: {{driver: keithley-2182a, address: "TCPIP::127.0.0.1::{voltmeter}::SOCKET",
            options: {{visa_library: "@py"}}}}
  k7001: {{driver: keithley-7001, address: "TCPIP::127.0.0.1::{switch}::SOCKET",
           options: {{visa_library: "@py"}}}}
  ls475: {{driver: lakeshore-475, address: "TCPIP::127.0.0.1::{gaussmeter}::SOCKET",
           options: {{visa_library: "@py"}}}}
  ls643: {{driver: lakeshore-643, address: "TCPIP::127.0.0.1::{supply}::SOCKET",
           options: {{visa_library: "@py"}}}}
channels: {{current_source: [k6221], voltmeter: [k2182a], switch: [k7001],
         gaussmeter: [ls475], magnet: [ls643]}}
"""
PARTICLE = "name: P1\nkind: particle\n"
FILM = "name: F1\nkind: film\nthickness: 200 nm\n"


class Bench:
    """Twins in a process of their own."""

    def __init__(self, name: str, config: str, sample: str, folder: Path) -> None:
        self.folder = folder
        self.log = folder / f"{name}.log"
        self.process = subprocess.Popen(
            [sys.executable, str(TWINS), name, str(self.log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        ports = json.loads(self.process.stdout.readline())
        self.config = folder / f"{name}.yaml"
        self.config.write_text(config.format(**ports))
        self.sample = folder / f"{name}-sample.yaml"
        self.sample.write_text(sample)

    def run(self, protocol: str, *words: str) -> "subprocess.Popen[bytes]":
        out = self.folder / f"out-{random.random()}"  # noqa: S311
        with (self.folder / "runs.log").open("ab") as said:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "labctl", "run", protocol),
                    *("-s", str(self.sample), "--config", str(self.config)),
                    *("--out", str(out), "--json", *words),
                ],
                stdout=said,
                stderr=said,
            )

    def truth(self, since: float = 0.0) -> Iterator[dict[str, Any]]:
        for line in self.log.read_text().splitlines():
            said = json.loads(line)
            if said["t"] >= since:
                yield said

    def wait(self, what: Callable[[dict[str, Any]], bool], since: float) -> float:
        """Return when ``what`` happened, UTC seconds; infinity if it did not."""
        end = CLOCK.unix() + NEVER
        while CLOCK.unix() < end:
            for said in self.truth(since):
                if what(said):
                    return float(said["t"])
            CLOCK.sleep(0.02)
        return float("inf")

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def guard_of(runner: int) -> int:
    """Return the guard among a process's children."""
    for task in Path(f"/proc/{runner}/task").iterdir():
        for child in (task / "children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"labctl.service.guard" in words:
                return int(child)
    raise SystemExit("this runner has no guard")


def death(bench: Bench, signal_number: int, *, guard_first: bool = False) -> float:
    """Return how long the output stayed on after its runner died, s."""
    begun = CLOCK.unix()
    runner = bench.run("particle-iv")
    bench.wait(lambda said: said.get("on") is True, begun)
    CLOCK.sleep(random.uniform(0.05, 0.6))  # noqa: S311
    if guard_first:
        os.kill(guard_of(runner.pid), signal.SIGKILL)
        CLOCK.sleep(4.0)
    at = CLOCK.unix()
    runner.send_signal(signal_number)
    runner.wait(10)
    last = [said for said in bench.truth(begun) if "on" in said and said["t"] <= at]
    if not last or not last[-1]["on"]:
        return float("nan")  # between two points: nothing was on
    return bench.wait(lambda said: said.get("on") is False, at) - at


def order(bench: Bench) -> dict[str, float]:
    """Return when source, magnet and relays were told, s after the runner's death.

    Again, where the source was off between two points just then.
    """
    begun = CLOCK.unix()
    runner = bench.run("hall-effect")

    def ramps(said: dict[str, Any]) -> bool:
        message = said.get("m", "")
        return message.startswith("SETI ") and abs(float(message.split()[1])) > 1

    hot = bench.wait(ramps, begun)
    bench.wait(lambda said: said["i"] == "source" and said.get("on") is True, hot)
    at = CLOCK.unix()
    runner.kill()
    runner.wait(10)
    last = [s for s in bench.truth(begun) if s["i"] == "source" and "on" in s]
    last = [s for s in last if s["t"] <= at]
    if not last or not last[-1]["on"]:
        CLOCK.sleep(5.0)
        return order(bench)
    off = bench.wait(lambda said: said["i"] == "source" and said.get("on") is False, at)
    magnet = bench.wait(lambda said: said.get("m", "").startswith("SETI 0"), at)
    relays = bench.wait(lambda said: said.get("m", "") == ":ROUT:OPEN ALL", at)
    return {"source off": off - at, "SETI 0": magnet - at, "relays": relays - at}


def told(what: str, seconds: list[float]) -> None:
    known = [each for each in seconds if each == each]  # noqa: PLR0124  (NaN)
    if known:
        print(
            f"{what:34s} n {len(known):3d}  median {statistics.median(known):6.3f} s  "
            f"worst {max(known):6.3f} s  within 1 s: {sum(k <= 1 for k in known)}"
        )


def main() -> None:
    words = argparse.ArgumentParser()
    for name, usual in (("deaths", 20), ("guard-kills", 5), ("orders", 3), ("busy", 0)):
        words.add_argument(f"--{name}", type=int, default=usual)
    asked = words.parse_args()
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(asked.busy)
    ]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bench = Bench("probe", PROBE, PARTICLE, folder)
        try:
            deaths = [death(bench, DEATHS[k % 3]) for k in range(asked.deaths)]
            told("runner's death -> output off", deaths)
            kills = range(asked.guard_kills)
            after = [death(bench, signal.SIGKILL, guard_first=True) for _ in kills]
            told("guard's death, then the runner's", after)
        finally:
            bench.close()
        if asked.orders:
            hall = Bench("hall", HALL, FILM, folder)
            try:
                for _ in range(asked.orders):
                    print({k: round(v, 3) for k, v in order(hall).items()}, flush=True)
            finally:
                hall.close()
    for process in busy:
        process.kill()


if __name__ == "__main__":
    main()
