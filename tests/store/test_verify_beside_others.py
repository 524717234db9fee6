"""Verifying beside other programs: a file that is held is not a file that differs."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from labctl.clock import VirtualClock
from labctl.store.folder import RunFolder
from labctl.store.journal import reader as journal_reader
from labctl.store.lock import HeldError
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal
from labctl.store.run_file.verify import verify

HDF5 = "import h5py; held = h5py.File(sys.argv[1], {mode!r})"
LOCK_ONLY = (
    "import fcntl; held = open(sys.argv[1], 'rb'); fcntl.flock(held, fcntl.LOCK_EX)"
)
BROWSER = (
    "import sqlite3; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "held.execute('PRAGMA locking_mode=EXCLUSIVE'); held.execute('BEGIN EXCLUSIVE')"
)
READS_ON = (
    "import sqlite3; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "held.execute('BEGIN IMMEDIATE'); held.execute('SELECT * FROM meta').fetchone()"
)

Program = subprocess.Popen[bytes]
Start = Callable[[str, object], Program]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts another program that holds a file until its input ends."""
    started: list[Program] = []

    def holding(words: str, path: object) -> Program:
        program = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import sys; {words}; print(flush=True); sys.stdin.read()",
                str(path),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(program)
        assert program.stdout is not None
        assert program.stdout.readline(), "it does not hold the file"
        return program

    yield holding
    for program in started:
        program.communicate(timeout=60)


class LetsGo(VirtualClock):
    """A clock during whose first wait the other program closes the file."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        self._program.communicate(timeout=60)
        super().sleep(seconds, until)


@pytest.mark.parametrize("words", [HDF5.format(mode="r"), LOCK_ONLY])
def test_a_file_that_another_program_only_reads_or_locks_is_compared(
    words: str, finished: RunFolder, start: Start
) -> None:
    seal(finished)
    start(words, finished.sealed)

    assert verify(finished.path, patience=0.0).ok


def test_a_journal_in_which_a_browser_has_a_transaction_is_compared(
    finished: RunFolder, start: Start
) -> None:
    seal(finished)
    start(READS_ON, finished.journal)

    assert verify(finished.path, patience=0.0).ok


@pytest.mark.parametrize(
    ("words", "of"), [(HDF5.format(mode="r+"), "sealed"), (BROWSER, "journal")]
)
def test_what_is_held_is_waited_for_and_then_compared(
    words: str,
    of: str,
    finished: RunFolder,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_reader, "BUSY_FOR", 0.0)
    seal(finished)
    program = start(words, getattr(finished, of))

    assert verify(finished.path, clock=LetsGo(program)).ok


@pytest.mark.parametrize(
    ("words", "of"), [(HDF5.format(mode="r+"), "sealed"), (BROWSER, "journal")]
)
def test_what_stays_held_is_not_said_to_differ(
    words: str,
    of: str,
    finished: RunFolder,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_reader, "BUSY_FOR", 0.0)
    seal(finished)
    start(words, getattr(finished, of))
    clock = VirtualClock()

    with pytest.raises(HeldError, match=r"nothing was compared.*another program"):
        verify(finished.path, patience=10.0, clock=clock)

    assert 10.0 <= clock.now() < 11.0
    assert HeldError.exit_code == 1  # 7 is for files that differ


def test_a_run_is_shown_from_its_journal_while_its_file_is_held(
    finished: RunFolder, start: Start
) -> None:
    seal(finished)
    start(HDF5.format(mode="r+"), finished.sealed)

    with RunFile(finished.path) as run:
        assert run.path == finished.journal
        assert run.rows["timeseries"] == 500


def test_a_file_left_open_by_a_program_that_died_is_sealed_afresh(
    finished: RunFolder, start: Start
) -> None:
    seal(finished)
    program = start(HDF5.format(mode="r+"), finished.sealed)
    program.kill()
    program.wait(60)
    with pytest.raises(HeldError, match="labctl runs seal"):
        verify(finished.path, patience=0.0)

    seal(finished)

    assert verify(finished.path, patience=0.0).ok
