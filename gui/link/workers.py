"""Threads that wait for the network, so that the window never does."""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Job = Callable[[], None]


class Workers:
    """A few daemon threads behind one queue."""

    def __init__(self, name: str, count: int) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{k}", daemon=True)
            for k in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, job: Job) -> None:
        """Have a job done; jobs handle their own errors."""
        self._jobs.put(job)

    def close(self, seconds: float = 3.0, *, drop: bool = True) -> None:
        """Drop what waits, unless told otherwise, and let the threads end."""
        with contextlib.suppress(queue.Empty):
            while drop:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                log.exception("a job of the window failed")
