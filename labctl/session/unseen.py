"""How long a channel may have driven after its last row, and what passed meanwhile."""

import math
from collections.abc import Mapping

import numpy as np

from labctl import columns
from labctl.data import Array
from labctl.engine.situation import Recorded
from labctl.engine.unseen import Unseen
from labctl.store.journal.records import Status


def unseen_of(
    recorded: Recorded,
    table: Mapping[str, Array],
    status: Status,
    stopped: Mapping[str, float],
) -> Unseen | None:
    """Return what the step in flight may have passed behind the rows of ``table``.

    ``stopped``: channel -> UTC epoch seconds when it was seen to stand still; one that
    nobody saw may have driven until now. None: nothing was started.
    """
    if not recorded.claims or not table:
        return None
    claims = recorded.claims.values()
    step = next(iter(claims)).step_count
    since = max(claim.test_time for claim in claims)
    mine = table[columns.STEP_COUNT.name] == step
    if mine.any():
        since = max(since, float(table[columns.TEST_TIME.name][mine][-1]))
    until = max(
        _stood_still(stopped.get(claim.channel, math.nan), status, recorded.test_time)
        for claim in claims
    )
    sizes = np.abs(table[columns.CURRENT.name])
    sizes = sizes[np.isfinite(sizes) & (mine if mine.any() else True)]
    charges = [abs(s.outcome.charge) for s in recorded.steps.values() if s.outcome]
    if recorded.totals is not None:
        charges.append(abs(recorded.totals.charge))
    return Unseen(
        since,
        until,
        float(sizes.max()) if len(sizes) else math.nan,
        max(filter(math.isfinite, charges), default=0.0),
    )


def _stood_still(unix: float, status: Status, now: float) -> float:
    """Return the test time of a moment since the process died; ``now`` if unknown."""
    since = unix - status.unix
    return min(now, status.test_time + since) if since >= 0.0 else now
