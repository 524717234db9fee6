"""What was measured, a line of JSON a figure and day: ``history.jsonl``.

Lines are only ever added. The page shows the last of each figure, so that what takes
long may be measured on its own.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from speed_measure import BEFORE, NOW, Measured

HISTORY = Path(__file__).parents[1] / "history.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, once measured."""

    date: str
    """UTC, to the minute."""
    commit: str
    machine: str
    load: float
    """Before the first figure."""
    work: str
    unit: str
    value: float | None
    """Median; None where there is none: see ``trouble``."""
    low: float | None = None
    high: float | None = None
    repeats: int = 0
    before: float | None = None
    """Median of the tree that it was measured against, turn by turn."""
    against: str = ""
    """Commit of that tree."""
    beside: Mapping[str, float | str] = field(default_factory=dict)
    """Peer -> its median, or why there is none."""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where lines are measured."""

    date: str
    commit: str
    machine: str
    load: float
    against: str = ""


def lines(found: Measured, occasion: Occasion) -> list[Line]:
    """Return one line a figure of a row."""
    made = []
    for figure in found.row.figures:
        now = found.spread(NOW, figure.key)
        before = found.spread(BEFORE, figure.key)
        made.append(
            Line(
                occasion.date,
                occasion.commit,
                occasion.machine,
                occasion.load,
                found.row.title(figure),
                figure.unit,
                now.median if now else None,
                now.low if now else None,
                now.high if now else None,
                now.count if now else 0,
                before.median if before else None,
                occasion.against,
                found.beside(figure.key),
                "" if now else found.trouble(NOW) or f"gave no {figure.key}",
            )
        )
    return made


def append(path: Path, added: Iterable[Line]) -> None:
    """Write lines at the end."""
    with path.open("a", encoding="utf-8") as file:
        for line in added:
            told = {
                k: _rounded(v) for k, v in asdict(line).items() if v not in ("", {})
            }
            file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _rounded(value: object) -> object:
    """Return four digits of a number: more are noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value


def read(path: Path) -> list[Line]:
    """Return all lines, oldest first; none where there is no file."""
    if not path.exists():
        return []
    return [Line(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def latest(all_lines: Iterable[Line]) -> dict[str, Line]:
    """Return the last line of each figure, by its work."""
    return {line.work: line for line in all_lines}
