"""A signal ends a run although nobody is left to read what it says."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.clock import SystemClock
from labctl.errors import LabctlError
from labctl.store.folder import list_runs
from labctl.store.journal.reader import JournalReader

PLAN = ("formation-cycling", "--simulate", "--sample", "si", "--speed", "60")
PATIENCE = 60.0
"""s."""


def rows(folder: Path) -> int:
    try:
        for run in list_runs(folder):
            with JournalReader(run.journal) as reader:
                return sum(reader.rows_stored.values())
    except LabctlError:
        return 0  # it is being made
    return 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_stops_a_run_whose_terminal_is_gone(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "labctl", "run", *PLAN, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    clock = SystemClock()
    try:
        while not rows(tmp_path) and clock.now() < PATIENCE:
            clock.sleep(0.05)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # the other end of both pipes is gone now
        process.stderr.close()
        process.send_signal(number)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()

    (run,) = list_runs(tmp_path)
    with JournalReader(run.journal) as reader:
        assert reader.status.state == "stopped"
        assert number.name in reader.status.reason
