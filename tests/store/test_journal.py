"""The journal keeps what it took, in order, and refuses what does not fit."""

import contextlib
import errno
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.columns import EIS, TIMESERIES
from labctl.data import Batch, EndReason, Event, Level, Outcome, Result, Stream
from labctl.errors import StoreError
from labctl.figures.figure import Plot
from labctl.store.folder import RunFolder, list_runs
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader

PATIENCE = 60.0

Rows = Callable[[Stream, int, int], Batch]


def test_the_header_read_back_equals_the_one_written(
    journal: Journal, header: RunHeader
) -> None:
    with JournalReader(journal.path) as reader:
        assert reader.header == header


def test_rows_are_there_after_commit_and_not_before(
    journal: Journal, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 7))
    with JournalReader(journal.path) as reader:
        before = reader.rows_stored["timeseries"]
        journal.commit()

        assert (before, reader.rows_stored["timeseries"]) == (0, 7)


def test_rows_come_back_bit_by_bit(journal: Journal, make_rows: Rows) -> None:
    for first, count in ((0, 1), (1, 999), (1000, 3)):
        journal.append(make_rows(TIMESERIES, first, count))
        if first:
            journal.commit()
    expected = make_rows(TIMESERIES, 0, 1003).columns
    with JournalReader(journal.path) as reader:
        found = reader.table("timeseries")

    assert all(np.array_equal(found[name], expected[name]) for name in expected)
    assert found["step_count"].dtype == np.dtype("<i8")


def test_nan_and_minus_zero_survive(journal: Journal, make_rows: Rows) -> None:
    values = np.array([np.nan, -0.0, np.inf])
    batch = make_rows(TIMESERIES, 0, 3).with_columns({"voltage_volt": values})
    journal.append(batch)
    journal.commit()
    with JournalReader(journal.path) as reader:
        found = reader.table("timeseries")["voltage_volt"]

    assert found.tobytes() == values.tobytes()


@pytest.mark.parametrize("cursor", [0, 1, 99, 100, 101, 250, 299, 300])
def test_a_cursor_gives_exactly_the_rows_behind_it(
    journal: Journal, make_rows: Rows, cursor: int
) -> None:
    for first in (0, 100, 200):
        journal.append(make_rows(EIS, first, 100))
        journal.commit()
    with JournalReader(journal.path) as reader:
        found = reader.rows("eis", cursor)["frequency_hertz"]

    expected = make_rows(EIS, cursor, 300 - cursor).columns["frequency_hertz"]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("lost", [0, 1])
def test_rows_that_are_missing_in_the_file_are_said_to_be(
    finished: RunFolder, make_rows: Rows, lost: int
) -> None:
    with Journal.open(finished.journal) as journal:
        begin = journal.rows("eis")
        for first in range(begin, begin + 300, 100):
            journal.append(make_rows(EIS, first, 100))
            journal.commit()
    with contextlib.closing(sqlite3.connect(finished.journal)) as file, file:
        file.execute("DELETE FROM batches WHERE first = ?", (begin + 100 * lost,))

    with (
        JournalReader(finished.journal) as reader,
        pytest.raises(StoreError, match="hole"),
    ):
        reader.rows("eis", begin)


def test_batches_after_a_commit_are_those_of_later_commits(
    journal: Journal, make_rows: Rows
) -> None:
    for first in range(0, 3000, 5):  # more commits than a page of the reader holds
        journal.append(make_rows(TIMESERIES, first, 3))
        journal.append(make_rows(TIMESERIES, first + 3, 2))
        journal.commit()
    with JournalReader(journal.path) as reader:
        firsts = [each.first_row for each in reader.batches_after(10)]

    assert firsts == list(range(50, 3000, 5))


def test_any_commit_is_found_among_many_of_one_or_two_streams(
    journal: Journal, make_rows: Rows
) -> None:
    rows = {TIMESERIES.name: 0, EIS.name: 0}
    for number in range(1, 30):
        for stream in (TIMESERIES, EIS)[: 1 + number % 2]:
            journal.append(make_rows(stream, rows[stream.name], 2))
            rows[stream.name] += 2
        journal.commit()
    with JournalReader(journal.path) as reader:
        found = [
            [stored.sequence for stored in reader.batches_after(after)]
            for after in range(31)
        ]

    batches = [n for n in range(1, 30) for _ in range(1 + n % 2)]
    assert found == [[n for n in batches if n > after] for after in range(31)]


