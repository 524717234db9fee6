"""What a protocol sees of a run's journal, of which a long one has very much."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.row_blocks import StoredRows, blocks
from labctl.columns import TIMESERIES
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import StoreError
from labctl.sample import Sample
from labctl.session import view as session_view
from labctl.session.view import JournalView, StoredTable
from labctl.store.header import RunHeader
from labctl.store.journal import reader as journal_reader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader

ROWS, BATCHES = 40, 30
STEPS = 7


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JournalReader]:
    monkeypatch.setattr(journal_reader, "PAGE", 3)
    path = tmp_path / "journal.sqlite"
    header = RunHeader(run_id="run-1", title="", protocol="toy", streams=(TIMESERIES,))
    with Journal.create(path, header) as journal:
        for step in range(STEPS):
            journal.begin_step(step, {"kind": "Toy"}, float(step))
            journal.end_step(step, Outcome(EndReason.CONDITION), step + 0.5)
        for first in range(0, ROWS * BATCHES, ROWS):
            at = np.arange(first, first + ROWS)
            columns = {
                column.name: at if column.dtype == "i8" else at + 0.25
                for column in TIMESERIES.columns
            }
            journal.append(Batch(TIMESERIES.name, columns))
        journal.commit()
        with JournalReader(path) as opened:
            yield opened


def view_of(reader: JournalReader) -> JournalView:
    return JournalView(Sample.model_construct(name="cell"), reader)


def test_rows_are_read_without_reading_all_of_them(
    reader: JournalReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JournalReader, "table", None)  # would raise
    table = view_of(reader).table(TIMESERIES.name)

    found = [rows for _, rows in blocks(table, ["step_count", "voltage_volt"])]

    assert isinstance(table, StoredRows)
    assert [set(rows) for rows in found] == [{"step_count", "voltage_volt"}]
    assert found[0]["voltage_volt"].tolist() == (np.arange(1200) + 0.25).tolist()


@pytest.mark.parametrize(("after", "until"), [(0, 10), (35, 95), (1190, 1300)])
def test_some_rows_are_those_of_the_whole(
    reader: JournalReader, after: int, until: int
) -> None:
    table = StoredTable(reader, TIMESERIES.name)
    before = table.rows_between(after, until, ["cycle_count"])["cycle_count"]

    whole = table["cycle_count"]

    assert before.tolist() == whole[after:until].tolist()
    again = table.rows_between(after, until, ["cycle_count"])["cycle_count"]
    assert again.tolist() == before.tolist()


def test_a_column_that_is_not_there_is_asked_for_in_vain(
    reader: JournalReader,
) -> None:
    table = StoredTable(reader, TIMESERIES.name)

    assert table.get("not_there") is None
    assert set(table) == {column.name for column in TIMESERIES.columns}
    with pytest.raises(StoreError, match="no stream eis"):
        StoredTable(reader, "eis")


@pytest.mark.parametrize("few", [0, STEPS - 1, STEPS, STEPS + 1])
def test_steps_are_the_same_however_often_they_are_asked_for(
    reader: JournalReader, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(session_view, "FEW", few)
    steps = view_of(reader).steps

    first, second = list(steps), list(steps)

    assert first == second == reader.steps
    assert (len(steps), steps[2], steps[1:3]) == (STEPS, first[2], first[1:3])
