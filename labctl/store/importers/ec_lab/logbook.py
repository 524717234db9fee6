"""Read when a binary file's run started, and on what, from its LOG module.

The start is an OLE date (days since 1899-12-30) whose place changes with the version;
it counts only if it falls on the day that the modules' heads say. Behind one of these
places the names of device and program are known to stand.
"""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from labctl.store.importers.ec_lab.modules import Module

PLACES = (585, 465, 469, 473)
"""Where the start was seen, the newest versions first."""
_DAYS = (33000.0, 60000.0)
"""1990 to 2064, in days since 1899-12-30."""
_OLE = datetime(1899, 12, 30)  # noqa: DTZ001 - the clock of the PC
_DATE = re.compile(r"(\d\d)[/.-](\d\d)[/.-](\d\d)")
_NAMED_PLACE = 585
_CHANNEL, _CHANNEL_SERIAL = 0x09, 0xAB
_WORDS = {0x3B7: "program_version", 0x3CF: "serial"}
_SETTINGS = {0x251: "File", 0x351: "Host", 0x384: "Address"}


@dataclass(frozen=True, slots=True)
class Logbook:
    """What the LOG module says."""

    started: datetime | None = None
    started_said: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()


def read_log(log: Module | None, dates: Iterable[str]) -> Logbook:
    """Return the start and the names. ``dates`` are those of the other modules."""
    heads = [date for date in dates if date]
    said = next(iter(heads), "")
    if log is None:
        return Logbook(started_said=said)
    days = set().union(*(_days(head) for head in heads))
    place = next((at for at in PLACES if _ole(log.payload, at, days)), None)
    started = None if place is None else _ole(log.payload, place, days)
    if place is None:
        found = {
            date
            for at in range(max(len(log.payload) - 7, 0))
            if (date := _ole(log.payload, at, days))
        }
        started = found.pop() if len(found) == 1 else None
    facts, settings = _names(log.payload) if place == _NAMED_PLACE else ({}, ())
    return Logbook(started, "" if started else said, facts, settings)


def _days(said: str) -> set[tuple[int, int, int]]:
    """Return the days that a module's head may mean."""
    match = _DATE.fullmatch(said)
    if match is None:
        return set()
    first, second, year = int(match[1]), int(match[2]), 2000 + int(match[3])
    return {(year, first, second), (year, second, first)}


def _ole(payload: bytes, at: int, days: set[tuple[int, int, int]]) -> datetime | None:
    if at + 8 > len(payload):
        return None
    (value,) = struct.unpack_from("<d", payload, at)
    if not _DAYS[0] < value < _DAYS[1]:
        return None
    date = _OLE + timedelta(milliseconds=round(value * 86_400_000))
    return date if (date.year, date.month, date.day) in days else None


def _names(payload: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    facts: dict[str, Any] = {"channel": str(payload[_CHANNEL] + 1)}
    (serial,) = struct.unpack_from("<H", payload, _CHANNEL_SERIAL)
    if serial:
        facts["channel_serial"] = str(serial)
    for at, name in _WORDS.items():
        word = pascal(payload, at)
        if word:
            facts[name] = word
    lines = (
        f"{name} : {word}"
        for at, name in _SETTINGS.items()
        if (word := pascal(payload, at))
    )
    return facts, tuple(lines)


def pascal(payload: bytes, at: int) -> str:
    """Return a text whose length is its first byte; empty: none stands there."""
    if at >= len(payload):
        return ""
    raw = payload[at + 1 : at + 1 + payload[at]]
    text = raw.decode("cp1252", "replace").strip()
    return text if len(raw) == payload[at] and text.isprintable() else ""
