"""What stands behind the names of a TSP instrument: attributes, functions, tables.

A table knows which of its names are attributes (read, and written where `write` is
given) and which are objects (functions, constants, tables below it). That is what an
instrument's metatables tell a program that asks (``getmetatable(smua).Getters``).
"""

import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from drivers.twins.scpi.faults import ScpiError

RUNTIME_ERROR = -286
"""The only error that ends a script (2600 reference manual, appendix B)."""
TOO_BIG, TOO_SMALL = 1101, 1102
"""Errors 1101 "Parameter too big" and 1102 "Parameter too small" (manual, limitY)."""


class TspError(ScpiError):
    """What a TSP instrument refuses; its text is the whole text of the queue."""

    @property
    def text(self) -> str:
        """The queue's text."""
        return self.detail


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value that is read by its name, and written if it has a `write`."""

    read: Callable[[], Any]
    write: Callable[[Any], None] | None = None


Item = Callable[[int], Any]


@dataclass(slots=True)
class Table:
    """One table of an instrument."""

    path: str
    """``smua.measure``; one table each."""
    kind: str = ""
    """What its metatable calls itself: ``reading_buffer``."""
    attributes: dict[str, Attribute] = field(default_factory=dict)
    objects: dict[str | int, Any] = field(default_factory=dict)
    """Functions, constants and tables, by name or number."""
    item: Item | None = None
    """Gives ``table[k]``; None is nil."""
    put_item: Callable[[int, Any], None] | None = None
    owner: Any = None
    """What the table stands for, where a function gets it as an argument."""

    def table(self, name: str, kind: str = "") -> "Table":
        """Return the table ``name`` below this one, made where it is missing."""
        first, _, rest = name.partition(".")
        below = self.objects.get(first)
        if not isinstance(below, Table):
            path = f"{self.path}.{first}" if self.path else first
            below = self.objects[first] = Table(path, "" if rest else kind)
        return below.table(rest, kind) if rest else below

    def place(self, name: str) -> tuple["Table", str]:
        """Return the table in which the dotted ``name`` ends, and its last part."""
        path, _, last = name.rpartition(".")
        return (self.table(path) if path else self), last

    def attribute(
        self,
        name: str,
        read: Callable[[], Any],
        write: Callable[[Any], None] | None = None,
    ) -> None:
        """Declare an attribute under a dotted name."""
        table, last = self.place(name)
        table.attributes[last] = Attribute(read, write)

    def object(self, name: str, value: Any) -> None:
        """Declare a function or a constant under a dotted name."""
        table, last = self.place(name)
        table.objects[last] = value

    def read(self, name: str) -> Any:
        """Return an attribute's value."""
        return self.attributes[name].read()

    def write(self, name: str, value: Any) -> None:
        """Set an attribute. TspError: it cannot be written."""
        attribute = self.attributes.get(name)
        if attribute is None or attribute.write is None:
            what = "is read-only" if attribute else "is no attribute"
            raise TspError(RUNTIME_ERROR, f"{self.path}.{name} {what}")
        attribute.write(value)

    def read_item(self, index: Any) -> Any:
        """Return ``table[index]``."""
        return self.item(int(index)) if self.item else None

    def write_item(self, index: Any, value: Any) -> None:
        """Set ``table[index]``. TspError: it cannot be written."""
        if self.put_item is None:
            raise TspError(RUNTIME_ERROR, f"{self.path}[{index:g}] cannot be written")
        self.put_item(int(index), value)


def number(value: Any, what: str) -> float:
    """Return ``value`` if it is a number. TspError: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TspError(RUNTIME_ERROR, f"{what}: number expected, got {kind_of(value)}")
    return float(value)


def within(value: Any, low: float, high: float, what: str) -> float:
    """Return ``value`` if it is a number from ``low`` to ``high``; errors 1101, 1102.

    A value that is not a number (0/0) is refused, too.
    """
    real = number(value, what)
    if real < low:
        raise TspError(TOO_SMALL, f"Parameter too small; {what}")
    if not real <= high:
        raise TspError(TOO_BIG, f"Parameter too big; {what}")
    return real


def kind_of(value: Any) -> str:
    """Return Lua's word for the type of ``value``."""
    if value is None:
        return "nil"
    words: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "number"),
        (float, "number"),
        (str, "string"),
    )
    for kind, word in words:
        if isinstance(value, kind):
            return word
    return "table"


class Printer(typing.Protocol):
    """Takes what a chunk prints."""

    def __call__(self, text: str | bytes) -> None:
        """Queue one response message."""
