"""How often stated intervals hold: findings of many seeds, counted into one table.

A `Finding` is one number that labctl printed beside the truth it had to find. Among
those marked good, 93 to 97 % shall have the truth within twice their uncertainty, and
none may be further off than five times; "suspect" is an answer, too, but no number.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from scipy.stats import beta

from labctl.data import Result

GOOD, SUSPECT, ABSENT = "good", "suspect", "absent"
COVERED = 2.0
"""Uncertainties: k = 2."""
WRONG = 5.0
"""Uncertainties: no good result may be further from the truth."""
AIM = (0.93, 0.97)


@dataclass(frozen=True)
class Finding:
    """One number and its truth."""

    number: str
    truth: float
    value: float
    uncertainty: float
    """k = 1; NaN if none is stated."""
    quality: str

    @classmethod
    def of(cls, number: str, truth: float, result: Result | None) -> Self:
        """Return what a result says of ``truth``."""
        if result is None or not isinstance(result.value, float | int):
            return cls(number, truth, math.nan, math.nan, ABSENT)
        spread = math.nan if result.uncertainty is None else float(result.uncertainty)
        return cls(number, truth, float(result.value), spread, str(result.quality))

    @property
    def off(self) -> float:
        """Distance from the truth in uncertainties, signed; NaN if none is stated."""
        if math.isnan(self.uncertainty):
            return math.nan
        if self.uncertainty == 0.0:
            return math.copysign(math.inf, self.value - self.truth)
        return (self.value - self.truth) / self.uncertainty


@dataclass(frozen=True)
class Technique:
    """One kind of measurement, on another bench and specimen for each seed."""

    name: str
    title: str
    find: Callable[[int], Sequence[Finding]]
    """From a seed to findings; nothing but the seed may decide them."""
    seeds: int
    """By default."""
    quick: int
    """With ``--quick``; 0 leaves it out."""


@dataclass(frozen=True)
class Row:
    """One number of a technique over all seeds."""

    technique: str
    number: str
    findings: tuple[Finding, ...]

    @property
    def good(self) -> list[Finding]:
        """Those marked good that state an uncertainty."""
        return [
            f
            for f in self.findings
            if f.quality == GOOD and not math.isnan(f.uncertainty)
        ]

    @property
    def unstated(self) -> int:
        """Marked good without an uncertainty: nothing is claimed of them."""
        return sum(
            f.quality == GOOD and math.isnan(f.uncertainty) for f in self.findings
        )

    @property
    def covered(self) -> int:
        """Good ones with the truth within k = 2."""
        return sum(abs(f.off) <= COVERED for f in self.good)

    @property
    def wrong(self) -> int:
        """Good ones further off than `WRONG`, infinitely off included."""
        return sum(not abs(f.off) <= WRONG for f in self.good)

    @property
    def suspect(self) -> float:
        """Share marked suspect or absent."""
        doubted = sum(f.quality != GOOD for f in self.findings)
        return doubted / len(self.findings) if self.findings else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the coverage, by Clopper and Pearson."""
        return clopper_pearson(self.covered, len(self.good))

    @property
    def verdict(self) -> str:
        """``wrong``, ``low``, ``high`` or ``ok``, as far as so many seeds can tell."""
        if self.wrong:
            return "wrong"
        low, high = self.interval
        if not self.good:
            return "none good"
        return "low" if high < AIM[0] else "high" if low > AIM[1] else "ok"

    def cells(self) -> list[str]:
        """Return this row's text."""
        n = len(self.good)
        low, high = self.interval
        hit = 100 * self.covered / max(n, 1)
        share = f"{hit:.1f} % ({100 * low:.0f}–{100 * high:.0f})"
        rms = math.sqrt(sum(min(f.off**2, 1e6) for f in self.good) / n) if n else 0.0
        mean = sum(max(min(f.off, 1e3), -1e3) for f in self.good) / n if n else 0.0
        return [
            self.technique,
            self.number,
            str(len(self.findings)),
            share if n else "–",
            f"{mean:+.2f} / {rms:.2f}" if n else "–",
            f"{100 * self.suspect:.0f} %",
            str(self.unstated),
            str(self.wrong),
            self.verdict,
        ]


HEADS = (
    "technique",
    "number",
    "n",
    "within ±2u (95 % interval)",
    "mean / rms, u",
    "suspect, absent",
    "no u",
    "beyond 5u",
    "",
)


def clopper_pearson(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a share; (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    tail = 0.5 * (1.0 - level)
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, of - hits + 1))
    high = 1.0 if hits == of else float(beta.ppf(1.0 - tail, hits + 1, of - hits))
    return low, high


def rows(technique: str, findings: Iterable[Finding]) -> list[Row]:
    """Return one row a number, in the order in which they turn up."""
    by_number: dict[str, list[Finding]] = {}
    for finding in findings:
        by_number.setdefault(finding.number, []).append(finding)
    return [Row(technique, number, tuple(own)) for number, own in by_number.items()]


def markdown(found: Sequence[Row]) -> str:
    """Return the table."""
    lines = [HEADS, ["---"] * len(HEADS), *(row.cells() for row in found)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
