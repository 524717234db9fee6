"""A clock that goes on when it is told to, and no further."""

import threading

from labctl import waits
from labctl.clock import EVERY_LOOK, POLL_PERIOD, Quiet, VirtualClock, stopwatch

LOOK_EVERY = 0.01
"""s of wall time between two looks whether a wait was ended."""
GRACE = 0.1
"""s of wall time that who waits gives another to come to its next wait."""


class ToldClock:
    """Virtual time up to a moment that the test sets; see `labctl.clock.Clock`.

    A run whose wait leads beyond that moment stays in it until time is let on or the
    run is asked something. Of several runs the one goes first whose wait ends first.
    Waits that nothing may end (outputs are being made safe, an act by hand) take the
    time they need.
    """

    def __init__(self, epoch: float) -> None:
        self._epoch = epoch
        self._now = self._end = 0.0
        self._moved = threading.Condition()
        self._due: dict[str, float | None] = {}
        """Thread -> when its wait ends; None: it is at work."""

    def now(self) -> float:
        return self._now

    def unix(self) -> float:
        return self._epoch + self._now

    def poll_period(self, rows_every: float) -> float:
        return max(POLL_PERIOD, VirtualClock.ROWS_A_POLL * rows_every)

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,  # noqa: ARG002
        until: threading.Event | None = None,
    ) -> None:
        self.sleep(period, until)

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        if not seconds > 0 or (until is not None and until.is_set()):
            return
        ended = until or waits.asked()  # a twin's own pauses are its run's, too
        with self._moved:
            due = self._now + seconds
            if ended is not waits._NEVER and not self._comes(due, ended) and until:
                return
            self._now = max(self._now, due)
            self._moved.notify_all()

    def _comes(self, due: float, ended: threading.Event) -> bool:
        """Wait for ``due``; return whether it came before the wait was ended."""
        name, began = threading.current_thread().name, stopwatch()
        self._due[name] = due
        while not ended.is_set():
            if stopwatch() - began > GRACE:  # who still is at work may have ended
                self._due = {n: d for n, d in self._due.items() if d is not None}
            others = [d for n, d in self._due.items() if n != name]
            if due <= self._end and all(d is not None and due <= d for d in others):
                break
            self._moved.wait(LOOK_EVERY)
        self._due[name] = None
        return not ended.is_set() or due <= self._end

    def go_on(self, seconds: float) -> None:
        """Let so much more time pass, as fast as the runs can; returns at once."""
        with self._moved:
            self._end = self._now + seconds
            self._moved.notify_all()

    def settle(self) -> None:
        """Let what is left pass: every run has come as far as it can."""
        with self._moved:
            self._now = max(self._now, self._end)

    def is_spent_for(self, name: str) -> bool:
        """Tell whether a thread has come as far as time goes."""
        with self._moved:
            due = self._due.get(name)
            return due is not None and due > self._end

    def wait(self) -> None:
        """Wait for a moment in which something may have changed."""
        with self._moved:
            self._moved.wait(LOOK_EVERY)
