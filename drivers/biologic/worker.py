"""One thread that makes every call into one DLL: EClib is not re-entrant.

A caller hands over a whole exchange (several calls) and waits with a deadline. A call
that does not come back blocks the worker; everybody after it is told so at once.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from labctl.errors import LinkError

T = TypeVar("T")

DEADLINE = 60.0
"""s of real time; loading a firmware takes tens of seconds, all else under one."""


class _Job:
    __slots__ = ("abandoned", "action", "answer")

    def __init__(self, action: Callable[[], Any]) -> None:
        self.action = action
        self.answer: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.abandoned = False


class Worker:
    """The thread; starts with the first exchange and ends with the process."""

    def __init__(self, name: str, deadline: float = DEADLINE) -> None:
        self.name = name
        self.deadline = deadline
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stuck: _Job | None = None

    def do(self, action: Callable[[], T], deadline: float | None = None) -> T:
        """Run ``action`` on the worker's thread and return what it returns.

        LinkError: it did not come back within ``deadline`` s of real time, or an
        earlier one has not come back yet. Its own exceptions pass through.
        """
        if threading.current_thread() is self._thread:
            return action()
        if self._stuck is not None:
            raise LinkError(
                f"{self.name}: an earlier call has still not returned. "
                "Power-cycle the instrument and restart this program."
            )
        self._ensure_running()
        limit = self.deadline if deadline is None else deadline
        job = _Job(action)
        self._jobs.put(job)
        try:
            value, error = job.answer.get(timeout=limit)
        except Empty:
            job.abandoned = True
            self._stuck = job
            raise LinkError(
                f"{self.name}: a call has not returned within {limit:g} s. "
                "Check cable and power of the instrument."
            ) from None
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
            if job.abandoned:
                continue
            try:
                job.answer.put((job.action(), None))
            except BaseException as error:  # noqa: BLE001  (handed to the caller)
                job.answer.put((None, error))
            if job is self._stuck:
                self._stuck = None
