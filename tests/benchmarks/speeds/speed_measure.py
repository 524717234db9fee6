"""A row is measured: every program of it in turn, again and again, each in a process.

Turns, not blocks: what the machine does meanwhile is then done to all of them. Before
the first turn each does little work once, so that what is compiled or cached once in
the life of an installation is there.
"""

import shutil
import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from speed_process import COMPILED, NEVER_COMPILED, Answer, measured
from speed_rows import House, Program, Row

NOW, BEFORE = "labctl", "before"
"""Who did it: this tree, or the one that it is measured against; else a peer's name."""


@dataclass(frozen=True, slots=True)
class Pythons:
    """Interpreters that programs run in."""

    now: Path
    before: Path | None = None
    """Of another checkout of labctl."""
    peers: Path | None = None
    """None: the peers are not installed."""

    def of(self, program: Program) -> Path | None:
        """Return who runs a peer."""
        return self.now if program.house is House.LABCTL else self.peers


@dataclass(frozen=True, slots=True)
class Spread:
    """What repeated readings of one figure come to."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Make it of one value at least."""
        return cls(statistics.median(values), min(values), max(values), len(values))


@dataclass(slots=True)
class Measured:
    """What a row's programs gave."""

    row: Row
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """Who -> one answer a turn."""

    def spread(self, who: str, key: str) -> Spread | None:
        """Return a figure; None where nobody gave it."""
        given = [answer.figures for answer in self.answers.get(who, ())]
        values = [figures[key] for figures in given if key in figures]
        return Spread.of(values) if values else None

    def trouble(self, who: str) -> str:
        """Return why somebody gave nothing; empty if they did."""
        return next((a.trouble for a in self.answers.get(who, ()) if a.trouble), "")

    def beside(self, key: str) -> Mapping[str, float | str]:
        """Return what each peer gave of a figure, or why it gave none."""
        found: dict[str, float | str] = {}
        for peer in self.row.peers:
            spread = self.spread(peer.name, key)
            if spread is not None:
                found[peer.name] = spread.median
            elif trouble := self.trouble(peer.name):
                found[peer.name] = trouble
        return found


def measure(
    row: Row,
    pythons: Pythons,
    repeats: int,
    *,
    quick: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Do every program of a row so many times; what fails once is not tried again."""
    who: list[tuple[str, Program, Path | None]] = [(NOW, row.program, pythons.now)]
    if pythons.before is not None:
        who.append((BEFORE, row.program, pythons.before))
    who += [(peer.name, peer, pythons.of(peer)) for peer in row.peers]
    found = Measured(row, {name: [] for name, _, _ in who})
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        place = Path(name)
        if row.prepare is not None:
            told = _do(row.prepare, pythons.now, place, quick=quick)
            if told.trouble:
                return Measured(row, {n: [told] for n, _, _ in who})
        for turn in range(-1 if repeats > 1 or not quick else 0, repeats):
            for person, program, python in who if turn % 2 else reversed(who):
                answers = found.answers[person]
                if any(answer.trouble for answer in answers):
                    continue
                if program.turns is not None and turn >= program.turns:
                    continue
                if program.first_ever and turn < 0:
                    continue
                folder = place if row.prepare else place / "run"
                folder.mkdir(exist_ok=True)
                answer = _do(program, python, folder, quick=quick, warm=turn < 0)
                if row.prepare is None:
                    shutil.rmtree(folder, ignore_errors=True)
                if turn >= 0 or answer.trouble:
                    answers.append(answer)
                    tell(f"{row.work}: {person}: {answer.trouble or _short(answer)}")
    return found


def _do(
    program: Program,
    python: Path | None,
    folder: Path,
    *,
    quick: bool,
    warm: bool = False,
) -> Answer:
    if python is None:
        return Answer(trouble="not installed")
    variables = NEVER_COMPILED if program.first_ever else COMPILED if warm else {}
    return measured(program.command(python, quick=quick or warm), folder, variables)


def _short(answer: Answer) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in answer.figures.items())


def python_of(folder: Path) -> Path | None:
    """Return the interpreter of an environment; None where there is none."""
    python = folder / "bin" / "python"
    return python if python.exists() else None
