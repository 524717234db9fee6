"""A file that may not grow any more (FAT32, a limit) is followed by another one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment, seal
from labctl.store.run_file.verify import verify

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


def test_a_file_that_may_not_grow_is_followed_by_another(disk: Path) -> None:
    folder = RunFolder(disk / "run")
    said = run_out_of_space(folder)
    with JournalReader(folder.journal) as reader:
        rows = reader.table("timeseries")["unix_time_second"]
        events = [each.event.text for each in reader.events]

    assert (said["trouble_at_end"], said["stopped"]) == ("", "")
    assert len(folder.journals) > 3
    assert np.array_equal(rows, np.arange(200 * 50))
    assert [t for t in events if t.isdecimal()] == [str(n) for n in range(200)]
    seal(folder)
    assert verify(folder.path).ok
