"""Cycles as a person writes them: ``1; 17-20``."""

import re
from dataclasses import dataclass

import numpy as np

from labctl.data import Array

_PART = re.compile(r"(\d{1,7})(?:\s*[-–−]\s*(\d{1,7}))?")


@dataclass(frozen=True, slots=True)
class CycleSet:
    """Some cycles, or why a text does not say which."""

    ranges: tuple[tuple[int, int], ...] = ()
    """First and last of each range, both included."""
    problem: str = ""
    """What could not be read; empty when all was."""

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __str__(self) -> str:
        """Write them as they are read."""
        return "; ".join(
            str(first) if first == last else f"{first}-{last}"
            for first, last in self.ranges
        )

    @property
    def count(self) -> int:
        """How many cycles, those in two ranges twice."""
        return sum(last - first + 1 for first, last in self.ranges)

    def holds(self, cycles: Array) -> Array:
        """Return which of some cycle numbers are in it, as booleans."""
        found = np.zeros(len(cycles), bool)
        for first, last in self.ranges:
            found |= (cycles >= first) & (cycles <= last)
        return found

    def numbers(self) -> list[int]:
        """Return every cycle, ascending."""
        return sorted({n for a, b in self.ranges for n in range(a, b + 1)})


def read_cycles(text: str, what: str = "cycle") -> CycleSet:
    """Read single ones and ranges, apart by semicolons or commas.

    What cannot be read leaves the set empty and says why; nothing is guessed.
    """
    ranges = []
    for part in re.split("[;,]", text):
        word = part.strip()
        if not word:
            continue
        match = _PART.fullmatch(word)
        if match is None:
            return CycleSet(problem=f"{word!r} is no {what}; write 1; 17-20")
        first, last = int(match[1]), int(match[2] or match[1])
        if first < 1:
            return CycleSet(problem=f"{word!r}: the first {what} is 1")
        if last < first:
            return CycleSet(problem=f"{word!r} runs backwards; write {last}-{first}")
        ranges.append((first, last))
    return CycleSet(tuple(ranges))
