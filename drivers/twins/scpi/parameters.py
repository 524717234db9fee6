"""What stands behind a header: numbers with units, booleans, words, strings, lists."""

import functools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.header import choose

INFINITY = 9.9e37
NOT_A_NUMBER = 9.91e37
"""SCPI-99 volume 1, 7.2.1.4 and 7.2.1.5."""

_SPECIAL = {
    "INF": INFINITY,
    "INFINITY": INFINITY,
    "NINF": -INFINITY,
    "NINFINITY": -INFINITY,
    "NAN": NOT_A_NUMBER,
}
_WITH_UNIT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)\s*([A-Z%]+)")
_UNITS = ("OHM", "HZ", "PCT", "V", "A", "S", "W", "T", "G", "K")
_MULTIPLIERS = {
    "": 1.0,
    "EX": 1e18,
    "PE": 1e15,
    "T": 1e12,
    "G": 1e9,
    "MA": 1e6,
    "K": 1e3,
    "M": 1e-3,
    "U": 1e-6,
    "N": 1e-9,
    "P": 1e-12,
    "F": 1e-15,
    "A": 1e-18,
}
"""``MA`` is mega, ``M`` is milli; ``MOHM`` and ``MHZ`` are mega (IEEE 488.2, 7.7.3)."""


def parse_number(text: str) -> float:
    """Return the value of a decimal number, with or without a unit.

    ScpiError: -104 not a number, -131 unit unknown.
    """
    try:
        value = float(text)
    except ValueError:
        return _parse_worded(text.strip().upper())
    if not math.isfinite(value):  # Python's own spelling of INF and NAN
        return _parse_worded(text.strip().upper())
    return value


def _parse_worded(text: str) -> float:
    if text in _SPECIAL:
        return _SPECIAL[text]
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        raise ScpiError(-104, text)
    number, unit = found.groups()
    if unit in {"MOHM", "MHZ"}:
        return float(number) * 1e6
    for known in _UNITS:
        multiplier = unit.removesuffix(known)
        if unit.endswith(known) and multiplier in _MULTIPLIERS:
            return float(number) * _MULTIPLIERS[multiplier]
    raise ScpiError(-131, text)


Kind = Callable[[str], Any]
"""Turns a parameter's text into a value, or raises ScpiError."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits; MIN, MAX and DEF stand for them."""

    low: float = -math.inf
    high: float = math.inf
    default: float = 0.0
    infinite: bool = False
    """Whether INF may be sent beside numbers within the limits."""
    whole: bool = False

    def __call__(self, text: str) -> float:
        """Parse; -222 if out of range."""
        try:
            value = float(text)
        except ValueError:
            value = self.named(text)
        if self.low <= value <= self.high:
            return round(value) if self.whole else float(value)
        if self.infinite and value == INFINITY:
            return value
        raise ScpiError(-222, text)

    def named(self, text: str) -> float:
        """Return what a word stands for, or the number with its unit."""
        word = choose("MINimum|MAXimum|DEFault", text)
        if word is None:
            return parse_number(text)
        return {"MIN": self.low, "MAX": self.high, "DEF": self.default}[word]


def bounded(value: float) -> float:
    """Return ``value`` as it can be written; an overflow is 9.9e37."""
    return math.copysign(INFINITY, value) if math.isinf(value) else value


def boolean(text: str) -> bool:
    """Return what ON, OFF or a number means."""
    word = text.strip().upper()
    if word in {"1", "ON"}:
        return True
    if word in {"0", "OFF"}:
        return False
    try:
        return round(float(word)) != 0
    except (ValueError, OverflowError):
        raise ScpiError(-224, text) from None


