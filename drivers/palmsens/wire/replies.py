"""From bytes to events, without any I/O: lines are cut, named, and nothing is guessed.

Rules for whoever edits: an event says what the line says and no more; a line that fits
nothing is `Garbage`, with its text; bytes that are no ASCII make a line garbage and
never a number. A line longer than `LONGEST` is cut there, since no instrument of this
kind sends such a one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.palmsens.wire.packages import BadPackageError, Variable, parse_package
from drivers.palmsens.wire.vocabulary import error_text

LONGEST = 4096
"""Bytes of one line."""


@dataclass(frozen=True, slots=True)
class Package:
    """Readings of one moment."""

    variables: tuple[Variable, ...]

    def find(self, kind: str) -> Variable | None:
        """Return the first variable of a type; None if there is none."""
        for each in self.variables:
            if each.type == kind:
                return each
        return None


@dataclass(frozen=True, slots=True)
class LoopBegins:
    """A loop begins: ``M`` and the technique, ``L``, or ``C`` for one scan."""

    mark: str
    technique: str = ""
    """Four hexadecimal digits behind ``M`` and ``C``."""


@dataclass(frozen=True, slots=True)
class LoopEnds:
    """A loop ended: ``*`` a measurement, ``+`` a loop, ``-`` a scan."""

    mark: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a script wanted to be said."""

    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The instrument refuses or gives up: ``!4001: Line 3, Col 7``."""

    code: int
    command: str = ""
    """What it answers: ``Z`` in ``Z!0006``; empty while a script runs."""
    line: int | None = None
    """Of the script, from 1; None where it is not said."""
    column: int | None = None

    def __str__(self) -> str:
        text = error_text(self.code)
        if self.line is not None:
            text += f", in line {self.line} of the script"
            if self.column is not None:
                text += f", column {self.column}"
        return text


@dataclass(frozen=True, slots=True)
class Finished:
    """The script has ended: an empty line."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: its letter, and what follows."""

    command: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A line that is nothing that is known."""

    text: str
    why: str


Reaction = Package | LoopBegins | LoopEnds | Text | Failure | Finished | Reply | Garbage

_FAILURE = re.compile(
    r"(?P<command>[A-Za-z_]{0,8})!(?P<code>[0-9A-Fa-f]{4})"
    r"(?::? *Line (?P<line>\d{1,6})(?:, *Col (?P<column>\d{1,6}))?)?"
)
_MARKED = re.compile(r"([MC])([0-9A-Fa-f]{4})")
_COMMANDS = frozenset("ehHilrtvYZG")
"""First letters of answers; ``e`` and ``l`` only when a script was sent."""


class ReplyReader:
    """Cuts lines out of a stream of bytes; half a line waits for its other half."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Reaction]:
        """Return what the lines say that are complete now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            lines.append(self._rest)
            self._rest = b""
        return [meaning_of(line) for line in lines]

    @property
    def unfinished(self) -> bool:
        """Whether a line has begun that has not ended."""
        return bool(self._rest)

    def forget(self) -> None:
        """Give up half a line: its other half is lost."""
        self._rest = b""


def meaning_of(raw: bytes) -> Reaction:
    """Return what one line says, its end taken off."""
    try:
        line = raw.decode("ascii").removesuffix("\r")
    except UnicodeDecodeError:
        return Garbage(raw.decode("latin-1"), "has bytes that are no ASCII")
    if not line:
        return Finished()
    reader = _BY_LETTER.get(line[0])
    found = None if reader is None else reader(line)
    if found is None:
        found = _failure(line) or _loop(line) or _reply(line)
    return found or Garbage(line, "begins like nothing that is known")


def _package(line: str) -> Reaction:
    try:
        return Package(parse_package(line))
    except BadPackageError as error:
        return Garbage(line, str(error))


def _failure(line: str) -> Failure | None:
    found = _FAILURE.fullmatch(line)
    if found is None:
        return None
    return Failure(
        int(found["code"], 16),
        found["command"],
        None if found["line"] is None else int(found["line"]),
        None if found["column"] is None else int(found["column"]),
    )


def _loop(line: str) -> LoopBegins | LoopEnds | None:
    if line in {"*", "+", "-"}:
        return LoopEnds(line)
    marked = _MARKED.fullmatch(line)
    if marked is not None:
        return LoopBegins(marked[1], marked[2])
    return LoopBegins("L") if line == "L" else None


def _reply(line: str) -> Reply | None:
    if not line.isprintable():
        return None
    if line[0] in _COMMANDS:
        return Reply(line[0], line[1:])
    return Reply("", line) if line.endswith("*") else None  # second line of `t`


_BY_LETTER: Mapping[str, Callable[[str], Reaction]] = {
    "P": _package,
    "T": lambda line: Text(line[1:]),
}
