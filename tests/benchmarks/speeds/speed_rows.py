"""What a line of the table of speed is: work, its figures, who is beside it.

A `Program` is a process that does the work once. What it burned is read from the
operating system (`CPU`, `WALL`, `MEMORY`); a script of ``programs/`` adds figures of
its own, one JSON object on the last line of what it prints.
"""

import enum
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / "programs"
CPU, WALL, MEMORY = "cpu", "wall", "mb"
"""Keys of what every process gives: s of user and system time, its children's
included; s; MB resident at the most."""


class House(enum.Enum):
    """Whose Python runs a program."""

    LABCTL = "labctl"
    """Of the tree that is measured."""
    PEERS = "peers"
    """Of the environment of other people's programs."""


@dataclass(frozen=True, slots=True)
class Program:
    """One way to do a piece of work, in a process of its own."""

    name: str
    """As the table says it."""
    words: str
    """What Python is given: ``script.py 100`` is of ``programs/``, ``bin/labctl …`` a
    command of the environment."""
    quick: str = ""
    """The same with less work, to warm up and to try; empty: as it is."""
    house: House = House.LABCTL
    turns: int | None = None
    """How often it is done at the most; None: as often as the row says."""

    first_ever: bool = False
    """Whether it is to find nothing compiled, as after an installation."""

    def command(self, python: Path, *, quick: bool = False) -> list[str]:
        """Return what is to be run, the interpreter first."""
        first, *others = shlex.split((quick and self.quick) or self.words)
        place = python.parent.parent if first.startswith("bin/") else PROGRAMS
        return [str(python), str(place / first), *others]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a program gives, and how much of it is wanted at the most."""

    key: str
    unit: str
    most: float | None = None
    """Goal, in ``unit``; None: the figure explains another one."""
    beside: str = ""
    """Name of a program: ``most`` is a multiple of its figure."""
    label: str = ""
    """Distinguishes figures of one piece of work."""
    least: bool = False
    """Whether ``most`` is the least that is wanted (of a share, say)."""

    def goal(self, beside: Mapping[str, float | str]) -> float | None:
        """Return the goal in ``unit``; None where there is none, or none is known."""
        if self.most is None or not self.beside:
            return self.most
        other = beside.get(self.beside)
        return self.most * other if isinstance(other, float) else None

    def meets(self, value: float, beside: Mapping[str, float | str]) -> bool | None:
        """Tell whether a value is as wanted; None: nobody can tell."""
        goal = self.goal(beside)
        if goal is None:
            return None
        return value >= goal if self.least else value <= goal


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work."""

    group: str
    """By which it is asked for."""
    work: str
    program: Program
    figures: tuple[Figure, ...]
    peers: tuple[Program, ...] = ()
    prepare: Program | None = None
    """Writes what all programs of the row read from the folder they run in."""
    repeats: int = 5
    long: bool = False
    """Whether it is left out unless it is asked for."""

    def title(self, figure: Figure) -> str:
        """Return what the table and the history call one of the figures."""
        return f"{self.work}, {figure.label}" if figure.label else self.work
