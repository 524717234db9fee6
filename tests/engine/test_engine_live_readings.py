"""Readings between two rows: checked at once, recorded at an interruption."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from labctl import columns
from labctl.clock import VirtualClock
from labctl.data import Batch, EndReason
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Situation, Watchers
from labctl.limits import Envelope
from labctl.protocol import Bench, Ending, Plan, Rows, Step
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader

AMPERE = 1e-3
ROWS_EVERY = 60.0


@dataclass(frozen=True, kw_only=True)
class Discharge(Step):
    """Draw 1 mA; a poll every 10 s, a row every minute, 1 mV less every second."""

    ends_polls: ClassVar[bool] = True

    def execute(self, bench: Bench) -> Rows:
        for poll in range(31):
            now = 10.0 * poll
            reading = {
                columns.STEP_TIME.name: now,
                columns.INSTRUMENT_TIME.name: now,
                columns.VOLTAGE.name: 3.0 - 1e-3 * now,
                columns.CURRENT.name: -AMPERE,
            }
            row = Batch.row(columns.TIMESERIES.name, reading).with_columns(
                {columns.TECHNIQUE_INDEX.name: np.zeros(1, dtype=np.int64)}
            )
            if now % ROWS_EVERY == 0.0:
                yield row
            yield Batch(columns.LIVE, row.columns)
            bench.clock.sleep(10.0)
        return Ending()


class OneClock:
    """A bench without instruments."""

    def __init__(self) -> None:
        self.clock = VirtualClock(epoch=0.0)

    def role(self, name: str, kind: type) -> None:
        raise AssertionError(f"no {name} of {kind} is needed here")


def run(folder: Path, envelope: Envelope, stop_at: float) -> tuple[EndReason, Path]:
    """Run until ``stop_at`` s; return how it ended, and the journal."""
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.test_time >= stop_at:
            control.stop("asked")

    def plan() -> Plan:
        yield Discharge(label="discharge")

    path = folder / "run" / "journal.sqlite"
    header = RunHeader("run", "run", "test", (columns.TIMESERIES,))
    with Journal.create(path, header) as journal:
        ledger = Ledger(header.streams)
        bench = OneClock()
        watchers = Watchers(watch)
        engine = Engine(bench, journal, ledger, envelope, {}, control, watchers)  # type: ignore[arg-type]
        ended = engine.run(plan())
    return ended.reason, path


@pytest.mark.parametrize("stop_at", [30.0, 90.0, 110.0])
def test_the_charge_until_a_stop_counts_although_no_row_was_due(
    stop_at: float, tmp_path: Path
) -> None:
    reason, path = run(tmp_path, Envelope({}), stop_at)

    with JournalReader(path) as reader:
        outcome = reader.steps[0].outcome
        times = reader.table("timeseries")["step_time_second"]
    assert reason is EndReason.STOPPED
    assert outcome is not None
    assert outcome.charge == pytest.approx(-AMPERE * stop_at)
    assert times[-1] == stop_at
    assert np.all(np.diff(times) > 0.0)


def test_a_reading_that_is_a_row_already_is_recorded_once(tmp_path: Path) -> None:
    _, path = run(tmp_path, Envelope({}), stop_at=120.0)

    with JournalReader(path) as reader:
        assert reader.table("timeseries")["step_time_second"].tolist() == [0, 60, 120]


def test_a_reading_beyond_a_limit_trips_before_the_next_row_and_is_kept(
    tmp_path: Path,
) -> None:
    envelope = Envelope({"voltage_volt": (2.915, 4.0)})

    reason, path = run(tmp_path, envelope, stop_at=1e9)

    with JournalReader(path) as reader:
        table = reader.table("timeseries")
    assert reason is EndReason.LIMIT
    assert table["step_time_second"][-1] == 90.0  # 2.91 V; the next row comes at 120 s
    assert table["voltage_volt"][-1] == pytest.approx(2.91)
