"""YAML read as a person means it, or refused: nothing silently becomes another number.

Only what a lab file needs: blocks, lists, text, numbers, ``true``, ``false``,
``null``. Numbers are those of YAML 1.2 (``1e-3`` is one, ``4:20`` and ``no`` are
text); anchors, aliases, tags, merge keys, duplicate keys, several documents, NaN and
infinities are refused. Everything is built from PyYAML's pure-Python events: its C
loader falls over at 200,000 brackets, and its constructors read ``4:20`` as 260.
"""

import dataclasses
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import yaml

from labctl.documents.complaints import validate
from labctl.documents.document import Document, Plain
from labctl.documents.scalars import NoMeaningError, meaning
from labctl.errors import Complaint, Place, RefusedError
from labctl.quantities.units import show

__all__ = ["Document", "load", "load_file", "validate"]

LARGEST = 256 * 1024
"""Bytes; the largest plan seen in practice has 40 kB, PyYAML reads 100 kB a second."""
DEEPEST = 32

_BROKEN = {
    "character '\\t'": ("a tab where YAML wants spaces.", "Indent with spaces."),
    "cannot start any token": (
        "a text cannot start with this character.",
        "Quote the text.",
    ),
    "mapping values are not allowed": (
        "a second `: ` in one line, or a key in the wrong column.",
        "Quote a text that contains `: `, and check the indentation.",
    ),
    "expected <block end>": (
        "this does not line up with the lines above.",
        "Start all keys of one block in one column.",
    ),
    "unexpected end of stream": ("a quote is never closed.", "Close it."),
    "the node content, but found '<stream end>'": (
        "the file ends inside a bracket.",
        "Close the bracket.",
    ),
    "expected ',' or": (
        "a bracket is not closed, or two items have no comma between them.",
        "Close the bracket, or put the comma.",
    ),
    "could not find expected ':'": (
        "this key has no value.",
        "Write `key: value`, with a space after the colon.",
    ),
}
"""PyYAML's words, and what to say instead."""