def test_many_small_batches_of_one_commit_keep_their_rows_and_order(
    journal: Journal, make_rows: Rows
) -> None:
    for first in range(600):
        journal.append(make_rows(TIMESERIES, first, 1))
    journal.commit()
    expected = make_rows(TIMESERIES, 0, 600).columns
    with JournalReader(journal.path) as reader:
        found = reader.table("timeseries")

    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_rows_are_those_of_the_moment_they_were_given(
    journal: Journal, make_rows: Rows
) -> None:
    batch = make_rows(TIMESERIES, 0, 5)
    expected = {name: values.copy() for name, values in batch.columns.items()}
    journal.append(batch)
    for values in batch.columns.values():
        values[:] = 0
    journal.commit()
    with JournalReader(journal.path) as reader:
        found = reader.table("timeseries")

    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_commits_are_numbered_and_an_empty_one_does_not_count(
    journal: Journal, make_rows: Rows
) -> None:
    assert journal.sequence == 1
    journal.append(make_rows(TIMESERIES, 0, 1))

    assert [journal.commit(), journal.commit(), journal.sequence] == [1, 1, 2]


def test_the_world_is_taken_with_its_rows_and_written_before_they_are_durable(
    journal: Journal, make_rows: Rows
) -> None:
    me, heard = threading.get_ident(), []
    with JournalReader(journal.path) as reader:

        def take(number: int) -> Callable[[], None]:
            assert threading.get_ident() == me
            return lambda: heard.append((number, reader.sequence))

        journal.take_snapshot = take
        for first in (0, 1):
            journal.append(make_rows(TIMESERIES, first, 1))
            journal.commit_durably(PATIENCE)

    assert heard == [(1, 0), (2, 1)]


def test_a_world_that_cannot_be_written_is_a_commit_that_waits(
    journal: Journal, make_rows: Rows
) -> None:
    faults = [OSError(errno.EIO, "Input/output error")]

    def save() -> None:
        if faults:
            raise faults.pop()

    journal.append(make_rows(TIMESERIES, 0, 5))
    journal.take_snapshot = lambda _: save
    journal.commit()
    said = journal.trouble
    done = journal.commit_durably(PATIENCE)
    with JournalReader(journal.path) as reader:
        assert reader.rows_stored["timeseries"] == 5
    assert "check the drive" in said
    assert (done, journal.trouble) == (True, "")


def test_steps_come_back_with_their_outcomes_and_first_rows(
    journal: Journal, make_rows: Rows
) -> None:
    outcome = Outcome(EndReason.CONDITION, "upper", 3.0, last={"voltage_volt": 1.5})
    journal.begin_step(1, {"label": "charge"}, 0.0)
    journal.append(make_rows(TIMESERIES, 0, 4))
    journal.end_step(1, outcome, 3.0)
    journal.begin_step(2, {"label": "rest"}, 3.0)
    journal.commit()
    with JournalReader(journal.path) as reader:
        first, second = reader.steps

    assert (first.outcome, first.ended) == (outcome, 3.0)
    assert (second.outcome, second.ended) == (None, None)
    assert second.first_rows == {"timeseries": 4, "eis": 0}


def test_a_step_that_was_cut_short_goes_on_where_it_began(
    journal: Journal, folder: RunFolder
) -> None:
    journal.begin_step(1, {"label": "charge"}, 10.0)
    journal.close()
    with Journal.open(folder.journal) as again:
        again.begin_step(1, {"label": "charge, remaining"}, 99.0)
        again.end_step(1, Outcome(EndReason.COMPLETED), 120.0)
    with JournalReader(folder.journal) as reader:
        (step,) = reader.steps

    assert (step.began, step.ended, step.payload["label"]) == (10.0, 120.0, "charge")


def test_a_reopened_journal_goes_on_with_its_rows_and_numbers(
    journal: Journal, folder: RunFolder, make_rows: Rows
) -> None:
    journal.append(make_rows(TIMESERIES, 0, 10))
    journal.close()
    with Journal.open(folder.journal) as again:
        assert (again.sequence, again.rows("timeseries")) == (2, 10)
        again.append(make_rows(TIMESERIES, 10, 10))
    with JournalReader(folder.journal) as reader:
        found = reader.table("timeseries")["voltage_volt"]

    expected = make_rows(TIMESERIES, 0, 20).columns["voltage_volt"]
    assert np.array_equal(found, expected)


def test_a_finished_run_that_goes_on_is_no_longer_finished(
    finished: RunFolder,
) -> None:
    with Journal.open(finished.journal) as again:
        again.set_status("running")
    with JournalReader(finished.journal) as reader:
        assert (reader.status.state, reader.finished) == ("running", False)


def test_an_amended_header_replaces_the_old_one_which_is_kept(
    journal: Journal, header: RunHeader
) -> None:
    more = replace(header, parameters={"cycles": 500})
    journal.amend(more, 1.0)
    journal.commit()
    with JournalReader(journal.path) as reader:
        assert (reader.header, reader.headers) == (more, [header, more])


