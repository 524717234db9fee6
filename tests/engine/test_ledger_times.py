"""Where rows of two techniques meet, time does not go back by a rounding."""

import numpy as np
import pytest
from loop_parts import MemoryJournal

from labctl import columns
from labctl.clock import VirtualClock
from labctl.data import Batch
from labctl.engine.ledger import Ledger
from labctl.engine.recorder import Recorder
from labctl.protocol import Bench, Rows, Step


class Nothing(Step):
    """A step that only names itself."""

    def execute(self, bench: Bench) -> Rows:
        raise NotImplementedError(bench)


def rows_at(*times: float) -> Batch:
    n = len(times)
    return Batch(
        columns.TIMESERIES.name,
        {
            columns.STEP_TIME.name: np.array(times),
            columns.INSTRUMENT_TIME.name: np.array(times),
            columns.VOLTAGE.name: np.full(n, 1.0),
            columns.CURRENT.name: np.full(n, 1e-3),
            columns.TECHNIQUE_INDEX.name: np.zeros(n, dtype=np.int64),
        },
    )


def test_a_technique_that_begins_a_rounding_before_the_last_row_begins_with_it() -> (
    None
):
    ledger = Ledger((columns.TIMESERIES,))
    totals = ledger.begin(100.0)
    step = Nothing(label="a")
    ledger.post(rows_at(10346.13801863), step, 1, totals, (0.0, 0.0))

    posted = ledger.post(rows_at(10346.13799893, 10347.0), step, 1, totals, (0.0, 0.0))

    assert posted.columns[columns.TEST_TIME.name].tolist() == [10446.13801863, 10447.0]
    assert posted.columns[columns.INSTRUMENT_TIME.name][0] == 10346.13799893


@pytest.mark.parametrize(
    "last",
    [
        # a float32 of 18.1 s is a little later than the host's
        18.100000381,
        # rows out of a channel's memory, while the wall clock was set back
        600.0,
    ],
)
def test_a_step_does_not_begin_before_the_last_row(last: float) -> None:
    clock, ledger = VirtualClock(0.0), Ledger((columns.TIMESERIES,))
    recorder = Recorder(MemoryJournal(), ledger, clock)
    recorder.begin(0.0, 0)
    totals = recorder.totals(None)
    clock.sleep(18.1)
    ledger.post(rows_at(last), Nothing(label="a"), 1, totals, (18.1, 0.0))

    after = recorder.totals(None)

    assert after.started == recorder.test_time == last


def test_a_row_that_is_really_out_of_order_stays_where_the_instrument_put_it() -> None:
    ledger = Ledger((columns.TIMESERIES,))
    totals = ledger.begin(0.0)
    step = Nothing(label="a")
    ledger.post(rows_at(10.0), step, 1, totals, (0.0, 0.0))

    posted = ledger.post(rows_at(9.0), step, 1, totals, (0.0, 0.0))

    assert posted.columns[columns.TEST_TIME.name].tolist() == [9.0]
