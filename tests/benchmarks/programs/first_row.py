"""How long after Enter a simulated run's first row is durable: ``first_row.py``.

Starts `labctl run cycling --simulate` as a person would, looks at the journal's file
until a row stands in it, and ends the run the hard way. With ``speed max`` a first row
waits for nothing but labctl.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from spent import spent, tell

from labctl.clock import SystemClock

RUN = ("run", "cycling", "--simulate", "--sample", "qms-0.7", "--out", "runs")
LOOK_EVERY = 0.005
"""s."""
PATIENCE = 120.0
"""s."""


def has_row(folder: Path) -> bool:
    """Tell whether a journal below a folder holds rows that are committed."""
    for path in folder.glob("*/journal.sqlite"):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
                found = journal.execute("SELECT 1 FROM batches LIMIT 1").fetchone()
        except sqlite3.OperationalError:  # its tables are about to be made
            continue
        if found:
            return True
    return False


def main() -> None:
    """Start, look, tell."""
    clock = SystemClock()
    command = [sys.executable, str(Path(sys.executable).with_name("labctl")), *RUN]
    with spent() as of:
        run = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        begun = clock.now()
        while not has_row(Path("runs")):
            if run.poll() is not None or clock.now() - begun > PATIENCE:
                raise SystemExit("the run has no row")
            clock.sleep(LOOK_EVERY)
    os.killpg(run.pid, signal.SIGKILL)
    _, _, used = os.wait4(run.pid, 0)
    run.returncode = -signal.SIGKILL
    tell(s=of.wall, cpu_s=used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
