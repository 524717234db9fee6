"""How punctual the host is: when a look was due, and how late it came.

A look that is late is recorded with its row. One that is more than `LATE` late is an
event; one that is more than `TOO_LATE` late is the end: whoever froze for so long is no
longer trusted with a cell. Both are s of real time, whatever the run's clock makes of
them.
"""

from dataclasses import dataclass

from labctl.clock import POLL_PERIOD, Clock
from labctl.data import Event, Level

LATE = 1.0
"""s; a poll period of 0.5 s and as much again."""
TOO_LATE = 30.0
"""s; about what the guard lets a run be silent in a poll."""


def most_late(clock: Clock) -> float:
    """Return how late a look may be before its cell is let go, s of ``clock``."""
    return TOO_LATE * clock.poll_period(0.0) / POLL_PERIOD


@dataclass(frozen=True, slots=True)
class Late:
    """What one look was."""

    seconds: float
    """After it was due; 0 for one that came before."""
    too_late: bool
    told: Event | None


class Lateness:
    """Of one upload."""

    def __init__(self, clock: Clock, place: str) -> None:
        self._clock, self._place = clock, place
        self._due = 0.0
        self.begin()

    def begin(self) -> None:
        """Forget what was before."""
        self._looks = self._late = 0
        self._worst = 0.0
        self._due = self._clock.now()

    def promise(self, seconds: float) -> None:
        """Say that the next look is due in ``seconds``."""
        self._due = self._clock.now() + seconds

    def left(self) -> float:
        """Return s until the next look is due; 0 once it is."""
        return max(self._due - self._clock.now(), 0.0)

    def take(self) -> Late:
        """Count a look that begins now."""
        seconds = max(self._clock.now() - self._due, 0.0)
        scale = self._clock.poll_period(0.0) / POLL_PERIOD
        self._looks += 1
        self._worst = max(self._worst, seconds)
        told = None
        if seconds > LATE * scale:
            self._late += 1
            if self._late == 1:
                text = (
                    f"{self._place}: was looked at {seconds:.2f} s late; what ends by "
                    "the host's time ended that much later"
                )
                told = Event(Level.WARNING, "late", text)
        return Late(seconds, seconds > most_late(self._clock), told)

    def summary(self) -> Event | None:
        """Return what a person should know of an upload; None: nothing."""
        if self._late <= 1:
            return None
        text = (
            f"{self._place}: {self._late} of {self._looks} looks were late, by "
            f"{self._worst:.2f} s at most"
        )
        return Event(Level.WARNING, "late", text)