def test_other_columns_for_an_amended_run_are_refused(
    journal: Journal, header: RunHeader
) -> None:
    with pytest.raises(StoreError, match="keeps its streams"):
        journal.amend(replace(header, streams=(EIS,)), 1.0)


def test_status_keeps_what_is_not_said_again(journal: Journal) -> None:
    journal.set_status("running", step_count=3, cycle_count=2, label="charge")
    journal.set_status("hold", reason="a person asked", fields={"by": "gui"})
    journal.commit()
    with JournalReader(journal.path) as reader:
        status = reader.status

    assert (status.state, status.reason) == ("hold", "a person asked")
    assert (status.step_count, status.cycle_count, status.label) == (3, 2, "charge")
    assert status.fields == {"by": "gui"}


def test_results_keep_their_order_and_every_part(finished: RunFolder) -> None:
    with JournalReader(finished.journal) as reader:
        results = reader.results

    assert list(results)[:2] == ["initial_coulombic_efficiency", "carrier"]
    assert results["conductivity"] == Result.absent("S/m", "the pellet broke")
    assert results["retention"].table == {"cycle": (1.0, 2.0), "x / %": (3.0, 4.0)}


WRONG_BATCHES = {
    "a column is missing": lambda columns: columns.pop("voltage_volt"),
    "a column too many": lambda columns: columns.update(colour=np.zeros(3)),
    "unequal lengths": lambda columns: columns.update(current_ampere=np.zeros(2)),
    "two dimensions": lambda columns: columns.update(current_ampere=np.zeros((3, 1))),
    "text": lambda columns: columns.update(current_ampere=np.array(["a"] * 3)),
    "half a cycle": lambda columns: columns.update(cycle_count=np.full(3, 1.5)),
    "not a number of cycles": lambda columns: columns.update(
        cycle_count=np.full(3, np.nan)
    ),
}


@pytest.mark.parametrize("fault", WRONG_BATCHES)
def test_a_batch_that_does_not_fit_is_refused_whole(
    journal: Journal, make_rows: Rows, fault: str
) -> None:
    columns = dict(make_rows(TIMESERIES, 0, 3).columns)
    WRONG_BATCHES[fault](columns)

    with pytest.raises(StoreError, match="timeseries"):
        journal.append(Batch("timeseries", columns))
    assert journal.rows("timeseries") == 0


def test_an_unknown_stream_is_refused_by_name(
    journal: Journal, make_rows: Rows
) -> None:
    with pytest.raises(StoreError, match="no stream music; it has timeseries, eis"):
        journal.append(Batch("music", make_rows(TIMESERIES, 0, 3).columns))


def test_whole_numbers_given_as_floats_are_taken(
    journal: Journal, make_rows: Rows
) -> None:
    batch = make_rows(TIMESERIES, 0, 2).with_columns({"cycle_count": np.ones(2)})
    journal.append(batch)
    journal.commit()
    with JournalReader(journal.path) as reader:
        assert reader.table("timeseries")["cycle_count"].tolist() == [1, 1]


def test_two_writers_of_one_run_are_refused(journal: Journal) -> None:
    with pytest.raises(StoreError, match="another process writes this run"):
        Journal.open(journal.path)


def test_whether_a_run_is_written_can_be_asked(
    journal: Journal, folder: RunFolder
) -> None:
    during = folder.is_written
    journal.close()

    assert (during, folder.is_written) == (True, False)


def test_a_journal_is_never_overwritten(finished: RunFolder, header: RunHeader) -> None:
    with pytest.raises(StoreError, match="is there already"):
        Journal.create(finished.journal, header)


BAD_HEADERS: dict[str, dict[str, Any]] = {
    "a stream called like a group": {"streams": (Stream("steps", ()),)},
    "a stream twice": {"streams": (EIS, EIS)},
    "a name with a slash": {"streams": (Stream("a/b", ()),)},
    "a plot of nothing": {"plots": (Plot("p", "", "eis", "voltage_volt", ("x",)),)},
}


@pytest.mark.parametrize("fault", BAD_HEADERS)
def test_a_header_that_the_run_file_cannot_hold_is_refused_at_the_start(
    tmp_path: Path, header: RunHeader, fault: str
) -> None:
    changes: dict[str, Any] = {"plots": (), **BAD_HEADERS[fault]}

    with pytest.raises(StoreError):
        Journal.create(tmp_path / "x" / "journal.sqlite", replace(header, **changes))


def test_a_header_without_json_form_is_refused(
    tmp_path: Path, header: RunHeader
) -> None:
    odd = replace(header, extra={"odd": object()})

    with pytest.raises(StoreError, match="has no JSON form"):
        Journal.create(tmp_path / "x" / "journal.sqlite", odd)


