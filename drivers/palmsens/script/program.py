"""What is sent to an instrument, and the draft that becomes it.

Variables have one letter, which every firmware takes:

====  ==========================================================================
v c   potential in V and current in A of the last sample
t k   time in s since the script began; number of the package (int)
x n   index of the technique (int); identity of the script (int)
z y   why everything ends; whether a technique of several loops is over (int)
a e   a current without its sign; a level that was found, V or A
f r j frequency, real and imaginary part of an impedance
w q   potential of the sample before, V; samples of a loop (int)
s u   time at which a technique began, and what is left of it, s
====  ==========================================================================

Other letters count the passes of loops. Each sample is a package; which of them become
rows is the host's business (`drivers.palmsens.rows`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.palmsens.models import Facts
from drivers.palmsens.script.bounds import Bounds
from labctl.errors import Complaint
from labctl.techniques import Condition, Technique

VARIABLES = "vctkxnzyaefrjwqsu"
COUNTERS = "bdghilmop"
"""Letters for passes; so many loops an upload may have."""
FASTEST = 0.005
"""s between two samples: 80 bytes each fill a line of 230,400 baud to two thirds."""
WHEN_UNSAID = 1.0
"""s between two samples where only a change of voltage makes a row."""


@dataclass(frozen=True, slots=True)
class Program:
    """What goes to an instrument."""

    lines: tuple[str, ...]
    """Of the script, without the identity, which `text` puts in."""
    techniques: tuple[Technique, ...]
    host_conditions: tuple[tuple[int, Condition], ...]
    summary: tuple[tuple[str, str], ...]
    """What was chosen, for the run's record."""
    unwatched: tuple[str, ...]
    """Kinds of technique that drive and have no room for a break."""

    def text(self, identity: int) -> str:
        """Return the script with its identity, its empty line included."""
        body = [line.replace(IDENTITY, f"{identity}i") for line in self.lines]
        return "\n".join([*body, "", ""])


IDENTITY = "IDENTITY"
"""Stands in a program where the identity of the script goes."""


@dataclass(slots=True)
class Draft:
    """A program while it is compiled."""

    facts: Facts
    techniques: Sequence[Technique]
    bounds: Bounds = field(default_factory=Bounds)
    lines: list[str] = field(default_factory=list)
    host: list[tuple[int, Condition]] = field(default_factory=list)
    summary: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    unwatched: dict[str, None] = field(default_factory=dict)
    mode: int | None = None
    """Of the potentiostat, as the script has set it by here; None: not known."""
    on: bool = False
    """Whether the cell is on by here."""

    def complain(
        self,
        index: int,
        what: str,
        cure: str = "",
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> None:
        """Refuse something of a technique; compilation goes on."""
        said = f"{self.techniques[index].kind}: {what}"
        path, file = ("techniques", index), self.facts.name
        self.complaints.append(
            Complaint(path, said, cure, file=file, value=value, limit=limit, unit=unit)
        )

    def note(self, index: int, text: str) -> None:
        """Write down what was chosen."""
        self.summary.append((f"technique {index}", text))

    def leave_to_host(self, index: int, conditions: Sequence[Condition]) -> None:
        """Let the host watch what a script cannot."""
        self.host += [(index, condition) for condition in conditions]

    def program(self) -> Program:
        """Return what was drafted."""
        return Program(
            tuple(self.lines),
            tuple(self.techniques),
            tuple(self.host),
            tuple(self.summary),
            tuple(self.unwatched),
        )


def sampling(
    draft: Draft, every: float | None, duration: float
) -> tuple[str, str, float]:
    """Return interval and run time of a loop as literals, and the interval in s.

    The interval divides the recording interval, is no longer than the configuration
    wants, and fits into ``duration`` a whole number of times, to 1 µs.
    """
    longest = draft.facts.options.sample_every
    wanted = min(longest, WHEN_UNSAID) if every is None else every
    if wanted > longest:
        wanted /= math.ceil(wanted / longest)
    count = max(1, math.ceil(duration / wanted - 1e-6))
    micro = max(1, math.floor(duration / count * 1e6))
    return _micro(micro), _micro(micro * count), micro * 1e-6


def _micro(count: int) -> str:
    """Return a time in µs as a literal, in ms or s where that says it, or must."""
    for prefix in ("u", "m", ""):
        if count < 2**31 and (count % 1000 or not prefix):
            return f"{count}{prefix}"
        count = round(count / 1000) if prefix else count
    return f"{count}"
