"""What a protocol that works out its results is given of a run."""

from collections.abc import Callable

import pytest
from toy_series import SAMPLE

from labctl.columns import TIMESERIES
from labctl.data import Batch, Stream
from labctl.session.view import JournalView
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader


def test_a_result_cannot_change_the_rows_of_the_next_one(
    journal: Journal,
    folder: RunFolder,
    make_rows: Callable[[Stream, int, int], Batch],
) -> None:
    journal.append(make_rows(TIMESERIES, journal.rows(TIMESERIES.name), 3))
    journal.commit_durably(10.0)

    with JournalReader(folder.journal) as reader:
        voltage = JournalView(SAMPLE, reader).table(TIMESERIES.name)["voltage_volt"]
        with pytest.raises(ValueError, match="read-only"):
            voltage -= voltage[0]
