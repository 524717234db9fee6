"""The ladder for a link to EClib: again, then a new connection, then give up.

Whatever is asked of an instrument goes up this ladder. After a new connection nothing
is sent before the instrument has said who it is, and is the one that was opened.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from drivers.biologic.eclib.codes import device_name
from drivers.biologic.eclib.faults import EClibError, Remedy, translated
from drivers.biologic.eclib.library import EClib, FunctionTable
from labctl import waits
from labctl.clock import Clock
from labctl.data import Event, Level
from labctl.errors import IdentityError, LinkError

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 6
"""Calls of one exchange before a retryable error counts."""
FIRST_PAUSE = 0.1
"""s; doubles with each attempt, 3 s in all …"""
LONGEST_PAUSE = 10.0
"""… and no longer than this where the link may be held for minutes, s."""
RECONNECT_AFTER = 2
"""Failed attempts before a new connection is made."""
NO_LINK = -1
"""No connection; the library refuses it, so that nothing is sent."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answered when the instrument was opened."""

    device: int
    """Device code."""
    serials: tuple[tuple[int, int], ...]
    """Channel, counted from 0, and serial of its board."""

    def __str__(self) -> str:
        boards = ", ".join(f"{number + 1}: {serial}" for number, serial in self.serials)
        return f"a {device_name(self.device)} with the boards {boards or 'none'}"


class Link:
    """One connection to one instrument, made anew when it breaks."""

    def __init__(
        self,
        name: str,
        address: str,
        table: FunctionTable,
        clock: Clock,
    ) -> None:
        self.name, self.address = name, address
        self.number = NO_LINK
        """The library's number of the connection; another one after each opening."""
        self.expected: Answered | None = None
        """Who has to answer; None before it was asked for the first time."""
        self._table, self._clock = table, clock
        self._lost_at: float | None = None
        self._told = False
        """Whether somebody knows that the link is lost."""

    def exchange(
        self,
        action: Callable[[EClib], T],
        place: str,
        reopen: Callable[[EClib], object],
        patience: float = 0.0,
    ) -> T:
        """Run ``action`` in one turn of the library, again where that may help.

        Retryable errors are tried `ATTEMPTS` times with growing pauses, and on for
        ``patience`` s; once they repeat, ``reopen`` makes a new connection. All
        errors come out translated for a person. WaitEnded: the run is asked for
        something in a pause. IdentityError: another instrument answers.
        """
        begun, pause, attempt = self._clock.now(), FIRST_PAUSE, 0
        while True:
            attempt += 1
            try:
                self._must_be_open()
                answer = self._table.exchange(action)
            except (EClibError, LinkError) as error:
                tried = attempt >= ATTEMPTS
                over = self._clock.now() - begun >= patience
                if not _may_help(error) or (tried and over):
                    raise _for_a_person(error, place) from error
                log.warning("%s: attempt %d: %s", place, attempt, error)
                if tried:
                    self._tell_lost(place, error, patience)
                anew = _needs_connection(error) or attempt >= RECONNECT_AFTER
            else:
                self._tell_back(place)
                return answer
            with waits.announce(f"the link to {place}", pause):
                self._clock.sleep(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)
            if anew and self.expected is not None:
                self._reopen(reopen)

    def confirm(self, now: Answered) -> None:
        """Compare who answers with who did. IdentityError: it is another one."""
        if self.expected is None:
            self.expected = now
        elif now != self.expected:
            raise IdentityError(
                f"{self.name}: after the link was opened anew, {now} answers at "
                f"{self.address}, not {self.expected}. Nothing was sent to it; check "
                "cables and addresses"
            )

    def _must_be_open(self) -> None:
        if self.expected is not None and self.number == NO_LINK:
            raise EClibError("BL_TestConnection", -1)

    def _reopen(self, reopen: Callable[[EClib], object]) -> None:
        self._lost_at = self._clock.now() if self._lost_at is None else self._lost_at
        try:
            self._table.exchange(reopen)
        except (EClibError, LinkError) as error:
            log.warning("%s: no new connection: %s", self.name, error)

    def _tell_lost(self, place: str, error: Exception, patience: float) -> None:
        if self._told:
            return
        self._told = True
        text = (
            f"{place}: no answer ({error}); the channel goes on within the limits in "
            f"its firmware, and the link is tried for {patience:g} s"
        )
        waits.tell(Event(Level.WARNING, "link", text))

    def _tell_back(self, place: str) -> None:
        if self._lost_at is None:
            return
        lost, self._lost_at, self._told = self._lost_at, None, False
        text = (
            f"{place}: the link was lost for {self._clock.now() - lost:.1f} s and was "
            f"opened anew; {self.expected} answers as before"
        )
        waits.tell(Event(Level.WARNING, "link", text))


def _may_help(error: EClibError | LinkError) -> bool:
    """Tell whether trying again may help."""
    if isinstance(error, EClibError):
        return error.remedy in {Remedy.RETRY, Remedy.RECONNECT}
    return True


def _needs_connection(error: EClibError | LinkError) -> bool:
    return isinstance(error, EClibError) and error.remedy is Remedy.RECONNECT


def _for_a_person(error: EClibError | LinkError, place: str) -> Exception:
    return translated(error, place) if isinstance(error, EClibError) else error
