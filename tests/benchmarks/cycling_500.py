"""Print what 500 cycles at C/2 cost: wall time, time per cycle, memory, the file.

``python tests/benchmarks/cycling_500.py [--cycles N] [--sample NAME]``. Aims: 60 s on
two cores with the sealed file; the last 50 cycles take as long as the first 50 (a
factor below 1.2); at most 10 kB a cycle once warm. A cell's curve gets shorter as it
fades, so time per row is printed too.
"""

import argparse
import gc
import os
import tempfile
from pathlib import Path

import numpy as np

from labctl import plugins
from labctl.clock import stopwatch
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.situation import Situation
from labctl.session.order import Order, prepare
from labctl.session.run import Observers, start

EDGE = 50
"""Cycles at either end that are compared."""
WARM = 100
"""Cycles before the slope of memory is looked at."""


class Watch:
    """Notes wall time, rows and memory at the end of each cycle."""

    def __init__(self) -> None:
        self.cycle = 0
        self.times: list[float] = []
        self.rows: list[int] = []
        self.kilobytes: list[float] = []

    def __call__(self, situation: Situation) -> None:
        if situation.step.cycle <= self.cycle:
            return
        self.cycle = situation.step.cycle
        self.times.append(stopwatch())
        self.rows.append(situation.rows)
        gc.collect(0)
        self.kilobytes.append(resident())


def resident() -> float:
    """Return this process's resident memory in kB; NaN where /proc is not."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024.0


def main() -> None:
    """Run once and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=500)
    parser.add_argument("--sample", default="qms-0.7")
    asked = parser.parse_args()
    bench = validate(load_file(Path(plugins.world().configuration())), Config)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        order = Order(
            "formation-cycling",
            Document("benchmark", {"cycles": asked.cycles}),
            asked.sample,
            simulate=True,
            speed=None,
            out=Path(folder),
        )
        begun, cpu = stopwatch(), sum(os.times()[:4])
        finished = start(prepare(order, bench), bench, Observers(watch=watch))
        wall, cpu = stopwatch() - begun, sum(os.times()[:4]) - cpu
        size = finished.file.stat().st_size if finished.file else 0
    times, rows = np.diff(watch.times[1:]), np.diff(watch.rows[1:])
    first, last = times[:EDGE], times[-EDGE:]
    cycles = np.arange(len(watch.kilobytes))[WARM:]
    print(f"{asked.cycles} cycles on {asked.sample}: {finished.status}")
    print(f"  wall time            {wall:8.1f} s   (aim 60 s)")
    print(f"  CPU time             {cpu:8.1f} s   (children included)")
    print(f"  rows                 {watch.rows[-1]:8d}     file {size / 1e6:.1f} MB")
    if len(times) > 2 * EDGE:
        ratio = np.median(last) / np.median(first)
        cost = np.sum(last) / np.sum(rows[-EDGE:]) / (np.sum(first) / rows[:EDGE].sum())
        print(f"  first {EDGE} cycles      {1e3 * np.median(first):8.1f} ms a cycle")
        print(f"  last {EDGE} cycles       {1e3 * np.median(last):8.1f} ms a cycle")
        print(f"  last : first         {ratio:8.2f}     per row {cost:.2f}")
    if len(cycles) > EDGE:
        slope = np.polyfit(cycles, watch.kilobytes[WARM:], 1)[0]
        print(f"  memory               {slope:8.2f} kB a cycle after {WARM} (aim 10)")
    for name, result in finished.results.items():
        print(f"  {name:<32} {result.value} {result.unit}")


if __name__ == "__main__":
    main()
