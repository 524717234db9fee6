"""Whatever write or sync fails: no acknowledged row is lost, and none is doubled."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import disk_writer
import numpy as np
import pytest
from faulty_disk import FaultyDisk, built, reason_against

from labctl.store.folder import RunFolder
from labctl.store.journal.journal import COMMIT_WAIT, Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment, seal
from labctl.store.run_file.verify import verify

SCRIPT = Path(disk_writer.__file__)
COMMITS = 8
ROWS = COMMITS * disk_writer.ROWS
FIRST = 25
"""Calls that fail in turn, of each kind."""
MB = 1_000_000
WAL = "journal.sqlite-wal"
PATIENCE = 30.0

pytestmark = pytest.mark.skipif(bool(reason_against()), reason=reason_against())


@pytest.fixture
def tmp_path(disk: Path) -> Path:
    """Return a folder on a disk: it is the subject here."""
    return disk


@dataclass
class Ran:
    """What a run on a faulty disk left."""

    folder: RunFolder
    said: dict[str, Any]
    rows: int = 0
    wrong: int = 0
    """Columns that are not what was written."""
    events: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        told = [text for text in self.events if text.isdecimal()]
        return (self.rows, self.wrong) == (ROWS, 0) and told == list(
            map(str, range(COMMITS))
        )


def run_all(place: Path, tries: list[dict[str, Any]]) -> tuple[list[Ran], FaultyDisk]:
    """Make these runs in one process on a faulty disk; read what is there."""
    disk = FaultyDisk(built(), "victim", place)
    full = [
        {"folder": str(place / f"victim-{number}"), "commits": COMMITS, **one}
        for number, one in enumerate(tries)
    ]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(full)],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        env=disk.environment(base=child_environment()),
    )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        look(Path(one["folder"]), each) for one, each in zip(full, said, strict=True)
    ], disk


def look(place: Path, said: dict[str, Any]) -> Ran:
    """Return what lies in a folder."""
    found = Ran(RunFolder(place), said)
    if found.folder.journal.exists():
        with JournalReader(found.folder.journal) as reader:
            table = reader.table("timeseries")
            found.events = [e.event.text for e in reader.events]
        found.rows = len(table["voltage_volt"])
        expected = disk_writer.rows_of(0, found.rows).columns
        found.wrong = sum(not np.array_equal(table[n], expected[n]) for n in expected)
    return found


def ran(place: Path, words: dict[int, str], reserve: int = 0) -> Ran:
    """Make one run."""
    (found,), _ = run_all(place, [{"words": words, "reserve": reserve}])
    return found


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str]]:
    """What an undisturbed run asks of the disk: op, number, file."""
    (found,), disk = run_all(tmp_path_factory.mktemp("undisturbed"), [{}])
    assert found.is_whole
    return [(op, number, Path(path).name) for op, number, path, _ in disk.calls()]


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("op", ["write", "fsync"])
def test_a_call_that_fails_once_costs_nothing(
    tmp_path: Path, op: str, error: str
) -> None:
    tries = [{"words": {0: f"{op}:{n}:{error}"}} for n in range(1, FIRST + 1)]
    found, _ = run_all(tmp_path, tries)

    assert [n for n, one in enumerate(found, 1) if not one.is_whole] == []
    assert {one.said["error"] for one in found} == {""}


@pytest.mark.parametrize("op", ["write", "fsync"])
def test_a_disk_that_fails_at_the_start_refuses_the_run_or_has_all_of_it(
    tmp_path: Path, op: str
) -> None:
    tries = [{"words": {-1: f"{op}:{n}:EIO"}} for n in range(1, FIRST + 1)]
    found, _ = run_all(tmp_path, tries)
    refused = [one for one in found if one.said["error"]]

    assert all(one.is_whole for one in found if one not in refused)
    assert refused
    assert {(one.rows, one.said["acknowledged"]) for one in refused} == {(0, 0)}
    assert all("cannot be" in one.said["error"] for one in refused)


def test_after_a_failed_sync_the_run_goes_on_in_another_file(
    tmp_path: Path, calls: list[tuple[str, int, str]]
) -> None:
    syncs = [n for op, n, file in calls if (op, file) == ("fsync", WAL)]
    found = ran(tmp_path, {-1: f"fsync:{syncs[4]}:EIO"})
    names = [each.name for each in found.folder.journals]
    told = [text for text in found.events if not text.isdecimal()]

    assert names == ["journal.sqlite", "journal-2.sqlite"]
    assert found.is_whole
    assert len(told) == 1
    assert "SQLITE_IOERR_FSYNC" in told[0]
    assert "free some space" not in told[0]
    seal(found.folder)
    assert verify(found.folder.path).ok


def test_a_run_in_two_files_goes_on_where_it_was(
    tmp_path: Path, calls: list[tuple[str, int, str]]
) -> None:
    syncs = [n for op, n, file in calls if (op, file) == ("fsync", WAL)]
    found = ran(tmp_path, {-1: f"fsync:{syncs[4]}:EIO"})
    with JournalReader(found.folder.journal) as reader:
        before = reader.sequence
        with Journal.open(found.folder.journal) as journal:
            journal.append(disk_writer.rows_of(ROWS, 5))
            journal.commit_durably(PATIENCE)
            fresh = list(reader.batches_after(before))
        time = reader.rows("timeseries", ROWS - 30)["unix_time_second"]

    assert [(b.first_row, len(b.batch)) for b in fresh] == [(ROWS, 5)]
    expected = disk_writer.rows_of(ROWS - 30, 35).columns["unix_time_second"]
    assert np.array_equal(time, expected)


def test_a_disk_that_fails_for_good_is_named_and_keeps_what_was_acknowledged(
    tmp_path: Path,
) -> None:
    found = ran(tmp_path, {4: "fail EIO"})

    assert "check the drive" in found.said["error"]
    assert found.rows >= found.said["acknowledged"] == 4 * disk_writer.ROWS
    assert found.wrong == 0


def test_a_full_disk_is_waited_for_and_nothing_is_missing(tmp_path: Path) -> None:
    found = ran(tmp_path, {2: "full", 6: "ok"})

    assert found.is_whole
    assert found.said["states"] == ["ok"] * 2 + ["full"] * 4 + ["ok"] * 2
    assert "free some space" in found.said["troubles"][3]


def test_too_much_that_waits_stops_the_run_and_keeps_what_was_durable(
    tmp_path: Path,
) -> None:
    (found,), _ = run_all(tmp_path, [{"words": {2: "full"}, "pending": 6000}])

    assert "free some space" in found.said["error"]
    assert (found.rows, found.wrong) == (2 * disk_writer.ROWS, 0)


def test_the_end_of_a_run_has_the_room_that_was_reserved(tmp_path: Path) -> None:
    found = ran(tmp_path, {2: "full"}, reserve=20 * MB)  # less than the end may have

    assert "full" in found.said["states"]
    assert found.said["error"] == ""
    assert found.is_whole
    assert not (found.folder.path / "reserve").exists()


def test_a_run_on_a_full_disk_first_lives_on_its_reserve(tmp_path: Path) -> None:
    found = ran(tmp_path, {2: "full"}, reserve=64 * MB)

    assert found.said["states"] == ["ok"] * 2 + ["low"] * (COMMITS - 2)
    assert set(found.said["troubles"]) == {""}


def test_a_disk_without_room_for_the_run_is_refused_with_figures(
    tmp_path: Path,
) -> None:
    disk = FaultyDisk(built(), "victim", tmp_path)
    disk.say("room 5000000")
    code = (
        "import sys, pathlib; from labctl.store.journal.reserve import reserve\n"
        "try: reserve(pathlib.Path(sys.argv[1]), 64_000_000)\n"
        "except Exception as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "victim")],
        check=True,
        capture_output=True,
        text=True,
        env=disk.environment(base=child_environment()),
    )

    assert "needs 64 MB" in done.stdout
    assert "5 MB free" in done.stdout
    assert not (tmp_path / "victim").exists()


def test_a_slow_disk_does_not_hold_up_whoever_measures(tmp_path: Path) -> None:
    found = ran(tmp_path, {1: "slow 1.0", 7: "ok"})

    assert found.is_whole
    assert found.said["longest"] < COMMIT_WAIT + 0.5
    assert set(found.said["troubles"]) == {""}
