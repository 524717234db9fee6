"""Kill a run at a random moment, many times: nothing acknowledged may be lost.

``python tests/benchmarks/kill_runs.py 50`` prints one line a kill and a verdict.
Acknowledged is what a second process saw committed in the journal before the kill.
"""

import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from labctl.store.folder import list_runs
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import seal

LABCTL = [sys.executable, "-m", "labctl"]
CYCLES = 10


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what was found after it."""

    after: float
    """s after the run's header was durable."""
    acknowledged: int
    found: int
    final: int
    status: str
    retention: float

    @property
    def ok(self) -> bool:
        """Whether nothing was lost and the run came to its end."""
        return self.found >= self.acknowledged and self.status == "completed"


def kill_once(folder: Path, delay: float) -> Kill:
    """Start, kill after ``delay`` s, look, resume to the end, look again."""
    words = ("run", "formation-cycling", "--simulate", "--sample", "si", "--json")
    process = subprocess.Popen(
        [*LABCTL, *words, "--set", f"cycles={CYCLES}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    runs = folder / "runs"
    while not any(found.journal.exists() for found in list_runs(runs)):
        time.sleep(0.02)  # noqa: TID251  (a real process is watched in real time)
    begun = time.monotonic()  # noqa: TID251
    acknowledged = 0
    run = next(iter(list_runs(runs)))
    while time.monotonic() - begun < delay and process.poll() is None:  # noqa: TID251
        with contextlib.suppress(Exception), JournalReader(run.journal) as reader:
            acknowledged = reader.rows_stored.get("timeseries", 0)
        time.sleep(0.01)  # noqa: TID251
    process.kill()
    process.wait()
    with JournalReader(run.journal) as reader:
        found = len(reader.table("timeseries")["test_time_second"])
        finished = reader.finished
    with h5py.File(seal(run)) as file:
        assert len(file["entry/timeseries/test_time_second"]) == found
    if finished:
        return Kill(delay, acknowledged, found, found, "completed", float("nan"))
    resumed = subprocess.run(
        [*LABCTL, "resume", str(run.path), "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    answer = json.loads(resumed.stdout) if resumed.stdout else {}
    with JournalReader(run.journal) as reader:
        table = reader.table("timeseries")
    rows = np.stack([table["step_count"], table["step_time_second"]])
    unique = np.unique(rows, axis=1).shape[1]
    status = answer.get("status", resumed.stderr[-300:])
    if unique < rows.shape[1] - 2 * CYCLES:
        status = f"{rows.shape[1] - unique} rows twice"
    retention = answer.get("results", {}).get("capacity_retention", {}).get("value")
    return Kill(delay, acknowledged, found, rows.shape[1], status, retention or 0.0)


def main(count: int, seed: int = 1) -> int:
    """Kill ``count`` runs; return 0 if all is well."""
    chance = random.Random(seed)  # noqa: S311
    bad = 0
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            kill = kill_once(Path(folder), chance.uniform(0.0, 3.0))
        bad += not kill.ok
        print(
            f"{number:3d}  killed after {kill.after:4.2f} s  acknowledged "
            f"{kill.acknowledged:5d}  found {kill.found:5d}  at the end {kill.final:5d}"
            f"  {kill.status}  retention {kill.retention:.2f} %"
        )
    print(f"{count - bad} of {count} runs lost nothing and came to their end")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