def only_off(text: str) -> bool:
    """Return False for OFF; -224 for what would change readings, unsimulated."""
    if boolean(text):
        raise ScpiError(-224, f"{text}: not simulated")
    return False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, ``"FIXed|LIST|SWEep"``; the value is the short form."""

    words: str

    def __call__(self, text: str) -> str:
        """Parse; -224 if it is none of them."""
        word = choose(self.words, text.strip("\"' "))
        if word is None:
            raise ScpiError(-224, text)
        return word


def word(text: str) -> str:
    """Return the parameter as it was sent, in capitals."""
    return text.strip().upper()


def string(text: str) -> str:
    """Return what stands between quotes; -151 if there are none."""
    text = text.strip()
    quote = text[:1]
    if len(text) < 2 or quote not in {'"', "'"} or text[-1] != quote:  # noqa: PLR2004
        raise ScpiError(-151, text)
    return text[1:-1].replace(quote * 2, quote)


MOST_PIECES = 1000
"""Of messages with quotes or lists in them: that are remembered."""
MOST_PARTS = 3
"""Slot, row and column of a channel."""
LARGEST_CHANNEL = 99
"""Of each of them; a range that is written out stays small."""
MOST_CHANNELS = 10_000
"""Of one list."""


def channel_list(text: str) -> tuple[str, ...]:
    """Return the channels of ``(@1!1,1!3:1!5)``, ranges written out.

    ``slot!channel`` or ``slot!row!column``; -171 if it is not such a list, -222 or
    -223 where no card has these, or so many.
    """
    body = text.strip()
    if not (body.startswith("(@") and body.endswith(")")):
        raise ScpiError(-171, text)
    channels: list[str] = []
    for item in filter(None, body[2:-1].replace(" ", "").split(",")):
        first, _, last = item.partition(":")
        channels += _between(first, last) if last else [_channel(first)]
        if len(channels) > MOST_CHANNELS:
            raise ScpiError(-223, item)
    return tuple(channels)


def _numbers(channel: str) -> list[int]:
    try:
        numbers = [int(part) for part in channel.split("!")]
    except ValueError:
        raise ScpiError(-171, channel) from None
    if len(numbers) > MOST_PARTS or max(numbers) > LARGEST_CHANNEL:
        raise ScpiError(-222, channel)
    return numbers


def _channel(channel: str) -> str:
    return "!".join(map(str, _numbers(channel)))


def _between(first: str, last: str) -> list[str]:
    low, high = _numbers(first), _numbers(last)
    if len(low) != len(high) or low[0] != high[0]:
        raise ScpiError(-171, f"{first}:{last}")
    names = [str(low[0])]
    for a, b in zip(low[1:], high[1:], strict=True):
        names = [f"{name}!{n}" for name in names for n in range(a, b + 1)]
    return names


def block(data: bytes) -> bytes:
    """Return ``data`` as a definite-length block (IEEE 488.2, 8.7.9)."""
    length = str(len(data))
    return b"#" + str(len(length)).encode() + length.encode() + data


def split(text: str, separator: str) -> Sequence[str]:
    """Split at ``separator`` outside quotes, parentheses and blocks.

    ScpiError: -151 a quote stays open, -161 a block is none.
    """
    if not ('"' in text or "'" in text or "(" in text or "#" in text):
        return text.split(separator)
    if "#" in text:
        return _split_around_blocks(text, separator)
    pieces: list[str] = []
    begun: list[str] = []
    quote, depth = "", 0
    for piece in text.split(separator):
        begun.append(piece)
        if '"' in piece or "'" in piece or "(" in piece or ")" in piece:
            quote, depth = _left_open(piece, quote, depth)
        if not quote and not depth:
            pieces.append(begun[0] if len(begun) == 1 else separator.join(begun))
            begun.clear()
    if quote:
        raise ScpiError(-151, text)
    return [*pieces, separator.join(begun)] if begun else pieces


@functools.lru_cache(MOST_PIECES)
def _left_open(text: str, quote: str, depth: int) -> tuple[str, int]:
    """Return the quote that is open behind ``text``, and how many parentheses are.

    ``quote`` and ``depth`` are what is open before it.
    """
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
    return quote, depth


def _split_around_blocks(text: str, separator: str) -> Sequence[str]:
    pieces: list[str] = []
    start = at = depth = 0
    quote = ""
    while at < len(text):
        letter = text[at]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == "#" and text[at + 1 : at + 2].isdigit():
            at += _block_length(text, at)
            continue
        elif letter == separator and not depth:
            pieces.append(text[start:at])
            start = at + 1
        at += 1
    if quote:
        raise ScpiError(-151, text)
    return [*pieces, text[start:]]


def _block_length(text: str, at: int) -> int:
    digits = int(text[at + 1])
    if not digits:
        return len(text) - at
    count = text[at + 2 : at + 2 + digits]
    if not count.isdigit():
        raise ScpiError(-161, text[at : at + 12])
    return 2 + digits + int(count)
