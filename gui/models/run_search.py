"""The run browser's search: ``sample:NMC cycles>100 ended:limit formation``.

Words without a colon are looked for everywhere; conditions are joined by *and*.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from labctl.service.models import RunSummary

_TERM = re.compile(r"(?P<name>[a-z_]+)(?P<how>[:<>=])(?P<value>.+)")
_NUMBERS: dict[str, Callable[[RunSummary], float]] = {
    "cycles": lambda run: run.cycle,
    "rows": lambda run: run.rows,
    "hours": lambda run: run.test_time / 3600,
    "days": lambda run: run.test_time / 86400,
    "steps": lambda run: run.step_count,
}
_TEXTS: dict[str, Callable[[RunSummary], str]] = {
    "sample": lambda run: run.sample,
    "protocol": lambda run: run.protocol,
    "ended": lambda run: str(run.state),
    "state": lambda run: str(run.state),
    "operator": lambda run: run.operator,
    "seat": lambda run: " ".join(run.seats.values()),
}


@dataclass(frozen=True, slots=True)
class Search:
    """A search that was understood, or why it was not."""

    keeps: Callable[[RunSummary], bool]
    problem: str = ""
    """What could not be read; empty when all was."""


def read_search(text: str) -> Search:
    """Read a search; what cannot be read is said, and keeps everything."""
    tests: list[Callable[[RunSummary], bool]] = []
    for term in text.split():
        match = _TERM.fullmatch(term.lower())
        if match is None:
            tests.append(_anywhere(term.lower()))
            continue
        name, how, value = match["name"], match["how"], match["value"]
        if name in _TEXTS and how in ":=":
            tests.append(_contains(_TEXTS[name], value))
        elif name in _NUMBERS:
            try:
                tests.append(_compares(_NUMBERS[name], how, float(value)))
            except ValueError:
                return Search(_all, f"{value!r} in {term!r} is not a number")
        else:
            known = ", ".join(sorted({*_TEXTS, *_NUMBERS}))
            return Search(_all, f"{name!r} is not one of {known}")
    return Search(lambda run: all(test(run) for test in tests))


def _all(_run: RunSummary) -> bool:
    return True


def _anywhere(word: str) -> Callable[[RunSummary], bool]:
    return lambda run: any(
        word in text.lower() for text in (run.run, run.title, run.sample, run.protocol)
    )


def _contains(
    of: Callable[[RunSummary], str], value: str
) -> Callable[[RunSummary], bool]:
    return lambda run: value in of(run).lower()


def _compares(
    of: Callable[[RunSummary], float], how: str, value: float
) -> Callable[[RunSummary], bool]:
    if how == "<":
        return lambda run: of(run) < value
    if how == ">":
        return lambda run: of(run) > value
    return lambda run: of(run) == value
