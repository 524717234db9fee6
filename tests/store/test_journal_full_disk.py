"""A full disk: rows wait, none is lost or doubled, and it does not wait for ever."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.store.folder import RunFolder
from labctl.store.journal_reader import JournalReader
from labctl.store.seal import child_environment, seal
from labctl.store.verify import verify

SCRIPT = Path(__file__).with_name("full_disk_writer.py")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no RLIMIT_FSIZE"
)


def run_out_of_space(folder: RunFolder, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder.journal), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=child_environment(),
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_rows_wait_while_the_disk_is_full_and_none_is_lost(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    said = run_out_of_space(folder)
    with JournalReader(folder.journal) as reader:
        rows = reader.table("timeseries")["unix_time_second"]
        events = [each.event.text for each in reader.events]

    assert said["refused"] > 20
    assert said["trouble"]
    assert (said["trouble_at_end"], said["stopped"]) == ("", "")
    assert np.array_equal(rows, np.arange(200 * 50))
    assert events == [str(number) for number in range(200)]
    seal(folder)
    assert verify(folder.path).ok


def test_too_much_that_waits_stops_the_run_and_keeps_what_was_durable(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path / "run")
    said = run_out_of_space(folder, "60000")
    with JournalReader(folder.journal) as reader:
        rows = reader.table("timeseries")["unix_time_second"]
        sequence = reader.sequence

    assert "free some space and resume" in said["stopped"]
    assert (sequence, len(rows)) == (said["durable"], 50 * said["durable"])
    assert np.array_equal(rows, np.arange(len(rows)))
