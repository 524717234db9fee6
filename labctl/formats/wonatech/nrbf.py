"""Take .NET's BinaryFormatter streams apart into plain values, without any type.

The layout is Microsoft's [MS-NRBF]: records of one type byte each, little-endian,
from SerializedStreamHeader to MessageEnd. What a stream asks a program to *construct*
is never constructed: a class becomes its name and a mapping of member names to values.

Rules for whoever edits this: references stay references (`Reference`) and are followed
one at a time by `Graph.follow`, so that a cycle is only a cycle; every length is
compared with the bytes that are left before anything is allocated; nesting stops at
`DEPTH`, objects at `OBJECTS`. Records for remote calls (21, 22) and classes without
type information (2, 3) are refused: no file holds them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from labctl.data import Array
from labctl.formats.wonatech.primitives import (
    BYTE,
    FORMATS,
    TEXTS,
    Cursor,
    NrbfError,
)

DEPTH: Final = 64
"""Records inside each other; a schedule's innermost stand at about 15."""
OBJECTS: Final = 200_000
"""Values of one stream; a header with a schedule holds about 2,000."""

_BACKING = re.compile(r"<(.+)>k__BackingField\Z")


@dataclass(frozen=True, slots=True)
class Reference:
    """The object of that number, which may stand later in the stream."""

    to: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One object: the class's name as text, and its members."""

    name: str
    """``WbcsFile.Data.DataHeader``, without the assembly."""
    members: Mapping[str, "Value"]
    """By name; ``<X>k__BackingField`` of a property is ``X``."""


Value = (
    None
    | bool
    | int
    | float
    | str
    | bytes
    | Array
    | Reference
    | Instance
    | tuple["Value", ...]
)
"""Dates are their 64 bits, time spans their ticks; an array of numbers is an `Array`,
one of bytes ``bytes``, any other one a tuple."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One stream, taken apart."""

    root: Value
    objects: Mapping[int, Value]
    end: int
    """Position of the first byte behind the stream."""

    def follow(self, value: Value) -> Value:
        """Return the object behind a reference; None: the stream has none of it."""
        seen = set()
        while isinstance(value, Reference):
            if value.to in seen:
                return None
            seen.add(value.to)
            value = self.objects.get(value.to)
        return value

    def member(self, instance: Value, name: str) -> Value:
        """Return a member's value, followed; None: absent, null, or no object."""
        instance = self.follow(instance)
        if not isinstance(instance, Instance):
            return None
        return self.follow(instance.members.get(name))

    def items(self, value: Value) -> tuple[Value, ...]:
        """Return what an array or a ``List`` holds, followed; nothing if it is none."""
        value = self.follow(value)
        if isinstance(value, Instance):
            size = self.member(value, "_size")
            held = self.items(value.members.get("_items"))
            return held[:size] if isinstance(size, int) and size >= 0 else held
        if isinstance(value, tuple):
            return tuple(self.follow(each) for each in value)
        return ()


