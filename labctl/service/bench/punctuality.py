"""How regularly a run gets to its instruments: the time between two of its polls.

Whatever slows the station (a busy computer, a frozen disk) shows here first, long
before a row is lost.
"""

from collections import deque

from labctl.clock import POLL_PERIOD

REMEMBERED = 20
"""Polls: the last ten seconds, where all is well."""
SAME_POLL = POLL_PERIOD / 2
"""s; what comes sooner belongs to the poll before: a poll may bring several batches."""


class Punctuality:
    """Told whenever a run comes round; given the time, it knows no clock."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)

    def came_round(self, now: float) -> None:
        """Note a sign of life at ``now``, in s of the wall."""
        if self._last is not None and now - self._last < SAME_POLL:
            return
        if self._last is not None:
            self._gaps.append(now - self._last)
        self._last = now

    def slowest(self, now: float) -> float:
        """Return the longest time between two polls of late, s.

        The one that is awaited at ``now`` counts too; 0 before the first.
        """
        waiting = now - self._last if self._last is not None else 0.0
        return max(*self._gaps, waiting, 0.0)
