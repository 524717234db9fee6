"""Serves the twin of a BioLogic instrument to stand-in DLLs in other processes.

Every connection is a PC of its own: it has a link of its own, and loses it when the
line is cut; what runs on the channels goes on. Calls are carried out one at a time.
"""

import ctypes as c
import socket
import socketserver
import threading
from functools import cache
from typing import Any

from eclib_calls import SIZES, Unpacked, line, message
from witness import Witness

from drivers.biologic.eclib import abi
from drivers.twins.biologic.library import BiologicTwin

UNKNOWN = -6
OF_A_CHANNEL = frozenset(
    name for name in SIZES if abi.PROTOTYPES[name][1][1:2] == (c.c_uint8,)
) - {"BL_Connect"}


class _Pc(socketserver.StreamRequestHandler):
    """One connection."""

    server: "EclibServer"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Take calls until the line ends; its link ends with it."""
        number, link = self.server.next_number(), 0
        try:
            for raw in self.rfile:
                asked = message(raw)
                if asked is None:  # damaged on the way here: nothing is done
                    continue
                if asked["call"] == "BL_Connect":
                    self.server.forget(link)
                answer = self.server.carry_out(asked, number)
                if asked["call"] == "BL_Connect" and answer["code"] == 0:
                    link = int.from_bytes(
                        bytes.fromhex(answer["filled"]["2"]), "little"
                    )
                self.wfile.write(line(answer))
        except OSError:
            return
        finally:
            self.server.forget(link)


class EclibServer(socketserver.ThreadingTCPServer):
    """The instrument's network card."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, twin: BiologicTwin, name: str, witness: Witness, port: int = 0
    ) -> None:
        self._twin, self._name, self._witness = twin, name, witness
        self._function = cache(twin.function)
        self._one_at_a_time = threading.Lock()
        self._numbers = 0
        super().__init__(("127.0.0.1", port), _Pc)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Listen; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join(5.0)

    def server_bind(self) -> None:
        """Listen with room for a crowd that reconnects at once."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.request_queue_size = 128
        super().server_bind()

    def next_number(self) -> int:
        """Return a number for a connection, from 1."""
        with self._one_at_a_time:
            self._numbers += 1
            return self._numbers

    def forget(self, link: int) -> None:
        """Drop a link whose line is gone; what runs on the channels goes on."""
        with self._one_at_a_time:
            self._twin.links.discard(link)

    def _called(self, name: str, arguments: list[Any]) -> int:
        function = self._function(name)
        return UNKNOWN if function is None else int(function(*arguments))

    def carry_out(self, asked: dict[str, Any], by: int) -> dict[str, Any]:
        """Make one call on the twin; return the answer."""
        name = str(asked["call"])
        if name not in SIZES:
            return {"id": asked["id"], "code": UNKNOWN, "filled": {}}
        call = Unpacked(name, asked["given"])
        with self._one_at_a_time:
            if name == "BL_Connect":  # whatever port the line comes through
                call.arguments[0] = self._twin.setup.address.encode()
            code = self._called(name, call.arguments)
        place = self._name
        if name in OF_A_CHANNEL:
            place += f"/{call.arguments[1] + 1}"
        self._witness.heard(place, name if code == 0 else f"{name} -> {code}", by)
        return {"id": asked["id"], "code": code, "filled": call.filled(name)}
