"""Who may stay connected: a stranger for two seconds, those who showed a token longer.

A connection is a `HttpConnection`. Until a request of it carried a valid token it is a
stranger's: there are few of them at once, and where there are too many, the oldest one
of whoever has most is shown the door. So whoever comes is let in, a STOP above all,
and nobody takes the descriptors that instruments and journals need.

Rules for whoever edits: a connection counts from the moment its socket exists, before
TLS and before the first byte. Nothing here waits.
"""

import asyncio
import itertools
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import stopwatch
from labctl.service.http.peers import peer_of, users_of

log = logging.getLogger(__name__)

STRANGERS = 32
"""Connections at once that have not shown a token."""
MOST = 256
"""Connections at once; the window needs about ten, and select() ends at 1024."""
FEWEST = 8
"""Known connections that are let in however few descriptors there are."""
RESERVE = 64
"""Descriptors kept for instruments, journals and files of runs."""
ENOUGH = 4096
"""Descriptors that a station asks the system for."""
LOOK_AGAIN = 1.0
"""s between two looks at whose connections they are: one takes up to 0.1 s."""
TURN = 64
"""Connections taken in before those that are here are listened to."""
FIRST_BYTE = 2.0
"""s that a connection may say nothing after it was made."""
PAUSE = 0.05
"""s before the next connection is taken when the system has no descriptor left."""
TELL_EVERY = 10.0
"""s between two lines of the log about strangers."""


@dataclass(slots=True, eq=False)
class HttpConnection:
    """One connection."""

    limits: "ConnectionLimits"
    host: str
    port: int
    leave: Callable[[], object]
    """Cuts the connection."""
    spoke: bool = False
    """Whether it sent anything."""
    known: bool = False
    """Whether a request of it carried a valid token."""
    answering: bool = False
    """Whether a request of it is being answered."""
    at: float = field(default_factory=stopwatch)
    """When it came, or was last heard of."""

    def show(self, *, urgent: bool = False) -> bool:
        """Note that it showed a valid token; False: there are too many of its like."""
        return self.limits.admit(self, urgent=urgent)

    def cut(self) -> None:
        """Cut the connection and forget it."""
        self.limits.forget(self)
        self.leave()


