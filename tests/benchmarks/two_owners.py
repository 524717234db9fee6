"""Let two processes open one instrument at the same moment, again and again.

``python tests/benchmarks/two_owners.py --races 200``: each race must have one winner;
the loser is told by whom, and the twin must have been asked once who it is. Every
fifth winner is killed instead of letting go. Exit code 1 if a race went otherwise.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import serve
from labctl.clock import SystemClock, stopwatch

WORKER = """
import json, sys
from labctl.clock import SystemClock
from labctl.errors import BusyError
from labctl.plugins import driver
from labctl.roles.driver import Setup
from labctl.station import RealWires, Station

address = sys.argv[1]
driver("keithley-2400")  # what is imported now costs no time at the start
setup = Setup("smu", "keithley-2400", address, {"visa_library": "@py"})
print("ready", flush=True)
for line in sys.stdin:
    station = Station([setup], {"source": ["smu"]}, SystemClock(), RealWires())
    try:
        smu = station.lend("run", {"source": "smu"}).roles["source"]
        print(json.dumps("mine"), flush=True)
        sys.stdin.readline()
        smu.make_safe()
    except BusyError as busy:
        print(json.dumps(["busy", str(busy)]), flush=True)
        sys.stdin.readline()
    except Exception as error:
        print(json.dumps(["error", repr(error)]), flush=True)
        sys.stdin.readline()
    station.close()
    print(json.dumps("closed"), flush=True)
"""


class Worker:
    """One process that wants the instrument."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.begin()

    def begin(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, word: str) -> None:
        """Say one word."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        """Return one answer."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        """End it the hard way."""
        self.process.kill()
        self.process.communicate()


def main() -> int:
    """Run the races and print what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--races", type=int, default=200)
    races = parser.parse_args().races
    os.environ["LABCTL_LOCKS"] = tempfile.mkdtemp(prefix="labctl-locks-")
    bench = build_bench("probe", SystemClock())
    twin = bench.instruments["k2400"]
    asked, execute = Counter[str](), twin.execute

    def counted(message: str) -> Any:
        asked[message.strip()] += 1
        return execute(message)

    twin.execute = counted  # type: ignore[method-assign]
    wrong, killed, begun = [], 0, stopwatch()
    with serve(bench, "127.0.0.1", 0) as served:
        port = served.ports["k2400"]
        workers = [
            Worker(f"TCPIP::{host}::{port}::SOCKET")
            for host in ("127.0.0.1", "localhost")
        ]
        for race in range(races):
            asked.clear()
            for worker in workers:
                worker.tell("go")
            answers = [worker.hear() for worker in workers]
            winners = [w for w, a in zip(workers, answers, strict=True) if a == "mine"]
            refused = [a for a in answers if a[0] == "busy" and "in use by" in a[1]]
            if len(winners) != 1 or len(refused) != 1 or asked["*IDN?"] != 1:
                wrong.append((race, answers, dict(asked)))
            for worker in workers:
                if worker in winners and race % 5 == 4:
                    worker.kill()
                    worker.begin()
                    killed += 1
                else:
                    worker.tell("end")
                    worker.hear()
        for worker in workers:
            worker.kill()
    took = stopwatch() - begun
    print(f"{races} races, {killed} winners killed, {len(wrong)} wrong, {took:.1f} s")
    for line in wrong[:10]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
