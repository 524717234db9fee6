"""How runs are found: ``sample:NMC cycles>100 ended:limit formation``, and sorted.

Words without a colon are looked for everywhere; conditions are joined by *and*. The
station and the window read a search with this same code.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labctl.api.models import RunSummary

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
    "ended": lambda run: f"{run.state} {run.reason}",
    "state": lambda run: str(run.state),
    "operator": lambda run: run.operator,
    "channel": lambda run: " ".join(run.channels.values()),
    "run": lambda run: run.run,
    "uuid": lambda run: run.uuid,
    "title": lambda run: run.title,
}


class RunOrder(StrEnum):
    """What a list of runs is sorted by; equal ones, the latest first."""

    STARTED = "started"
    SAMPLE = "sample"
    PROTOCOL = "protocol"
    LASTED = "lasted"
    CYCLES = "cycles"
    STATE = "state"
    REASON = "reason"
    RESULT = "result"


_ORDERS: dict[RunOrder, Callable[[RunSummary], Any]] = {
    RunOrder.STARTED: lambda run: began(run.started_unix),
    RunOrder.SAMPLE: lambda run: _natural(run.sample),
    RunOrder.PROTOCOL: lambda run: run.protocol,
    RunOrder.LASTED: lambda run: run.test_time,
    RunOrder.CYCLES: lambda run: run.cycle,
    RunOrder.STATE: lambda run: str(run.state),
    RunOrder.REASON: lambda run: run.reason.lower(),
    RunOrder.RESULT: lambda run: _natural(run.headline),
}


def began(unix: float) -> float:
    """Return a start for sorting: runs of which nobody knows it are the oldest."""
    return -math.inf if math.isnan(unix) else unix


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


def in_order(
    runs: list[RunSummary], order: RunOrder, *, ascending: bool
) -> list[RunSummary]:
    """Return runs sorted; numbers inside names count as numbers: cell-9, cell-10."""
    latest_first = sorted(runs, key=lambda run: began(run.started_unix), reverse=True)
    return sorted(latest_first, key=_ORDERS[order], reverse=not ascending)


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.lower())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _all(_run: RunSummary) -> bool:
    return True


def _anywhere(word: str) -> Callable[[RunSummary], bool]:
    return lambda run: any(
        word in text.lower()
        for text in (*(of(run) for of in _TEXTS.values()), run.headline)
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