@dataclass(slots=True)
class _Class:
    name: str
    members: tuple[str, ...]
    kinds: tuple["_Kind", ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a member holds: a primitive of that code, or any record (0)."""

    primitive: int = 0


def read_stream(buffer: bytes, begin: int = 0) -> Graph:
    """Take the stream at ``begin`` apart. NrbfError: it is none, or is damaged."""
    return _Reader(buffer, begin).stream()


@dataclass(slots=True)
class _Reader(Cursor):
    objects: dict[int, Value] = field(default_factory=dict)
    classes: dict[int, _Class] = field(default_factory=dict)
    values: int = 0

    def stream(self) -> Graph:
        if self.byte() != 0:
            raise NrbfError("no BinaryFormatter stream begins here", self.at - 1)
        root = self.int32()
        self.int32()
        version = (self.int32(), self.int32())
        if version != (1, 0):
            raise NrbfError(f"version {version} of the stream is not known", self.at)
        while True:
            if self.peek() == _END:
                self.at += 1
                break
            self.record(0)
        if root not in self.objects:
            raise NrbfError(f"the stream has no object {root}", self.at)
        return Graph(self.objects[root], self.objects, self.at)

    def counted(self) -> None:
        self.values += 1
        if self.values > OBJECTS:
            raise NrbfError(f"more than {OBJECTS} values", self.at)

    def record(self, depth: int) -> Value:
        """Read one record and return its value; libraries before it are passed."""
        while True:
            at, code = self.at, self.byte()
            if code != _LIBRARY:
                break
            self.int32()
            self.text()
        self.counted()
        if depth > DEPTH:
            raise NrbfError(f"records are nested more than {DEPTH} deep", at)
        read = _RECORDS.get(code)
        if read is None:
            raise NrbfError(f"record {code} is not read", at)
        return read(self, depth + 1)

    def keep(self, number: int, value: Value) -> Value:
        self.objects[number] = value
        return Reference(number)

    def described_class(self, depth: int, *, system: bool) -> Value:
        number = self.int32()
        name = self.text()
        count = self.count(least=1)
        members = tuple(self.text() for _ in range(count))
        codes = self.take(count)
        kinds = tuple(self.kind(code) for code in codes)
        if not system:
            self.int32()
        short = name.split(",", 1)[0] if "[" not in name else name
        made = _Class(short, tuple(_plain(each) for each in members), kinds)
        self.classes[number] = made
        return self.instance(number, made, depth)

    def known_class(self, depth: int) -> Value:
        number, at, like = self.int32(), self.at, self.int32()
        made = self.classes.get(like)
        if made is None:
            raise NrbfError(f"object {like}, whose class is meant, has none", at)
        self.classes[number] = made
        return self.instance(number, made, depth)

    def instance(self, number: int, made: _Class, depth: int) -> Value:
        held = {
            name: self.member(kind, depth)
            for name, kind in zip(made.members, made.kinds, strict=True)
        }
        return self.keep(number, Instance(made.name, held))

    def member(self, kind: _Kind, depth: int) -> Value:
        if kind.primitive:
            self.counted()
            return self.primitive(kind.primitive)
        return self.record(depth)

    def kind(self, code: int) -> _Kind:
        at = self.at
        if code == _PRIMITIVE:
            return _Kind(self.primitive_code())
        if code == _SYSTEM_CLASS:
            self.text()
        elif code == _CLASS:
            self.text()
            self.int32()
        elif code == _PRIMITIVE_ARRAY:
            self.primitive_code()
        elif code not in _PLAIN_KINDS:
            raise NrbfError(f"{code} is no kind of member", at)
        return _Kind()

    def numbers(self, number: int, count: int, code: int) -> Value:
        if code in TEXTS:
            texts = []
            for _ in range(count):
                self.counted()
                texts.append(self.primitive(code))
            return self.keep(number, tuple(texts))
        layout = np.dtype(FORMATS[code])
        if count > (len(self.buffer) - self.at) // layout.itemsize:
            raise NrbfError(f"an array of {count} is beyond the stream", self.at)
        block = self.take(count * layout.itemsize)
        if code == BYTE:
            return self.keep(number, block)
        return self.keep(number, np.frombuffer(block, layout))

    def elements(self, number: int, count: int, depth: int) -> Value:
        if count > OBJECTS:
            raise NrbfError(f"an array of {count} is beyond the stream", self.at)
        held: list[Value] = []
        while len(held) < count:
            at = self.at
            code = self.peek()
            if code in (_NULLS_256, _NULLS):
                self.at += 1
                nulls = self.byte() if code == _NULLS_256 else self.int32()
                if not 0 < nulls <= count - len(held):
                    raise NrbfError(f"{nulls} nulls in an array of {count}", at)
                self.values += nulls
                self.counted()
                held.extend([None] * nulls)
            else:
                held.append(self.record(depth))
        return self.keep(number, tuple(held))

    def binary_array(self, depth: int) -> Value:
        number, at, shape, rank = self.int32(), self.at, self.byte(), self.int32()
        if rank != 1 or shape not in _ONE_DIMENSION:
            raise NrbfError(f"an array of shape {shape}, rank {rank} is not read", at)
        count = self.count()
        if shape >= _WITH_LOWER_BOUND:
            self.int32()
        kind = self.kind(self.byte())
        if kind.primitive:
            return self.numbers(number, count, kind.primitive)
        return self.elements(number, count, depth)


def _plain(name: str) -> str:
    match = _BACKING.match(name)
    return match[1] if match else name


def _text_record(reader: _Reader, depth: int) -> Value:
    del depth
    number = reader.int32()
    return reader.keep(number, reader.text())


def _typed(reader: _Reader, depth: int) -> Value:
    del depth
    return reader.primitive(reader.primitive_code())


def _reference(reader: _Reader, depth: int) -> Value:
    del depth
    return Reference(reader.int32())


def _null(reader: _Reader, depth: int) -> Value:
    del reader, depth
    return None


def _number_array(reader: _Reader, depth: int) -> Value:
    del depth
    number, count = reader.int32(), reader.count()
    return reader.numbers(number, count, reader.primitive_code())


def _object_array(reader: _Reader, depth: int) -> Value:
    number, count = reader.int32(), reader.count()
    return reader.elements(number, count, depth)


_END, _LIBRARY, _NULLS_256, _NULLS = 11, 12, 13, 14
_RECORDS: Mapping[int, Callable[[_Reader, int], Value]] = {
    1: lambda reader, depth: reader.known_class(depth),
    4: lambda reader, depth: reader.described_class(depth, system=True),
    5: lambda reader, depth: reader.described_class(depth, system=False),
    6: _text_record,
    7: lambda reader, depth: reader.binary_array(depth),
    8: _typed,
    9: _reference,
    10: _null,
    15: _number_array,
    16: _object_array,
    17: _object_array,
}
_PRIMITIVE, _SYSTEM_CLASS, _CLASS, _PRIMITIVE_ARRAY = 0, 3, 4, 7
_PLAIN_KINDS = (1, 2, 5, 6)  # string, object, arrays of them: nothing follows
_ONE_DIMENSION = (0, 1, 3, 4)  # single, jagged; 3 and 4 with a lower bound
_WITH_LOWER_BOUND = 3
