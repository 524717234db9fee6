"""What the figures of a run that goes on cost while windows look at it.

``python tests/benchmarks/window/figures_of_live_runs.py [ROWS]`` writes such a run and
asks for its figures as many windows would, for as long as one answer stands. Prints CPU
and size, never fails. Wanted: a tenth of a core, whatever the rows.
"""

import sys
import tempfile
import time
from pathlib import Path

from open_finished import write

from labctl.clock import SystemClock, stopwatch
from labctl.service.records.figures import figures
from labctl.store.folder import RunFolder

PERIOD = 0.05
"""s between two questions."""


def main(rows: int) -> None:
    """Write, ask, print."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "runs" / "20261010-090000-long")
        write(folder, rows)
        before = time.process_time()
        answer = figures(folder.path)
        once = time.process_time() - before
        size = len(answer.model_dump_json()) / 1e3
        print(f"{rows:.0e} rows: {once:.2f} s of CPU, {size:.0f} kB")
        asked, begun, before = 0, stopwatch(), time.process_time()
        while stopwatch() - begun < max(3.0, answer.seconds):
            figures(folder.path)
            clock.sleep(PERIOD)
            asked += 1
        each = (time.process_time() - before) / asked
        print(f"asked {asked} times in between: {1e3 * each:.1f} ms of CPU each")


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if sys.argv[1:] else 1_000_000)
