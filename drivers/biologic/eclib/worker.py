"""Who makes the calls into one DLL, one at a time: EClib is not re-entrant.

Calls that may not come back are made by a `Worker`'s thread. A caller hands over a
whole exchange (several calls) and waits with a deadline. A call that does not come back
blocks the worker; everybody after it is told so at once, until it does come back. What
a caller has given up is not begun any more.

Calls that always come back at once are made `InTurn`, on the caller's own thread: a
hand-over costs more than the call.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from labctl.clock import stopwatch
from labctl.errors import LinkError
from labctl.waits import WaitEnded, announce, asked

T = TypeVar("T")

DEADLINE = 60.0
"""s of real time; loading a firmware takes tens of seconds, all else under one."""
QUIET = 1.0
"""s of real time that a call may take before anybody is told of it."""
SLICE = 0.1
"""s of real time between two looks at whether the caller is wanted elsewhere."""


class _Job:
    __slots__ = ("abandoned", "action", "answer")

    def __init__(self, action: Callable[[], Any]) -> None:
        self.action = action
        self.answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.abandoned = False


class InTurn:
    """The callers themselves, each after the other; for calls that never block."""

    def __init__(self) -> None:
        self._turn = threading.RLock()

    def do(self, action: Callable[[], T]) -> T:
        """Run ``action`` on this thread and return what it returns."""
        with self._turn:
            return action()


class Worker:
    """The thread; starts with the first exchange and ends with the process."""

    def __init__(self, name: str, deadline: float = DEADLINE) -> None:
        self.name = name
        self.deadline = deadline
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: _Job | None = None
        """Written by the worker's thread alone."""

    def do(self, action: Callable[[], T], deadline: float | None = None) -> T:
        """Run ``action`` on the worker's thread and return what it returns.

        LinkError: it did not come back within ``deadline`` s of real time, or an
        earlier one has not come back yet. WaitEnded: the caller's run is asked for
        something while the call hangs. Its own exceptions pass through.
        """
        if threading.current_thread() is self._thread:
            return action()
        running = self._running
        if running is not None and running.abandoned:
            raise LinkError(
                f"{self.name}: an earlier call has still not returned. If it stays so, "
                "power-cycle the instrument and restart this program."
            )
        self._ensure_running()
        limit = self.deadline if deadline is None else deadline
        job = _Job(action)
        self._jobs.put(job)
        try:
            value, error = self._answer(job, limit)
        except BaseException:
            job.abandoned = True
            raise
        if error is not None:
            raise error
        result: T = value
        return result

    def close(self) -> None:
        """Let the thread end after what is queued."""
        with self._start:
            if self._thread is not None:
                self._jobs.put(None)
                self._thread = None

    def _answer(self, job: _Job, limit: float) -> tuple[Any, BaseException | None]:
        try:
            return job.answer.get(timeout=min(QUIET, limit))
        except Empty:
            pass
        wanted, begun = asked(), stopwatch()
        left = limit - QUIET
        with announce(f"{self.name} to return from a call", max(left, 0.0)):
            while (passed := stopwatch() - begun) < left:
                try:
                    return job.answer.get(timeout=min(SLICE, left - passed))
                except Empty:
                    if wanted.is_set():
                        raise WaitEnded from None
        raise LinkError(
            f"{self.name}: a call has not returned within {limit:g} s. "
            "Check cable and power of the instrument."
        )

    def _ensure_running(self) -> None:
        if self._thread is not None:
            return
        with self._start:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._work, name=self.name, daemon=True
                )
                self._thread = thread
                thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._running = job
            if not job.abandoned:
                try:
                    job.answer.put((job.action(), None))
                except BaseException as error:  # noqa: BLE001  (handed to the caller)
                    job.answer.put((None, error))
            self._running = None
