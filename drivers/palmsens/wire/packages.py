"""One line of readings: ``Peb8000001u;ba7F85F3Fu,10,218``.

A variable is two characters of type, seven hexadecimal digits around 2^27, one SI
prefix, and then perhaps metadata behind commas: ``1`` and the status nibble, ``2`` and
two digits of range. Metadata of other kinds is kept as text. A line that does not fit
is no package at all: `BadPackageError`, never half of its values.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from drivers.palmsens.wire.vocabulary import Status

OFFSET = 0x8000000
"""2^27, what the digits of zero are."""
DIGITS = 7
POWERS = {
    "a": -18,
    "f": -15,
    "p": -12,
    "n": -9,
    "u": -6,
    "m": -3,
    " ": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
"""Prefix -> power of ten; ``i`` is an integer of its own kind."""
INTEGER = "i"
NOT_A_NUMBER = "     nan"
_HEX = frozenset("0123456789ABCDEFabcdef")
_LENGTH = 2 + DIGITS + 1


class BadPackageError(ValueError):
    """A line that begins like a package and is none."""


_STATUS = tuple(map(Status, range(16)))
"""By the digit that says it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One value of a package."""

    type: str
    """Two characters: ``ba``; perhaps one that `vocabulary.UNITS` does not know."""
    value: float
    """SI; NaN where the instrument says nan."""
    status: Status | None = None
    """None where nothing is said; zero is "all is well"."""
    range: int | None = None
    """Code of the range; None where nothing is said."""
    further: tuple[str, ...] = ()
    """Metadata of other kinds, as it came."""
    whole: bool = False
    """Whether it was sent as an integer."""


def parse_package(line: str) -> tuple[Variable, ...]:
    """Return the variables of a line that begins with ``P``.

    BadPackageError: the line is damaged.
    """
    if line[:1] != "P":
        raise BadPackageError(f"{line!r} does not begin with P")
    body = line[1:]
    if not body:
        return ()
    return tuple(_variable(text) for text in body.split(";"))


def _variable(text: str) -> Variable:
    head, *metadata = text.split(",")
    kind, digits, prefix = head[:2], head[2:9], head[9:]
    if len(head) != _LENGTH or not (kind.isascii() and kind.isalnum()):
        raise BadPackageError(f"{text!r} is no variable")
    if head[2:] == NOT_A_NUMBER:
        value = math.nan
    elif not _HEX.issuperset(digits):
        raise BadPackageError(f"{text!r} has digits that are not hexadecimal")
    elif prefix == INTEGER:
        value = float(int(digits, 16) - OFFSET)
    elif prefix in POWERS:
        value = _scaled(int(digits, 16) - OFFSET, POWERS[prefix])
    else:
        raise BadPackageError(f"{text!r} has a prefix that is not known")
    status, code, further = None, None, []
    for item in metadata:
        if item[:1] == "1" and len(item) == 2 and item[1] in _HEX:  # noqa: PLR2004
            status = _STATUS[int(item[1], 16)]
        elif item[:1] == "2" and len(item) == 3 and _HEX.issuperset(item[1:]):  # noqa: PLR2004
            code = int(item[1:], 16)
        else:
            further.append(item)
    return Variable(kind, value, status, code, tuple(further), prefix == INTEGER)


def _scaled(whole: int, power: int) -> float:
    """Return ``whole`` times a power of ten, rounded once."""
    if power < 0:
        return whole / 10.0**-power
    return whole * 10.0**power


def written(variable: Variable, prefix: str) -> str:
    """Return a variable as an instrument writes it, with ``prefix``.

    BadPackageError: the value does not fit into the digits.
    """
    text = variable.type
    if math.isnan(variable.value):
        text += NOT_A_NUMBER
    else:
        power = 0 if prefix == INTEGER else POWERS[prefix]
        whole = round(Decimal(variable.value).scaleb(-power))
        if not -OFFSET <= whole < OFFSET:
            raise BadPackageError(f"{variable.value:g} does not fit prefix {prefix!r}")
        text += f"{whole + OFFSET:07X}{prefix}"
    if variable.status is not None:
        text += f",1{int(variable.status):X}"
    if variable.range is not None:
        text += f",2{variable.range:02X}"
    return "".join((text, *(f",{item}" for item in variable.further)))