class ConnectionLimits:
    """All connections of the station's process; used by the loop's thread alone."""

    def __init__(self, port: int, descriptors: int) -> None:
        """Nobody is here. ``descriptors`` is how many files the process may open."""
        self._port = port
        self._last = max(descriptors - RESERVE, RESERVE)
        """The highest descriptor that a stranger may have."""
        room = (descriptors - RESERVE) // 2
        self._strangers_most = max(min(STRANGERS, room // 2), FEWEST)
        self._known_most = max(min(MOST, room) - self._strangers_most, FEWEST)
        self._strangers: dict[HttpConnection, str] = {}
        """Who they belong to, the oldest one first; empty: not looked up yet."""
        self._known: dict[HttpConnection, None] = {}
        self._looked, self._told, self._shown_out = -LOOK_AGAIN, -TELL_EVERY, 0

    @property
    def strangers(self) -> int:
        """Connections that have not shown a token."""
        return len(self._strangers)

    def __contains__(self, connection: HttpConnection) -> bool:
        """Tell whether a connection is still here."""
        return connection in self._strangers or connection in self._known

    def enter(self, sock: socket.socket, host: str, port: int) -> HttpConnection:
        """Let a connection in, at another stranger's expense if need be."""
        connection = HttpConnection(self, host, port, sock.close)
        crowded = sock.fileno() > self._last and len(self._strangers) >= FEWEST
        if crowded or len(self._strangers) >= self._strangers_most:
            self.make_room()
        self._strangers[connection] = ""
        return connection

    def make_room(self) -> bool:
        """Cut the oldest stranger of whoever has most; False if there is none.

        One that said nothing yet goes before one that did.
        """
        if not self._strangers:
            return False
        self._look()
        silent = {v: peer for v, peer in self._strangers.items() if not v.spoke}
        among = silent or self._strangers
        most, count = Counter(among.values()).most_common(1)[0]
        self._say(most, count)
        next(v for v, peer in among.items() if peer == most).cut()
        return True

    def admit(self, connection: HttpConnection, *, urgent: bool = False) -> bool:
        """Count a stranger among the known; see `HttpConnection.show`."""
        connection.at = stopwatch()
        if connection.known:
            return True
        if len(self._known) >= self._known_most:
            idle = [v for v in self._known if not v.answering]
            if idle:
                min(idle, key=lambda v: v.at).cut()
            elif not urgent:
                return False
        if self._strangers.pop(connection, None) is not None:
            self._known[connection] = None
            connection.known = True
        return True

    def forget(self, connection: HttpConnection) -> None:
        """Note that a connection is gone; harmless the second time."""
        self._strangers.pop(connection, None)
        self._known.pop(connection, None)

    def _look(self) -> None:
        """Find out whose the strangers are; not again and again under a flood."""
        now = stopwatch()
        if "" not in self._strangers.values() or now - self._looked < LOOK_AGAIN:
            return
        self._looked = now
        users = users_of(self._port)
        for connection, peer in self._strangers.items():
            if not peer:
                self._strangers[connection] = peer_of(
                    connection.host, connection.port, users
                )

    def _say(self, peer: str, count: int) -> None:
        self._shown_out += 1
        now = stopwatch()
        if now - self._told >= TELL_EVERY:
            self._told = now
            log.warning(
                "%d connections without a token, %d of %s; %d were cut so far",
                len(self._strangers),
                count,
                peer or "unknown",
                self._shown_out,
            )


async def take_in(
    listening: socket.socket,
    limits: ConnectionLimits,
    serve: Callable[[socket.socket, HttpConnection], None],
) -> None:
    """Take connections for ever; ``serve``, which returns at once, once one speaks.

    Not asyncio's server: that makes much of every connection, and where descriptors
    run out it takes none for a second.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            first = await loop.sock_accept(listening)
        except OSError as error:
            log.warning("no connection can be taken: %s", error)
            limits.make_room()
            await asyncio.sleep(PAUSE)
            continue
        crowd = itertools.chain([first], _more(listening))
        came = [(each, limits.enter(each, *peer[:2])) for each, peer in crowd]
        for sock, connection in came:
            if connection in limits:  # else it was cut for those who came after it
                _listen(sock, connection, serve)
        await asyncio.sleep(0)  # whoever spoke is heard before the next ones come


def _listen(
    sock: socket.socket,
    connection: HttpConnection,
    serve: Callable[[socket.socket, HttpConnection], None],
) -> None:
    """Wait for a first byte at little cost; cut the connection if none comes."""
    loop = asyncio.get_running_loop()

    def speaks() -> None:
        due.cancel()
        loop.remove_reader(sock)
        connection.spoke = True
        serve(sock, connection)

    def leave() -> None:
        due.cancel()
        loop.remove_reader(sock)
        sock.close()

    try:
        loop.add_reader(sock, speaks)
    except NotImplementedError:  # Windows' loop has no such thing
        connection.spoke = True
        serve(sock, connection)
    else:
        due = loop.call_later(FIRST_BYTE, connection.cut)
        connection.leave = leave


def _more(listening: socket.socket) -> Iterator[tuple[socket.socket, Any]]:
    """Yield what waits besides, so that nobody waits behind a crowd."""
    for _ in range(TURN):
        try:
            sock, peer = listening.accept()
        except OSError:  # nobody waits, or there is no descriptor left
            return
        sock.setblocking(False)
        yield sock, peer


def ask_for_descriptors() -> int:
    """Raise how many files this process may open; return how many that are."""
    try:
        import resource  # noqa: PLC0415  (there is none on Windows)
    except ImportError:
        return ENOUGH
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < ENOUGH:
        most = hard if hard != resource.RLIM_INFINITY else ENOUGH
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, ENOUGH), hard))
        except (OSError, ValueError):
            log.warning("only %d files may be open at once", soft)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft
