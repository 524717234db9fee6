"""Whether long runs cost more a cycle, or more memory: ``cycling_growth.py 50 500``.

Each number of cycles is a run of `cycling` at C/2 in a process of its own, virtual and
sealed. A cell fades, so that its cycles get shorter: a row's cost is looked at too.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from spent import tell

from labctl import plugins
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.situation import Situation
from labctl.session.order import Order, prepare
from labctl.session.run import Observers, start

EDGE = 50
"""Cycles at either end that are compared; the first two are formation's and its kin."""
SKIPPED = 2
STATUS = Path("/proc/self/status")


class Watch:
    """Notes processor time, rows and memory at the end of each cycle."""

    def __init__(self) -> None:
        self.cycle = 0
        self.times: list[float] = []
        self.rows: list[int] = []
        self.megabytes: list[float] = []

    def __call__(self, situation: Situation) -> None:
        if situation.step.cycle <= self.cycle:
            return
        self.cycle = situation.step.cycle
        self.times.append(time.process_time())
        self.rows.append(situation.rows)
        gc.collect(0)
        self.megabytes.append(_resident("VmRSS"))


def _resident(what: str) -> float:
    """Return a line of this process's status in MB."""
    lines = STATUS.read_text().splitlines()
    found = next(line for line in lines if line.startswith(f"{what}:"))
    return float(found.split()[1]) / 1000.0


def one_run(cycles: int, sample: str) -> dict[str, float]:
    """Run once, here; return what a cycle cost and what memory there was."""
    bench = validate(load_file(Path(plugins.world().configuration())), Config)
    watch = Watch()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        order = Order(
            "cycling",
            Document("benchmark", {"cycles": cycles}),
            sample,
            simulate=True,
            speed=None,
            out=Path(folder),
        )
        finished = start(prepare(order, bench), bench, Observers(watch=watch))
        if finished.file is None:
            raise SystemExit(f"the run ended as {finished.status}: {finished.text}")
        size = finished.file.stat().st_size / 1e6
    times, rows = np.diff(watch.times[SKIPPED:]), np.diff(watch.rows[SKIPPED:])
    edge = min(EDGE, max(len(times) // 2, 1))
    return {
        "ms": 1e3 * float(np.mean(times)),
        "us_row": 1e6 * float(np.sum(times) / np.sum(rows)),
        "first": 1e3 * float(np.median(times[:edge])),
        "last": 1e3 * float(np.median(times[-edge:])),
        "mb": watch.megabytes[-1],
        "peak_mb": _resident("VmHWM"),
        "file_mb": size,
    }


def main() -> None:
    """Let each run have its process; tell what they come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cycles", type=int, nargs="+")
    parser.add_argument("--sample", default="qms-0.7")
    parser.add_argument("--here", action="store_true", help="one run, in this process")
    asked = parser.parse_args()
    if asked.here:
        tell(**one_run(asked.cycles[0], asked.sample))
        return
    found: dict[int, dict[str, float]] = {}
    for cycles in asked.cycles:
        words = [__file__, str(cycles), "--sample", asked.sample, "--here"]
        done = subprocess.run(
            [sys.executable, *words], check=True, capture_output=True, text=True
        )
        found[cycles] = json.loads(done.stdout.splitlines()[-1])
        print(cycles, found[cycles], flush=True)
    costs = [one["us_row"] for one in found.values()]
    least, most = min(found), max(found)
    tell(
        flat=max(costs) / min(costs),
        more_mb=found[most]["mb"] - found[least]["mb"],
        more_peak_mb=found[most]["peak_mb"] - found[least]["peak_mb"],
        **{f"{k}_{n}": v for n, one in found.items() for k, v in one.items()},
    )


if __name__ == "__main__":
    main()
