"""Makes ``docs/reference/compatibility.md``: client, what works, what fails and why.

``python tests/peers/peer_page.py`` runs everything and writes the page; ``--check``
only says whether the page is what the run gives. `outcome_of` is what a run gave,
`expected` what the lists say; the tests hold the two, and the page, together.
"""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fetch_peers
from peer_case import Case, Fault, Suite
from peer_list import CASES, SUITES, sessions
from peer_run import Result, run_cases
from suite_run import run_suite

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "compatibility.md"
AT_ONCE = 2
"""Foreign processes; a check has two cores."""
HEAD = """# Other people's programs on the twins

Programs that nobody here wrote, unmodified and each in a process of its own, use the
twins over TCP as `labctl twins serve` offers them. What they can do there is evidence
that a twin answers as the instrument does; where they cannot, this page says who would
have to change. `tests/peers/peer_page.py` makes it from a run; do not edit it.

| who | means |
|---|---|
| twin | the real instrument can do it, the twin cannot yet |
| client | the program sends what no instrument takes, or its test is wrong |
| not supported by that instrument | the instrument has no such thing |
| nothing of that kind is connected | the bench cannot simulate it; refused |

A twin that does not know a command, or cannot answer the quantity that is asked for,
queues an error (−113, −221 or −241): it never answers with another quantity.
"""
NEW = Fault(None, "not expected; see the run's output")
"""Stands on the page when a run gives what no list says."""


@dataclass(frozen=True, slots=True)
class Line:
    """One capability of one client, and how it went."""

    client: str
    package: str
    capability: str
    faults: tuple[tuple[str, Fault], ...] = ()
    """What does not work: name of test or message (empty for a case), and why."""
    counted: tuple[int, int] | None = None
    """Works, of so many; None for a single case."""


def expected() -> list[Line]:
    """Return what the lists say."""
    lines = [
        Line(
            case.client,
            case.package,
            case.capability,
            () if case.fault is None else (("", case.fault),),
        )
        for case in CASES
    ]
    for suite in SUITES:
        faults = tuple(sorted(suite.faults.items()))
        counted = (suite.count - len(faults), suite.count)
        lines.append(
            Line(suite.client, suite.package, suite.capability, faults, counted)
        )
    return lines


def outcome_of_case(case: Case, result: Result) -> Line:
    """Return how one case went."""
    fault = () if result.works else (("", case.fault or NEW),)
    return Line(case.client, case.package, case.capability, fault)


def outcome_of_suite(suite: Suite, results: Mapping[str, Result]) -> Line:
    """Return how one suite went."""
    failed = sorted(name for name, result in results.items() if not result.works)
    faults = tuple((name, suite.faults.get(name, NEW)) for name in failed)
    counted = (len(results) - len(failed), len(results))
    return Line(suite.client, suite.package, suite.capability, faults, counted)


def outcomes() -> list[Line]:
    """Run everything; return how it went, in the order of `expected`."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cases = list(pool.map(run_cases, sessions().values()))
        suites = list(pool.map(run_suite, SUITES))
    results = {name: one for found in cases for name, one in found.items()}
    lines = [outcome_of_case(case, results[case.program]) for case in CASES]
    return lines + [
        outcome_of_suite(suite, found)
        for suite, found in zip(SUITES, suites, strict=True)
    ]


def page(lines: list[Line]) -> str:
    """Write the page."""
    versions = fetch_peers.pins()
    clients = dict.fromkeys((line.client, line.package) for line in lines)
    rows = ["| client | works | fails: who is wrong |", "|---|---|---|"]
    for client, package in clients:
        own = [line for line in lines if line.client == client]
        works = [_works(line) for line in own if line.counted or not line.faults]
        fails = [text for line in own for text in _fails(line)]
        rows.append(
            f"| {client} ({package} {versions[package]}) "
            f"| {'; '.join(works) or '–'} | {'<br>'.join(fails) or '–'} |"
        )
    return HEAD + "\n" + "\n".join(rows) + "\n"


def _works(line: Line) -> str:
    if line.counted is None:
        return line.capability
    return f"{line.capability}: {line.counted[0]} of {line.counted[1]}"


def _fails(line: Line) -> list[str]:
    """Return one text for each reason, with all that fails for it."""
    names: dict[Fault, list[str]] = {}
    for name, fault in line.faults:
        shown = name.replace("|", "\\|")
        names.setdefault(fault, []).append(f"`{shown}`" if name else line.capability)
    return [
        f"{', '.join(some)}: **{_who(fault)}**, {fault.why}"
        for fault, some in names.items()
    ]


def _who(fault: Fault) -> str:
    return "nobody knows yet" if fault.who is None else fault.who.value


def main() -> int:
    """Run, then write the page or compare it; return 1 if it differs."""
    if not fetch_peers.are_here():
        fetch_peers.fetch()
    made = page(outcomes())
    if "--check" in sys.argv[1:]:
        return int(made != PAGE.read_text())
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
