"""A worker process for what may take long, crash or hang: forecasts, files, reports.

One question at a time. What is late is killed; the next question starts a new process.
Nothing in it can touch a run.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from labctl.errors import LabctlError, LateError, RefusedError, StoreError

log = logging.getLogger(__name__)


class Aside:
    """Calls functions of a module in another process."""

    def __init__(self, name: str, nice: int = 15) -> None:
        """Nothing is started yet; ``nice``: how much the process gives way to runs."""
        self._name, self._nice = name, nice
        self._lock = threading.Lock()
        self._process: Any = None
        self._pipe: Connection | None = None

    def call(self, deadline: float, act: Callable[..., Any], *given: Any) -> Any:
        """Return ``act(*given)``; blocks for ``deadline`` s at most, twice if busy.

        LateError: it took longer. StoreError: the process died of it.
        """
        if not self._lock.acquire(timeout=deadline):
            raise LateError(f"{self._name}: busy; ask again in a moment")
        try:
            return self._ask(deadline, act, given)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process although it is at work, and wait for its end."""
        self.close_now()
        with self._lock:
            self._kill()

    def close_now(self) -> None:
        """End the process although it is at work; waits for nothing."""
        process = self._process
        if process is not None:
            process.kill()

    def _ask(self, deadline: float, act: Callable[..., Any], given: Any) -> Any:
        pipe = self._pipe or self._begin()
        try:
            pipe.send((act, given))
            if not pipe.poll(deadline):
                self._kill()
                raise LateError(f"{self._name}: no answer within {deadline:g} s")
            ok, answer = pipe.recv()
        except (EOFError, OSError) as error:
            self._kill()
            raise StoreError(
                f"{self._name}: the worker process died of this question"
            ) from error
        if ok:
            return answer
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, tuple):
            raise RefusedError(answer)
        raise StoreError(f"{self._name}: {answer}")

    def _begin(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, self._nice), daemon=True
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _kill(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.kill()
            self._process.join(5.0)
            self._process = None


def serve(pipe: Connection, nice: int) -> None:
    """Answer questions until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(nice)  # what is done here never takes time from a run
    while True:
        try:
            act, given = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Any = (True, act(*given))
        except RefusedError as error:
            answer = (False, error.complaints)
        except LabctlError as error:
            answer = (False, error)
        except Exception as error:
            log.exception("aside")
            answer = (False, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except (OSError, TypeError, AttributeError):
            pipe.send((False, "the answer cannot travel"))
