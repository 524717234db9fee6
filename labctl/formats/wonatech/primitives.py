"""Take numbers and texts out of a BinaryFormatter stream, none beyond its end.

Little-endian. Every length is compared with the bytes that are left before anything is
allocated.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

CHAR, DECIMAL, STRING, BYTE = 3, 5, 18, 2
TEXTS = (CHAR, DECIMAL, STRING)
"""Primitive types that are written as text."""
FORMATS: Mapping[int, str] = {
    1: "<?",
    2: "<B",
    6: "<d",
    7: "<h",
    8: "<i",
    9: "<q",
    10: "<b",
    11: "<f",
    12: "<q",
    13: "<Q",
    14: "<H",
    15: "<I",
    16: "<Q",
}
"""Code of a primitive type → what `struct` and numpy call it."""


class NrbfError(ValueError):
    """A stream that is none, or is damaged; ``offset`` says where."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(f"byte {offset}: {what}")
        self.offset = offset


@dataclass(slots=True)
class Cursor:
    """A place in a buffer that moves on with everything that is taken.

    NrbfError: of every method, where the stream ends or holds no such thing.
    """

    buffer: bytes
    at: int

    def take(self, count: int) -> bytes:
        """Return so many bytes."""
        if count < 0 or count > len(self.buffer) - self.at:
            raise NrbfError(f"{count} bytes are needed, the stream ends", self.at)
        self.at += count
        return self.buffer[self.at - count : self.at]

    def peek(self) -> int:
        """Return the next byte and stay before it."""
        if self.at >= len(self.buffer):
            raise NrbfError("the stream ends within", self.at)
        return self.buffer[self.at]

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def int32(self) -> int:
        """Return four bytes as a signed number."""
        number: int = struct.unpack("<i", self.take(4))[0]
        return number

    def count(self, least: int = 0) -> int:
        """Return a length, each of whose items takes at least so many bytes."""
        at, number = self.at, self.int32()
        left = len(self.buffer) - self.at
        if number < 0 or number * least > left:
            raise NrbfError(f"a length of {number} is beyond the stream", at)
        return number

    def text(self) -> str:
        """Return a text behind its length of one to five bytes."""
        at, length = self.at, 0
        for shift in range(0, 35, 7):
            part = self.byte()
            length |= (part & 0x7F) << shift
            if not part & 0x80:
                break
        else:
            raise NrbfError("a text's length has more than 5 bytes", at)
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError as e:
            raise NrbfError("a text is not UTF-8", at) from e

    def primitive_code(self) -> int:
        """Return the code of a primitive type."""
        at, code = self.at, self.byte()
        if code not in FORMATS and code not in TEXTS:
            raise NrbfError(f"{code} is no primitive type", at)
        return code

    def primitive(self, code: int) -> bool | int | float | str:
        """Return a value of that primitive type."""
        if code in TEXTS:
            return self.text() if code != CHAR else self.char()
        layout = FORMATS[code]
        block = self.take(struct.calcsize(layout))
        value: bool | int | float = struct.unpack(layout, block)[0]
        return value

    def char(self) -> str:
        """Return a letter of one to four bytes."""
        at, first = self.at, self.peek()
        length = 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)  # noqa: PLR2004
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError as e:
            raise NrbfError("a letter is not UTF-8", at) from e
