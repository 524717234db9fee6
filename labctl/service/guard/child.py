"""One guard process as its runner holds it: started, told, heard, and watched."""

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from labctl.clock import stopwatch
from labctl.service.guard.lines import Answer, Ping, Said, answered, encode
from labctl.store.run_file.seal import child_environment

log = logging.getLogger(__name__)

PROGRAM = "labctl.service.guard.process"
SPOKEN_WITHIN = 1.0
"""s that a ping waits for its turn; whoever writes now is stuck if it takes longer."""
ENDS_WITHIN = 20.0
"""s that it has to make what is still armed safe when this process ends well."""


class Child:
    """A guard process; never started again, another one takes its place."""

    def __init__(
        self, folder: Path, hear: Callable[[Answer], None], gone: Callable[[], None]
    ) -> None:
        """Start it. OSError: this machine has no room for another process.

        ``hear`` is called with every answer, ``gone`` once when it has ended; both in
        a thread of the child's own.
        """
        options: dict[str, Any] = {"start_new_session": True}
        if os.name == "nt":
            group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            apart = getattr(subprocess, "CREATE_BREAKAWAY_FROM_JOB", 0)
            options = {"creationflags": group | apart}
        with (folder / "guard.log").open("ab") as words_of_it:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", PROGRAM, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words_of_it,
                env=child_environment(),
                **options,
            )
        self._hear = hear
        self._gone = gone
        self._writes = threading.Lock()
        self._asked: float | None = None
        """When the ping went out that is not answered; None: all are."""
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._tell, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether the process stands."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def silence(self) -> float:
        """Time since it was asked and did not answer, s; 0 if it did."""
        asked = self._asked
        return 0.0 if asked is None else stopwatch() - asked

    def say(self, *messages: Said) -> bool:
        """Send messages; return whether they went out."""
        with self._writes:
            return self._written(b"".join(map(encode, messages)))

    def ping(self) -> None:
        """Ask whether it lives; the answer ends its `silence`."""
        if self._asked is not None:
            return  # one that does not read must not be written to for ever
        self._asked = stopwatch()
        if self._writes.acquire(timeout=SPOKEN_WITHIN):
            try:
                self._written(encode(Ping()))
            finally:
                self._writes.release()

    def kill(self) -> None:
        """End it at once; what it guards is another's from now on."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Let it end; what is still armed is made safe by it."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDS_WITHIN)
        self._reader.join(1.0)

    def _written(self, line: bytes) -> bool:
        try:
            assert self._process.stdin is not None  # noqa: S101  (for the types)
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (for the types)
        with self._process.stdout as lines:
            for line in lines:
                self._asked = None
                self._answers.put(line)
        self._answers.put(b"")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._gone()

    def _tell(self) -> None:
        """Hand answers on: who hears them may wait for a disk, the reader may not."""
        while line := self._answers.get():
            try:
                self._hear(answered(line))
            except Exception:
                log.exception("an answer of the guard's was lost")
