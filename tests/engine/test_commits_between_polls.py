"""A commit holds a whole poll: its rows, and the reading that came after them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from loop_parts import MemoryJournal, OneClock

from labctl import columns
from labctl.data import Batch, Stream
from labctl.engine import recorder
from labctl.engine.ledger import Ledger
from labctl.engine.recorder import IN_FLIGHT
from labctl.engine.run import Engine
from labctl.limits import Envelope
from labctl.protocol import Bench, Ending, Rows, Step

HELD = 0.1
"""A."""


def reading(stream: str, time: float) -> Batch:
    row = {
        "step_time_second": time,
        "instrument_time_second": time,
        "voltage_volt": 0.5,
        "current_ampere": HELD,
    }
    batch = Batch.row(stream, row)
    index = Batch.row(stream, {columns.TECHNIQUE_INDEX.name: 0}).columns
    return batch.with_columns({k: v.astype("int64") for k, v in index.items()})


@dataclass(frozen=True, kw_only=True)
class RarelyRecorded(Step):
    """Bring a row that is 500 s old, and what flows now, in each poll."""

    ends_polls: ClassVar[bool] = True

    def execute(self, bench: Bench) -> Rows:
        for poll in range(1, 4):
            bench.clock.sleep(600.0)
            yield reading("timeseries", 600.0 * poll - 500.0)
            yield reading(columns.LIVE, 600.0 * poll)
        return Ending()


@dataclass
class SeenStatuses(MemoryJournal):
    """Keeps how late the last row or reading of each commit is, s."""

    late: list[float] = field(default_factory=list)

    def set_status(self, state: str, **more: Any) -> None:
        super().set_status(state, **more)
        row: Mapping[str, float] = more["fields"][IN_FLIGHT]
        rows = [row["test_time_second"]] if row else []
        rows += [b.columns["test_time_second"][-1] for b in self.batches[-1:]]
        if rows:
            self.late.append(more["test_time"] - max(rows))


def test_no_commit_lies_between_rows_and_the_reading_after_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "COMMIT_EVERY", 0.0)  # as often as it may
    journal = SeenStatuses()
    stream = Stream(columns.TIMESERIES.name, columns.TIMESERIES.columns)
    engine = Engine(OneClock(), journal, Ledger((stream,)), Envelope({}), {})

    engine.run(step for step in [RarelyRecorded(label="a")])  # type: ignore[arg-type]

    assert len(journal.late) >= 3
    assert max(journal.late) == pytest.approx(0.0, abs=1e-6)