def load_file(path: Path, root: Place = ()) -> Document:
    """Read a file; see `load`.

    RefusedError: absent, no plain file, too large, not UTF-8, or not understood.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            _only_plain(path, os.fstat(file.fileno()).st_mode)
            content = file.read(LARGEST + 1)
    except OSError as e:
        # Windows opens no folder and says that permission is denied.
        why = "Is a directory" if path.is_dir() else e.strerror
        what = f"cannot be read: {why}."
        _refuse(what, "Check the path.", str(path), path=root, source=e)
    return load(content, path.name, root)


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe would wait for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _only_plain(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a device"
        _refuse(f"is {kind}, no file.", "Name a file with the text in it.", str(path))


def load(text: str | bytes, name: str, root: Place = ()) -> Document:
    """Read YAML text.

    Parameters
    ----------
    text
        Text, or bytes in UTF-8 (a byte-order mark at the start is ignored).
    name
        What complaints call it: ``formation.yaml``.
    root
        Where the text belongs: ``("sample",)`` for a label.

    Raises
    ------
    RefusedError
        One complaint with file, line and column: the first thing not understood.
    """
    content = _decode(text, name)
    reader = _Reader(name, root)
    try:
        data = reader.read(yaml.parse(content, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as e:
        _refuse_broken(name, e)
    except yaml.reader.ReaderError as e:
        line = content.count("\n", 0, e.position) + 1
        reader.refuse(
            line, f"holds the character U+{int(e.character):04X}.", "Remove it."
        )
    return Document(name, data, reader.lines, root)


def read_value(text: str, name: str, path: Place) -> Plain:
    """Return a value that was typed outside a file, on a command line or in a field."""
    try:
        return load(text, name, path).data
    except RefusedError as e:
        found = (dataclasses.replace(c, line=None) for c in e.complaints)
        raise RefusedError(found) from e


def _decode(text: str | bytes, name: str) -> str:
    size = len(text)
    if size > LARGEST:
        _refuse(f"is larger than {LARGEST // 1024} kB.", "Is it the right file?", name)
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]:
        _refuse("is in UTF-16 or UTF-32.", "Save it as UTF-8.", name)
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = text.count(b"\n", 0, e.start) + 1
        _refuse("is not UTF-8.", "Save it as UTF-8.", name, line, source=e)


class _Reader:
    """Builds plain data from events and remembers lines."""

    def __init__(self, name: str, root: Place) -> None:
        self.name, self.root = name, root
        self.lines: dict[Place, int] = {}

    def read(self, events: Iterator[yaml.Event]) -> Plain:
        """Read the one document of a stream."""
        next(events)
        start = next(events)
        if not isinstance(start, yaml.DocumentStartEvent):
            self.refuse(1, "is empty.", "Write `key: value` lines.")
        if start.version or start.tags:
            self.refuse(_line(start), "has a % directive.", "Remove it.")
        data = self._value(next(events), events, ())
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse(
                _line(after), "starts a second document.", "Remove the `---` line."
            )
        return data

    def refuse(self, line: int, what: str, cure: str, path: Place = ()) -> NoReturn:
        """Stop with a complaint at a line."""
        _refuse(what, cure, self.name, line, (*self.root, *path))

    def _value(
        self, event: yaml.Event, events: Iterator[yaml.Event], place: Place
    ) -> Plain:
        self._refuse_machinery(event, place)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Plain] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                below = (*place, len(items))
                self.lines[below] = _line(event)
                items.append(self._value(event, events, below))
            return items
        block: dict[str, Plain] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event)
            below = (*place, key)
            if key in block:
                self.refuse(
                    _line(event),
                    f"`{show(key)}` already stands in line {self.lines[below]}.",
                    "Remove one of the two.",
                )
            self.lines[below] = _line(event)
            block[key] = self._value(next(events), events, below)
        return block

    def _key(self, event: yaml.Event) -> str:
        self._refuse_machinery(event, ())
        if not isinstance(event, yaml.ScalarEvent) or not event.value.strip():
            self.refuse(_line(event), "has a key that is no text.", "Name the key.")
        if event.style is None and event.value == "<<":
            self.refuse(_line(event), "merges with `<<`.", "Write the keys out.")
        return self._text(event)

    def _refuse_machinery(self, event: yaml.Event, place: Place) -> None:
        line = _line(event)
        if len(place) >= DEEPEST:
            self.refuse(line, f"is nested more than {DEEPEST} deep.", "Flatten it.")
        if getattr(event, "anchor", None) is not None:
            self.refuse(
                line,
                f"uses the anchor or alias `{show(getattr(event, 'anchor', ''))}`.",
                "Write the value out; quote a text that starts with `&` or `*`.",
            )
        if getattr(event, "tag", None) is not None:
            self.refuse(
                line,
                f"uses the tag `{show(getattr(event, 'tag', ''))}`.",
                "Remove it; quote a text that starts with `!`.",
            )

    def _text(self, event: yaml.ScalarEvent) -> str:
        value: str = event.value
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            self.refuse(_line(event), "holds half a character.", "Remove the escape.")
        return value

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> Plain:
        value = self._text(event)
        if event.style is not None:
            return value
        try:
            return meaning(value)
        except NoMeaningError as e:
            self.refuse(_line(event), e.what, e.cure, place)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse(
    what: str,
    cure: str,
    file: str,
    line: int | None = None,
    path: Place = (),
    source: Exception | None = None,
) -> NoReturn:
    raise RefusedError([Complaint(path, what, cure, file=file, line=line)]) from source


def _refuse_broken(name: str, e: yaml.MarkedYAMLError) -> NoReturn:
    mark: yaml.Mark | None = e.problem_mark or e.context_mark
    line, column = None, ""
    if mark is not None:
        line, column = mark.line + 1, f"column {mark.column + 1}: "
    for words, (what, cure) in _BROKEN.items():
        if words in (e.problem or ""):
            _refuse(column + what, cure, name, line, source=e)
    what = f"{column}{e.problem or 'this is not YAML'}."
    _refuse(what, "", name, line, source=e)
