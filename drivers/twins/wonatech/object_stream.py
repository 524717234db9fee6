"""Write .NET objects as BinaryFormatter does; only what a ``.wrd`` file's head needs.

Record types and primitive types are transcribed here once more, from [MS-NRBF], so that
a slip of the reader shows.
"""

import struct
from collections.abc import Callable, Sequence

LIBRARY = "WbcsFile, Version=1.0.3.0, Culture=neutral, PublicKeyToken=null"
_TYPES = {
    "bool": (1, "<?"),
    "f8": (6, "<d"),
    "i4": (8, "<i"),
    "i8": (9, "<q"),
    "date": (13, "<Q"),
    "u4": (15, "<I"),
}
_HEADER, _CLASS, _TEXT, _MESSAGE_END, _LIBRARY = 0, 5, 6, 11, 12
_NULLS, _BYTES, _OBJECTS = 13, 15, 16

Member = tuple[str, str, object]
"""Name; type, ``text``, or ``record``; the value, or what writes the record."""


class ObjectStream:
    """One stream that is being written."""

    def __init__(self) -> None:
        self._data = bytearray(struct.pack("<Biiii", _HEADER, 1, -1, 1, 0))
        self._data += bytes([_LIBRARY]) + struct.pack("<i", 2) + text(LIBRARY)
        self._last = 2

    def object(self, name: str, members: Sequence[Member], number: int = 0) -> None:
        """Write one object of a class; the root has number 1."""
        self._data += bytes([_CLASS]) + struct.pack("<i", number or self._number())
        self._data += text(name) + struct.pack("<i", len(members))
        for title, _, _ in members:
            self._data += text(title)
        self._data += bytes(0 if kind in _TYPES else 2 for _, kind, _ in members)
        self._data += bytes(_TYPES[k][0] for _, k, _ in members if k in _TYPES)
        self._data += struct.pack("<i", 2)
        for _, kind, value in members:
            if kind in _TYPES:
                self._data += struct.pack(_TYPES[kind][1], value)
            elif isinstance(value, str):
                number = self._number()
                self._data += bytes([_TEXT]) + struct.pack("<i", number) + text(value)
            elif callable(value):
                value()

    def list(self, writers: Sequence[Callable[[], None]]) -> None:
        """Write a ``List``; its array has more room than it has items."""
        spare = 4 - len(writers) % 4

        def items() -> None:
            number = self._number()
            room = len(writers) + spare
            self._data += bytes([_OBJECTS]) + struct.pack("<ii", number, room)
            for each in writers:
                each()
            self._data += bytes([_NULLS, spare])

        name = "System.Collections.Generic.List`1[[WbcsFile.Any]]"
        size = len(writers)
        members = [("_items", "record", items), ("_size", "i4", size)]
        self.object(name, [*members, ("_version", "i4", size)])

    def byte_array(self, data: bytes) -> None:
        """Write an array of bytes."""
        number = self._number()
        self._data += struct.pack("<BiiB", _BYTES, number, len(data), 2) + data

    def end(self) -> bytes:
        """Return the whole stream."""
        return bytes(self._data) + bytes([_MESSAGE_END])

    def _number(self) -> int:
        self._last += 1
        return self._last


def text(words: str) -> bytes:
    """Return a text behind its length, seven bits a byte."""
    data = words.encode()
    size, length = len(data), bytearray()
    while size >= 0x80:  # noqa: PLR2004
        length.append(0x80 | size & 0x7F)
        size >>= 7
    return bytes(length) + bytes([size]) + data


def auto(name: str) -> str:
    """Return the name of the field behind a property."""
    return f"<{name}>k__BackingField"
