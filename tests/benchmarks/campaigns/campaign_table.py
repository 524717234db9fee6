"""A campaign's bookkeeping: kinds of faults, how often each was tried, what it did."""

import random
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from labctl.clock import SystemClock

HEAD = ("fault", "tries", "violations", "worst time", "remark")
SHOWN = 4
"""Violations that are told in words; the table has their number."""


@dataclass(slots=True)
class Tally:
    """What one kind of fault did so far."""

    name: str
    tries: int = 0
    violations: list[str] = field(default_factory=list)
    worst: float | None = None
    """s from the fault until every output was off, in the twins' own log."""
    times: list[float] = field(default_factory=list)
    remark: str = ""

    def took(self, seconds: float | None, allowed: float, what: str) -> None:
        """Note how long an output stayed on; None: for ever."""
        if seconds is None:
            self.violations.append(f"{what}: the output stayed on")
            self.worst = float("inf")
            return
        self.times.append(seconds)
        self.worst = max(self.worst or 0.0, seconds)
        if not seconds <= allowed:
            self.violations.append(f"{what}: on for {seconds:.2f} s")

    def wrong(self, what: str) -> None:
        """Note a violation."""
        self.violations.append(what)

    def row(self) -> tuple[str, ...]:
        """Return the line of the table."""
        worst = "–" if self.worst is None else f"{self.worst:.2f} s"
        if self.times:
            middle = sorted(self.times)[len(self.times) // 2]
            worst += f" (median {middle:.2f})"
        bad = str(len(self.violations))
        return (self.name, str(self.tries), bad, worst, self.remark)


@dataclass(frozen=True, slots=True)
class Work:
    """How much of a kind is wanted, and where."""

    tries: int
    seed: int
    folder: Path
    deadline: float
    """s of the campaign's clock after which no new try begins."""
    clock: SystemClock = field(default_factory=SystemClock)
    workers: int = 2
    allowance: float = 1.0
    """Factor on the time that an output may stay on, for a machine that is not ours."""

    @property
    def is_over(self) -> bool:
        """Whether time is up."""
        return self.clock.now() >= self.deadline

    def chance(self, number: int) -> random.Random:
        """Return the dice of one try: the same for the same seed, in any order."""
        return random.Random(f"{self.seed}:{number}")  # noqa: S311

    def numbers(self) -> Iterator[int]:
        """Return the tries one after the other, until there is no time left."""
        for number in range(self.tries):
            if number and self.is_over:
                return
            yield number


Kind = Callable[[Work, Tally], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fault."""

    name: str
    title: str
    full: int
    """Tries of the whole campaign."""
    seconds: float
    """s that one try takes on a small machine."""
    act: Kind


def shares(rows: Sequence[Row], minutes: float | None) -> dict[str, tuple[int, float]]:
    """Return tries and s for each kind; ``minutes`` is for all, None: all there is."""
    whole = sum(row.full * row.seconds for row in rows)
    scale = 1.0 if minutes is None else min(1.0, minutes * 60.0 / whole)
    out = {}
    for row in rows:
        tries = max(1, round(row.full * scale))
        # Twice its share, and room for what starts up: a slow machine loses tries.
        out[row.name] = (tries, 60.0 + 2.0 * tries * row.seconds)
    return out


def table(tallies: Iterable[Tally]) -> str:
    """Return the table in Markdown."""
    rows = [HEAD, *(tally.row() for tally in tallies)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    lines = [
        "| "
        + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def complaints(tallies: Iterable[Tally]) -> Iterator[str]:
    """Return the first violations of each kind in words."""
    for tally in tallies:
        for text in tally.violations[:SHOWN]:
            yield f"{tally.name}: {text}"
        more = len(tally.violations) - SHOWN
        if more > 0:
            yield f"{tally.name}: and {more} more"


T = typing.TypeVar("T")


def side_by_side(
    work: Work, act: Callable[[int], T], take: Callable[[T], None]
) -> None:
    """Do the tries of ``work`` in as many threads as it has workers."""
    numbers = work.numbers()
    with ThreadPoolExecutor(work.workers) as pool:
        flying: set[Future[T]] = set()
        for number in numbers:
            flying.add(pool.submit(act, number))
            if len(flying) >= work.workers:
                done, flying = wait(flying, return_when=FIRST_COMPLETED)
                for each in done:
                    take(each.result())
        for each in flying:
            take(each.result())
