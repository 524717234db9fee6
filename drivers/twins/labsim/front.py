"""Serves twins on TCP, one port per instrument, for programs that are not ours.

Loopback only. Nagle's algorithm is off here, and on Linux acknowledgements are sent
at once: otherwise a client without TCP_NODELAY (pyvisa-py's SOCKET) waits 44 ms for
every message that follows one without an answer.
"""

import ipaddress
import socket
import socketserver
import threading
import typing
from collections.abc import Mapping

from drivers.twins.labsim.benches import SimulatedBench, build_bench
from drivers.twins.scpi.exchange import Exchange
from labctl.clock import Clock
from labctl.errors import OperatorError

CHUNK = 65536
CLOSING = 5.0
"""s that a port may take to close."""


def _acknowledge_at_once(connection: socket.socket) -> None:
    quick = getattr(socket, "TCP_QUICKACK", None)
    if quick is not None:
        connection.setsockopt(socket.IPPROTO_TCP, quick, 1)


class _Line(socketserver.BaseRequestHandler):
    """One client of one instrument."""

    server: "_Front"

    def handle(self) -> None:
        connection: socket.socket = self.request
        device = self.server.device
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                _acknowledge_at_once(connection)
                data = connection.recv(CHUNK)
                if not data:
                    return
                with device.lock:  # or another client takes the answer
                    device.receive(data, end=False)
                    answer = device.drain()
                if answer:
                    connection.sendall(answer)
        except ConnectionError:
            return


class _Front(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str, port: int, device: Exchange) -> None:
        self.device = device
        super().__init__((host, port), _Line)


class Served:
    """Open ports; close them with `close`."""

    def __init__(self, bench: SimulatedBench, fronts: Mapping[str, _Front]) -> None:
        self._bench = bench
        self._fronts = fronts
        self._threads = [
            threading.Thread(
                target=front.serve_forever, args=(0.05,), name=name, daemon=True
            )
            for name, front in fronts.items()
        ]
        for thread in self._threads:
            thread.start()

    @property
    def ports(self) -> dict[str, int]:
        """Return the port of each instrument."""
        return {name: front.server_address[1] for name, front in self._fronts.items()}

    @property
    def identities(self) -> dict[str, str]:
        """Return what each instrument answers to ``*IDN?``."""
        return {
            name: twin.identification for name, twin in self._bench.instruments.items()
        }

    def close(self) -> None:
        """Stop listening."""
        for front in self._fronts.values():
            front.shutdown()
            front.server_close()
        for thread in self._threads:
            thread.join(CLOSING)

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(bench: SimulatedBench, host: str, ports: int | Mapping[str, int]) -> Served:
    """Serve every instrument of ``bench``; return at once.

    ``ports`` is the first of consecutive ports, 0 for free ones, or a port per name.
    OperatorError: ``host`` is not this machine, or a port is taken.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not ipaddress.ip_address(address).is_loopback:
        raise OperatorError(f"twins are served on this machine only, not on {host}")
    fronts: dict[str, _Front] = {}
    try:
        for k, (name, device) in enumerate(bench.instruments.items()):
            if isinstance(ports, int):
                port = ports + k if ports else 0
            else:
                port = ports[name]
            fronts[name] = _Front(address, port, device)
    except OSError as error:
        for front in fronts.values():
            front.server_close()
        raise OperatorError(f"a port for the twins is taken: {error}") from error
    return Served(bench, fronts)


def serve_bench(
    bench: str, clock: Clock, sample: str | None, seed: int, port_base: int
) -> Served:
    """Build a bench by name and serve it; see `labctl.plugins.OpensFront`."""
    return serve(build_bench(bench, clock, sample, seed), "127.0.0.1", port_base)
