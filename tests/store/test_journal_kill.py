"""kill -9 at any moment: nothing that was acknowledged is lost, nothing is there twice.

``LABCTL_KILLS=1000 pytest tests/store/test_journal_kill.py`` kills that often.
"""

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np
import pytest

from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment, seal
from labctl.store.run_file.verify import verify

SCRIPT = Path(__file__).with_name("kill_writer.py")
KILLS = int(os.environ.get("LABCTL_KILLS", "6"))


def write_and_kill(journal: Path, chance: random.Random) -> int:
    """Start a writer, kill it after a random number of commits; return rows acked."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), str(journal), str(chance.randrange(1000))],
        stdout=subprocess.PIPE,
        env=child_environment(),
    ) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        # it does not wait for this reader: the kill falls anywhere in its work
        for _ in range(chance.randrange(1, 60)):
            line = writer.stdout.readline()
            acknowledged = int(line)
        writer.kill()
        rest = writer.stdout.read().split(b"\n")
    return max([acknowledged, *(int(line) for line in rest[:-1])])


def check(folder: RunFolder, acknowledged: int) -> int:
    """Check journal and rebuilt file after a kill; return the rows that are there."""
    writer = _writer_module()
    with JournalReader(folder.journal) as reader:
        table = reader.table("timeseries")
        rows = len(table["voltage_volt"])
        steps, events = reader.steps, reader.events
        sequence = reader.sequence
    expected = writer.rows_of(0, rows).columns

    assert rows >= acknowledged
    assert all(np.array_equal(table[name], expected[name]) for name in expected)
    assert [step.step_count for step in steps] == list(range(1, sequence + 1))
    assert len(events) == sequence
    seal(folder)
    assert verify(folder.path).ok
    with h5py.File(folder.sealed) as file:  # plainly, no swmr, no h5clear
        assert len(file["entry/timeseries/voltage_volt"]) == rows
    return rows


@pytest.mark.timeout(600 + 5 * KILLS)
def test_no_acknowledged_row_is_lost_or_doubled_by_a_kill(disk: Path) -> None:
    chance = random.Random(42)  # noqa: S311
    for kill in range(KILLS):
        # every third run is killed again after it went on
        folder = RunFolder(disk / f"run-{kill - kill % 3 // 2}")
        check(folder, write_and_kill(folder.journal, chance))


def test_a_killed_run_goes_on_with_the_next_row(disk: Path) -> None:
    folder = RunFolder(disk / "run")
    chance = random.Random(7)  # noqa: S311
    rows = check(folder, write_and_kill(folder.journal, chance))
    with Journal.open(folder.journal) as journal:
        assert journal.rows("timeseries") == rows
        journal.append(_writer_module().rows_of(rows, 5))

    with JournalReader(folder.journal) as reader:
        assert reader.rows_stored["timeseries"] == rows + 5


def _writer_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kill_writer", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
