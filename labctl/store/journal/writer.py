"""A thread that takes portions of a journal to the disk, one after the other.

Whoever measures hands a portion over and goes on; a disk that takes its time, or takes
nothing, costs the measurement nothing. One portion is on its way at a time: what comes
meanwhile belongs to the next one. The two threads meet at a bare queue and a bare lock:
a condition, which is Python, costs a durable row as much as SQLite does.
"""

import logging
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue

from labctl.clock import SystemClock, stopwatch
from labctl.store.journal.disk_trouble import Cause, Trouble, free_bytes, judge
from labctl.store.journal.files import JournalFiles, Portion
from labctl.store.journal.reserve import Reserve

log = logging.getLogger(__name__)

LOW_WATER = 200_000_000
"""Bytes free, besides what the run has reserved, with which a disk is called low."""
LOOK_EVERY = 1.0
"""s between two looks at the room that is left."""
RESTORE_EVERY = 5.0
"""s between two tries to take the reserve back."""
HAND_OVER = 10.0
"""s; between a portion's end and that of its try lie microseconds."""
SLICE = 0.05
"""s between two looks at whoever may end a wait."""


class Space(StrEnum):
    """Whether the disk takes the run's rows."""

    OK = "ok"
    LOW = "low"
    """Little is free, or the run lives on what it reserved."""
    FULL = "full"
    """Rows wait in memory."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the disk has for a run."""

    state: Space
    free: int
    """Bytes free for anybody; −1 if nobody can say."""
    reserved: int
    """Bytes kept back for this run besides."""
    since: float
    """s of wall time in this state."""
    rows_waiting: int = 0
    """Rows that are not on the disk yet."""


class Writer:
    """Holds the files of one journal; its methods may be called from any thread."""

    def __init__(self, files: JournalFiles, durable: int, name: str) -> None:
        """Start the thread; ``durable`` is the number of the last commit."""
        self.durable = durable
        """Number of the last commit that is on the disk."""
        self.trouble: Trouble | None = None
        """Why the last try failed."""
        self.reserve: Reserve | None = None
        self.at_the_end = False
        """Whether all of the reserve may be used."""
        self._files = files
        self._turns: SimpleQueue[Portion | None] = SimpleQueue()
        """What the thread is to try next; None: it is to end."""
        self._trying = threading.Lock()
        """Held while a try is on its way; the thread lets it go."""
        self._portion: Portion | None = None
        self._room = (Space.OK, stopwatch())
        self._looked = self._restored = -RESTORE_EVERY
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._files.path

    @property
    def portion(self) -> Portion | None:
        """What is on its way to the disk."""
        return self._portion

    @property
    def waits_since(self) -> float | None:
        """How long the portion has been on its way, s; None: there is none."""
        portion = self._portion
        return None if portion is None else stopwatch() - portion.taken

    def give(self, portion: Portion) -> None:
        """Hand over the next portion; only while none is on its way."""
        assert self._portion is None, "one portion at a time"  # noqa: S101
        over = self._trying.acquire(timeout=HAND_OVER)
        assert over, "the last try is over"  # noqa: S101
        self._portion = portion
        self._turns.put(portion)

    def try_again(self) -> None:
        """Let the portion that failed be tried once more; harmless otherwise."""
        if not self._trying.acquire(blocking=False):
            return
        portion = self._portion
        if portion is None:
            self._trying.release()
        else:
            self._turns.put(portion)

    def wait(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Wait until the last try is over; return whether it is.

        ``until`` ends the wait.
        """
        trying, end = self._trying, stopwatch() + seconds
        longest = threading.TIMEOUT_MAX if until is None else SLICE
        while (left := end - stopwatch()) > 0:
            if until is not None and until.is_set():
                break
            if trying.acquire(timeout=min(left, longest)):
                trying.release()
                return True
        return not trying.locked()

    def room(self, rows_waiting: int) -> Room:
        """Return how much room there is."""
        state, since = self._room
        free = free_bytes(self._files.path.parent)
        reserved = self.reserve.size if self.reserve else 0
        age = stopwatch() - since
        return Room(state, -1 if free is None else free, reserved, age, rows_waiting)

    def stop(self, seconds: float) -> bool:
        """Let go of the files once the try that goes on is over.

        Return whether that took no longer than ``seconds``: a write to a dead disk
        can be ended by nobody.
        """
        self._turns.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (portion := self._turns.get()) is not None:
            self._settle(portion, self._try(portion))
            self._look()
            if self.trouble is None:
                self._portion = None
            self._trying.release()
            self._tend(portion)
        self._files.close()

    def _try(self, portion: Portion) -> Trouble | None:
        """Write it; make room, or take another file, as long as that helps."""
        moved = False
        while True:
            try:
                self._files.write(portion)
            except Exception as error:  # noqa: BLE001  (judged: some are no excuse)
                trouble = judge(error, self._files.path.parent)
            else:
                return None
            if trouble.cause is Cause.FILE and not moved:
                moved = True
                instead = self._go_on(portion, trouble)
                if instead is None:
                    continue
                if instead.cause is not Cause.FULL:
                    return trouble
                moved = False
                trouble = instead
            if trouble.cause is Cause.FULL and self._makes_room(portion):
                continue
            return trouble

    def _go_on(self, portion: Portion, trouble: Trouble) -> Trouble | None:
        """Take the next file; return why there is none, None if there is."""
        try:
            return None if self._files.go_on(portion, trouble.text) else trouble
        except Exception as error:  # noqa: BLE001  (judged)
            return judge(error, self._files.path.parent)

    def _makes_room(self, portion: Portion) -> bool:
        if self.reserve is None:
            return False
        return self.reserve.give(portion.nbytes, at_the_end=self.at_the_end)

    def _settle(self, portion: Portion, trouble: Trouble | None) -> None:
        if trouble is None:
            if self.trouble is not None:
                log.warning("journal: the disk takes data again")
            self.durable = portion.number
        elif self.trouble is None:
            log.error("journal: %s; rows wait in memory", trouble.text)
        self.trouble = trouble

    def _look(self) -> None:
        """See how much room is left: now and then, and at once where it changes."""
        now = stopwatch()
        given = self.reserve is not None and self.reserve.is_given
        if not given and self.trouble is None and self._room[0] is Space.OK:
            if now - self._looked < LOOK_EVERY:
                return
            self._looked = now
        state = self._state()
        if state is not self._room[0]:
            self._room = (state, now)

    def _tend(self, portion: Portion) -> None:
        """Let the reserve be what the run may still need."""
        reserve, now = self.reserve, stopwatch()
        if reserve is None or self.trouble is not None or self.at_the_end:
            return
        reserve.follow(portion.nbytes)
        if reserve.is_given and now - self._restored > RESTORE_EVERY:
            self._restored = now
            reserve.restore()

    def _state(self) -> Space:
        trouble, reserve = self.trouble, self.reserve
        if trouble is not None and trouble.cause is Cause.FULL:
            return Space.FULL
        free = free_bytes(self._files.path.parent)
        low = free is not None and free < LOW_WATER
        given = reserve is not None and reserve.is_given
        return Space.LOW if low or given else Space.OK


def pause(seconds: float, until: threading.Event | None) -> None:
    """Let a moment pass before the disk is tried again."""
    SystemClock().sleep(seconds, until)
