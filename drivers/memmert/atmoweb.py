"""What AtmoWEB answers, bytes to values; no I/O.

Every question is a GET of ``/atmoweb?Temp1Read=&TempSet=``: a name asks, a name with a
value tells. The answer is JSON, on older firmware without its braces and with a comma
at the end::

    "Temp1Read": 28.7, "TempSet": 30.0,

What a device has not is ``"N/A"``. Sources: AtmoWEB REST interface, D33477 (2020), and
answers that public programs show (without braces; ranges as ``{"min": …, "max": …}``).
Rules for whoever edits: what is no answer is an InstrumentError with the name of what
was asked; no number is made of anything but a number.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.errors import InstrumentError

LONGEST = 65536
"""Bytes; no answer of a chamber is longer."""
NOT_AVAILABLE = "N/A"
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?", re.ASCII)


def question(asked: Sequence[str] = (), **told: str) -> str:
    """Return path and query that ask for names and tell others a value."""
    parts = [f"{name}={value}" for name, value in told.items()]
    parts += [f"{name}=" for name in asked]
    return "/atmoweb?" + "&".join(parts)


def answers(content: bytes, device: str) -> dict[str, Any]:
    """Return what an answer holds, name -> JSON value.

    InstrumentError: it is none: HTML, cut short, a name twice, too long.
    """
    if len(content) > LONGEST:
        raise InstrumentError(f"{device}: answers {len(content)} bytes, which is none")
    try:
        text = content.decode("utf-8").strip()
        if not text.startswith("{"):
            text = "{" + text.removesuffix(",") + "}"
        found = json.loads(
            text,
            parse_float=float,
            parse_int=float,
            parse_constant=_refuse,
            object_pairs_hook=_once_each,
        )
    except (ValueError, RecursionError) as error:  # what json and UnicodeDecode raise
        raise InstrumentError(
            f"{device}: {content[:60]!r} is no answer of AtmoWEB ({error}); check the "
            "address, and that its remote control is on"
        ) from error
    if not isinstance(found, dict):
        raise InstrumentError(f"{device}: {content[:60]!r} is no answer of AtmoWEB")
    return found


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def number_of(found: Mapping[str, Any], name: str, device: str) -> float:
    """Return a number; InstrumentError: it is missing, ``N/A`` or no number."""
    value = value_of(found, name, device)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise InstrumentError(f"{device}: {name} is {value!r:.60}, which is no number")
    return value


def text_of(found: Mapping[str, Any], name: str, device: str) -> str:
    """Return a text; InstrumentError: it is missing, ``N/A`` or no text."""
    value = value_of(found, name, device)
    if not isinstance(value, str):
        raise InstrumentError(f"{device}: {name} is {value!r:.60}, which is no text")
    return value.strip()


def range_of(found: Mapping[str, Any], name: str, device: str) -> tuple[float, float]:
    """Return the ends of a range. InstrumentError: it is none."""
    value = value_of(found, name, device)
    if not isinstance(value, dict):
        raise InstrumentError(f"{device}: {name} is {value!r:.60}, which is no range")
    low = number_of(value, "min", f"{device}: {name}")
    high = number_of(value, "max", f"{device}: {name}")
    if not low < high:
        raise InstrumentError(f"{device}: {name} is {low:g} to {high:g}, which is none")
    return low, high


def has(found: Mapping[str, object], name: str) -> bool:
    """Return whether a device has what ``name`` stands for."""
    return name in found and found[name] != NOT_AVAILABLE


def value_of(found: Mapping[str, Any], name: str, device: str) -> Any:
    """Return a value as JSON has it. InstrumentError: it is missing or ``N/A``."""
    if name not in found:
        raise InstrumentError(f"{device}: does not answer {name}")
    if found[name] == NOT_AVAILABLE:
        raise InstrumentError(f"{device}: has no {name} (it answers N/A)")
    return found[name]
