"""A result as a person reads it: the same words in terminal, report and window.

The verdict comes first, then the value, which ends where its uncertainty ends. What is
unknown is said to be unknown; a reason stands in a line of its own.
"""

import textwrap
from collections.abc import Mapping

from labctl.data import Quality, Result
from labctl.drawing.lettering import unit_text, value_text, words

MEANING = "± is half of what covers 95 %: double it for the interval (k = 2)."
"""Stands once with every list of results."""
UNKNOWN = "uncertainty unknown"
NOTHING = "–"
MOSTLY = 0.5
"""Share of the variance from which on one term is what the uncertainty is made of."""
WIDTH = 80
"""Columns of a terminal."""
_VERDICTS = {
    Quality.GOOD: "good",
    Quality.SUSPECT: "SUSPECT",
    Quality.ABSENT: "absent",
}
_HELD = "\N{NO-BREAK SPACE}%"
"""A sign of percent stays in the line of its number."""
_INDENT = 2 + max(map(len, _VERDICTS.values())) + 2


def number_text(result: Result) -> str:
    """Return ``92.48 ± 0.15`` without its unit; a word as it is; ``–``: nothing."""
    if result.value is None:
        return NOTHING
    if isinstance(result.value, str):
        return result.value
    return value_text(result.value, result.uncertainty)


def result_text(result: Result) -> str:
    """Return ``3621 ± 18 mAh/g``, and that the uncertainty is unknown if it is."""
    text = f"{number_text(result)} {unit_text(result.unit)}".rstrip()
    if result.value is None:
        return NOTHING
    return f"{text}, {UNKNOWN}" if is_unknown(result) else text


def is_unknown(result: Result) -> bool:
    """Whether there is a number and nobody knows how good it is; a count is exact."""
    if result.value is None or isinstance(result.value, str):
        return False
    counted = not result.unit and float(result.value).is_integer()
    return not result.uncertainty and not counted


def largest_text(result: Result) -> str:
    """Return ``mostly active mass``; empty where no term is most of the uncertainty."""
    budget = result.budget or {}
    total = sum(part**2 for part in budget.values())
    term = result.largest_term
    largest = bool(term) and budget[term] ** 2 > MOSTLY * total
    return f"mostly {words(term)}" if largest and len(budget) > 1 else ""


def results_text(
    results: Mapping[str, Result], width: int = WIDTH, *, spoken: bool = True
) -> str:
    """Return results as aligned lines of at most ``width`` columns, verdict first.

    ``spoken``: their names are those of a machine, ``_`` stands for a blank.
    """
    names = {name: words(name) if spoken else name for name in results}
    room = max(map(len, names.values()), default=0)
    lines = []
    for name, result in results.items():
        lines += _lines(f"{names[name]:<{room}}", result, width)
    if any(result.uncertainty for result in results.values()):
        lines.append(f"  {MEANING}")
    return "\n".join(lines)


def _lines(name: str, result: Result, width: int) -> list[str]:
    absent = result.quality is Quality.ABSENT
    text = result.reason if absent else result_text(result)
    line = f"  {_VERDICTS[result.quality]}".ljust(_INDENT) + f"{name}  "
    below = []
    if absent and len(line) + len(text) > width:
        text, below = "", [text]
    mostly = largest_text(result)
    if mostly and len(line) + len(text) + len(mostly) + 2 <= width:
        text, mostly = f"{text}, {mostly}", ""
    below += [mostly] if mostly else []
    below += [result.reason] if result.reason and not absent else []
    return [
        (line + text).rstrip(),
        *(part for b in below for part in _folded(b, width)),
    ]


def _folded(text: str, width: int) -> list[str]:
    gap = " " * _INDENT
    lines = textwrap.wrap(
        text.replace(" %", _HELD),
        width,
        initial_indent=gap,
        subsequent_indent=gap,
        break_long_words=False,
    )
    return [line.replace(_HELD, " %") for line in lines]
