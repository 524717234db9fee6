"""The live view: another process follows the run, and its death harms nobody."""

import os
import signal
import threading
from collections.abc import Callable, Iterator

import h5py
import numpy as np
import pytest

from labctl.columns import TIMESERIES
from labctl.data import Batch, EndReason, Event, Level, Outcome, Stream
from labctl.session import run as session_run
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file import live
from labctl.store.run_file.live import LiveView
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal
from labctl.store.run_file.verify import compare

Rows = Callable[[Stream, int, int], Batch]
PATIENCE = 300
"""Looks of 0.1 s each."""


def eventually(claim: Callable[[], bool]) -> bool:
    """Return whether the other process made ``claim`` true in time."""
    pause = threading.Event()
    for _ in range(PATIENCE):
        try:
            if claim():
                return True
        except OSError:
            pass  # not there yet, or not in SWMR mode yet
        pause.wait(0.1)
    return False


def followed(folder: RunFolder, rows: int) -> Callable[[], bool]:
    def look() -> bool:
        with h5py.File(folder.live, "r", swmr=True) as file:
            return len(file["entry/timeseries/voltage_volt"]) == rows

    return look


@pytest.fixture
def view(journal: Journal, folder: RunFolder) -> Iterator[LiveView]:
    assert journal.path == folder.journal
    view = live.start(folder, after=0.0)
    yield view
    view.stop()


@pytest.mark.usefixtures("view")
def test_an_open_reader_sees_the_run_grow(
    journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.set_status("running", cycle_count=1)
    journal.begin_step(1, {"label": "charge"}, 0.0)
    journal.append(make_rows(TIMESERIES, 0, 100))
    journal.commit()
    assert eventually(followed(folder, 100))

    with h5py.File(folder.live, "r", swmr=True) as file:
        column = file["entry/timeseries/voltage_volt"]
        ended, state = file["entry/steps/end_reason"], file["entry/status/state"]
        journal.append(make_rows(TIMESERIES, 100, 1500))
        journal.end_step(1, Outcome(EndReason.CONDITION), 9.0)
        journal.set_status("hold")
        journal.commit()

        def grown() -> bool:
            for each in (column, ended, state):
                each.refresh()
            return len(column) == 1600 and state.asstr()[()] == "hold"

        assert eventually(grown)
        expected = make_rows(TIMESERIES, 0, 1600).columns["voltage_volt"]
        assert np.array_equal(column[:], expected)
        assert ended.asstr()[:].tolist() == ["condition"]


def test_the_view_ends_with_the_run_and_holds_all_of_it(
    view: LiveView, journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 250))
    journal.event(Event(Level.INFO, "note", "=cmd ünï"), 1.0, 2.0)
    journal.finish("completed", {}, 3.0)

    assert view.wait(30)
    assert view._process.returncode == 0  # its parent's pipe is open, and read, still
    with JournalReader(folder.journal) as reader:
        report = compare(reader, folder.live)
    assert report.ok, report.summary()


def test_a_live_run_reads_like_any_other(
    view: LiveView, journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 10))
    journal.commit()
    assert eventually(followed(folder, 10))
    with RunFile(folder.live) as run:
        journal.append(make_rows(TIMESERIES, 10, 10))
        journal.commit()

        def refreshed() -> bool:
            run.refresh()
            return run.rows["timeseries"] == 20

        assert eventually(refreshed)
    assert view.is_alive


def test_the_view_ends_when_its_parent_is_gone(
    view: LiveView, journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 10))
    journal.commit()
    assert eventually(followed(folder, 10))
    journal.append(make_rows(TIMESERIES, 10, 10))
    journal.commit()
    view.stop()  # its standard input ends, as when the parent dies

    assert followed(folder, 20)()


def test_a_killed_view_is_started_again_and_the_run_never_knew(
    view: LiveView, journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 10))
    journal.commit()
    assert eventually(followed(folder, 10))
    view.kill()
    journal.append(make_rows(TIMESERIES, 10, 10))
    journal.commit()
    again = live.start(folder, after=0.0)

    assert eventually(followed(folder, 20))
    again.stop()


def test_sealing_takes_the_live_view_away(
    view: LiveView, journal: Journal, folder: RunFolder
) -> None:
    journal.finish("completed", {}, 3.0)
    assert view.wait(30)
    seal(folder)

    assert (folder.sealed.exists(), folder.live.exists()) == (True, False)


def test_the_view_of_a_run_that_has_ended_seals_it(
    journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    view = live.start(folder, seals=True, after=0.0)
    journal.append(make_rows(TIMESERIES, 0, 10))
    journal.commit()
    assert eventually(followed(folder, 10))
    journal.append(make_rows(TIMESERIES, 10, 10))
    journal.finish("completed", {}, 3.0)

    assert view.seal(PATIENCE)
    assert not view.is_alive
    with JournalReader(folder.journal) as reader:
        assert compare(reader, folder.sealed).ok
    assert not folder.live.exists()


def test_a_run_that_is_over_before_its_view_is_due_is_sealed_without_one(
    journal: Journal, folder: RunFolder
) -> None:
    view = live.start(folder, seals=True, after=3600.0)
    journal.finish("completed", {}, 3.0)

    assert view.seal(PATIENCE)
    assert folder.sealed.exists()


def test_a_view_that_was_not_told_to_seal_ends_and_seals_nothing(
    journal: Journal, folder: RunFolder
) -> None:
    view = live.start(folder, seals=True, after=0.0)
    journal.finish("completed", {}, 3.0)
    view.stop(PATIENCE)

    assert not folder.sealed.exists()


def test_a_run_whose_view_died_is_sealed_by_another_process(
    journal: Journal, folder: RunFolder
) -> None:
    view = live.start(folder, seals=True)
    journal.finish("completed", {}, 3.0)
    view.kill()

    assert not view.seal(PATIENCE)
    assert session_run.seal(folder, view) == folder.sealed


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that only stops")
def test_a_run_whose_view_hangs_is_sealed_by_another_process_soon(
    monkeypatch: pytest.MonkeyPatch, journal: Journal, folder: RunFolder
) -> None:
    monkeypatch.setattr(live, "CATCHING_UP", 0.5)
    view = live.start(folder, seals=True, after=0.0)
    assert eventually(folder.live.exists)
    os.kill(view.pid, signal.SIGSTOP)
    journal.finish("completed", {}, 3.0)

    assert session_run.seal(folder, view) == folder.sealed
    assert not view.is_alive