def test_a_flipped_byte_in_the_journal_is_found(finished: RunFolder) -> None:
    connection = sqlite3.connect(finished.journal)
    (blob,) = connection.execute("SELECT data FROM batches WHERE id = 1").fetchone()
    blob = bytes([blob[0] ^ 1]) + blob[1:]
    connection.execute("UPDATE batches SET data = ? WHERE id = 1", (blob,))
    connection.commit()
    connection.close()

    with (
        JournalReader(finished.journal) as reader,
        pytest.raises(StoreError, match="damaged on disk"),
    ):
        reader.table("timeseries")


def test_a_file_that_is_no_journal_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a journal at all" * 100)

    with pytest.raises(StoreError, match="not a journal"):
        JournalReader(path)


def test_a_journal_of_a_later_labctl_is_refused(finished: RunFolder) -> None:
    connection = sqlite3.connect(finished.journal)
    connection.execute("UPDATE meta SET value = '99'")
    connection.commit()
    connection.close()

    with pytest.raises(StoreError, match="version 99"):
        JournalReader(finished.journal)


def test_odd_text_is_kept(journal: Journal) -> None:
    for text in ("=cmd", "ünï \U0001f50b", "nul \0 inside", "'); DROP TABLE events;--"):
        journal.event(Event(Level.ALARM, "odd", text), 0.0, 0.0)
    journal.event(Event(Level.INFO, "odd", "lone \ud800"), 0.0, 0.0)
    journal.commit()
    with JournalReader(journal.path) as reader:
        texts = [each.event.text for each in reader.events]

    assert texts[:2] == ["=cmd", "ünï \U0001f50b"]
    assert texts[-1] == "lone ?"


def test_a_reader_beside_the_writer_sees_whole_commits_only(
    journal: Journal, make_rows: Rows
) -> None:
    stop = threading.Event()
    ragged: list[int] = []

    def read() -> None:
        with JournalReader(journal.path) as reader:
            while not stop.is_set():
                voltage = reader.table("timeseries")["voltage_volt"]
                expected = make_rows(TIMESERIES, 0, len(voltage)).columns
                same = np.array_equal(voltage, expected["voltage_volt"])
                if len(voltage) % 10 or not same:
                    ragged.append(len(voltage))

    thread = threading.Thread(target=read)
    thread.start()
    for first in range(0, 2000, 10):
        journal.append(make_rows(TIMESERIES, first, 10))
        journal.commit()
    stop.set()
    thread.join()

    assert not ragged


def test_a_folder_is_found_from_itself_or_any_file_in_it(finished: RunFolder) -> None:
    assert RunFolder.of(finished.path) == RunFolder.of(finished.journal) == finished
    assert list(list_runs(finished.path.parent)) == [finished]


def test_a_journal_that_runs_ahead_hands_over_while_the_disk_takes_its_time(
    journal: Journal, make_rows: Rows
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def save() -> None:
        begun.set()
        assert may_go_on.wait(PATIENCE)

    journal.take_snapshot, journal.runs_ahead = lambda _: save, True
    for first in range(4):
        journal.append(make_rows(TIMESERIES, first, 1))
        assert journal.commit() == 0
        assert begun.wait(PATIENCE)
    assert journal.commit_claim(0.0)
    may_go_on.set()
    assert journal.commit_durably(PATIENCE)

    with JournalReader(journal.path) as reader:
        assert reader.rows_stored["timeseries"] == 4
        # the first row, and what came while it was on its way
        assert reader.sequence == 2


def test_a_claim_waits_for_the_disk_unless_the_bench_comes_back_with_the_commit(
    journal: Journal, make_rows: Rows
) -> None:
    may_go_on = threading.Event()

    def save() -> None:
        assert may_go_on.wait(PATIENCE)

    journal.take_snapshot = lambda _: save
    journal.append(make_rows(TIMESERIES, 0, 1))

    waited = journal.commit_claim(0.0)
    journal.runs_ahead = True
    ahead = journal.commit_claim(0.0)
    may_go_on.set()

    assert (waited, ahead) == (False, True)


def test_a_journal_that_runs_ahead_waits_where_the_disk_refuses(
    journal: Journal, make_rows: Rows
) -> None:
    faults = [OSError(errno.EIO, "Input/output error")] * 2

    def save() -> None:
        if faults:
            raise faults.pop()

    journal.take_snapshot = lambda _: save
    journal.append(make_rows(TIMESERIES, 0, 1))
    journal.commit()
    journal.runs_ahead = True

    assert journal.trouble
    assert not journal.commit_claim(0.0)
    assert journal.commit_durably(PATIENCE)
    assert journal.commit_claim(0.0)
