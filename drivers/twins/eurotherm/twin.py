"""Puts a simulated Eurotherm where a port would lead: pymodbus's own clients, no port.

The client frames and checks as on a real line; only its port is the twin, and a reply
that does not come takes its time-out in the run's time.
"""

from collections.abc import Callable
from typing import Any

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.client.base import ModbusBaseSyncClient
from pymodbus.exceptions import ConnectionException

from drivers.twins.eurotherm.controller import EurothermTwin
from drivers.twins.eurotherm.framing import answer_rtu, answer_tcp
from drivers.twins.world.enclosing import place_in, simulated_options
from labctl.clock import Clock
from labctl.roles.driver import Setup


class TwinPort:
    """Where the bytes go; a `ModbusWire` of the driver."""

    def __init__(self, twin: EurothermTwin) -> None:
        self.twin = twin
        self.refusing = False
        """A fault: it cannot be opened, and what was open is lost."""
        self.silent = False
        """A fault: nothing is answered."""
        self.tamper: Callable[[bytes], bytes] | None = None
        """A fault: changes a reply."""

    def client(self, line: Any) -> ModbusBaseSyncClient:
        """Return pymodbus's client of the line's kind, on this port."""
        kind = _OnSerial if line.is_serial else _OnTcp
        made: ModbusBaseSyncClient = kind(line.host, timeout=line.timeout, retries=0)
        made.port = self  # type: ignore[attr-defined]
        return made

    def exchange(self, request: bytes, *, rtu: bool) -> bytes | None:
        """Return the reply to a request; None where none comes."""
        self.twin.clock.sleep(self.twin.latency)
        if self.silent:
            return None
        answer = answer_rtu if rtu else answer_tcp
        reply = answer(request, self.twin.unit, self.twin)
        if reply is None or self.tamper is None:
            return reply
        return self.tamper(reply)


class _Port:
    """What both kinds of client have in place of a socket."""

    port: TwinPort
    comm_params: Any
    is_rtu = False
    _is_open = False
    _reply: bytes | None = None

    @property
    def connected(self) -> bool:
        return self._is_open

    def connect(self) -> bool:
        self._is_open = self._is_open or not self.port.refusing
        return self._is_open

    def close(self) -> None:
        self._is_open = False

    def send(self, request: bytes, addr: Any = None) -> int:
        del addr
        if self.port.refusing or not self._is_open:
            self._is_open = False
            raise ConnectionException("the connection is lost")
        self._reply = self.port.exchange(request, rtu=self.is_rtu)
        return len(request)

    def recv(self, size: int | None) -> bytes:
        del size
        reply, self._reply = self._reply, None
        if reply is None:
            self.port.twin.clock.sleep(self.comm_params.timeout_connect)
            return b""
        return reply

    def is_socket_open(self) -> bool:
        return self._is_open


class _OnTcp(_Port, ModbusTcpClient):
    pass


class _OnSerial(_Port, ModbusSerialClient):
    is_rtu = True


def twin(setup: Setup, world: Any, clock: Clock) -> TwinPort:
    """Return the port of a twin; ``simulated`` goes to it as keywords.

    ``around`` names the channels and instruments that stand in the furnace.
    """
    device = EurothermTwin(clock, **simulated_options(setup, EurothermTwin))
    place_in(world, setup, device, device.plant)
    return TwinPort(device)
