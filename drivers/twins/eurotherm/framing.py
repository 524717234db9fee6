"""Modbus as a server sees it, frame to frame: TCP with its header, RTU with its CRC.

Written from the Modbus application protocol V1.1b3 and the serial line guide V1.02,
apart from the library that the driver uses. Functions 3 (read), 6 and 16 (write).
A frame that is not for this unit, cut short or damaged is not answered.
"""

import struct
import typing

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
MOST = 125
"""Words in one reply."""
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
HEADER = 7
"""Bytes: transaction, protocol 0, length, unit."""


class IllegalError(Exception):
    """What is asked is answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Words(typing.Protocol):
    """An instrument's holding registers."""

    def get(self, address: int) -> int:
        """Return a word. IllegalError: there is none."""
        ...

    def put(self, address: int, words: tuple[int, ...]) -> None:
        """Take words from ``address`` on. IllegalError: it does not."""
        ...


def answer_tcp(frame: bytes, unit: int, words: Words) -> bytes | None:
    """Return the reply to one TCP frame; None where there is none."""
    if len(frame) < HEADER + 1:
        return None
    transaction, protocol, length, asked = struct.unpack(">HHHB", frame[:HEADER])
    if protocol != 0 or asked != unit or length != len(frame) - 6:
        return None
    body = answer(frame[HEADER:], words)
    return struct.pack(">HHHB", transaction, 0, len(body) + 1, unit) + body


def answer_rtu(frame: bytes, unit: int, words: Words) -> bytes | None:
    """Return the reply to one RTU frame; None where there is none."""
    if len(frame) < 4 or frame[0] != unit or crc(frame[:-2]) != frame[-2:]:  # noqa: PLR2004
        return None
    body = bytes([unit]) + answer(frame[1:-2], words)
    return body + crc(body)


def crc(frame: bytes) -> bytes:
    """Return the two bytes that end an RTU frame, low first."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def answer(request: bytes, words: Words) -> bytes:
    """Return the reply to a request, function code first."""
    function = request[0]
    try:
        if function == READ:
            return _read(request, words)
        if function in {WRITE_ONE, WRITE_MANY}:
            return _write(request, words)
        raise IllegalError(ILLEGAL_FUNCTION)  # noqa: TRY301
    except IllegalError as error:
        return bytes([function | 0x80, error.code])
    except struct.error:
        return bytes([function | 0x80, ILLEGAL_VALUE])


def _read(request: bytes, words: Words) -> bytes:
    address, count = struct.unpack(">HH", request[1:])
    if not 1 <= count <= MOST:
        raise IllegalError(ILLEGAL_VALUE)
    found = [words.get(address + k) for k in range(count)]
    return bytes([READ, 2 * count]) + struct.pack(f">{count}H", *found)


def _write(request: bytes, words: Words) -> bytes:
    if request[0] == WRITE_ONE:
        address, word = struct.unpack(">HH", request[1:])
        words.put(address, (word,))
        return request
    address, count, size = struct.unpack(">HHB", request[1:6])
    if size != 2 * count:
        raise IllegalError(ILLEGAL_VALUE)
    words.put(address, struct.unpack(f">{count}H", request[6:]))
    return bytes([WRITE_MANY]) + struct.pack(">HH", address, count)
