"""When a run's figures are worth asking for again.

Working them out may take many seconds of a core: of a titration of weeks it is done
only now and then, and not at all while no row has come.
"""

LEAST = 2.0
"""s between an answer and the next question."""
SHARE = 10.0
"""So many times as long as an answer took nothing is asked: a tenth of a core."""
AFTER_FAILURE = 30.0
"""s until what could not be drawn is tried again."""


class Pace:
    """One run's questions, by the stopwatch."""

    def __init__(self) -> None:
        self._rows = -1
        self._ended = False
        self._next = 0.0
        self._again = 0.0
        """Nothing is asked before, ended or not: the last question came to nothing."""

    def is_due(self, rows: int, now: float, *, ended: bool) -> bool:
        """Return whether to ask now; of a run that has ended, until it is answered.

        ``rows`` is how many the run has by now.
        """
        if self._ended or now < self._again:
            return False
        if ended:
            return True
        return rows > self._rows and now >= self._next

    def answered(
        self, rows: int, seconds: float, now: float, *, ended: bool, failed: bool
    ) -> None:
        """Take note of an answer.

        ``rows`` and ``ended`` are as they were when it was asked for.
        """
        self._rows = rows
        self._ended = ended and not failed
        self._next = now + max(LEAST, SHARE * seconds, AFTER_FAILURE * failed)
        if failed:
            self._again = self._next

    def unanswered(self, now: float) -> None:
        """Take note that nobody answered."""
        self._next = self._again = now + LEAST
