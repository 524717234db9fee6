"""Wait and read in a step so that nobody who may end it is kept waiting.

A step yields at least once per `LONGEST_SILENCE`: then the engine looks at wishes and
limits. A reading cannot be cut in two; one that may take longer is announced, and
stands alone between two yields.
"""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager

from labctl.clock import POLL_PERIOD, Clock
from labctl.protocol import Bench
from labctl.waits import announce

LONGEST_SILENCE = POLL_PERIOD
"""s of the run's clock that a step may go on without yielding."""
SLOWEST_LINE = 50.0
"""Hz."""
INTEGRATIONS = 4.0
"""Signal, zero, reference, and once more after a change of range."""
OVERHEAD = 0.1
"""s of one reading beside its integrations."""
WORTH_SAYING = 1.0
"""s; what takes less is no wait."""
PATIENCE, MARGIN = 3.0, 1.5
"""A reading is given so many s and that many times its duration before it counts as
lost; drivers set their timeouts alike."""


def waited(bench: Bench, seconds: float) -> Iterator[None]:
    """Let ``seconds`` pass, yielding once a poll so that holds and stops are seen."""
    clock = bench.clock
    end = clock.now() + seconds
    slice_ = clock.poll_period(0.0)
    while (left := end - clock.now()) > 0:
        clock.sleep(min(left, slice_))
        yield None


def reading_takes(nplc: float, averages: int = 1) -> float:
    """Return how long a reading over ``nplc`` power-line cycles may take, s."""
    return OVERHEAD + INTEGRATIONS * averages * nplc / SLOWEST_LINE


def reading(what: str, nplc: float) -> AbstractContextManager[None]:
    """Announce one reading of ``what`` if it may take long; put around the call."""
    seconds = reading_takes(nplc)
    if seconds <= WORTH_SAYING:
        return contextlib.nullcontext()
    return announce(f"a reading of {what}", PATIENCE + MARGIN * seconds)


class Pace:
    """Says when a loop of readings must yield what it has."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.now()
        self._taken = 0

    def is_due(self) -> bool:
        """Count one reading; return whether the next would make it too long."""
        self._taken += 1
        spent = self._clock.now() - self._begun
        return spent + spent / self._taken > LONGEST_SILENCE

    def begin(self) -> None:
        """Count from now: it was yielded."""
        self._begun, self._taken = self._clock.now(), 0
