"""Turns a pattern such as ``[:SOURce]:VOLTage[:LEVel]?`` into something that matches.

Rules of SCPI-99 volume 1, chapter 6: a word is sent whole or in its short form (the
capitals), nothing between; bracketed nodes may be left out; a number behind a word
may be left out when it is 1. ``<1:2>`` in a pattern hands that number to the handler;
a digit written in the pattern (``CALCulate3``) must be sent.

A twin has hundreds of patterns and hears a few of them: each becomes a regular
expression when a header is heard that may be it.
"""

import re
from dataclasses import dataclass
from functools import cache

_NODE = re.compile(
    r"(?P<open>\[?):(?P<word>[A-Za-z_]+)(?P<digit>\d*)"
    r"(?:<(?P<low>\d+):(?P<high>\d+)>)?(?P<close>\]?)"
)
_PATTERN = re.compile(rf"\*[A-Z]+|(?:{re.sub(r'[(]P<[a-z]+>', '(', _NODE.pattern)})+")
_LAST = re.compile(r"([A-Z_]+)[a-z]*[0-9]*(?:<[^>]*>)?(?:\[[^\]]*\])*$")
Suffix = tuple[int, int] | None
"""The range of the number handed on; None where only 1 is right."""


@dataclass(frozen=True, slots=True)
class Header:
    """One pattern."""

    pattern: str
    is_query: bool
    last: str
    """Short form of the last word that must be there."""

    def match(self, text: str) -> tuple[int, ...] | None:
        """Return the numbers for the handler; None if another header was sent.

        ``text`` is the whole header in capitals with its leading colon.
        SuffixError: the header is ours, its number is not.
        """
        if self.last not in text:
            return None
        regex, suffixes = _compiled(self.pattern.removesuffix("?"))
        found = regex.fullmatch(text)
        if found is None:
            return None
        numbers = []
        for sent, allowed in zip(found.groups(), suffixes, strict=True):
            value = int(sent) if sent else 1
            low, high = allowed or (1, 1)
            if not low <= value <= high:
                raise SuffixError(self.pattern)
            if allowed is not None:
                numbers.append(value)
        return tuple(numbers)


class SuffixError(Exception):
    """A number behind a word of the header is out of range."""


def short_form(word: str) -> str:
    """Return the capitals of ``word``: ``VOLT`` of ``VOLTage``."""
    return "".join(letter for letter in word if not letter.islower())


def header(pattern: str) -> Header:
    """Return the header that ``pattern`` describes; ValueError if it is none."""
    body = pattern.removesuffix("?")
    if not _PATTERN.fullmatch(body):
        raise ValueError(f"not a SCPI pattern: {pattern!r}")
    last = _LAST.search(body)
    return Header(pattern, body != pattern, last[1] if last else "")


@cache
def _compiled(body: str) -> tuple[re.Pattern[str], tuple[Suffix, ...]]:
    if body.startswith("*"):
        return re.compile(re.escape(body)), ()
    parts: list[str] = []
    suffixes: list[Suffix] = []
    for node in _NODE.finditer(body):
        word, digit = node["word"], node["digit"]
        short, whole = short_form(word), word.upper()
        names = whole if short == whole else f"(?:{short}|{whole})"
        if digit:
            text = f":{names}{digit}"
        else:
            text = f":{names}(\\d*)"
            low, high = node["low"], node["high"]
            suffixes.append((int(low), int(high)) if low else None)
        parts.append(f"(?:{text})?" if node["open"] else text)
    return re.compile("".join(parts)), tuple(suffixes)


def choose(words: str, text: str) -> str | None:
    """Return the short form of the one of ``A|B|C`` that ``text`` names."""
    return _spellings(words).get(text.strip().upper())


@cache
def _spellings(words: str) -> dict[str, str]:
    """Return the short forms of ``A|B|C`` by all that may be sent for them."""
    found: dict[str, str] = {}
    for word in words.split("|"):
        short = short_form(word)
        found.setdefault(short, short)
        found.setdefault(word.upper(), short)
    return found
