"""What another program shows of one channel, and what it can be told.

A driver for such a program fills this in; `drivers.submitted.channel` does the rest.
"""

import math
import typing
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.margins import Margins
from labctl.data import Batch
from labctl.techniques import Condition, Technique

PREFIX = "labctl-"
"""Of a run's name, so that people at the other program see whose it is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A channel at one moment."""

    runs: bool
    """Whether it does anything at all, so that nothing may be started over it."""
    is_open: bool
    """Whether the circuit is open; points may still come."""
    marks: tuple[str, ...]
    """What names the last run there: a barcode, data files."""
    voltage: float
    """V."""
    current: float
    """A."""
    elapsed: float
    """s since the run began; 0 where none runs."""
    told: str
    """What runs there, for a person."""
    place: tuple[int, ...] = ()
    """Where in its file it is, as the program counts; empty: nowhere."""
    writes: bool = False
    """Whether it has points that it has not written yet."""
    tripped: str = ""
    """Which of its limits has ended the run; empty: none."""

    def is_of(self, token: Mapping[str, Any]) -> bool:
        """Tell whether the last run there is the one that a token names."""
        return any(mark.startswith(str(token["name"])) for mark in self.marks)


@dataclass(slots=True)
class Submitted:
    """One upload: written, started, or found again."""

    token: Mapping[str, Any]
    reader: Any
    """Where its rows are read, kept by the program."""
    techniques: tuple[Technique, ...] = ()
    """Those of this upload; empty where it was only recognised."""
    file: str = ""
    """What the program is to start; empty where it was found running."""
    started: float = -math.inf
    """s of the clock."""
    seen: bool = False
    """Whether it was seen to have begun."""
    over: float = math.inf
    """s of the clock at which it was first seen to run no more."""
    technique: int = 0
    """Index of the technique in flight, of the whole plan."""

    @property
    def skipped(self) -> int:
        """Techniques that were left out of this upload."""
        return int(self.token["skipped"])

    @property
    def zero(self) -> float:
        """Instrument's time at which this upload began, s; more than 0 after a skip."""
        return float(self.token["zero"])

    @property
    def limited(self) -> bool:
        """Whether its limits are known to hold in the other program."""
        return bool(self.token.get("limited", False))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A file's text, and what it leaves to the host."""

    text: bytes
    host_conditions: tuple[tuple[int, Condition], ...]
    summary: tuple[tuple[str, str], ...]
    """What was chosen, for the run's record."""
    unlimited: tuple[str, ...]
    """Kinds of technique that drive and are not known to be watched."""
    token: Mapping[str, Any] = field(default_factory=dict)
    """What reading its rows needs; JSON."""


class Program(typing.Protocol):
    """One channel of another program."""

    place: str
    """``neware/21-1-1``."""
    start_grace: float
    """s in which a started channel may still show what was before."""
    hold_link_for: float
    """s for which a broken link is tried while a limited run goes on by itself."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Part of a token: driver, instrument, channel; JSON."""
        ...

    def compiled(self, techniques: Sequence[Technique], margins: Margins) -> Compiled:
        """Return the file's text. RefusedError: all that the program is not told."""
        ...

    def write(self, name: str, compiled: Compiled) -> str:
        """Put the file where the program reads it, and back; return what it is called.

        InstrumentError: it cannot be written, or the program does not take it.
        """
        ...

    def look(self, patience: float = 0.0, *, passing: bool = False) -> Seen:
        """Return what the channel does. LinkError: nobody answers.

        ``passing``: one of many looks, after which nothing is started or stopped; it
        may spare whoever sits at the other program.
        """
        ...

    def start(self, name: str, file: str) -> None:
        """Start a file under a name, once.

        NotOursError: somebody was faster. InstrumentError: it does not start.
        """
        ...

    def stop(self, patience: float) -> None:
        """Stop whatever runs on the channel."""
        ...

    def reader(self, token: Mapping[str, Any]) -> Any:
        """Return where the rows of a token are read, from the first one on."""
        ...

    def rows(self, reader: Any, seen: Seen) -> list[Batch]:
        """Return rows that were not read yet; some of them where they are many."""
        ...

    def index_of(self, token: Mapping[str, Any], seen: Seen) -> int | None:
        """Return the plan's index of the technique in flight; None: not known."""
        ...

    def doubt(self, it: Submitted, brought: Sequence[Batch]) -> str:
        """Say why rows cannot be what was asked for; empty: they can."""
        ...


def make_token(
    program: Program, compiled: Compiled, *, skipped: int, zero: float
) -> dict[str, Any]:
    """Return what an upload is recognised by; its name is new, and ours alone."""
    return {
        **program.identity,
        **compiled.token,
        "name": PREFIX + uuid.uuid4().hex[:16],
        "skipped": skipped,
        "zero": zero,
        "limited": not compiled.unlimited,
    }
