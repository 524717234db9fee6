"""Whether the station answers: a state, never an error, never a dialog."""

from dataclasses import dataclass
from enum import StrEnum

from gui.look.si_text import lasting

SILENT_AFTER = 1.5
"""s without an answer before values are greyed."""
SLOWEST_RETRY = 5.0
"""s between two attempts at most."""


class Answering(StrEnum):
    """How it stands."""

    SEARCHING = "searching"
    """Never heard of yet."""
    THERE = "there"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """What the banner says."""

    answering: Answering
    silent: float
    """s since the last answer; 0 while it answers."""
    why: str
    """What went wrong last, in words."""

    @property
    def is_there(self) -> bool:
        """Whether values on the screen are of now."""
        return self.answering is Answering.THERE

    @property
    def text(self) -> str:
        """One line for people."""
        if self.answering is Answering.THERE:
            return ""
        if self.answering is Answering.SEARCHING:
            return "Looking for the station …"
        return (
            f"The station does not answer, last seen {lasting(self.silent)} ago. "
            "Runs are not affected by this window; trying again."
        )


class LinkWatch:
    """Turns answers and failures into a status; given the time, it knows no clock."""

    def __init__(self) -> None:
        self._seen: float | None = None
        self._failures = 0
        self._why = ""
        self._retry_at = 0.0

    def answered(self, now: float) -> None:
        """Note an answer."""
        self._seen, self._failures, self._why = now, 0, ""
        self._retry_at = 0.0

    def failed(self, now: float, why: str) -> None:
        """Note a failure; attempts become rarer."""
        self._failures += 1
        self._why = why
        wait = min(0.25 * 1.5 ** min(self._failures, 12), SLOWEST_RETRY)
        self._retry_at = now + wait

    def may_try(self, now: float) -> bool:
        """Whether it is time for an attempt."""
        return now >= self._retry_at

    def status(self, now: float) -> LinkStatus:
        """Return how it stands."""
        if self._seen is None:
            return LinkStatus(Answering.SEARCHING, 0.0, self._why)
        silent = now - self._seen
        if self._failures and silent > SILENT_AFTER:
            return LinkStatus(Answering.LOST, silent, self._why)
        if silent > 2 * SILENT_AFTER:
            return LinkStatus(Answering.LOST, silent, self._why or "no answer")
        return LinkStatus(Answering.THERE, 0.0, "")
