"""Let another process spoil a wire: JSON lines on a port of its own.

``{"cut": true}``, ``{"refuse": true}``, ``{"deaf": true}``, ``{"at": 5, "fault":
"drop"}``, ``{"mix": 0.02}``, ``{"release": true}``, ``{"heal": true}``; each line is
answered with how many answers came and how many faults were done.
"""

import contextlib
import json
import socketserver
import threading
import typing
from typing import Any

from faulty_wire import Fault, FaultyWire


class _Line(socketserver.StreamRequestHandler):
    server: "Steering"

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for raw in self.rfile:
                steer(self.server.wire, json.loads(raw))
                done = sum(self.server.wire.done.values())
                told = {"answers": self.server.wire.answers, "faults": done}
                self.wfile.write(json.dumps(told).encode() + b"\n")


class Steering(socketserver.ThreadingTCPServer):
    """Listens on `port` for one wire."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, wire: FaultyWire) -> None:
        self.wire = wire
        super().__init__(("127.0.0.1", 0), _Line)
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5.0)


def steer(wire: FaultyWire, wanted: dict[str, Any]) -> None:
    """Do what one line says."""
    if wanted.get("heal"):
        wire.heal()
    if "deaf" in wanted:
        wire.deaf = bool(wanted["deaf"])
    if "refuse" in wanted:
        wire.refusing = bool(wanted["refuse"])
    if "at" in wanted:
        wire.at(int(wanted["at"]), Fault(wanted["fault"]))
    if "mix" in wanted:
        wire.mix(float(wanted["mix"]))
    if wanted.get("release"):
        wire.release()
    if wanted.get("cut"):
        wire.cut(refuse=bool(wanted.get("refuse", False)))
