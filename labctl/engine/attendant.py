"""What a run offers to whatever waits in its thread, and how long it was silent.

Two clocks: what the guard is told is wall time, since it guards a process; the longest
gap between two looks at wishes and limits is time of the run's own clock, so that it
means the same on a simulated bench.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from labctl.clock import Clock
from labctl.data import Event
from labctl.engine.control import Control


def _nobody(*_: object) -> None:
    return


@dataclass(slots=True)
class Attendant:
    """Plays `labctl.waits.Owner` for one run."""

    control: Control
    clock: Clock
    tell: Callable[[Event], None]
    heard: Callable[[str, float], None] = _nobody
    """Told what is waited for and for how many s of wall time."""
    back: Callable[[], None] = _nobody
    """Told that a wait is over."""
    longest_gap: float = field(default=0.0, init=False)
    """s of the run's clock between two looks, since it began."""
    _looked: float | None = field(default=None, init=False)

    @property
    def asked(self) -> threading.Event:
        """See `labctl.waits.Owner`."""
        return self.control.asked

    def waiting(self, what: str, seconds: float) -> None:
        """See `labctl.waits.Owner`."""
        self.heard(what, seconds)

    def working(self) -> None:
        """See `labctl.waits.Owner`."""
        self.back()

    def looks(self) -> None:
        """Note a look at wishes and limits."""
        now = self.clock.now()
        if self._looked is not None:
            self.longest_gap = max(self.longest_gap, now - self._looked)
        self._looked = now

    def rests(self) -> None:
        """Note that nothing is on, so that the time until the next look is no gap."""
        self._looked = None
