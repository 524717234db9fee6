"""A run that another process writes is seen as far as it has come."""

from pathlib import Path

import numpy as np

from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.service.records import archive
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal


def rows(first: int, count: int) -> Batch:
    at = np.arange(first, first + count)
    columns = {
        c.name: at if c.dtype == "i8" else at.astype(float) for c in TIMESERIES.columns
    }
    return Batch("timeseries", columns)


def seen(folder: RunFolder) -> int:
    return archive.window(
        folder.path,
        "timeseries",
        "test_time_second",
        ("voltage_volt",),
        float("-inf"),
        float("inf"),
        100,
    ).rows


def test_a_window_of_a_run_follows_every_commit(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run-1")
    header = RunHeader(
        run_id="run-1",
        title="",
        protocol="cycling",
        streams=(TIMESERIES,),
        parameters_given={},
        parameters={},
        sample={"name": "si"},
        roles={},
        instruments={},
        plots=(),
        started_unix=1_760_000_000.0,
        simulated=True,
        operator="",
        versions={},
        extra={},
    )
    journal = Journal.create(folder.journal, header)
    journal.set_status("running")
    counts = []
    for k in range(3):
        journal.append(rows(50 * k, 50))
        journal.commit()
        counts.append(seen(folder))
    journal.close()

    assert counts == [50, 100, 150]
