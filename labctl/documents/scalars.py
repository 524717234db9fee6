"""What an unquoted word means: a number, true, false, nothing, else a text.

Numbers are those of YAML 1.2 (``1e-3`` is one, ``4:20`` and ``no`` are text). What
some readers take for a number and others for a text, what a float cannot hold, and a
zero with a sign mean nothing here: they are refused.
"""

import math
import re

from labctl.documents.document import Plain
from labctl.quantities.units import show

LONGEST_NUMBER = 30
"""Characters; a float holds 17 digits."""

_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(
    r"[+-]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?"
)
_ODD_NUMBER = re.compile(
    r"(?P<zero>[+-]?0[0-9_]+(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<under>[+-]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?)"
    r"|(?P<nan>[+-]?\.?(?:nan|inf|infinity))",
    re.IGNORECASE,
)
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}


class NoMeaningError(ValueError):
    """A word that must be written otherwise."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what} {cure}")
        self.what, self.cure = what, cure


def meaning(word: str) -> Plain:
    """Return what a word means. NoMeaningError: nothing that everybody agrees on."""
    if word in _WORDS:
        return _WORDS[word]
    if odd := _ODD_NUMBER.fullmatch(word):
        raise NoMeaningError(*_odd(word, odd))
    if not _FLOAT.fullmatch(word):
        return word
    short = len(word) <= LONGEST_NUMBER
    number = int(word) if short and _INT.fullmatch(word) else float(word)
    lost = number == 0 and re.search("[1-9]", re.split("[eE]", word)[0])
    if not short or not math.isfinite(number) or lost:
        raise NoMeaningError(
            f"{show(word)} is beyond what a number can hold.",
            "Write it shorter, or quote it if it is a text.",
        )
    if number == 0 and word.startswith("-"):
        raise NoMeaningError(f"{word}: zero has no sign.", "Write 0.")
    return number


def is_text(word: str) -> bool:
    """Whether an unquoted word is read back as the text that it is."""
    try:
        return meaning(word) == word
    except NoMeaningError:
        return False


def _odd(word: str, odd: re.Match[str]) -> tuple[str, str]:
    if odd["nan"]:
        return f"{word} is not a number one can set.", "Quote it if it is a text."
    bare = word.replace("_", "")
    sign = bare[0] if bare[0] in "+-" else ""
    short = sign + (bare.lstrip("+-").lstrip("0") or "0")
    return (
        f"{show(word)} is a number to some and a text to others.",
        f"Write {show(short)}, or quote it if it is a text.",
    )
