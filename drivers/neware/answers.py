"""What BTS Server answers, read without believing anything that is not there.

Nothing here talks. A number that is none, a row out of its order, an answer about
another channel: each is an AnswerError, never a value.
"""

import math
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from labctl.errors import InstrumentError

STANDS_STILL = frozenset({"finish", "stop", "protect"})
"""Words of a channel on which a test may be started; all others are taken to run."""
PROTECTED = "protect"
"""Its protection has ended the test."""
CAPACITY = 3600.0
"""C in 1 Ah."""


class AnswerError(InstrumentError):
    """An answer is not what was asked for; asking again may help."""


@dataclass(frozen=True, slots=True)
class Address:
    """One channel, as the server numbers it."""

    devtype: int
    device: int
    subdevice: int
    channel: int

    def __str__(self) -> str:
        return f"{self.device}-{self.subdevice}-{self.channel}"

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "Address":
        """Return it from what ``getdevinfo`` tells. AnswerError: incomplete."""
        keys = ("devtype", "devid", "subdevid", "Channelid")
        return cls(*(_whole(told.get(key), key) for key in keys))


@dataclass(frozen=True, slots=True)
class Seen:
    """A channel at one moment (``inquire``)."""

    status: str
    """``working``, ``finish``, ``stop``, ``protect`` …"""
    barcode: str
    """Of the last test that was started there."""
    voltage: float
    """V."""
    current: float
    """A; positive charges."""
    step: int
    """Number of the step in the file, from 1; 0: none."""
    total_time: float
    """s since the test began; 0 where none runs."""

    @property
    def runs(self) -> bool:
        """Whether it does anything at all."""
        return self.status not in STANDS_STILL

    @classmethod
    def of(cls, told: Mapping[str, object], address: Address) -> "Seen":
        """Return it. AnswerError: it is about another channel, or is incomplete."""
        kind, *place = str(told.get("dev")).split("-")[:4]
        if kind != str(address.devtype) or "-".join(place) != str(address):
            raise AnswerError(f"was asked for {address}, tells of {told.get('dev')}")
        status = told.get("workstatus")
        if not isinstance(status, str) or not status:
            raise AnswerError(f"{address}: says no workstatus")
        return cls(
            status,
            str(told.get("barcode") or ""),
            _number(told.get("voltage"), "voltage"),
            _number(told.get("current"), "current"),
            _whole(told.get("step_id") or 0, "step_id"),
            _number(told.get("totaltime"), "totaltime"),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded point."""

    number: int
    """From 1; the server's own, the same whenever it is asked."""
    step: int
    cycle: int
    step_time: float
    """s since the step began."""
    voltage: float
    """V."""
    current: float
    """A; positive charges."""
    capacity: float
    """C that passed in the step, without sign."""


@dataclass(frozen=True, slots=True)
class Download:
    """A stretch of rows of one test."""

    test: int
    """The server's number of the test."""
    rows: tuple[Row, ...]


def download_of(text: str, address: Address, first: int) -> Download:
    """Return the rows from number ``first`` on, without a gap. AnswerError."""
    root = tree_of(text)
    head, listed = root.find("download"), root.find("list")
    if head is None or listed is None:
        raise AnswerError(f"{address}: a download has no header or no list")
    _check_channel(head, address)
    rows = []
    for number, each in enumerate(listed, first):
        told = _whole(each.get("seqid"), "seqid")
        if told != number:
            raise AnswerError(f"{address}: row {told} came where {number} should")
        rows.append(
            Row(
                number,
                _whole(each.get("stepid"), "stepid"),
                _whole(each.get("cycleid"), "cycleid"),
                _number(each.get("testtime"), "testtime") / 1e3,
                _number(each.get("volt"), "volt"),
                _number(each.get("curr"), "curr"),
                _number(each.get("cap"), "cap") * CAPACITY,
            )
        )
    return Download(_whole(head.get("testid"), "testid"), tuple(rows))


def verdict_of(text: str, address: Address, command: str) -> str:
    """Return what the server says to ``start`` or ``stop``: ``ok`` or ``false``."""
    for each in _listed(text, command):
        _check_channel(each, address)
        return (each.text or "").strip()
    raise AnswerError(f"{address}: {command} was answered with nothing")


def tree_of(text: str) -> Element:
    """Return the parsed answer. AnswerError: it is no XML, or an attack."""
    try:
        return typing.cast("Element", fromstring(text))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise AnswerError(f"an answer is no XML: {error}") from error


def _listed(text: str, command: str) -> Iterator[Element]:
    listed = tree_of(text).find("list")
    if listed is not None:
        yield from listed.iter(command)


def _check_channel(told: Element, address: Address) -> None:
    keys = ("devtype", "devid", "subdevid", "chlid")
    found = tuple(_whole(told.get(key), key) for key in keys)
    wanted = (address.devtype, address.device, address.subdevice, address.channel)
    if found != wanted:
        raise AnswerError(f"was asked for {address}, tells of {found}")


def _number(told: object, what: str) -> float:
    if isinstance(told, int | float | str) and not isinstance(told, bool):
        try:
            value = float(told)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
    raise AnswerError(f"{what} is {told!r}, which is no number")


def _whole(told: object, what: str) -> int:
    value = _number(told, what)
    if value != int(value):
        raise AnswerError(f"{what} is {told!r}, which is no whole number")
    return int(value)
