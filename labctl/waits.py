"""Who is told of a wait, how long it may take, and who may end it.

A run binds itself to its thread with `owned_by`. From then on every wait in that
thread, however deep in a driver, says what it waits for and until when (`announce`),
and a wait through the clock ends as soon as the run is asked to stop, hold or skip.
Threads that no run owns (a person by hand, a guard, a twin's server) just wait.
"""

import contextlib
import logging
import math
import threading
import typing
from collections.abc import Iterator
from dataclasses import replace

from labctl.clock import EVERY_LOOK, Clock, Quiet
from labctl.data import Event

log = logging.getLogger(__name__)


class WaitEnded(Exception):  # noqa: N818  (it is no error: somebody asked for it)
    """A wait inside a driver ended because the run is to stop, hold or skip.

    Only the engine catches it. A driver that must not be left half way catches it,
    tidies up, and lets it go on.
    """


class Owner(typing.Protocol):
    """What a run offers to whatever waits in its thread."""

    @property
    def asked(self) -> threading.Event:
        """Set while a stop, a hold or a skip is asked for and not granted yet."""
        ...

    def waiting(self, what: str, seconds: float) -> None:
        """Hear that nothing may be heard for ``seconds`` of wall time from now."""
        ...

    def working(self) -> None:
        """Hear that a wait is over."""
        ...

    def tell(self, event: Event) -> None:
        """Take an event for the run's journal."""
        ...


class _Here(threading.local):
    owner: Owner | None = None
    safing: int = 0
    passing: int = 0


_here = _Here()
_NEVER = threading.Event()


@contextlib.contextmanager
def owned_by(owner: Owner | None) -> Iterator[None]:
    """Let ``owner`` be told of every wait in this thread, and end those it wants."""
    before, _here.owner = _here.owner, owner
    try:
        yield
    finally:
        _here.owner = before


def owner_here() -> Owner | None:
    """Return who owns this thread; what a thread that helps it binds itself to."""
    return _here.owner


@contextlib.contextmanager
def to_the_end() -> Iterator[None]:
    """Let no wait in this thread be ended: outputs are being made safe."""
    _here.safing += 1
    try:
        yield
    finally:
        _here.safing -= 1


@contextlib.contextmanager
def in_passing() -> Iterator[None]:
    """Let nothing in this thread be tried for longer than it takes to ask.

    Something that is driven waits for its poll meanwhile.
    """
    _here.passing += 1
    try:
        yield
    finally:
        _here.passing -= 1


def is_in_passing() -> bool:
    """Tell whether this thread has something more important to look after."""
    return _here.passing > 0


class _Announced:
    """A wait of which an owner is told."""

    __slots__ = ("_owner", "_seconds", "_what")

    def __init__(self, owner: Owner, what: str, seconds: float) -> None:
        self._owner, self._what, self._seconds = owner, what, seconds

    def __enter__(self) -> None:
        self._owner.waiting(self._what, self._seconds)

    def __exit__(self, *_: object) -> None:
        self._owner.working()


_UNHEARD = contextlib.nullcontext()


def announce(what: str, seconds: float) -> contextlib.AbstractContextManager[None]:
    """Say that this thread may be silent for ``seconds`` of wall time.

    ``what`` completes "waiting for …". Used around every call that blocks: a read, a
    reconnection, a flush to the disk. The caller keeps the deadline; this only says it.
    """
    owner = _here.owner
    return _UNHEARD if owner is None else _Announced(owner, what, seconds)


def tell(event: Event) -> None:
    """Put an event into the journal of the run that owns this thread; log it else."""
    owner = _here.owner
    if owner is None:
        log.log(event.level.severity, "%s: %s", event.code, event.text)
    else:
        owner.tell(event)


def asked() -> threading.Event:
    """Return what ends a wait in this thread; never set where nothing does."""
    owner = _here.owner
    return _NEVER if owner is None or _here.safing else owner.asked


class StepClock:
    """The clock of a run's steps: a sleep returns early when the run is asked."""

    def __init__(self, clock: Clock, longest_poll: float = math.inf) -> None:
        """Make it of ``clock``; ``longest_poll`` in s, where others want to be read."""
        self._clock = clock
        self._longest_poll = longest_poll

    def now(self) -> float:  # noqa: D102
        return self._clock.now()

    def unix(self) -> float:  # noqa: D102
        return self._clock.unix()

    def poll_period(self, rows_every: float) -> float:  # noqa: D102
        least = self._clock.poll_period(0.0)
        return max(least, min(self._clock.poll_period(rows_every), self._longest_poll))

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        """Let ``seconds`` pass, fewer if the run is asked to stop, hold or skip."""
        self._clock.sleep(seconds, until or asked())

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,
        until: threading.Event | None = None,
    ) -> None:
        """Let looks be left out for as long as no others want to be read."""
        seconds = min(quiet.seconds, self._longest_poll)
        self._clock.idle(period, replace(quiet, seconds=seconds), until or asked())


class DriverClock(StepClock):
    """The clock of a driver: a sleep that the run ends raises `WaitEnded`."""

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        """Let ``seconds`` pass. WaitEnded: the run was asked to stop, hold or skip."""
        ended = asked()
        with announce("a pause between two messages", seconds):
            self._clock.sleep(seconds, until or ended)
        if ended.is_set():
            raise WaitEnded
