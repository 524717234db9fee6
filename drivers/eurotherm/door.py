"""The door to Modbus: words are read and written, every failure has a name.

pymodbus's own client frames and checks (transaction number, CRC). It tries once only:
what is done about a failure is `drivers.question_link`'s. A reply that may still come
is outwaited before a serial line is used again: RTU marks no reply with its question.
"""

import struct
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.client.base import ModbusBaseSyncClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from labctl.clock import Clock
from labctl.errors import InstrumentError, LinkError

BROKEN = (
    *(ModbusException, OSError, EOFError, struct.error),
    *(ValueError, TypeError, IndexError, KeyError, AttributeError),
)
"""What pymodbus raises, what is beneath it, and what odd bytes lead it to."""
PORT = 502
ILLEGAL_ADDRESS = 2
EXCEPTIONS = {
    1: "it knows no such function",
    2: "it has no such register",
    3: "it refuses the value",
    4: "it failed",
    6: "it is busy",
}
"""Modbus application protocol V1.1b3, section 7."""
WORD = 0x10000


class AbsentError(InstrumentError):
    """The instrument has no such register."""


@dataclass(frozen=True, slots=True)
class Line:
    """How an instrument is reached."""

    address: str
    """``192.168.0.20``, ``192.168.0.20:502``, ``/dev/ttyUSB0``, ``COM3``."""
    timeout: float = 3.0
    """s."""
    baud_rate: int = 9600
    parity: str = "none"
    """none, even or odd."""
    stop_bits: int = 1
    rtu_over_tcp: bool = False
    """For gateways that hand on what a serial line carries."""

    @property
    def is_serial(self) -> bool:
        """Whether it is a serial port."""
        return self.address.startswith("/") or self.address.upper().startswith("COM")

    @property
    def host(self) -> str:
        """Name or IP address."""
        return self.address.rpartition(":")[0] or self.address

    @property
    def port(self) -> int:
        """TCP port. LinkError: it is no number."""
        head, _, port = self.address.rpartition(":")
        if head and not port.isdigit():
            raise LinkError(f"{self.address!r} is no address: {port!r} is no port")
        return int(port) if head else PORT


class ModbusWire(typing.Protocol):
    """What leads to Modbus: this computer's ports, or a twin."""

    def client(self, line: Line) -> ModbusBaseSyncClient:
        """Return a client that is not connected yet."""
        ...


class Ports:
    """The network and serial ports of this computer: a `ModbusWire`."""

    def client(self, line: Line) -> ModbusBaseSyncClient:
        """See `ModbusWire`."""
        if line.is_serial:
            return ModbusSerialClient(
                line.address,
                framer=FramerType.RTU,
                baudrate=line.baud_rate,
                parity=line.parity[0].upper(),
                stopbits=line.stop_bits,
                timeout=line.timeout,
                retries=0,
            )
        framer = FramerType.RTU if line.rtu_over_tcp else FramerType.SOCKET
        return ModbusTcpClient(
            line.host, port=line.port, framer=framer, timeout=line.timeout, retries=0
        )


class ModbusDoor:
    """One instrument on a line."""

    def __init__(
        self, wire: ModbusWire, line: Line, unit: int, name: str, clock: Clock
    ) -> None:
        self.name = name
        self.line = line
        self.unit = unit
        """Its number on the line, 1 to 247."""
        self._wire = wire
        self._clock = clock
        self._client: ModbusBaseSyncClient | None = None

    def open(self) -> None:
        """Connect. LinkError: nobody is there."""
        self.close()
        try:
            client = self._wire.client(self.line)
            is_there = client.connect()
        except BROKEN as error:
            raise self._lost(error) from error
        if not is_there:
            raise LinkError(f"{self.name}: {self.line.address} cannot be opened")
        self._client = client

    def reopen(self) -> None:
        """Connect anew, after what may still be coming has come. LinkError."""
        if self.line.is_serial:
            self._clock.sleep(min(self.line.timeout, 1.0))
        self.open()

    def close(self) -> None:
        """Let go of the line, dead or alive."""
        client: Any = self._client
        self._client = None
        if client is not None:
            client.close()

    def read(self, address: int, count: int) -> list[int]:
        """Return ``count`` words from ``address`` on. AbsentError: there are none."""
        reply = self._exchanged(
            3,
            lambda client: client.read_holding_registers(
                address, count=count, device_id=self.unit
            ),
            f"register {address}",
        )
        words = getattr(reply, "registers", None)
        if not isinstance(words, list) or len(words) != count:
            raise InstrumentError(
                f"{self.name}: answers {words!r:.60} for {count} words at {address}"
            )
        if not all(type(word) is int and 0 <= word < WORD for word in words):
            raise InstrumentError(f"{self.name}: {words!r:.60} are no words")
        return words

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write words from ``address`` on. InstrumentError: it refuses them."""
        what = f"register {address}"
        if len(words) == 1:
            self._exchanged(
                6,
                lambda client: client.write_register(
                    address, words[0], device_id=self.unit
                ),
                what,
            )
            return
        self._exchanged(
            16,
            lambda client: client.write_registers(
                address, list(words), device_id=self.unit
            ),
            what,
        )

    def _exchanged(
        self, function: int, act: Callable[[Any], ModbusPDU], what: str
    ) -> ModbusPDU:
        if self._client is None:
            raise LinkError(f"{self.name}: {self.line.address} is closed")
        try:
            reply = act(self._client)
        except BROKEN as error:
            raise self._lost(error) from error
        if reply.isError():
            code = getattr(reply, "exception_code", 0)
            told = EXCEPTIONS.get(code, f"exception {code}")
            kind = AbsentError if code == ILLEGAL_ADDRESS else InstrumentError
            raise kind(f"{self.name}: {told} ({what})")
        if reply.function_code != function:
            raise InstrumentError(
                f"{self.name}: answers function {reply.function_code} to {function}"
            )
        return reply

    def _lost(self, error: BaseException) -> LinkError:
        return LinkError(f"{self.name}: no answer ({type(error).__name__}: {error})")
