"""A channel without a memory, stopped by its guard or by nobody, after a host died."""

import numpy as np
import pytest

from labctl import columns
from labctl.data import EndReason, Outcome
from labctl.engine.ledger import StepTotals
from labctl.engine.situation import Recorded
from labctl.engine.unseen import Unseen
from labctl.protocol import ClaimRecord, StepRecord
from labctl.session.unseen import unseen_of
from labctl.store.journal.records import Status

PAST = Outcome(EndReason.COMPLETED, charge=-7.0)
DIED = Status("running", test_time=4000.0, unix=1_000_000.0)
CLAIM = ClaimRecord(2, "cell", "k2460/cell", {}, 1000.0, 997_000.0, "d")
TABLE = {
    columns.STEP_COUNT.name: np.array([1, 2, 2]),
    columns.TEST_TIME.name: np.array([900.0, 1600.0, 3998.0]),
    columns.CURRENT.name: np.array([9.0, -2e-3, 1e-3]),
}


def found(**stopped: float) -> Unseen:
    recorded = Recorded(
        steps={1: StepRecord(1, {}, 0.0, 1000.0, PAST)},
        totals=StepTotals(1000.0, charge=5.0),
        test_time=90_000.0,
        claims={"cell": CLAIM},
    )
    said = {channel.replace("_", "/"): unix for channel, unix in stopped.items()}
    unseen = unseen_of(recorded, TABLE, DIED, said)
    assert unseen is not None
    return unseen


@pytest.mark.parametrize(
    ("stopped", "until"),
    [
        # its guard saw it stand still 3 s after the last word of the host
        ({"k2460_cell": 1_000_003.0}, 4003.0),
        # nobody saw it: it may have driven until now
        ({}, 90_000.0),
        # a word from before it died, and one about another channel
        ({"k2460_cell": 999_990.0}, 90_000.0),
        ({"k2450_cell": 1_000_003.0}, 90_000.0),
    ],
)
def test_it_may_have_driven_until_somebody_saw_it_stand_still(
    stopped: dict[str, float], until: float
) -> None:
    assert found(**stopped) == Unseen(3998.0, until, 2e-3, 7.0)


def test_nothing_was_started_and_nothing_is_unseen() -> None:
    assert unseen_of(Recorded(), TABLE, DIED, {}) is None
