"""One question and its answer, and what state the line is in afterwards.

No patience here: what fails is raised, and `Wire.state` says what is owed before the
next message. What is done about it is the `drivers.visa.link`'s business.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, TypeVar

from drivers.visa.door import Door, SilenceError
from drivers.visa.echo import Belongs, Echo, Tokens
from labctl.errors import InstrumentError, LinkError
from labctl.waits import announce

log = logging.getLogger(__name__)
T = TypeVar("T")

TOKEN_TRIES = 3
RESTARTED = (
    "does not know the last message: it restarted, or another program talks to it"
)


class State(Enum):
    """What is owed before the next message."""

    CLEAN = 0
    ODD = 1
    """An answer came that cannot belong to its question."""
    OWES = 2
    """An answer is due that may still come."""
    DOWN = 3
    """The connection is gone."""


@dataclass(slots=True)
class LinkCounts:
    """What happened on a link since it was first opened."""

    repeated: int = 0
    """Messages sent again."""
    discarded: int = 0
    """Times that something waited which nobody had asked for."""
    cleared: int = 0
    """Device clears."""
    reopened: int = 0
    """Times the link was lost and came back."""


class ChangedError(InstrumentError):
    """What answers is not in the state in which it was left."""


class DeclinedError(InstrumentError):
    """The instrument says why it does not answer a question."""


class Wire:
    """A connection whose answers show that they are their question's."""

    def __init__(self, door: Door, echo: Echo | None, timeout: float) -> None:
        self.door = door
        self.name = door.name
        self.counts = LinkCounts()
        self.timeout = timeout
        """s for an answer."""
        self.safing = False
        """Whether nothing but switching off matters now."""
        self.restarts = 0
        """So often the instrument was found restarted or changed by somebody else."""
        self.doubt = ""
        """What was found, the last time."""
        self._tokens = None if echo is None else Tokens(echo)
        self._state = State.CLEAN
        self._trouble = "it was interrupted"
        """Why the state is not clean."""
        self._suspect = False
        """Whether an answer looked as after a restart."""
        self._inside = False
        """Whether the ladder itself is talking."""
        self._unanswered: list[tuple[str, bool]] = []
        """Commands since the last answer, and whether each may be sent again."""

    @property
    def connection(self) -> Any:
        """PyVISA's resource; None while it is closed."""
        return self.door.connection

    def close(self) -> None:
        """Close it, dead or alive; outputs stay as they are."""
        self.door.close()

    def _exchange(self, message: str, form: Callable[[str], T]) -> T:
        tokens = self._tokens
        if self.door.is_stream:
            self._discard()
        if tokens is None:
            self.door.write(message)
            value = form(self._read())
        else:
            if not tokens.held:
                self.door.write(tokens.left())
            self.door.write(tokens.tagged(message))
            value = self._checked(tokens, message, self._read(), form)
        if not self._inside:
            self._unanswered.clear()
        return value

    def _checked(
        self, tokens: Tokens, message: str, answer: str, form: Callable[[str], T]
    ) -> T:
        """Return the value of an answer that shows that it is this question's."""
        belongs, payload = tokens.untagged(answer)
        if belongs is Belongs.HERE:
            self._state = State.CLEAN  # whatever form makes of it, it is the answer
            return form(payload)
        if belongs is Belongs.PERHAPS:
            self._suspect = True  # a damaged answer may look like it
            value = form(payload)
            if not self.safing:
                self._found(RESTARTED)
            tokens.held.clear()
            return value
        raise InstrumentError(
            f"{self.name}: {answer[:80]!r} is no answer to {message!r}"
        )

    def _read(self) -> str:
        with announce(f"an answer of {self.name}", self.timeout):
            return self.door.read(self.timeout)

    def _discard(self) -> None:
        if self.door.discard():
            self.counts.discarded += 1
            log.warning("%s: discarded an answer nobody had asked for", self.name)

    def _try(self, act: Callable[[], T]) -> T:
        """Do ``act``; whatever ends it between question and answer leaves a debt."""
        self._state, self._trouble = State.OWES, "it was interrupted"
        try:
            value = act()
        except InstrumentError as error:
            self._trouble = str(error)
            if isinstance(error, LinkError) and not isinstance(error, SilenceError):
                self._state = State.DOWN
            elif self._state is State.OWES and not isinstance(error, LinkError):
                self._state = State.ODD
            raise
        self._state = State.CLEAN
        return value

    def _check_token(self) -> None:
        """Refuse an instrument that lost the token. LinkError: it tells none."""
        tokens = self._tokens
        if tokens is None or not tokens.held:
            return
        seen: list[int | None] = []
        for _ in range(TOKEN_TRIES):
            self.door.write(tokens.echo.question)
            seen.append(tokens.token_of(self._read()))
            known = seen[-1] in tokens.held
            if known or (seen[-1] is not None and seen[-1] in seen[:-1]):
                break
        else:
            raise LinkError(f"{self.name}: no token came back")
        self.door.write(tokens.left())
        if not known and not self.safing:
            self._found(RESTARTED)

    def _found(self, what: str) -> NoReturn:
        self.restarts += 1
        self.doubt = what
        self._state = State.CLEAN
        self._suspect = False
        if self._tokens is not None:
            self._tokens.held.clear()
        raise ChangedError(
            f"{self.name}: {what}; nothing is measured with it until it is prepared "
            "again"
        )

    @contextlib.contextmanager
    def _from_inside(self) -> Iterator[None]:
        before, self._inside = self._inside, True
        try:
            yield
        finally:
            self._inside = before
