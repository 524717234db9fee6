"""The ladder: what is done, rung by rung, when a message to an instrument fails.

1. Ask again, if asking again changes nothing.
2. Device clear, then the known identity must come back and nothing behind it.
3. Close and open with back-off; then identity (maker, model, serial), token, settings
   and output are read back and compared. Another instrument: IdentityError, and
   nothing else is sent to it. One that restarted: InstrumentError until it is
   prepared again.
4. What the configuration says (`OnLinkLoss`): raise, or go on trying for longer; not
   for a question asked in passing (`labctl.waits.in_passing`).

Rungs 1 to 3 take about three timeouts together. Rules for whoever edits: a link that
was interrupted owes an answer, and the next message pays first; an answer that cannot
belong to its question is never a value; whatever was sent since the last answer may
be lost and is sent again, or the message fails.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from pymeasure.adapters import Adapter

from drivers.visa.door import Door
from drivers.visa.echo import Echo
from drivers.visa.link_options import LinkOptions, OnLinkLoss
from drivers.visa.reopening import Acquaintance, Introduction
from drivers.visa.wire import ChangedError, DeclinedError, State, Wire
from labctl.clock import Clock, SystemClock
from labctl.data import Event, Level
from labctl.errors import InstrumentError, LinkError
from labctl.roles.identity import Identity
from labctl.waits import (
    WaitEnded,
    announce,
    asked,
    is_in_passing,
    tell,
    to_the_end,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

LADDER = 3.0
"""Timeouts that rungs 1 to 3 may take together."""
TURN = 0.2
"""s between two looks for a stop while another channel of the instrument has the
link."""
ATTEMPTS = 3
"""So often a message is sent at most."""
SAFING = 5.0
"""s that the rungs may take at least while an output is made safe."""


_UNTRIED = InstrumentError("it was not tried")


def _nothing() -> str:
    return ""


class Link(Wire):
    """An instrument's link, shared by its roles and by `LinkAdapter`."""

    def __init__(
        self,
        door: Door,
        clock: Clock,
        identity: Identity | None = None,
        echo: Echo | None = None,
        options: LinkOptions | None = None,
        introduction: Introduction | None = None,
    ) -> None:
        self.options = LinkOptions() if options is None else options
        super().__init__(door, echo, self.options.timeout)
        self._clock = clock
        manners = introduction or Introduction()
        self._friend = (
            None if identity is None else Acquaintance(door, identity, clock, manners)
        )
        self._checks: dict[int, Callable[[], None]] = {}
        self._lock = threading.RLock()

    @classmethod
    def around(cls, adapter: Adapter, name: str) -> "Link":
        """Return a link that cannot be reopened and adds nothing to a message."""
        return cls(Door.around(adapter, name), SystemClock())

    def allow(self, seconds: float) -> None:
        """Let an answer take ``seconds`` and a margin before it counts as lost."""
        self.timeout = self.options.timeout + 1.5 * seconds

    def expect(self, owner: object, check: Callable[[], None]) -> None:
        """Call ``check`` whenever the link came back; it raises InstrumentError."""
        self._checks[id(owner)] = check

    # Messages.

    def tell(self, message: str, *, again: bool = True) -> None:
        """Send ``message``; ``again`` says that sending it twice is the same as once.

        LinkError: the bus did not take it, or it may be lost and must not be repeated.
        """

        def say() -> None:
            self._discard()
            self._unanswered.append((message, again))
            self.door.write(message)

        self._climb(message, say, _nothing, again=again)

    def tell_bytes(self, content: bytes) -> None:
        """Send ``content`` as it is, and never twice. LinkError: as `tell`."""
        shown = repr(content[:40])

        def say() -> None:
            self._discard()
            self._unanswered.append((shown, False))
            self.door.write_bytes(content)

        self._climb(shown, say, _nothing, again=False)

    def take(self, read: Callable[[Door, float], T]) -> T:
        """Return what ``read`` makes of the answer to what was told, at the first try.

        ``read`` is given the door and the s that it may wait. LinkError: none came.
        """
        with self._turn(), announce(f"an answer of {self.name}", self.timeout):
            value = self._try(lambda: read(self.door, self.timeout))
            self._unanswered.clear()
            return value

    def ask(
        self,
        message: str,
        form: Callable[[str], T],
        *,
        again: bool = True,
        explain: Callable[[], str] = _nothing,
    ) -> T:
        """Send ``message`` and return what ``form`` makes of its answer.

        ``form`` raises InstrumentError for what is no answer to it. ``explain`` asks
        the instrument why it did not answer. LinkError: no answer came, on no rung.
        """
        return self._climb(
            message, lambda: self._exchange(message, form), explain, again=again
        )

    @contextlib.contextmanager
    def making_safe(self) -> Iterator[None]:
        """Let nothing end the ladder, and nothing about settings stop a message.

        What was sent before and not answered is forgotten: it may switch on.
        """
        with self._turn(), to_the_end():
            before, self.safing = self.safing, True
            self._unanswered.clear()
            try:
                yield
            finally:
                self.safing = before

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the link to oneself. WaitEnded: the run was asked while it waited."""
        if not self._lock.acquire(blocking=False):
            self._await_turn()
        try:
            yield
        finally:
            self._lock.release()

    def _await_turn(self) -> None:
        """Take the lock that somebody else has. LinkError: it is kept too long."""
        hold = 0.0 if is_in_passing() else self.options.hold_for
        seconds = hold + 2.0 * self._patience
        until = self._clock.now() + seconds
        with announce(f"its turn at {self.name}", seconds):
            while not self._lock.acquire(timeout=TURN):
                if asked().is_set():
                    raise WaitEnded
                if self._clock.now() > until:
                    raise LinkError(f"{self.name}: somebody else keeps its link")

    # The ladder.

    def _climb(
        self,
        message: str,
        act: Callable[[], T],
        explain: Callable[[], str],
        again: bool,
    ) -> T:
        if not self._lock.acquire(blocking=False):
            self._await_turn()
        try:
            if self._inside:
                return act()
            return self._rungs(message, act, explain, again)
        except BaseException:
            if not self._inside:
                self._unanswered.clear()  # whoever raises gives up what it was doing
            raise
        finally:
            self._lock.release()

    def _rungs(
        self,
        message: str,
        act: Callable[[], T],
        explain: Callable[[], str],
        again: bool,
    ) -> T:
        until = self._clock.now() + self._patience
        trouble = _UNTRIED
        for attempt in range(ATTEMPTS):
            if self._state is not State.CLEAN:
                until = self._settle(until)
            if attempt:
                if self._clock.now() >= until:
                    break
                self._refuse_to_repeat(message, again, trouble)
                self.counts.repeated += 1
                self._resend(message)
            try:
                return self._try(act)
            except ChangedError:
                raise
            except InstrumentError as error:
                trouble = error
            log.info("%s: %r failed: %s", self.name, message, trouble)
            if self._friend is None:
                break
            until = self._settle(until)
            self._explain(message, explain, trouble)
        if self._friend is None:
            self._explain(message, explain, trouble)
        if isinstance(trouble, LinkError):
            raise LinkError(
                f"{self.name}: no answer to {message!r} ({trouble}); check cable and "
                "power"
            ) from trouble
        raise trouble

    def _explain(
        self, message: str, explain: Callable[[], str], trouble: InstrumentError
    ) -> None:
        try:
            with self._from_inside():
                reported = self._try(explain)
        except InstrumentError:
            return
        if reported:
            raise DeclinedError(
                f"{self.name}: refuses {message!r}: {reported}"
            ) from trouble

    def _refuse_to_repeat(
        self, message: str, again: bool, trouble: InstrumentError
    ) -> None:
        once = [said for said, repeats in self._unanswered if not repeats]
        if again and not once:
            return
        raise LinkError(
            f"{self.name}: {once[0] if once else message!r} may or may not have been "
            f"carried out ({trouble}); it is not sent twice"
        ) from trouble

    def _resend(self, message: str) -> None:
        """Send what may be lost, without ``message``, which follows."""
        if self._unanswered and self._unanswered[-1][0] == message:
            self._unanswered.pop()
        for text, _ in self._unanswered:
            self.door.write(text)

    # Coming back.

    @property
    def _patience(self) -> float:
        """Return how long rungs 1 to 3 may take together, s."""
        patience = LADDER * self.timeout
        return max(patience, SAFING) if self.safing else patience

    def _settle(self, until: float) -> float:
        """Bring the link to where nothing is owed and the instrument is known.

        Returns until when the ladder may go on. LinkError: the link is not back by
        ``until``, nor for as long as the configuration says.
        """
        if self._state is State.CLEAN or self._friend is None:
            return until
        began, why = self._clock.now(), self._trouble
        try:
            with announce(f"the link to {self.name}", max(until - began, 0.0)):
                self._bring_back(self._friend, until, why)
        except LinkError as error:
            hold = self.options.hold_for
            give_up = self.safing or is_in_passing()
            if give_up or self.options.on_loss is OnLinkLoss.MAKE_SAFE:
                raise
            alarm = self.options.on_loss is OnLinkLoss.ALARM
            tell(
                Event(
                    Level.ALARM if alarm else Level.WARNING,
                    "link",
                    f"{error}; its output is as its own limits allow; the link is "
                    f"tried for {hold:g} s",
                )
            )
            with announce(f"the link to {self.name}", hold):
                self._bring_back(self._friend, began + hold, why)
            return self._clock.now() + self._patience
        return until

    def _bring_back(self, friend: Acquaintance, until: float, why: str) -> None:
        began = self._clock.now()
        if self._is_resynchronised(friend, until - began):
            return
        while True:
            self._state = State.DOWN
            friend.reopen(until, self.timeout, why)
            try:
                self._check_token()
                break
            except LinkError:
                if self._clock.now() >= until:
                    raise
        self.counts.reopened += 1
        passed = self._clock.now() - began
        tell(
            Event(
                Level.WARNING,
                "link",
                f"{self.name}: the link was lost ({why}) and is back after "
                f"{passed:.1f} s; lost {self.counts.reopened} times so far",
            )
        )
        self._state = State.CLEAN
        if not self.safing:
            self._check_settings()

    def _is_resynchronised(self, friend: Acquaintance, seconds: float) -> bool:
        """Clear or drain; return whether the identity came back, nothing behind it."""
        door = self.door
        if self._state is State.DOWN:
            return False
        if self._state is State.OWES and door.is_stream and not door.is_serial:
            return False  # an answer that is late dies only with its connection
        try:
            if self._state is State.OWES and door.clear():
                self.counts.cleared += 1
            self._discard()
            if not friend.answers(min(max(seconds, 0.0), self.timeout)):
                return False
            self._check_token()
            if self._suspect and not self.safing:
                self._check_settings()
        except LinkError:
            return False
        self._suspect = False
        self._state = State.CLEAN
        return True

    def _check_settings(self) -> None:
        for check in list(self._checks.values()):
            for last in (False, True):
                try:
                    with self._from_inside():
                        self._try(check)
                    break
                except LinkError:
                    raise
                except InstrumentError as error:
                    self._state = State.CLEAN
                    if last:  # twice: it was no spoiled answer
                        self._found(f"is not as it was left ({error})")
