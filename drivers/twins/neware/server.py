"""The twin of BTS Server on a loopback port: real sockets, the run's clock.

A message is answered at the moment of the run's clock at which it comes, so virtual
time works: while an answer is waited for, nobody sleeps. The port lives as long as
whoever holds the wire or the bench.
"""

import socket
import socketserver
import threading
import weakref
from dataclasses import dataclass, field
from typing import Any

from drivers.submitted.endpoint import Endpoint
from drivers.twins.neware.bts import SimulatedBts
from labctl.clock import Clock
from labctl.roles.driver import Setup

TERMINATOR = b"\n\n#\r\n"
CHUNK = 65536


@dataclass(slots=True)
class Faults:
    """What goes wrong on the line, on purpose."""

    hang_ups: int = 0
    """Messages after which the server hangs up instead of answering."""
    deaf_hang_ups: int = 0
    """The same, but the message is obeyed before."""
    garbage: list[bytes] = field(default_factory=list)
    """Answers that are sent instead of the right ones, one each."""


class _Line(socketserver.BaseRequestHandler):
    """One client."""

    server: "_Server"

    def handle(self) -> None:
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            while data := connection.recv(CHUNK):
                received += data
                while TERMINATOR in received:
                    message, _, received = received.partition(TERMINATOR)
                    answer = self.server.answered(message)
                    if answer is None:
                        return
                    connection.sendall(answer + TERMINATOR)
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, bts: SimulatedBts) -> None:
        self._bts = weakref.ref(bts)
        self.faults = Faults()
        super().__init__(("127.0.0.1", 0), _Line)

    def answered(self, message: bytes) -> bytes | None:
        """Return the answer; None: hang up."""
        bts, faults = self._bts(), self.faults
        if bts is None:
            return None
        if faults.hang_ups > 0:
            faults.hang_ups -= 1
            return None
        if faults.garbage:
            return faults.garbage.pop(0)
        answer = bts.answer(message.decode()).encode()
        if faults.deaf_hang_ups > 0:
            faults.deaf_hang_ups -= 1
            return None
        return answer


@dataclass(frozen=True, slots=True)
class Served:
    """The other side, for whoever looks at the truth or breaks things."""

    bts: SimulatedBts
    faults: Faults


def twin(setup: Setup, world: Any, clock: Clock) -> Endpoint:
    """See `labctl.roles.driver.Twin`."""
    return serve(SimulatedBts(setup, world, clock))


def serve(bts: SimulatedBts) -> Endpoint:
    """Listen for ``bts`` on a free port; return at once."""
    server = _Server(bts)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.05,), name="bts twin", daemon=True
    )
    thread.start()
    weakref.finalize(bts, _close, server).atexit = False
    return Endpoint("127.0.0.1", server.server_address[1], Served(bts, server.faults))


def _close(server: _Server) -> None:
    """Stop listening, from a thread of its own: rubbish may be found in any."""
    threading.Thread(target=_shut, args=(server,), daemon=True).start()


def _shut(server: _Server) -> None:
    server.shutdown()
    server.server_close()
