"""What a person or a signal asks of a run; the only object that crosses threads."""

import threading
from enum import Enum, auto


class Wish(Enum):
    """The strongest thing asked for; later members win over earlier ones."""

    NONE = auto()
    SKIP = auto()
    """End the step in flight and go on with the next."""
    HOLD = auto()
    """Open the circuit and wait; `Control.release` goes on with what remains."""
    STOP = auto()
    """End the run: everything safe, results from what there is, file sealed."""


class Control:
    """Ask a run to skip, hold, go on or stop; safe from any thread and a handler."""

    def __init__(self) -> None:
        self._skip = threading.Event()
        self._hold = threading.Event()
        self._stop = threading.Event()
        self._go_on = threading.Event()
        self.reason = ""
        """Who asked and why, for the event."""

    def skip(self, reason: str = "") -> None:
        """End the step in flight."""
        self.reason = reason
        self._skip.set()

    def hold(self, reason: str = "") -> None:
        """Open the circuit and wait."""
        self.reason = reason
        self._go_on.clear()
        self._hold.set()

    def release(self) -> None:
        """Go on after a hold; harmless without one."""
        self._hold.clear()
        self.reason = ""
        self._go_on.set()

    def stop(self, reason: str = "") -> None:
        """End the run in good order; idempotent: the first reason counts."""
        if not self._stop.is_set():
            self.reason = reason
        self._stop.set()
        self._go_on.set()

    def wish(self) -> Wish:
        """Return the strongest wish now."""
        if self._stop.is_set():
            return Wish.STOP
        if self._hold.is_set():
            return Wish.HOLD
        if self._skip.is_set():
            return Wish.SKIP
        return Wish.NONE

    def skipped(self) -> None:
        """Take the wish to skip back: it was granted."""
        self._skip.clear()

    def wait_while_held(self, timeout: float) -> None:
        """Wait for `release` or `stop`, ``timeout`` s of wall time at most."""
        self._go_on.wait(timeout)
