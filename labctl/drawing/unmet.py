"""Which conditions results did not meet, in words: what was asked, what to do."""

from collections.abc import Mapping

from labctl.data import Result
from labctl.verdicts.condition import Condition
from labctl.verdicts.table import by_code


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


def advice_text(result: Result) -> str:
    """Return what to do about a result, a line a condition; empty if it is good."""
    lines = [
        f"Needed: {condition.holds} {condition.advice}".rstrip()
        for condition, _ in unmet({"": result}).values()
    ]
    return "\n".join(lines)
