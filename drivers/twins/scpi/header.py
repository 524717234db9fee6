"""Turns a pattern such as ``[:SOURce]:VOLTage[:LEVel]?`` into something that matches.

Rules of SCPI-99 volume 1, chapter 6: a word is sent whole or in its short form (the
capitals), nothing between; bracketed nodes may be left out; a number behind a word
may be left out when it is 1. ``<1:2>`` in a pattern hands that number to the handler;
a digit written in the pattern (``CALCulate3``) must be sent.
"""

import re
from dataclasses import dataclass

_NODE = re.compile(
    r"(?P<open>\[?):(?P<word>[A-Za-z_]+)(?P<digit>\d*)"
    r"(?:<(?P<low>\d+):(?P<high>\d+)>)?(?P<close>\]?)"
)


@dataclass(frozen=True, slots=True)
class Header:
    """One compiled pattern."""

    pattern: str
    regex: re.Pattern[str]
    suffixes: tuple[tuple[int, int] | None, ...]
    """Per node: the range of the number handed on, None where only 1 is right."""
    is_query: bool

    def match(self, text: str) -> tuple[int, ...] | None:
        """Return the numbers for the handler; None if another header was sent.

        ``text`` is the whole header in capitals with its leading colon.
        SuffixError: the header is ours, its number is not.
        """
        found = self.regex.fullmatch(text)
        if found is None:
            return None
        numbers = []
        for sent, allowed in zip(found.groups(), self.suffixes, strict=True):
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


def compile_header(pattern: str) -> Header:
    """Compile ``pattern``; ValueError if it is not one."""
    is_query = pattern.endswith("?")
    body = pattern.removesuffix("?")
    if body.startswith("*"):
        return Header(pattern, re.compile(re.escape(body)), (), is_query)
    parts: list[str] = []
    suffixes: list[tuple[int, int] | None] = []
    at = 0
    for node in _NODE.finditer(body):
        if node.start() != at:
            break
        at = node.end()
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
    if at != len(body) or not parts:
        raise ValueError(f"not a SCPI pattern: {pattern!r}, from {body[at:]!r}")
    return Header(pattern, re.compile("".join(parts)), tuple(suffixes), is_query)


def choose(words: str, text: str) -> str | None:
    """Return the short form of the one of ``A|B|C`` that ``text`` names."""
    sent = text.strip().upper()
    for word in words.split("|"):
        short = short_form(word)
        if sent in {short, word.upper()}:
            return short
    return None
