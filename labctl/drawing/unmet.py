"""Which conditions results did not meet, in words: what was asked, what to do."""

import textwrap
from collections.abc import Mapping

from labctl.data import Result
from labctl.drawing.lettering import words
from labctl.drawing.result_text import WIDTH
from labctl.verdicts.condition import Condition
from labctl.verdicts.table import by_code

_FIRST = "  "
_NEXT = "    "


def unmet(results: Mapping[str, Result]) -> dict[str, tuple[Condition, list[str]]]:
    """Return code -> its condition, and the names of the results that missed it.

    A code that this version does not know is left out: its reason says enough.
    """
    known = by_code()
    found: dict[str, tuple[Condition, list[str]]] = {}
    for name, result in results.items():
        for code in result.verdicts:
            if code in known:
                found.setdefault(code, (known[code], []))[1].append(name)
    return found


def unmet_text(results: Mapping[str, Result], width: int = WIDTH) -> str:
    """Return what each result missed and what to do, in lines; empty: all were met."""
    lines = []
    for code, (condition, names) in unmet(results).items():
        lines += _folded(f"{code}: {', '.join(map(words, names))}", width, _FIRST)
        lines += _folded(f"needed: {condition.holds}", width, _NEXT)
        if condition.advice:
            lines += _folded(f"what to do: {condition.advice}", width, _NEXT)
    return "\n".join(lines)


def _folded(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=_NEXT + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def advice_text(result: Result) -> str:
    """Return what to do about a result, a line a condition; empty if it is good."""
    lines = [
        f"Needed: {condition.holds} {condition.advice}".rstrip()
        for condition, _ in unmet({"": result}).values()
    ]
    return "\n".join(lines)
