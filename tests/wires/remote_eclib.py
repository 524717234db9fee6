"""A stand-in for EClib's DLL whose instrument is a twin in another process.

Register `driver` under ``labctl.drivers``; the address is ``127.0.0.1:PORT``. Several
processes may be connected at once, as several PCs may to an instrument. What the DLL
works out by itself (numbers, parameters, words for codes) never leaves this process.
"""

import socket
from collections.abc import Callable
from typing import Any

from eclib_calls import (
    DAMAGED,
    LOST,
    REFUSED,
    SIZES,
    UNANSWERED,
    fill,
    line,
    message,
    packed,
)

from drivers.biologic.eclib.library import FunctionTable
from drivers.biologic.entry import BiologicDriver
from drivers.twins.biologic.library import BiologicTwin
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup

ANSWER_WITHIN = 2.0
"""s; the DLL's own deadline for everything but connecting."""


class Wire:
    """One TCP connection and its calls; used by one thread, the worker's."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._where = (host, int(port))
        self._socket: socket.socket | None = None
        self._rest = b""
        self._count = 0

    def call(self, name: str, arguments: tuple[Any, ...]) -> int:
        """Make one call there; return its code, or one that says what is wrong."""
        if name == "BL_Connect":
            code = self._connect(float(arguments[1]))
            if code:
                return code
        if self._socket is None:
            return -1
        self._count += 1
        asked = {"id": self._count, "call": name, "given": packed(name, arguments)}
        try:
            self._socket.sendall(line(asked))
            answer = self._answer()
        except TimeoutError:
            return UNANSWERED
        except OSError:
            self._hang_up()
            return LOST
        if answer is None:
            return DAMAGED
        fill(name, arguments, answer["filled"])
        return int(answer["code"])

    def _answer(self) -> dict[str, Any] | None:
        """Return the answer to the last call; older ones come too late and are none."""
        while True:
            heard = message(self._line())
            if heard is None or heard["id"] == self._count:
                return heard

    def _line(self) -> bytes:
        assert self._socket is not None
        while b"\n" not in self._rest:
            more = self._socket.recv(1 << 16)
            if not more:
                raise ConnectionResetError
            self._rest += more
        found, self._rest = self._rest.split(b"\n", 1)
        return found

    def _connect(self, timeout: float) -> int:
        self._hang_up()
        try:
            self._socket = socket.create_connection(self._where, timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(ANSWER_WITHIN)
        except OSError:
            self._hang_up()
            return REFUSED
        return 0

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._rest = None, b""


class RemoteDriver(BiologicDriver):
    """The BioLogic driver, its DLL exchanged for a `Wire`."""

    def wire(self, setup: Setup) -> FunctionTable:
        """Return functions whose instrument answers at ``setup.address``."""
        wire = Wire(setup.address)
        local = BiologicTwin(setup, BenchWorld(VirtualClock()), VirtualClock())

        def resolve(name: str) -> Callable[..., Any] | None:
            if name not in SIZES:
                return local.function(name)
            return lambda *arguments: wire.call(name, arguments)

        return FunctionTable(resolve, f"EClib of {setup.address}")


driver = RemoteDriver()
