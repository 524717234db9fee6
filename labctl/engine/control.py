"""What a person, a signal or a watcher asks of a run; all that crosses threads."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labctl.engine.states import Wish
from labctl.limits import Envelope
from labctl.person import Person
from labctl.protocol import Plan
from labctl.store.header import RunHeader

PERSON = "a person"
"""Who holds a run unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """Another plan for the steps that have not begun."""

    make_plan: Callable[[], Plan]
    """Returns the new plan from its beginning; its past is the same."""
    note: str
    """Who changed what and why, for the event."""
    envelope: Envelope | None = None
    """What no reading may leave from then on; None: as before."""
    header: RunHeader | None = None
    """The run's header from then on, for the journal; None: as before."""


class Control:
    """Ask a run to skip, hold, go on or stop; safe from any thread.

    Not from a signal's handler: that may interrupt a thread which holds the lock. A
    handler starts a thread that asks.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._skip = False
        self._stop = False
        self._holds: dict[str, str] = {}
        """Who holds it -> why."""
        self._amendment: Amendment | None = None
        self.person = Person()
        """Who asks for the steps of a run by hand."""
        self._go_on = threading.Event()
        self.asked = threading.Event()
        """Set as long as there is a wish: what ends the waits of the run's thread."""
        self.reason = ""
        """Who asked and why, for the event."""
        self.is_making_safe = False
        """Whether outputs are being made safe: nothing should interrupt that."""

    def skip(self, reason: str = "") -> None:
        """End the step in flight."""
        with self._lock:
            self._skip = True
            self._say(reason)

    def hold(self, reason: str = "", who: str = PERSON) -> None:
        """Open the circuit and wait until each ``who`` that holds it lets go."""
        with self._lock:
            self._holds[who] = reason
            self._go_on.clear()
            self._say(reason)

    def release(self, who: str | None = None) -> None:
        """Go on after a hold, of ``who`` alone or of everybody; harmless without one.

        What still is wrong (a full disk) takes hold again at once.
        """
        with self._lock:
            if who is None:
                self._holds.clear()
            else:
                self._holds.pop(who, None)
            if not self._holds:
                self.reason = self.reason if self._stop else ""
                self._go_on.set()
            self._settle()

    def stop(self, reason: str = "") -> None:
        """End the run in good order; idempotent: the first reason counts."""
        with self._lock:
            if not self._stop:
                self.reason = reason
            self._stop = True
            self._go_on.set()
            self._settle()

    def amend(
        self,
        make_plan: Callable[[], Plan],
        note: str = "",
        *,
        envelope: Envelope | None = None,
        header: RunHeader | None = None,
    ) -> None:
        """Go on with another plan from the next step on, if its past is the same."""
        with self._lock:
            self._amendment = Amendment(make_plan, note, envelope, header)

    def put_back(self, amendment: Amendment) -> None:
        """Keep an amendment that could not be taken yet, unless a later one came."""
        with self._lock:
            self._amendment = self._amendment or amendment

    def take_amendment(self) -> Amendment | None:
        """Return what was amended since the last call."""
        with self._lock:
            taken, self._amendment = self._amendment, None
            return taken

    @property
    def envelope_to_come(self) -> Envelope | None:
        """The limits from the next step on; None: as before."""
        amendment = self._amendment
        return None if amendment is None else amendment.envelope

    def wish(self) -> Wish | None:
        """Return the strongest wish now: stop, hold or skip; None: there is none."""
        if self._stop:
            return Wish.STOP
        if self._holds:
            return Wish.HOLD
        if self._skip:
            return Wish.SKIP
        return None

    def holds(self, who: str) -> bool:
        """Tell whether ``who`` holds the run."""
        return who in self._holds

    def skipped(self) -> None:
        """Take the wish to skip back: it was granted."""
        with self._lock:
            self._skip = False
            self._settle()

    @contextlib.contextmanager
    def making_safe(self) -> Iterator[None]:
        """Let others know that outputs are being made safe."""
        before, self.is_making_safe = self.is_making_safe, True
        try:
            yield
        finally:
            self.is_making_safe = before

    def wait_while_held(self, timeout: float) -> None:
        """Wait for `release` or `stop`, ``timeout`` s of wall time at most."""
        self._go_on.wait(timeout)

    def _say(self, reason: str) -> None:
        if not self._stop:
            self.reason = reason
        self._settle()

    def _settle(self) -> None:
        if self.wish() is None:
            self.asked.clear()
            self.person.settle()
        else:
            self.asked.set()
            self.person.arrived.set()
