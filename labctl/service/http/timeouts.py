"""HTTP with deadlines: what is not said in time is not waited for.

uvicorn's own protocol waits for ever for a first byte, a header or the rest of a body.
Here a connection has `HEAD` s for each request's line and headers, from when it was
made or from a later request's first byte, and `BODY` s from there to the body's end.
Between two requests uvicorn's own limit for idle connections holds.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from labctl.clock import stopwatch
from labctl.service.http.connection_limits import HttpConnection

HEAD = 2.0
"""s for a request's line and headers; a connection's first byte counts among them."""
LEAST = 0.5
"""s of them that are left once the first byte is there."""
BODY = 6.0
"""s for its body; a request is answered after 5 s that it took too long."""
HANDSHAKE = 2.0
"""s for TLS to be agreed on."""
CONNECTION = "connection"
"""Where a request's scope keeps its connection, under ``state``."""


class _Phase(Enum):
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    IDLE = auto()


_DEADLINES = {_Phase.HEAD: HEAD, _Phase.BODY: BODY}


class TimedHttp(H11Protocol):
    """One connection, as uvicorn serves it, with our deadlines."""

    def __init__(self, server: uvicorn.Server, connection: HttpConnection) -> None:
        state = {**server.lifespan.state, CONNECTION: connection}
        super().__init__(server.config, server.server_state, state)
        self._connection = connection
        self._phase = _Phase.IDLE
        self._due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(transport)
        self._connection.leave = transport.abort
        spent = stopwatch() - self._connection.at
        self._turn(_Phase.HEAD, max(HEAD - spent, LEAST))

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._turn(_Phase.IDLE)
        self._connection.limits.forget(self._connection)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Get ready for the next request."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """See how far the request is."""
        their = self.conn.their_state
        if their is h11.SEND_BODY:
            self._turn(_Phase.BODY)
        elif their is not h11.IDLE:
            self._turn(_Phase.ANSWER)
        elif self.conn.trailing_data[0] or self._phase is _Phase.HEAD:
            self._turn(_Phase.HEAD)
        else:
            self._turn(_Phase.IDLE)
        self._connection.answering = self._phase in {_Phase.BODY, _Phase.ANSWER}

    def _turn(self, phase: _Phase, seconds: float | None = None) -> None:
        if phase is self._phase:
            return
        self._phase = phase
        if self._due is not None:
            self._due.cancel()
            self._due = None
        seconds = seconds or _DEADLINES.get(phase)
        if seconds is not None:
            self._due = self.loop.call_later(seconds, self._connection.cut)


def serving_in_time(
    server: uvicorn.Server,
) -> Callable[[socket.socket, HttpConnection], None]:
    """Return what serves a connection that was taken in; it returns at once."""
    secure: ssl.SSLContext | None = server.config.ssl
    under_way: set[asyncio.Task[None]] = set()

    async def attend(sock: socket.socket, connection: HttpConnection) -> None:
        limits: dict[str, Any] = {}
        if secure is not None:
            limits = {
                "ssl": secure,
                "ssl_handshake_timeout": HANDSHAKE,
                "ssl_shutdown_timeout": HANDSHAKE,
            }
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: TimedHttp(server, connection), sock, **limits
        )

    def serve(sock: socket.socket, connection: HttpConnection) -> None:
        def over(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            if task.cancelled() or task.exception() is not None:
                connection.limits.forget(connection)
                sock.close()

        task = asyncio.create_task(attend(sock, connection))
        connection.leave = lambda: _cancel(task)
        under_way.add(task)
        task.add_done_callback(over)

    return serve


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
