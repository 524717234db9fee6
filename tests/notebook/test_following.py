"""A run that goes on is followed while another process writes it."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labctl
from labctl.clock import EVERY_LOOK, Quiet
from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.engine.states import RunState
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.hdf5 import write_view
from labctl.store.run_file.seal import seal

WRITER = Path(__file__).parents[1] / "store" / "kill_writer.py"
Rows = Callable[[int, float], Batch]


class Acting:
    """A clock whose waits are when the run goes on."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self._acts = iter(acts)

    def now(self) -> float:
        return 0.0

    def unix(self) -> float:
        return 0.0

    def poll_period(self, rows_every: float) -> float:
        return rows_every

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,
        until: threading.Event | None = None,
    ) -> None:
        del quiet
        self.sleep(period, until)

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        del seconds, until
        next(self._acts)()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that writes a run flat out until it is killed."""
    folder = tmp_path / "killed"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder / "journal.sqlite"), "1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()  # its first commit
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_run_of_another_process_is_followed_until_that_dies(
    writer: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert writer.stdout is not None
    out = writer.stdout

    def more() -> None:
        while int(out.readline()) <= seen[-1]:
            pass  # said before we looked

    def killed() -> None:
        writer.kill()
        writer.wait()

    run = labctl.open_run(tmp_path / "killed")
    seen: list[int] = []
    for now in run.follow(clock=Acting(more, more, more, killed)):
        table = now.table("timeseries")
        volts = table["voltage_volt"]
        assert len(volts) == table.rows
        assert (volts[1:] - volts[:-1] == 0.5).all()  # row by row, no hole
        seen.append(table.rows)

    assert len(seen) >= 4
    assert seen == sorted(seen)
    assert run.state is RunState.INTERRUPTED


def test_following_ends_with_the_run_and_reads_the_sealed_file(
    tmp_path: Path, make_rows: Rows
) -> None:
    place = RunFolder(tmp_path / "run-1")
    header = RunHeader("run-1", "Goes on", "none", (TIMESERIES,))
    journal = Journal.create(place.journal, header)
    journal.set_status("running")

    def grow() -> None:
        journal.append(make_rows(journal.rows("timeseries") // 20, 3.6))
        journal.commit()

    def end() -> None:
        journal.finish("completed", {}, 100.0)
        journal.close()
        seal(place)

    grow()
    run = labctl.open_run(place.path)
    assert run.state is RunState.RUNNING
    seen = [
        (now.table().rows, now.state)
        for now in run.follow(clock=Acting(grow, lambda: None, grow, end))
    ]

    assert seen == [
        (20, RunState.RUNNING),
        (40, RunState.RUNNING),
        (60, RunState.RUNNING),
        (60, RunState.COMPLETED),
    ]
    assert run.path == place.sealed


def test_the_live_view_grows_under_whoever_has_it_open(
    tmp_path: Path, make_rows: Rows
) -> None:
    place = RunFolder(tmp_path / "run-1")
    header = RunHeader("run-1", "Goes on", "none", (TIMESERIES,))
    journal = Journal.create(place.journal, header)
    journal.append(make_rows(0, 3.6))
    journal.commit()
    seen: list[int] = []

    def look() -> bool:
        with labctl.open_run(place.live) as run:
            seen.append(run.table().rows)
            journal.append(make_rows(1, 3.6))
            journal.commit()
        return len(seen) < 3

    with JournalReader(place.journal) as reader:
        write_view(reader, place.live, live=True, go_on=look)
    journal.close()

    assert seen == [20, 40, 60]
