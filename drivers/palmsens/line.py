"""The serial line: what is sent, what has come, and whether a script runs.

Rules: nothing waits without a deadline; a command is answered by its own letter or by
a failure that names it, and everything else that comes meanwhile is kept for whoever
polls. A line that was lost is opened anew by `drivers.palmsens.instrument`.
"""

import logging
from collections import deque
from collections.abc import Callable

from drivers.palmsens.wire.replies import (
    Failure,
    Finished,
    Garbage,
    LoopBegins,
    LoopEnds,
    Package,
    Reaction,
    Reply,
    ReplyReader,
    Text,
)
from drivers.palmsens.wire.vocabulary import NOT_NOW
from drivers.visa.door import Door
from labctl.clock import Clock
from labctl.errors import InstrumentError, LinkError
from labctl.waits import announce

log = logging.getLogger(__name__)

TURN = 0.02
"""s between two looks at the line."""
PIECE = 16_384
"""Bytes that are read at once, at most."""


class RefusedScriptError(InstrumentError):
    """The instrument says what is wrong with a command or a script."""

    def __init__(self, text: str, failure: Failure) -> None:
        super().__init__(text)
        self.failure = failure


class Line:
    """One instrument's line, from the host's side."""

    def __init__(self, door: Door, clock: Clock, timeout: float) -> None:
        self.door, self.name, self._clock = door, door.name, clock
        self.timeout = timeout
        self.runs = False
        """Whether a script runs, as far as the line has said."""
        self.inbox: deque[Reaction] = deque()
        """What a script said, for whoever polls."""
        self._reader = ReplyReader()
        self._answers: deque[Reaction] = deque()
        self._due = False
        """Whether a command waits for its answer."""

    def pump(self) -> None:
        """Take what has come, without waiting. LinkError: the line is down."""
        while waiting := self.door.waiting():
            data = self.door.read_bytes(min(waiting, PIECE), self.timeout, False)
            for found in self._reader.feed(data):
                self._sort(found)

    def send(self, text: str) -> None:
        """Send text as it is. LinkError: the line does not take it."""
        log.debug("%s: sent %r", self.name, text if len(text) < 80 else text[:80])  # noqa: PLR2004
        self.door.write_bytes(text.encode("ascii"))

    def ask(self, command: str, rest: str = "", lines: int = 1) -> str:
        """Send a command; return what stands behind its letter, ``lines`` of it.

        RefusedScriptError: it is refused. LinkError: no answer comes.
        """
        self.pump()
        self._answers.clear()
        self._due = True
        try:
            self.send(f"{command}\n{rest}")
            return self._answered(command, lines)
        finally:
            self._due = False

    def _answered(self, command: str, lines: int) -> str:
        letter, said = command[:1], list[str]()
        for _ in range(lines):
            found = self._next_answer(command)
            if isinstance(found, Failure):
                text = f"{self.name}: refuses {command!r}: {found}"
                raise RefusedScriptError(text, found)
            wanted = "" if said else letter
            if not isinstance(found, Reply) or found.command != wanted:
                raise LinkError(f"{self.name}: answers {command!r} with {found}")
            said.append(found.text)
        return "\n".join(said)

    def run(self, command: str, rest: str = "") -> None:
        """Send what starts a script; it may have ended when this returns.

        RefusedScriptError: it does not start. LinkError: as `ask`.
        """
        self.pump()
        self.inbox.clear()
        self.runs = True
        try:
            self.ask(command, rest)
        except RefusedScriptError as refused:
            self.runs = refused.failure.code == NOT_NOW
            raise

    def wait_until(self, holds: Callable[[], bool], seconds: float, what: str) -> bool:
        """Take what comes until ``holds``; return whether it did in time."""
        until = self._clock.now() + seconds
        with announce(f"{what} of {self.name}", seconds):
            while True:
                self.pump()
                if holds():
                    return True
                if self._clock.now() >= until:
                    return False
                self._clock.sleep(TURN)

    def heard(self) -> list[Reaction]:
        """Return what a script has said, and forget it."""
        found = list(self.inbox)
        self.inbox.clear()
        return found

    def begin_anew(self) -> None:
        """Forget what a line said that was lost; its half lines too."""
        self._reader.forget()
        self._answers.clear()

    def _next_answer(self, command: str) -> Reaction:
        came = self.wait_until(
            lambda: bool(self._answers), self.timeout, f"an answer to {command!r}"
        )
        if not came:
            raise LinkError(
                f"{self.name}: no answer to {command!r} within {self.timeout:g} s; "
                "check cable, power, and that no other program has its port"
            )
        return self._answers.popleft()

    def _sort(self, found: Reaction) -> None:
        """Put an event where it belongs."""
        answers = isinstance(found, Reply) or (
            isinstance(found, Failure)
            and (bool(found.command) or (self._due and not self.runs))
        )
        if answers:
            self._answers.append(found)
            return
        if isinstance(found, Package | LoopBegins | LoopEnds | Text):
            self.runs = True
        elif isinstance(found, Finished):
            self.runs = False
        elif isinstance(found, Garbage):
            log.warning("%s: sent %r, which %s", self.name, found.text, found.why)
        self.inbox.append(found)
